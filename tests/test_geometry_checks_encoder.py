"""Checks from crop to grid: every planted fault is named, alone and exactly; what only looks odd passes."""

import numpy as np
import pytest
import torch

from broken_encoder import BROKEN, COMPOUNDS, RIGHT, after, pipeline, rows_first
from diagnostics.checks_encoder import check_encode_batch, check_encode_deterministic, check_encode_token_order
from diagnostics.faults_encoder import CATALOGUE
from diagnostics.pipeline import Pipeline
from diagnostics.probes_encoder import EncoderProbe, striking
from diagnostics.subject import Subject
from diagnostics.verdict import SkipCheck, StageError
from planted import each_setting
from reference import EnhancedCLIPEncoder
from reference.closed_form import geometry_for

CHECKS = (check_encode_deterministic, check_encode_batch, check_encode_token_order)
SIZES = ((96, 144),)


def findings(broken, seed=0):
    found, subject = {}, Subject(broken, SIZES, seed)
    for check in CHECKS:
        try:
            found[check] = check(subject)
        except SkipCheck:
            continue
    return found


def faults(broken, seed=0):
    return [fault for finding in findings(broken, seed).values() for fault in finding.faults]


def test_every_fault_of_the_catalogue_is_planted_at_two_settings_or_more():
    assert set(BROKEN) == set(CATALOGUE)
    assert min(map(len, BROKEN.values())) >= 2


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("fault_id", "broken"), each_setting(BROKEN))
def test_a_planted_fault_is_named_and_nothing_else(fault_id, broken, seed):
    found = faults(broken, seed)
    assert [fault.id for fault in found] == [fault_id]
    assert all(text and "{" not in text for text in (found[0].where, found[0].explanation, found[0].remedy))


@pytest.mark.parametrize("name", COMPOUNDS)
def test_every_fault_that_acts_is_named_in_the_order_in_which_data_flows(name):
    broken, expected = COMPOUNDS[name]
    assert tuple(fault.id for fault in faults(broken)) == expected


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", RIGHT)
def test_what_only_looks_odd_passes(name, seed):
    found = findings(RIGHT[name], seed)
    assert len(found) == len(CHECKS)
    assert {check.__name__: finding for check, finding in found.items() if not finding.passed} == {}


@pytest.mark.parametrize("grid", [(6, 6), (4, 10)])
def test_any_number_of_tokens_in_front_is_counted(grid):
    """Up to sixteen: the number is in the explanation, and one alone may be either token."""
    for extra in (1, 2, 5, 8):
        (fault,) = faults(pipeline(grid, registers=extra - 1, first=0))
        assert fault.id == ("class-token-kept" if extra == 1 else "register-tokens-kept")
        assert fault.alternatives == (("register-tokens-kept",) if extra == 1 else ())
        assert extra == 1 or f"answers {extra} cells further on" in fault.explanation


def test_a_class_token_moves_the_last_column_across_the_image():
    """144 x 96 pixels and 6 x 6 cells: five cells of 24 pixels to the left and one of 16 down, 121.1 source pixels."""
    (fault,) = faults(pipeline(first=0))
    assert fault.error_px == pytest.approx(np.hypot(5 * 24, 16), abs=0.5)


def test_a_place_that_answers_to_everything_is_judged_by_its_own_usual():
    """Deep attention has such cells: here the third always answers most."""
    responses = np.array([[5, 1, 9, 1], [1, 5, 9, 1], [1, 1, 9, 5], [1, 1, 18, 1]], dtype=float)
    assert striking(responses).tolist() == [0, 1, 3, 2]


def test_the_value_is_the_share_of_patches_that_answer_elsewhere():
    for broken, share in (
        (RIGHT["square"], 0),
        (BROKEN["class-token-kept"][0], 1),
        (BROKEN["grid-reshape-swapped"][0], 1),
    ):
        assert check_encode_token_order(Subject(broken, SIZES)).value == share


def test_the_strength_of_the_evidence_is_stated():
    (note,) = {finding.note for finding in [check_encode_token_order(Subject(RIGHT["square"], SIZES))]}
    assert note == "evidence: 10 of 10 patches agree"


# The real thing -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return EnhancedCLIPEncoder("ViT-B-32", num_layers=3, out_dim=32).eval()


def test_our_own_encoder_passes_with_random_weights(encoder):
    own = Pipeline(encode=encoder.encode, grid=(7, 7), preprocess=lambda image: encoder.preprocess(image)[0])
    assert [finding.passed for finding in findings(own).values()] == [True] * 3


def test_our_own_encoder_left_in_training_is_not_deterministic(encoder):
    def encode(crops):
        encoder.train()
        try:
            return encoder.encode(crops)
        finally:
            encoder.eval()

    own = Pipeline(encode=encode, grid=(7, 7), preprocess=lambda image: encoder.transform(image))
    assert [fault.id for fault in faults(own)] == ["encoder-not-deterministic"]


# User code that misbehaves --------------------------------------------------------------------------------------------


def raises(_):
    raise RuntimeError("out of memory")


MISBEHAVING = {
    "raises": (raises, "RuntimeError: out of memory"),
    "no batch": (lambda crops: crops[0], "must return"),
    "tokens": (lambda crops: crops.flatten(2), "must return"),
    "one image for all": (lambda crops: crops[:0], "must return"),
    "NaN": (lambda crops: crops * float("nan"), "finite"),
    "text": (lambda _: "features", "tensor or array"),
}


@pytest.mark.parametrize("name", MISBEHAVING)
@pytest.mark.parametrize("check", CHECKS)
def test_an_encoder_that_misbehaves_is_an_error_of_its_stage(check, name):
    encode, says = MISBEHAVING[name]
    with pytest.raises(StageError, match=rf"encode.*{says}"):
        check(Subject(Pipeline(encode=encode, grid=(4, 4)), SIZES))


def test_a_map_of_another_grid_is_an_error_that_says_what_to_declare():
    wrong = Pipeline(encode=lambda crops: torch.nn.functional.avg_pool2d(crops, 8), grid=(4, 4))
    with pytest.raises(StageError, match=r"\(8, 8\) cells .* grid=\(4, 4\); declare Pipeline\(grid=\(8, 8\)\)"):
        check_encode_token_order(Subject(wrong, SIZES))


@pytest.mark.parametrize("check", CHECKS)
def test_a_missing_stage_is_skipped_with_that_reason(check):
    with pytest.raises(SkipCheck, match="gives no encode"):
        check(Subject(Pipeline(), SIZES))


def test_the_crop_has_the_size_that_preprocess_makes_then_that_of_the_claim_then_sixteen_pixels_a_cell():
    claim = {"geometry": lambda size: geometry_for("official", size, (112, 96), (16, 16)), "encode": raises}
    made = {"preprocess": lambda _: torch.zeros(3, 40, 50)}
    assert EncoderProbe(Subject(Pipeline(**claim, **made), SIZES)).crop_size == (40, 50)
    assert EncoderProbe(Subject(Pipeline(**claim), SIZES)).crop_size == (112, 96)
    assert EncoderProbe(Subject(Pipeline(encode=raises, grid=(5, 7)), SIZES)).crop_size == (80, 112)


def test_the_checks_leave_torchs_generator_as_it_was():
    before = torch.random.get_rng_state()
    findings(RIGHT["square"])
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_fault_is_not_forced_on_cells_that_follow_no_order():
    """A fixed scramble of the cells is unexplained, with how little the likeliest order explains."""
    order = torch.randperm(36, generator=torch.Generator().manual_seed(1))
    scrambled = pipeline(arrange=lambda tokens, rows, columns: rows_first(tokens[:, order], rows, columns))
    (fault,) = faults(scrambled)
    assert fault.id == "unexplained"
    assert "follow no known order" in fault.explanation


def test_a_class_token_behind_a_blur_is_told_from_cells_half_a_cell_beside():
    """Both answer one cell to the right; only the class token brings the last column to the other side of the map."""
    blurred = after(lambda features: features + torch.nn.functional.avg_pool2d(features, 3, 1, 1), (6, 9), first=0)
    assert [fault.id for fault in faults(blurred)] == ["class-token-kept"]
    for seed in (6, 7):  # here half of the patches answer one cell to the right
        assert faults(RIGHT["strided convolutions"], seed) == []


def test_weak_evidence_is_said_to_be_weak():
    for name in ("a wide blur", "wide strided convolutions"):
        assert check_encode_token_order(Subject(RIGHT[name], SIZES)).note.startswith("weak evidence")

"""What the checks of an encoder find, in numbers and words, of features and answers that are written down."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from diagnostics import checks_encoder
from diagnostics.checks_encoder import check_encode_batch, check_encode_deterministic, check_encode_token_order
from diagnostics.pipeline import Pipeline
from diagnostics.probes_encoder import Answers
from diagnostics.subject import Subject
from diagnostics.token_order import Order
from diagnostics.verdict import Fault, Finding, SkipCheck, StageError
from maps_made import measured

ANY = Subject(Pipeline(encode=lambda crops: crops))
UNIT = "of the features, root mean square"
CHANCE = "encode is random even with torch's seed fixed: changes cannot be told from chance"


class Probe:
    """Crops that are all 1, all 2 ..., and features of a batch that are said by `features`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, features: Any, *, repeats: bool = True) -> None:
        self._features, self._repeats, self.asked = features, repeats, []
        monkeypatch.setattr(checks_encoder, "EncoderProbe", lambda subject: self if subject is ANY else None)

    def crops(self, count: int) -> Tensor:
        return torch.arange(1.0, count + 1)[:, None, None, None].expand(count, 3, 4, 4)

    def features(self, crops: Tensor, *, seeded: bool = True) -> np.ndarray:
        images = crops[:, 0, 0, 0].int().tolist()
        assert torch.equal(crops, crops[:, :1, :1, :1].expand_as(crops))
        self.asked.append((images, seeded))
        return np.array(self._features(images), dtype=np.float64).reshape(len(images), 1, 1, 1)

    def repeats(self, crops: Tensor) -> bool:
        assert crops[:, 0, 0, 0].tolist() == [1, 2]
        return self._repeats


# Repeating ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", [1000.0, 1001.0, 1002.0])
def test_two_calls_may_differ_by_a_thousandth(second: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what the first call gave; unseeded, of one crop."""
    given = iter((1000.0, second))
    probe = Probe(monkeypatch, lambda _: [next(given)])
    found = check_encode_deterministic(ANY)
    change = second / 1000 - 1
    assert probe.asked == [([1], False)] * 2
    assert found.value == pytest.approx(change, abs=1e-12)
    assert (found.limit, found.unit, found.worst, found.note) == (1e-3, UNIT, "one crop, two calls", "")
    assert [fault.id for fault in found.faults] == ["encoder-not-deterministic"] * (change > 0.0015)
    for fault in found.faults:
        assert fault.where == "one crop, two calls"
        assert fault.explanation.startswith("Two calls with the same crop differ by 0.2%")


def leaking(by: float) -> Any:
    """Features of a thousand, more where the third image is in the batch."""
    return lambda images: [1000.0 * image for image in images[:1]] + [1000.0 + by * (3 in images)] * (len(images) - 1)


@pytest.mark.parametrize("by", [0.0, 1.0, 2.0])
def test_an_image_may_change_by_a_thousandth_with_the_other_of_its_batch(
    by: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second stays, the first is exchanged: its own features are not judged."""
    probe = Probe(monkeypatch, leaking(by))
    found = check_encode_batch(ANY)
    assert sorted(probe.asked) == [([1, 2], True), ([3, 2], True)]
    assert found.value == pytest.approx(by / 1000, abs=1e-12)
    assert (found.limit, found.unit, found.worst, found.note) == (1e-3, UNIT, "second of two images", "")
    assert [fault.id for fault in found.faults] == ["batch-leak"] * (by > 1)
    for fault in found.faults:
        assert fault.where == "second of two images"
        assert fault.explanation.startswith("An image's features change by 0.2% when another")


def test_a_batch_of_an_encoder_that_does_not_repeat_itself_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless nothing changes, which needs no repetition."""
    Probe(monkeypatch, leaking(2.0), repeats=False)
    with pytest.raises(SkipCheck) as raised:
        check_encode_batch(ANY)
    assert str(raised.value) == CHANCE
    Probe(monkeypatch, leaking(1.0), repeats=False)
    assert check_encode_batch(ANY).passed


# Order ----------------------------------------------------------------------------------------------------------------

GRID = (4, 5)  # (height, width)
MAPS = (measured(crop_size=(48, 100)),)  # one of 2 x 4 source pixels a crop pixel
PATCHES = np.array([0, 4, 5, 7, 9, 11, 12, 14, 18, 19])


def answering(place: Any = lambda patch: patch, shape: tuple[int, int] = GRID) -> Answers:
    """Patches of GRID that each answer at one place alone, in both of two channels; row-major on `shape`."""
    changes = np.zeros((len(PATCHES), 2, shape[0] * shape[1]))
    for k, patch in enumerate(PATCHES):
        changes[k, :, place(int(patch)) % changes.shape[2]] = 1
    return Answers(GRID, shape, PATCHES, changes)


@pytest.fixture
def token_order(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the answers, and what `preprocess` makes of the image, and checks."""

    def check(answers: Answers, maps: Any = MAPS) -> Finding:
        def affine_maps(subject: Subject) -> Any:
            assert subject is ANY
            if isinstance(maps, Exception):
                raise maps
            return dict(enumerate(maps))

        probe = type("Probe", (), {"answers": lambda self: answers})()
        monkeypatch.setattr(checks_encoder, "EncoderProbe", lambda subject: probe if subject is ANY else None)
        monkeypatch.setattr(checks_encoder, "affine_maps", affine_maps)
        return check_encode_token_order(ANY)

    return check


def numbers(found: Finding) -> tuple[Any, ...]:
    return found.limit, found.unit, found.worst, found.note


def one(found: Finding) -> Fault:
    (fault,) = found.faults
    return fault


PLACES = (None, "of the patches answer elsewhere", "10 patches")


def test_patches_that_answer_in_their_own_cells_pass(token_order: Any) -> None:
    found = token_order(answering())
    assert (found.value, found.faults) == (0, ())
    assert numbers(found) == (*PLACES, "evidence: 10 of 10 patches agree")


def test_most_patches_are_enough(token_order: Any) -> None:
    found = token_order(answering(lambda patch: patch if patch < 14 else 6 * patch + 1))
    assert (found.value, found.faults) == (pytest.approx(0.3), ())
    assert numbers(found) == (*PLACES, "evidence: 7 of 10 patches agree")


@pytest.mark.parametrize(
    ("shape", "channels_last"), [((5, 24), True), ((5, 6), True), ((24, 5), False), ((4, 6), False), ((8, 10), False)]
)
def test_a_map_of_another_grid_is_an_error_that_says_what_may_be_meant(
    shape: tuple[int, int], channels_last: bool, token_order: Any
) -> None:
    with pytest.raises(StageError) as raised:
        token_order(answering(shape=shape))
    order = "move the channels to the front if it is (B, Hf, Wf, C), as permute(0, 3, 1, 2) does; or " * channels_last
    assert raised.value.stage == "encode"
    assert str(raised.value) == (
        f"encode: returns a map of {shape} cells (height, width) where the pipeline says grid=(4, 5); {order}"
        f"declare Pipeline(grid={shape}) if that is the encoder's own"
    )


def test_a_class_token_moves_the_last_column_to_the_next_row(token_order: Any) -> None:
    """By four cells of 100/5/0.5 = 40 source pixels to the left and one of 48/4/0.25 = 48 down."""
    found = token_order(answering(lambda patch: patch + 1))
    fault = one(found)
    assert (fault.id, fault.error_px) == ("class-token-kept", pytest.approx((160**2 + 48**2) ** 0.5))
    assert fault.alternatives == ("register-tokens-kept",)
    assert (found.value, found.limit, found.unit) == (1, *PLACES[:2])
    assert (found.worst, fault.where, found.note) == (
        "9 patches",
        "9 patches of 4x5",
        "evidence: 9 of 9 patches agree",
    )
    assert fault.explanation.endswith(
        "counted as the first patch. A patch's features lie up to 167 source pixels away. "
        "9 of 9 patches that were changed answer so."
    )
    assert fault.remedy == "tokens = tokens[:, 1:], before they are reshaped to 4 x 5 cells."


def test_the_worst_of_all_sizes_is_told(token_order: Any) -> None:
    """Of 100 x 48 crop pixels, read at a quarter and an eighth of the image's scale at the second size."""
    second = measured(((0.25, 0.0), (0.0, 0.125)), crop_size=(48, 100))
    for maps in ((measured(), second), (second, measured())):
        fault = one(token_order(answering(lambda patch: patch + 1), maps))
        assert fault.error_px == pytest.approx(2 * (160**2 + 48**2) ** 0.5)


@pytest.mark.parametrize("why", [SkipCheck("no preprocess"), StageError("preprocess", "raised")])
def test_without_a_map_of_the_preprocess_no_distance_is_told(why: Exception, token_order: Any) -> None:
    fault = one(token_order(answering(lambda patch: patch + 1), why))
    assert fault.error_px is None
    assert fault.explanation.endswith("is counted as the first patch. 9 of 9 patches that were changed answer so.")


def test_registers_are_counted(token_order: Any) -> None:
    fault = one(token_order(answering(lambda patch: patch + 3)))
    assert (fault.id, fault.alternatives) == ("register-tokens-kept", ())
    assert "answers 3 cells further on, with row wrap: 3 tokens in front" in fault.explanation
    assert fault.remedy.startswith("tokens = tokens[:, -4 * 5:], before")


def test_a_transposed_order_moves_corners_along_the_diagonal(token_order: Any) -> None:
    """Token t of a map filled column by column lies in row t % 4 and column t // 4, its patch in t // 5 and t % 5."""
    found = token_order(answering(lambda patch: patch % 4 * 5 + patch // 4))
    fault = one(found)
    cells = [np.subtract((token % 4, token // 4), (token // 5, token % 5)) for token in range(20)]
    assert fault.id == "token-order-transposed"
    assert fault.error_px == pytest.approx(max(np.hypot(48 * y, 40 * x) for y, x in cells))
    assert fault.remedy == "tokens.permute(0, 2, 1).reshape(B, C, 4, 5), rows before columns."


def test_tokens_in_front_are_told_before_a_wrong_arrangement(token_order: Any) -> None:
    def place(patch: int) -> int:
        return (patch + 1) % 4 * 5 + (patch + 1) // 4

    first, second = token_order(answering(place)).faults
    assert (first.id, second.id) == ("class-token-kept", "token-order-transposed")
    assert (first.alternatives, second.alternatives) == (("register-tokens-kept",), ())


def test_on_a_map_of_swapped_sides_no_distance_is_told(token_order: Any) -> None:
    fault = one(token_order(answering(shape=(5, 4))))
    assert (fault.id, fault.error_px) == ("grid-reshape-swapped", None)
    assert fault.explanation.startswith("Tokens are reshaped to 5 x 4 cells (height x width) where the grid is 4 x 5:")


def test_of_tokens_viewed_as_channels_no_distance_is_told(token_order: Any) -> None:
    answers = answering()
    token_first = answers.changes.transpose(0, 2, 1).reshape(10, 2, 20)
    fault = one(token_order(Answers(GRID, GRID, PATCHES, token_first)))
    assert (fault.id, fault.error_px) == ("tokens-viewed-as-channels", None)


def test_what_follows_no_order_is_unexplained_with_the_likeliest(token_order: Any) -> None:
    scrambled = dict(zip(PATCHES, (10, 4, 16, 3, 17, 1, 15, 2, 6, 13), strict=True))
    found = token_order(answering(scrambled.__getitem__))
    fault = one(found)
    assert (fault.id, fault.stage, fault.error_px) == ("unexplained", "encode", None)
    assert fault.where.endswith(" patches of 4x5")
    assert fault.explanation.startswith(
        "The cells that answer most to a changed patch follow no known order: the likeliest ("
    )
    assert fault.remedy == "Follow one patch through the code: change it and see where the map changes."


# Evidence -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def evidence(monkeypatch: pytest.MonkeyPatch, token_order: Any) -> Any:
    """Checks answers whose order, neighbours and standing are said."""

    def check(order: Order, *, near: int = 0, stands: float = 0.0, blurred: bool = False, chance: bool = False) -> Any:
        answers = answering()

        def within(asked: Answers, cells: int) -> np.ndarray:
            return np.arange(10) < {0: 2, 1: near}[cells] if asked is answers else None

        monkeypatch.setattr(checks_encoder, "explain", lambda asked: order if asked is answers else None)
        monkeypatch.setattr(checks_encoder, "within", within)
        monkeypatch.setattr(checks_encoder, "standing", lambda asked: stands if asked is answers else None)
        monkeypatch.setattr(
            checks_encoder, "blurred", lambda asked, about: (asked, about) == (answers, order) and blurred
        )
        monkeypatch.setattr(
            checks_encoder, "believable", lambda about, cells: about is order and cells == 20 and not chance
        )
        return token_order(answers)

    return check


def order(fault: str = "", extra: int = 0, share: float = 0.7) -> Order:
    return Order(fault, extra, np.arange(20), share, 10)


RIGHT, TRANSPOSED = order(), order("token-order-transposed")
NEAR = "weak evidence: 80% of the patches answer in their own cell or the next"


def ids(found: Finding) -> list[str]:
    return [fault.id for fault in found.faults]


def test_the_value_is_the_share_of_patches_that_answer_elsewhere(evidence: Any) -> None:
    assert evidence(RIGHT).value == pytest.approx(0.8)
    assert evidence(RIGHT).note == "evidence: 7 of 10 patches agree"


def test_a_wrong_order_is_named_from_half_of_the_patches_on(evidence: Any) -> None:
    assert ids(evidence(order("token-order-transposed", share=0.5))) == ["token-order-transposed"]
    assert ids(evidence(order("token-order-transposed", share=0.4))) == ["unexplained"]
    assert ids(evidence(order(extra=1, share=0.4))) == ["unexplained"]


def test_the_right_order_is_known_however_few_agree_unless_by_chance(evidence: Any) -> None:
    few = order(share=0.3)
    assert (ids(evidence(few)), evidence(few).note) == ([], "evidence: 3 of 10 patches agree")
    found = evidence(few, chance=True)
    assert (ids(found), found.note) == (["unexplained"], "evidence: 3 of 10 patches agree")
    assert "the likeliest (row by row, 0 tokens in front) explains 3 of 10." in one(found).explanation
    assert one(found).where == "10 patches of 4x5"


def test_a_wrong_order_by_chance_is_no_fault_of_its_own(evidence: Any) -> None:
    found = evidence(order("token-order-transposed", 2), chance=True)
    assert ids(found) == ["unexplained"]
    assert "the likeliest (token-order-transposed, 2 tokens in front) explains 7 of 10." in one(found).explanation


def test_a_blurred_right_order_is_weak_evidence_against_a_wrong_one_that_is_known(evidence: Any) -> None:
    found = evidence(TRANSPOSED, near=8, blurred=True)
    assert (ids(found), found.note) == ([], NEAR)
    assert ids(evidence(TRANSPOSED, near=8)) == ["token-order-transposed"]
    assert evidence(TRANSPOSED, near=3, blurred=True).note.startswith("weak evidence: 30% of the patches answer in")
    assert evidence(RIGHT, near=8, blurred=True).note == "evidence: 7 of 10 patches agree"


def test_where_no_order_is_known_four_fifths_in_the_next_cell_are_weak_evidence(evidence: Any) -> None:
    for about in (RIGHT, TRANSPOSED):
        found = evidence(about, near=8, stands=1.0, chance=True)
        assert (ids(found), found.note) == ([], NEAR)
        assert ids(evidence(about, near=7, chance=True)) == ["unexplained"]


def test_where_no_order_is_known_a_cell_that_stands_out_is_weak_evidence(evidence: Any) -> None:
    found = evidence(RIGHT, near=7, stands=0.85, chance=True)
    assert (ids(found), found.note) == (
        [],
        "weak evidence: a patch's own cell answers more than 85% of the cells do",
    )
    assert ids(evidence(RIGHT, near=7, stands=0.84, chance=True)) == ["unexplained"]

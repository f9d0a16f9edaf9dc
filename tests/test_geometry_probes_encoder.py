"""How an encoder is asked: with which crops, by which batches, and what is made of its answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from diagnostics.pipeline import Pipeline
from diagnostics.probes_encoder import REPEATS, EncoderProbe, distance, prominence, striking
from diagnostics.subject import Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.closed_form import geometry_for

GRID = (5, 7)  # (height, width)


def pooled(crops: Tensor) -> Tensor:
    """The mean of every patch of 16 pixels."""
    return functional.avg_pool2d(crops, 16)


def probe(encode: Any = pooled, *, grid: tuple[int, int] = GRID, seed: int = 0, **stages: Any) -> EncoderProbe:
    return EncoderProbe(Subject(Pipeline(encode=encode, grid=grid, **stages), ((96, 144), (50, 60)), seed))


# Crops ----------------------------------------------------------------------------------------------------------------


def test_the_crop_is_as_preprocess_makes_it_of_the_first_size() -> None:
    given = []

    def preprocess(image: Image.Image) -> Tensor:
        given.append((image.mode, image.size))
        return torch.zeros(3, 40, 50)

    assert probe(preprocess=preprocess).crop_size == (40, 50)
    assert given == [("RGB", (144, 96))]


def test_without_one_the_crop_is_as_it_is_claimed_or_of_sixteen_pixels_a_cell() -> None:
    claim = lambda size: geometry_for("official", size, (size[0], 112), (16, 16))  # noqa: E731
    assert probe(geometry=claim).crop_size == (96, 112)
    assert probe().crop_size == (80, 112)


def test_crops_are_drawn_by_the_seed() -> None:
    first, same, other = (probe(seed=seed).crops(2) for seed in (1, 1, 2))
    assert first.shape == (2, 3, 80, 112)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])


def test_crops_are_patches_of_colour_with_a_third_of_noise_on_them() -> None:
    """About normalised; a second difference leaves of the patches next to nothing, of noise the root of six."""
    crops = probe(preprocess=lambda _: torch.zeros(3, 160, 160)).crops(4)
    assert abs(crops.mean()) < 0.1
    assert 0.6 < crops.std() < 1.0
    second = crops[..., 2:] - 2 * crops[..., 1:-1] + crops[..., :-2]
    assert float(second.std()) == pytest.approx(6**0.5 / 3, rel=0.02)
    assert float((second[0] - second[1]).std()) == pytest.approx(12**0.5 / 3, rel=0.02)  # each crop has its own
    smooth = functional.avg_pool2d(crops, 10)
    assert smooth.std() > 0.5


def test_a_probe_needs_an_encoder() -> None:
    with pytest.raises(SkipCheck) as raised:
        EncoderProbe(Subject(Pipeline()))
    assert str(raised.value) == "the pipeline gives no encode"


# Features -------------------------------------------------------------------------------------------------------------


def drawn(crops: Tensor) -> Tensor:
    return torch.rand(len(crops), 2, 5, 7)


def test_seeded_calls_draw_the_same_by_the_seed_of_the_subject() -> None:
    crops = torch.zeros(1, 3, 8, 8)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        expected = drawn(crops)
    before = torch.random.get_rng_state()
    for _ in range(2):
        np.testing.assert_array_equal(probe(drawn, seed=3).features(crops), expected)
    assert torch.equal(torch.random.get_rng_state(), before)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        found = probe(drawn, seed=5)
        first, second = (found.features(crops, seeded=False) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, expected)


def test_an_encoder_that_works_in_place_leaves_the_crops_as_they_are() -> None:
    crops = torch.ones(1, 3, 80, 112)
    probe(lambda crops: pooled(crops.zero_())).features(crops)
    assert crops.eq(1).all()


ADVICE = "; make a map of the tokens: {} transpose(1, 2), then reshape(B, C, 5, 7)"


@pytest.mark.parametrize(
    ("shape", "advice"),
    [
        ((2, 35, 4), ADVICE.format("tokens")),
        ((2, 36, 4), ADVICE.format("without the class token, tokens[:, 1:],")),
        ((2, 34, 4), ""),
        ((2, 37, 4), ""),
        ((2, 35), ""),
        ((2, 35, 4, 1, 1), ""),
        ((1, 4, 5, 7), ""),
        ((2, 0, 5, 7), ""),
        ((3, 35, 5, 7), ""),
    ],
)
def test_what_is_no_map_is_an_error_that_says_what_to_do_with_tokens(shape: tuple[int, ...], advice: str) -> None:
    with pytest.raises(StageError) as raised:
        probe(lambda _: torch.zeros(shape)).features(torch.zeros(2, 3, 8, 8))
    assert raised.value.stage == "encode"
    assert str(raised.value) == f"encode: must return (B, C, Hf, Wf) for (2, 3, 8, 8), got shape {shape}{advice}"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_an_error(value: float) -> None:
    def encode(crops: Tensor) -> Tensor:
        features = pooled(crops)
        features[0, 1, 2, 3] = value
        return features

    with pytest.raises(StageError) as raised:
        probe(encode).features(torch.zeros(1, 3, 80, 112))
    assert raised.value.stage == "encode"
    assert str(raised.value) == "encode: returns values that are not finite; look for NaN in its weights"


@pytest.mark.parametrize(("second", "repeats"), [(1000.0, True), (1001.0, True), (1001.5, False)])
def test_an_encoder_repeats_itself_to_a_thousandth(second: float, repeats: bool) -> None:
    """Of what it answers the second time, 1000."""
    given = iter((second, 1000.0))
    found = probe(lambda _: torch.full((1, 1, 5, 7), next(given), dtype=torch.float64))
    assert found.repeats(torch.zeros(1, 3, 8, 8)) is repeats


# Answers --------------------------------------------------------------------------------------------------------------


class Recording:
    """An encoder that keeps the batches that it was given."""

    def __init__(self, encode: Any = pooled) -> None:
        self._encode, self.batches = encode, []

    def __call__(self, crops: Tensor) -> Any:
        self.batches.append(crops.clone())
        return self._encode(crops)


def test_ten_patches_are_changed_one_at_a_time_in_two_batches() -> None:
    """Each batch has the unchanged crop first."""
    encode = Recording()
    answers = probe(encode).answers()
    assert (answers.grid, answers.shape) == (GRID, GRID)
    assert answers.changes.shape == (10, 3, 35)
    assert [len(batch) for batch in encode.batches] == [6, 6]
    first, second = encode.batches
    assert torch.equal(first[0], second[0])
    for patch, changed in zip(answers.patches, torch.cat([first[1:], second[1:]]), strict=True):
        row, column = divmod(int(patch), 7)
        differs = (changed != first[0]).all(dim=0)
        here = torch.zeros(80, 112, dtype=torch.bool)
        here[16 * row : 16 * row + 16, 16 * column : 16 * column + 16] = True
        assert torch.equal(differs, here)
        assert torch.equal((changed != first[0]).any(dim=0), here)


def test_a_patch_gets_noise_about_the_negative_of_its_mean() -> None:
    encode = Recording()
    answers = probe(encode).answers()
    crop = encode.batches[0][0]
    for patch, changed in zip(answers.patches, torch.cat([batch[1:] for batch in encode.batches]), strict=True):
        row, column = divmod(int(patch), 7)
        was, became = (image[:, 16 * row : 16 * row + 16, 16 * column : 16 * column + 16] for image in (crop, changed))
        assert float(became.mean()) == pytest.approx(-float(was.mean()), abs=0.15)
        assert float(became.std()) == pytest.approx(1, abs=0.15)


def test_patches_of_a_crop_that_no_whole_pixels_tile_begin_where_the_last_ends() -> None:
    """50 x 33 pixels (height, width) of 4 x 5 cells."""
    encode = Recording(lambda crops: functional.adaptive_avg_pool2d(crops, (4, 5)))
    answers = probe(encode, grid=(4, 5), preprocess=lambda _: torch.zeros(3, 50, 33)).answers()
    rows, columns = (0, 12, 25, 37, 50), (0, 6, 13, 19, 26, 33)
    crop = encode.batches[0][0]
    for patch, changed in zip(answers.patches, torch.cat([batch[1:] for batch in encode.batches]), strict=True):
        row, column = divmod(int(patch), 5)
        at = (changed != crop).any(dim=0).nonzero()
        assert at.min(dim=0).values.tolist() == [rows[row], columns[column]]
        assert (at.max(dim=0).values + 1).tolist() == [rows[row + 1], columns[column + 1]]


def test_an_answer_is_what_changes_on_the_map_row_by_row() -> None:
    encode = Recording(lambda crops: functional.pad(pooled(crops), (0, 1)))
    answers = probe(encode).answers()
    assert answers.shape == (5, 8)
    maps = torch.cat([functional.pad(pooled(batch), (0, 1)) for batch in encode.batches])
    changes = torch.cat([maps[1:6], maps[7:]]) - maps[0]
    np.testing.assert_allclose(answers.changes, changes.reshape(10, 3, 40), atol=1e-6)
    at = answers.patches // 7 * 8 + answers.patches % 7
    assert np.abs(answers.changes).sum(axis=1).argmax(axis=1).tolist() == at.tolist()


def leaking(crops: Tensor) -> Tensor:
    features = pooled(crops)
    return features + features.mean(dim=0) if len(crops) > 1 else features


def test_images_that_act_on_each_other_are_run_by_themselves() -> None:
    """The crop, twice more to see that it repeats itself, and each of ten changed ones."""
    encode = Recording(leaking)
    answers = probe(encode).answers()
    assert [len(batch) for batch in encode.batches] == [6, 6, *[1] * 13]
    plain = probe().answers()
    assert answers.patches.tolist() == plain.patches.tolist()
    np.testing.assert_allclose(answers.changes, plain.changes, atol=1e-6)


def test_an_encoder_that_no_seed_makes_repeat_itself_is_not_asked() -> None:
    random = torch.Generator().manual_seed(0)
    with pytest.raises(SkipCheck) as raised:
        probe(lambda crops: pooled(crops) + torch.rand(1, generator=random)).answers()
    assert str(raised.value) == ("encode is random even with torch's seed fixed: changes cannot be told from chance")


COUNTS = {
    (1, 1): [1],
    (1, 2): [1, 1],
    (1, 3): [1, 1],
    (2, 2): [2, 2],
    (1, 7): [3, 3],
    (3, 3): [4, 4],
    (2, 5): [5, 5],
    (3, 4): [5, 5],
    (9, 9): [5, 5],
}


@pytest.mark.parametrize("grid", COUNTS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_patches_are_different_ones_with_two_of_the_last_column(grid: tuple[int, int], seed: int) -> None:
    """First, and none of the last row, whose last patch has no cell further on."""
    encode = Recording()
    patches = probe(encode, grid=grid, seed=seed).answers().patches
    assert [len(batch) - 1 for batch in encode.batches] == COUNTS[grid]
    assert len(set(patches.tolist())) == len(patches)
    assert 0 <= patches.min() <= patches.max() < grid[0] * grid[1]
    last = patches[: min(2, grid[0] - 1)]
    assert (last % grid[1] == grid[1] - 1).all()
    assert (last // grid[1] < grid[0] - 1).all()


def test_the_seed_decides_which_patches_are_changed() -> None:
    assert len({tuple(probe(seed=seed).answers().patches.tolist()) for seed in range(4)}) == 4
    assert len({tuple(probe(seed=1).answers().patches.tolist()) for _ in range(2)}) == 1


# Numbers --------------------------------------------------------------------------------------------------------------


def test_a_distance_is_in_parts_of_what_is_known() -> None:
    """Root mean squares: 5 / sqrt(2) of 10 / sqrt(2)."""
    assert distance(np.array([9.0, 12.0]), np.array([6.0, 8.0])) == pytest.approx(0.5)
    assert distance(np.array([0.0, 0.0]), np.array([6.0, 8.0])) == pytest.approx(1.0)
    assert distance(np.zeros((1, 2)), np.zeros(2)) == float("inf")
    assert distance(np.zeros(2), np.zeros(2)) == 0
    assert distance(np.ones(2), np.zeros(2)) > 1e300
    assert REPEATS == 1e-3


def test_a_place_is_prominent_by_what_it_answers_beyond_its_usual() -> None:
    """Its median over the patches, and a twentieth of the largest answer anywhere, 20."""
    responses = np.array([[4.0, 0.0, 20.0], [1.0, 3.0, 19.0], [2.0, 0.0, 18.0]])
    expected = responses / (np.array([2.0, 0.0, 19.0]) + 1)
    np.testing.assert_allclose(prominence(responses), expected, atol=1e-12)
    assert striking(responses).tolist() == [0, 1, 2]

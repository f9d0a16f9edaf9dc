"""Which pixels no cell sees and which cells answer for a strip, of encoders that count the pixels that were changed.

Crops of 5 x 8 cells of 16 pixels, 128 wide and 80 high.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from diagnostics.pipeline import Pipeline
from diagnostics.probes_patches import PatchProbe
from diagnostics.subject import Floats, Subject

ROWS, COLUMNS = 5, 8
SIDES = (128, 80)


class Counting:
    """An encoder that tells how many pixels of each cell differ from the first crop it was shown, along one axis.

    weights: (cells, pixels), what a pixel counts in a cell; one and the same across the other axis. everywhere: what
    any change adds to each cell.
    """

    def __init__(self, axis: int, weights: Floats, everywhere: Any = 0.0) -> None:
        self.axis, self.weights, self.everywhere = axis, weights, everywhere
        self.first: Tensor | None = None
        self.strips: list[tuple[int, int]] = []

    def __call__(self, crops: Tensor) -> Tensor:
        if self.first is None:
            self.first = crops
        assert crops.shape == (1, 3, SIDES[1], SIDES[0])
        differs = (crops != self.first)[0].all(dim=0)
        changed = differs.all(dim=self.axis)
        assert torch.equal(changed, differs.any(dim=self.axis))  # whole columns, or rows
        if changed.any():
            pixels = changed.nonzero()
            self.strips.append((int(pixels.min()), int(pixels.max()) + 1))
            assert len(pixels) == self.strips[-1][1] - self.strips[-1][0]
        counts = torch.from_numpy(self.weights @ changed.numpy()) + self.everywhere * bool(changed.any())
        along = counts[None] if self.axis == 0 else counts[:, None]
        return 1 + torch.stack([along, -2 * along]).expand(2, ROWS, COLUMNS)[None]


def tiles(axis: int, length: int = 16, seen: int | None = None) -> Floats:
    """Cells of `length` pixels, one beside the other; the last one ends before pixel `seen`."""
    pixels = np.arange(SIDES[axis])
    cells = np.minimum(pixels // length, (COLUMNS, ROWS)[axis] - 1)
    weights = np.equal.outer(np.arange((COLUMNS, ROWS)[axis]), cells).astype(float)
    return weights * (pixels < (SIDES[axis] if seen is None else seen))


def probe(axis: int, encode: Any) -> PatchProbe:
    return PatchProbe(Subject(Pipeline(encode=encode, grid=(ROWS, COLUMNS))), axis)


@pytest.mark.parametrize("axis", [0, 1])
def test_an_axis_has_its_own_pixels_and_cells(axis: int) -> None:
    found = probe(axis, Counting(axis, tiles(axis)))
    assert (found.pixels, found.cells) == (SIDES[axis], (COLUMNS, ROWS)[axis])


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("unseen", range(17))
def test_the_last_pixel_that_is_seen_is_exact(axis: int, unseen: int) -> None:
    seen = SIDES[axis] - unseen
    assert probe(axis, Counting(axis, tiles(axis, seen=seen))).last_pixel_seen() == seen


def test_at_most_a_patch_is_left_unseen() -> None:
    assert probe(0, Counting(0, tiles(0, seen=100))).last_pixel_seen() == 128 - 16


def test_where_the_last_pixel_is_seen_no_other_is_asked() -> None:
    encode = Counting(0, tiles(0))
    probe(0, encode).last_pixel_seen()
    assert encode.strips == [(127, 128)]


@pytest.mark.parametrize(("change", "seen"), [(0.0009, 127), (0.0011, 128)])
def test_what_changes_the_map_by_less_than_a_repetition_is_not_seen(change: float, seen: int) -> None:
    """A thousandth of the map's root mean square; here of (1, 1) by (1, 2) times as much in every cell."""
    weights = np.ones((COLUMNS, 128))
    weights[:, 127] = change / 2.5**0.5
    assert probe(0, Counting(0, weights)).last_pixel_seen() == seen


@pytest.mark.parametrize("axis", [0, 1])
def test_tiles_answer_for_the_strip_that_they_hold(axis: int) -> None:
    encode = Counting(axis, tiles(axis))
    assert probe(axis, encode).answers(16).tolist() == [1, (COLUMNS, ROWS)[axis] - 2]
    assert encode.strips == [(16, 32), (SIDES[axis] - 32, SIDES[axis] - 16)]


def test_between_two_cells_each_answers_by_the_pixels_that_it_shares() -> None:
    """Cells of 14: pixels 16 to 32 are 12 of the second and 4 of the third; 96 to 112 are 2 and 14 of the last two."""
    found = probe(0, Counting(0, tiles(0, 14)))
    np.testing.assert_allclose(found.answers(16), [(12 * 1 + 4 * 2) / 16, (2 * 6 + 14 * 7) / 16], atol=1e-12)
    np.testing.assert_allclose(found.answers(14), [1, (12 * 7 + 2 * 7) / 14], atol=1e-12)


def test_what_every_cell_answers_is_taken_off() -> None:
    found = probe(0, Counting(0, tiles(0, 14), everywhere=3.0))
    np.testing.assert_allclose(found.answers(16)[0], (12 * 1 + 4 * 2) / 16, atol=1e-12)


def test_a_cell_that_answers_less_than_others_do_to_anything_counts_for_nothing() -> None:
    everywhere = np.array([1.0, *[3.0] * (COLUMNS - 1)])
    assert probe(0, Counting(0, tiles(0), everywhere)).answers(16)[0] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("other", "counts"), [(0, True), (2, True), (3, True), (4, False), (7, False)])
def test_cells_farther_than_two_from_the_one_that_answers_most_do_not_count(other: int, counts: bool) -> None:
    """Another cell answers a quarter as much as the second does to its strip."""
    weights = tiles(0)
    weights[other] = weights[1] / 4
    found = probe(0, Counting(0, weights)).answers(16)[0]
    assert found == pytest.approx((1 + other / 4) / 1.25 if counts else 1, abs=1e-12)


def test_two_cells_before_it_count_and_four_do_not() -> None:
    weights = tiles(0)
    for other, share in ((4, 0.5), (2, 0.25)):
        weights[other] = weights[6] * share
    found = probe(0, Counting(0, weights)).answers(16)[1]
    assert found == pytest.approx((4 * 0.5 + 6) / 1.5, abs=1e-12)


def test_where_no_cell_answers_there_is_no_place() -> None:
    assert np.isnan(probe(0, Counting(0, np.zeros((COLUMNS, 128)))).answers(16)).all()


def test_what_is_expected_of_tiles_is_their_place() -> None:
    assert probe(0, Counting(0, tiles(0))).expected(16, 16.0, 0.0, 16.0).tolist() == [1, 6]
    assert probe(1, Counting(1, tiles(1))).expected(16, 16.0, 0.0, 16.0).tolist() == [1, 3]


def test_what_is_expected_of_cells_that_overlap_is_weighed_by_what_they_share() -> None:
    """Cells of 24 pixels at 0, 20, 40 ...: of 16 to 32 the first has 8 and the second 12.

    Of 96 to 112 the fifth, from 80 on, has 8 and the sixth, from 100 on, 12.
    """
    found = probe(0, Counting(0, tiles(0))).expected(16, 20.0, 2.0, 24.0)
    np.testing.assert_allclose(found, [12 / 20, (8 * 4 + 12 * 5) / 20], atol=1e-12)

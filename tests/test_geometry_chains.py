"""The true chain at every size, by hand: from what is claimed, from maps that are written down, over cells of any kind.

The map of `measured()` makes 240x200 pixels 120 wide and 50 high and crops 100x40 from (10, 5).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from torch.nn import functional

from diagnostics.chains import Chains, true_chains
from diagnostics.pipeline import Pipeline
from diagnostics.subject import Subject
from diagnostics.verdict import SkipCheck
from maps_made import measured, of_sizes
from reference.geometry import GeomMeta

A, B = (200, 240), (100, 150)
CLAIMS = {
    A: GeomMeta("official", A, (50, 120), (40, 100), (4, 5), (10, 5)),
    B: GeomMeta("letterbox", B, (60, 130), (44, 105), (4, 5), (7, -3)),
}
GRID = (4, 5)


def claimed(claims: Any = CLAIMS, **declared: Any) -> list[Chains]:
    return true_chains(Subject(Pipeline(geometry=claims.__getitem__, **{"grid": GRID} | declared), tuple(claims)))


def followed(monkeypatch: pytest.MonkeyPatch, *maps: Any, **declared: Any) -> Chains:
    """The chains of measured maps, at as many sizes."""
    sizes = {found.image_size if hasattr(found, "image_size") else A: found for found in maps}
    (chains,) = true_chains(of_sizes(monkeypatch, sizes, **{"grid": GRID} | declared))
    return chains


def same(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.dtype == np.float64


# What is claimed ------------------------------------------------------------------------------------------------------


def test_a_claimed_chain_is_the_claim_x_before_y() -> None:
    (chains,) = claimed()
    assert chains.sizes == (A, B)
    same(chains.image, [[240, 200], [150, 100]])
    same(chains.resized, [[120, 50], [130, 60]])
    same(chains.start, [[10, 5], [7, -3]])
    same(chains.crop, [[100, 40], [105, 44]])
    same(chains.cells, [[5, 4], [5, 4]])
    same(chains.fine, [[5, 4], [5, 4]])
    same(chains.scale, [[0.5, 0.25], [130 / 150, 0.6]])
    same(chains.patch, [[20, 10], [21, 11]])
    same(chains.first, [[0, 0], [0, 0]])
    assert chains.mirrored.tolist() == [[False, False], [False, False]]


def test_a_cell_is_so_many_source_pixels() -> None:
    same(claimed()[0].pixels_a_cell, [[40, 40], [21 * 150 / 130, 11 / 0.6]])


def test_the_map_that_is_sampled_is_the_upsampled_one() -> None:
    (chains,) = claimed(upsample=lambda features: functional.interpolate(features, (8, 15), mode="bilinear"))
    same(chains.fine, [[15, 8], [15, 8]])
    same(chains.cells, [[5, 4], [5, 4]])


def test_some_of_the_sizes_are_theirs_in_every_column() -> None:
    (chains,) = claimed({**CLAIMS, (200, 241): replace(CLAIMS[A], in_size=(200, 241))})
    some = chains.only([2, 0])
    assert isinstance(some, Chains)
    assert some.sizes == ((200, 241), A)
    for name, column in vars(chains).items():
        if name != "sizes":
            np.testing.assert_array_equal(getattr(some, name), column[[2, 0]])


def test_what_the_crop_shows_is_told_in_image_pixels() -> None:
    """From (10, 5) to (110, 45) of pixels made half as wide and a quarter as high."""
    (chains,) = claimed({A: CLAIMS[A]})
    same(chains.shown, [[[20, 20]], [[220, 180]]])


@pytest.mark.parametrize(
    ("start", "padded"),
    [
        ((0.0, 0.0), False),
        ((-0.25, 0.0), False),
        ((-0.375, 0.0), True),
        ((0.0, -0.375), True),
        ((20.25, 10.25), False),
        ((20.375, 10.0), True),
        ((20.0, 10.375), True),
    ],
)
def test_more_than_a_quarter_of_a_crop_pixel_beyond_the_image_is_padding(
    start: tuple[float, float], padded: bool
) -> None:
    """The crop of 100x40 lies in the resized image, 120x50, from (0, 0) to (20, 10)."""
    (chains,) = claimed({A: CLAIMS[A]})
    assert replace(chains, start=np.array([start])).padded.tolist() == [padded]


def test_padding_is_told_at_each_size() -> None:
    assert claimed()[0].padded.tolist() == [False, True]


# What is measured -----------------------------------------------------------------------------------------------------


def test_a_map_that_snaps_is_followed_in_whole_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is claimed; here it is measured a hundredth of a pixel off."""
    mapped = measured(((0.50002, 0.0), (0.0, 0.25)), (-10.01, -5.0))
    chains = followed(monkeypatch, mapped, geometry=lambda _: CLAIMS[B])
    same(chains.resized, [[120, 50]])
    same(chains.start, [[10, 5]])
    same(chains.crop, [[100, 40]])
    assert chains.mirrored.tolist() == [[False, False]]


def test_an_enlarged_map_snaps_by_pixels_of_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fiftieth of one, three crop pixels wide: 0.05 crop pixels beside 10 are whole, which by themselves are not."""
    mapped = measured(((3.0, 0.0), (0.0, 2.0)), (-10.05, -5.0))
    same(followed(monkeypatch, mapped).start, [[10, 5]])


def test_a_map_of_fractions_is_followed_as_it_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The side and the start that are whole to a fiftieth of a pixel are taken for whole."""
    mapped = measured(((0.5013, 0.0), (0.0, 0.25006)), (-10.5, -5.015))
    chains = followed(monkeypatch, mapped)
    same(chains.resized, [[0.5013 * 240, 50]])
    same(chains.start, [[10.5, 5]])
    same(chains.crop, [[100, 40]])
    mapped = measured(((0.50004, 0.0), (0.0, 0.2502)), (-9.985, -5.5))
    chains = followed(monkeypatch, mapped)
    same(chains.resized, [[120, 0.2502 * 200]])
    same(chains.start, [[10, 5.5]])


def test_what_is_a_fortieth_of_a_pixel_off_is_no_whole_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for beside in (0.025, -0.025):
        chains = followed(monkeypatch, measured(shift=(-10.5, -5 - beside)))
        same(chains.start, [[10.5, 5 + beside]])


@pytest.mark.parametrize(("x", "y"), [(True, False), (False, True), (True, True)])
def test_a_mirrored_map_starts_at_the_crops_other_end(x: bool, y: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """x_crop = 100 - (x_image / 2 - 10) and y_crop = 40 - (y_image / 4 - 5)."""
    matrix = ((-0.5 if x else 0.5, 0.0), (0.0, -0.25 if y else 0.25))
    chains = followed(monkeypatch, measured(matrix, (110.0 if x else -10.0, 45.0 if y else -5.0)))
    same(chains.resized, [[120, 50]])
    same(chains.start, [[10, 5]])
    assert chains.mirrored.tolist() == [[x, y]]


@pytest.mark.parametrize(
    ("shear_x", "shear_y", "follows"),
    [
        (0.0005, 0.0, True),
        (-0.00051, 0.0, False),
        (0.00051, 0.0, False),
        (0.0, 0.00025, True),
        (0.0, 0.00026, False),
        (0.0, -0.00026, False),
    ],
)
def test_a_shear_of_a_thousandth_is_followed(
    shear_x: float, shear_y: float, follows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped = measured(((0.5, shear_x), (shear_y, 0.25)), (-10.5, -5.0))
    if follows:
        same(followed(monkeypatch, mapped).start, [[10.5, 5]])
        return
    with pytest.raises(SkipCheck) as raised:
        followed(monkeypatch, mapped)
    assert str(raised.value) == f"preprocess has no map to follow: it is no scale and shift, measured {mapped}"


@pytest.mark.parametrize(("scale", "bend", "follows"), [(0.5, 0.2, True), (0.5, 0.21, False), (2.5, 0.5, True)])
def test_a_bend_of_a_fifth_of_the_coarser_pixel_is_followed(
    scale: float, bend: float, follows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped = measured(((scale, 0.0), (0.0, 0.25)), (-10.5, -5.0), bend=bend)
    if follows:
        same(followed(monkeypatch, mapped).start, [[10.5, 5]])
        return
    with pytest.raises(SkipCheck) as raised:
        followed(monkeypatch, mapped)
    assert str(raised.value) == f"preprocess has no map to follow: it is no scale and shift, measured {mapped}"


def test_a_preprocess_without_a_map_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SkipCheck) as raised:
        followed(monkeypatch, ValueError("the transform is random"))
    assert str(raised.value) == "preprocess has no map to follow: the transform is random"


def test_without_preprocess_and_geometry_nothing_is_known() -> None:
    with pytest.raises(SkipCheck) as raised:
        true_chains(Subject(Pipeline()))
    assert str(raised.value) == (
        "where points should land is known from preprocess or geometry, and the pipeline gives neither"
    )


# Cells ----------------------------------------------------------------------------------------------------------------


def test_where_nothing_tells_how_cells_lie_every_way_is_a_chain() -> None:
    """Four rows on 43 pixels: of 10 from the start or in the middle, or of 10.75; columns of 20 in any case.

    At a size where rows tile the crop they do so in every way.
    """
    odd = replace(CLAIMS[A], crop_size=(43, 100))
    ways = claimed({A: odd, B: replace(CLAIMS[B], crop_size=(44, 100))})
    assert [way.patch.tolist() for way in ways] == [[[20, y], [20, 11]] for y in (10, 10, 10.75)]
    assert [way.first.tolist() for way in ways] == [[[0, y], [0, 0]] for y in (0, 1.5, 0)]
    for way in ways:
        same(way.crop, [[100, 43], [100, 44]])


def test_rows_and_columns_are_laid_on_their_own_side() -> None:
    ways = claimed({A: replace(CLAIMS[A], crop_size=(40, 103))})
    assert [way.patch.tolist() for way in ways] == [[[x, 10]] for x in (20, 20, 20.6)]
    assert [way.first.tolist() for way in ways] == [[[x, 0]] for x in (0, 1.5, 0)]

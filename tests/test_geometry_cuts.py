"""Cuts are where the maps change their answer; the interval between them is found exactly, in any float dtype."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.cuts import cell_cuts, crop_cuts
from diagnostics.ruler import Room, Ruler
from diagnostics.tally import Tally
from neighbours import neighbours
from reference.geometry import GeomMeta, index_from_edge
from strategies import geometries


@given(geometries())
def test_cuts_are_where_the_maps_change_their_answer(geometry: GeomMeta) -> None:
    """What begins at a cut includes it, not the float64 before it; what ends at one, only the float64 before it."""
    for rule, (x, y) in (("crop", crop_cuts(geometry)), ("centre", cell_cuts(geometry))):
        assert (np.diff(x) >= 0).all()
        assert (np.diff(y) >= 0).all()
        first, after = np.array([x[0], y[0]]), np.array([x[-1], y[-1]])
        if (first < after).all():
            last = np.nextafter(after, -np.inf)
            assert geometry.valid(np.array([first, last]), rule).all()
            outside = [[np.nextafter(first[0], -np.inf), first[1]], [last[0], after[1]], [after[0], last[1]]]
            assert not geometry.valid(np.array(outside), rule).any()


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60, unique=True),
    st.lists(st.floats(-2e6, 2e6) | st.sampled_from([np.inf, -np.inf]), max_size=40),
    st.sampled_from(["f4", "f8"]),
)
def test_a_tally_counts_between_cuts_as_searchsorted_does(cuts: list[float], values: list[float], dtype: str) -> None:
    """However uneven the cuts, the table finds the interval that a binary search in float64 finds."""
    axis = np.sort(np.array(cuts))
    coordinates = np.concatenate([np.array(values, dtype), neighbours(axis, np.dtype(dtype))])
    coordinates = coordinates[~np.isnan(coordinates)]
    tally = Tally([(axis, np.array([-1.0, 1.0]))])
    tally.add(coordinates, np.zeros_like(coordinates))
    known = coordinates.astype(np.float64)
    expected = np.bincount(np.searchsorted(axis, known, side="right"), minlength=len(axis) + 1)[1:-1]
    assert tally.between((axis, np.array([-1.0, 1.0]))).tolist() == [expected.tolist()]


@pytest.mark.parametrize("side", [1, 7, 320, 640, 1023, 1024, 1025, 8192, 50_000])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_ruler_is_exact_on_images_of_any_size(side: int, dtype: str) -> None:
    """Bins of whole pixels, where buckets begin, beside cuts in the middle of nowhere, one float apart at times."""
    random = np.random.default_rng(side)
    middle = random.uniform(-0.5, side, 40)
    cuts = np.unique(
        [*index_from_edge(np.arange(0, side + 1.0, -(-side // 320))), *middle, *np.nextafter(middle, side)]
    )
    coordinates = neighbours(cuts, np.dtype(dtype))
    coordinates = coordinates[~np.isnan(coordinates)]
    room = Room(np.dtype(dtype), len(coordinates))
    expected = np.searchsorted(cuts, coordinates.astype(np.float64), side="right")
    np.testing.assert_array_equal(Ruler(cuts, np.dtype(dtype)).interval(coordinates, room), expected)


def test_a_tally_has_one_entry_for_every_pair_of_intervals() -> None:
    """Before, between and behind the cuts of all its subjects."""
    tally = Tally([(np.array([0.0, 1.0]), np.array([0.0, 2.0, 3.0])), (np.array([0.5, 1.0]), np.array([0.0]))])
    assert tally.counts.shape == (4, 4)
    assert tally.counts.dtype == np.int64


@pytest.mark.parametrize("side", [1, 7, 640, 50_000])
def test_buckets_are_a_power_of_two_of_pixels_wide(side: int) -> None:
    """So that to divide by their width rounds nothing; never more than 8,192 on either side of 0."""
    ruler = Ruler(np.array([-0.5, side - 0.5]), np.dtype("f4"))
    mantissa, _ = np.frexp(ruler._buckets_per_pixel)
    assert mantissa == 0.5
    assert ruler._buckets_per_pixel * (side - 0.5) <= 2**13

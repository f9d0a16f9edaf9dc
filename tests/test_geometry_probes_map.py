"""How far a measured map is from a scale and shift, and from a claim: counted by hand on maps that are written down."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from diagnostics.probes_map import (
    affine_maps,
    corner_edges,
    corner_misses,
    departure,
    image_from_crop_edges,
)
from diagnostics.verdict import SkipCheck
from maps_made import measured, of_sizes
from reference.geometry import GeomMeta

CLAIM = GeomMeta("official", (200, 240), (50, 120), (40, 100), (1, 1), (10, 5))


# Corners --------------------------------------------------------------------------------------------------------------


def test_crop_edges_lie_in_the_image_where_the_map_is_undone() -> None:
    """x = (x_crop + 10) / 0.5 and y = (y_crop + 5) / 0.25, each its own."""
    found = image_from_crop_edges(measured(), np.array([[0.0, 0.0], [100.0, 40.0], [1.0, 0.0]]))
    np.testing.assert_allclose(found, [[20, 20], [220, 180], [22, 20]], atol=1e-12)


def test_crop_edges_of_a_turned_map_are_turned_back() -> None:
    """x_crop = y and y_crop = 2 x: of (10, 30) comes (30, 20), shifted by (1, 2)."""
    turned = measured(((0.0, 1.0), (2.0, 0.0)), (1.0, 2.0))
    np.testing.assert_allclose(image_from_crop_edges(turned, np.array([[31.0, 22.0]])), [[10, 30]], atol=1e-12)


@pytest.mark.parametrize(
    ("shift", "corners"),
    [
        ((-10.0, -5.0), (0, 0, 100, 40)),  # the crop lies in the image
        ((10.0, 5.0), (10, 5, 100, 40)),  # padded on the left and above
        ((-30.0, -20.0), (0, 0, 90, 30)),  # padded on the right and below
    ],
)
def test_corners_are_of_what_the_crop_shows_of_the_image(shift: tuple[float, float], corners: tuple[int, ...]) -> None:
    """In the order left top, right top, left bottom, right bottom."""
    left, top, right, bottom = corners
    expected = [[left, top], [right, top], [left, bottom], [right, bottom]]
    np.testing.assert_allclose(corner_edges(measured(shift=shift)), expected, atol=1e-12)


def test_a_mirrored_map_has_the_same_corners() -> None:
    mirrored = measured(((-0.5, 0.0), (0.0, 0.25)), (110.0, -5.0))
    np.testing.assert_allclose(corner_edges(mirrored), [[0, 0], [100, 0], [0, 40], [100, 40]], atol=1e-12)


def test_a_claim_misses_by_source_pixels_at_every_corner() -> None:
    """One crop pixel of offset is 1 / 0.5 and 1 / 0.25 of them; the claim reads to the right and below."""
    np.testing.assert_allclose(corner_misses(CLAIM, measured()), np.zeros((4, 2)), atol=1e-12)
    beside = replace(CLAIM, offset=(11, 6))
    np.testing.assert_allclose(corner_misses(beside, measured()), [[2, 4]] * 4, atol=1e-12)
    # Resized to 125 in place of 120: (100 + 10) / (125/240) - 220 = -8.8 at the right, 20 * 120/125 - 20 at the left.
    longer = replace(CLAIM, resized_size=(50, 125))
    np.testing.assert_allclose(
        corner_misses(longer, measured()), [[-0.8, 0], [-8.8, 0], [-0.8, 0], [-8.8, 0]], atol=1e-12
    )


# Departures -----------------------------------------------------------------------------------------------------------


def test_a_scale_and_shift_departs_from_nothing() -> None:
    """Mirrored ones and fractions of a pixel included."""
    assert departure(measured()) is None
    assert departure(measured(((-0.5, 0.0), (0.0, 0.25)), (110.5, -5.3))) is None


def test_a_turn_misses_an_upright_map_about_the_same_centre() -> None:
    """By a right angle, of 100 x 40 crop pixels of one image pixel each: corners at (50, 20) come to (20, -50)."""
    turned = departure(measured(((0.0, 1.0), (-1.0, 0.0)), (-50.0, 150.0)))
    assert turned is not None
    assert turned.how == "turns, transposes or shears the image"
    assert turned.error_px == pytest.approx(math.hypot(70, 30), abs=1e-9)


def test_a_shear_misses_by_how_far_it_moves_the_corners() -> None:
    """x_crop = 0.5 x + 0.1 y: along the 40 crop pixels of height, 160 image pixels, x moves by 32 of them.

    An upright crop pixel is 1 / hypot(0.5, 0.1) = 1.9612 wide: 98.058 to either side for 100, with 16 more or less.
    """
    sheared = departure(measured(((0.5, 0.1), (0.0, 0.25))))
    assert sheared is not None
    assert sheared.error_px == pytest.approx(100 + 16 - 98.0581, abs=1e-3)


def test_a_warp_misses_by_its_residual_in_source_pixels_of_the_longer_side() -> None:
    """0.5 crop pixels are 1 along x and 2 along y."""
    warped = departure(measured(bend=0.3, residual=0.5))
    assert warped is not None
    assert warped.how == "is no scale and shift (a warp, or parts of the image are missing)"
    assert warped.error_px == pytest.approx(2.0, abs=1e-9)


# All sizes ------------------------------------------------------------------------------------------------------------


def test_sizes_without_a_map_and_those_that_bend_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right = measured()
    maps = {(1, 1): ValueError("too little"), (2, 2): measured(bend=1.0), (3, 3): right, (4, 4): right}
    assert affine_maps(of_sizes(monkeypatch, maps)) == {(3, 3): right, (4, 4): right}


def test_where_no_size_has_a_map_nothing_that_rests_on_it_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    maps = {(1, 1): ValueError("too little"), (2, 2): measured(bend=1.0)}
    with pytest.raises(SkipCheck) as raised:
        affine_maps(of_sizes(monkeypatch, maps))
    assert str(raised.value) == "the preprocess has no map that is a scale and shift"

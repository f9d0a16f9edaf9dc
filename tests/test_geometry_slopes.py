"""What most of a crop agrees on: the slopes of the places read, whatever padding and stray values there are."""

import numpy as np
import pytest

from reference import stripes as module
from reference.stripes import agreement


@pytest.mark.parametrize(
    ("values", "most"),
    [
        ([7], 7),
        ([3, 1, 2], 1),  # each alone is an interval of no length: the first
        ([*range(0, 200, 10), 55], 55),  # 21: the two nearest are 50 and 55, of which the upper one counts
        ([*range(0, 190, 10), 55], 55),
        ([*range(0, 290, 10), 54.5], 54.5),
        ([0] * 3 + [100 + k for k in range(37)], 102),  # four, as three of one value are no tenth
        ([100 + 3 * k for k in range(30)] + [5, 5.5, 6.5, 8], 5.5),
    ],
)
def test_agreement_is_the_middle_of_the_closest_tenth(values, most):
    assert agreement(np.array(values[::-1], dtype=float)) == most


def slopes_of(place, visible=None):
    return module._slopes(place, np.ones(place.shape, bool) if visible is None else visible)


def test_slopes_are_the_change_for_one_pixel_to_the_right_and_one_down():
    y, x = np.indices((24, 40))
    assert slopes_of(0.5 * x - 0.25 * y) == (0.5, -0.25)
    assert slopes_of(np.array([[0.0, 2.0], [3.0, 9.0]])) == (2, 3)


@pytest.mark.parametrize("shape", [(1, 9), (9, 1)])
def test_one_row_or_column_has_no_slope(shape):
    with pytest.raises(ValueError, match=rf"^a crop of \({shape[0]}, {shape[1]}\) .* is too small to measure$"):
        slopes_of(np.zeros(shape))


def test_slopes_are_taken_over_an_eighth_of_what_shows():
    """32 columns show, of 48, and 16 rows, of 24: a jitter of every other column or row cancels over 4, and over 2."""
    y, x = np.indices((24, 48))
    visible = (x < 32) & (y < 16)
    assert slopes_of(x + 0.125 * (x % 4) + 2 * y + 0.25 * (y % 2), visible) == (1, 2)
    assert slopes_of(x + 0.125 * (x % 3) + 2 * y + 0.25 * (y % 2), visible)[0] != 1


def test_pixels_show_that_all_three_of_a_difference_show():
    """A column and a row that do not would be agreed on if they counted, by a step onto them or off them."""
    y, x = np.indices((9, 9))
    place, visible = 3.0 * x + 5 * y, np.ones((9, 9), bool)
    place[:, 4], visible[:, 4] = -100, False
    place[4], visible[4] = -100, False
    assert slopes_of(place, visible) == (3, 5)


def test_where_hardly_anything_shows_nothing_is_measured():
    for visible in (np.zeros((9, 9), bool), np.eye(9, dtype=bool)):
        says = "^too little of the image arrives in the crop to measure the transform$"
        with pytest.raises(ValueError, match=says):
            slopes_of(np.add.outer(np.zeros(9), np.arange(9.0)), visible)


def along(places):
    """The slope of a line of places, as columns and as rows."""
    lines = np.tile(places, (40, 1))
    (to_right, none), (also_none, down) = slopes_of(lines), slopes_of(lines.T)
    assert none == also_none == 0
    assert to_right == down
    return down


PIXELS = np.arange(400.0)  # differences are taken over 50, and 117 to 232 of the 350 that are left are the middle


def test_padding_that_stands_still_is_no_part_of_the_image():
    """Most of the crop, and of its middle, repeats the rim."""
    assert along(PIXELS.clip(60, 180)) == 1
    with pytest.raises(ValueError, match="too little of the image arrives"):
        along(0 * PIXELS)


@pytest.mark.parametrize(("speed", "slope"), [(0.25, 1), (-0.25, 1), (0.375, 0.375), (-0.375, -0.375)])
def test_what_moves_at_a_quarter_of_the_usual_speed_stands_still(speed, slope):
    """Of what moves at two speeds, the one that comes first is agreed on."""
    assert along(np.where(PIXELS < 200, PIXELS, 200 + speed * (PIXELS - 200))) == slope


def test_the_middle_third_decides_where_anything_moves_in_it():
    """A quarter of the crop between mirrored padding; then an image to both sides of one that stands still."""
    assert along(np.abs(PIXELS.clip(None, 250) - 150) - (PIXELS - 250).clip(0)) == 1
    assert along(PIXELS.clip(None, 100) + (PIXELS - 300).clip(0)) == 1

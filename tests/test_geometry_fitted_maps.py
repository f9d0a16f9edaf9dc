"""What the fit says of landings that are planted: the map, how far they are off it, and which of them count."""

import math

import numpy as np
import pytest

from reference.measure import MeasuredMap, _fit, _ripple_and_bend, _scale_error, measure_map
from reference.stripes import Landing

ROUNDING = 1e-9  # least squares over some thousand places of a hundred pixels


def landings(rows, crop_size, planted=((), ())):
    """Where crop pixels are read from on x and on y, `a x + b y + c`, but for what is planted at some of them."""
    y, x = np.indices(crop_size) + 0.5
    made = []
    for (a, b, c), strays in zip(rows, planted, strict=True):
        place = a * x + b * y + c
        for pixel, off in strays:
            place[pixel] += off
        made.append(Landing(place, np.ones(crop_size, bool), (a, b)))
    return made


def test_an_affine_map_comes_back_with_no_miss():
    rows = [(3.0, 0.125, 1.5), (-0.0625, 2.5, 4.0)]
    fitted = _fit((150, 170), landings(rows, (40, 50)))
    image_from_crop = np.array(rows)
    inverse = np.linalg.inv(image_from_crop[:, :2])
    assert (fitted.image_size, fitted.crop_size) == ((150, 170), (40, 50))
    np.testing.assert_allclose(fitted.matrix, inverse, rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(fitted.shift, -inverse @ image_from_crop[:, 2], rtol=0, atol=ROUNDING)
    assert max(fitted.residual, fitted.ripple, fitted.bend, *fitted.scale_error) < ROUNDING
    numbers = [*fitted.matrix[0], *fitted.matrix[1], *fitted.shift, *fitted.scale_error, *fitted.reach[0]]
    assert {type(number) for number in (*numbers, fitted.residual, fitted.ripple, fitted.bend)} == {float}


@pytest.mark.parametrize(
    ("rows", "image_size", "reach"),
    [
        # Three crop pixels from the rim of the crop, where the image reaches beyond it.
        ([(1.0, 0.0, 10.0), (0.0, 1.0, 20.0)], (100, 100), ((3.5, 46.5), (3.5, 36.5))),
        # The same of a coarse crop.
        ([(4.0, 0.0, 20.0), (0.0, 2.0, 20.0)], (200, 300), ((3.5, 46.5), (3.5, 36.5))),
        # Three crop pixels of 4 and of 2 image pixels from the rim of the image.
        ([(4.0, 0.0, -20.0), (0.0, 2.0, -6.5)], (60, 140), ((8.5, 36.5), (6.5, 29.5))),
        # Enlarged twice and four times: three image pixels of the smaller kind from the crop's rim.
        ([(0.5, 0.0, 9.0), (0.0, 0.25, 9.0)], (60, 140), ((12.5, 37.5), (12.5, 27.5))),
        # Enlarged 2.5 times: what is 7.5 crop pixels from the rim is not inside.
        ([(0.4, 0.0, 9.0), (0.0, 0.4, 9.0)], (60, 140), ((8.5, 41.5), (8.5, 31.5))),
    ],
    ids=["crop", "coarse crop", "image", "enlarged", "on the rim"],
)
def test_only_pixels_whose_kernel_stays_inside_are_fitted(rows, image_size, reach):
    fitted = _fit(image_size, landings(rows, (40, 50)))
    assert fitted.reach == reach


def test_pixels_at_a_rim_have_no_say():
    rim = [((row, 4), 9.0) for row in range(40)] + [((3, column), -9.0) for column in range(50)]
    rows = [(4.0, 0.0, -20.0), (0.0, 2.0, -7.0)]
    assert _fit((60, 140), landings(rows, (40, 50), (rim, rim))).residual < ROUNDING


@pytest.mark.parametrize(("planted", "off"), [((((20, 20), 0.5),), 0), ((((20, 20), -0.5),), 1)])
def test_the_residual_is_the_largest_miss_in_crop_pixels(planted, off):
    """Half an image pixel is a quarter of a crop pixel along x, an eighth along y; the fit moves by 1/1000 of it."""
    strays = [(), ()]
    strays[off] = planted
    fitted = _fit((200, 140), landings([(2.0, 0.0, 10.0), (0.0, 4.0, 10.0)], (40, 50), strays))
    assert fitted.residual == pytest.approx(0.125 if off else 0.25, rel=0.01)


def test_the_residual_is_measured_along_both_axes_at_once():
    planted = ((((20, 20), 0.75),), (((20, 20), 1.0),))
    fitted = _fit((100, 100), landings([(1.0, 0.0, 10.0), (0.0, 1.0, 10.0)], (40, 50), planted))
    assert fitted.residual == pytest.approx(1.25, rel=0.01)


@pytest.mark.parametrize("axis", [0, 1])
def test_where_a_fitted_pixel_shows_nothing_the_map_has_a_hole(axis):
    made = landings([(1.0, 0.0, 10.0), (0.0, 1.0, 10.0)], (40, 50))
    made[axis].visible[0] = False  # on the rim, and so not fitted
    whole = _fit((100, 100), made)
    assert max(whole.residual, whole.bend) < ROUNDING
    made[axis].visible[20, 20] = False
    hole = _fit((100, 100), made)
    assert (hole.residual, hole.bend) == (math.inf, math.inf)


@pytest.mark.parametrize("axis", [0, 1])
def test_the_ripple_is_that_of_the_worse_axis_and_the_bend_is_in_crop_pixels(axis):
    """Nearest neighbour along one axis; then half an image pixel where a tenth of the rows, or of the columns, is."""
    steps, bent = (landings([(2.03125, 0.0, 20.0), (0.0, 4.0625, 20.0)], (40, 50)) for _ in range(2))
    steps[axis].place[:] = np.floor(steps[axis].place) + 0.5
    fitted = _fit((300, 300), steps)
    assert fitted.ripple == pytest.approx(0.5, abs=0.05)
    assert fitted.bend < 0.01
    bent[axis].place[(slice(12, 16), slice(None))[:: 1 - 2 * axis]] += 0.5
    fitted = _fit((300, 300), bent)
    assert fitted.ripple < 0.06
    assert fitted.bend == pytest.approx(0.5 / (2.03125, 4.0625)[axis], rel=0.15)


def test_off_centre_is_how_far_the_farthest_place_is_from_a_pixel_centre():
    fitted = _fit((100, 100), landings([(1.0, 0.0, 10.0), (0.0, 1.0, 10.125)], (40, 50)))
    assert fitted.off_centre == pytest.approx(0.125, abs=ROUNDING)
    fitted = _fit((100, 100), landings([(1.0, 0.0, 10.375), (0.0, 1.0, 10.125)], (40, 50)))
    assert fitted.off_centre == pytest.approx(0.375, abs=ROUNDING)


def test_the_rough_map_is_that_of_most_of_what_shows():
    """Elsewhere a padding that stands still; only the first rows and columns of it would be thought inside."""
    made = landings([(1.0, 0.0, -10.0), (0.0, 1.0, -10.0)], (60, 60))
    hidden = np.zeros((60, 60), bool)
    hidden[:, 41:] = hidden[41:] = True
    for landing in made:
        landing.place[hidden] = 100.0
        landing.visible[hidden] = False
    fitted = _fit((30, 30), made)
    assert (fitted.matrix, fitted.reach) == (
        (pytest.approx((1, 0), abs=ROUNDING), pytest.approx((0, 1), abs=ROUNDING)),
        ((13.5, 36.5), (13.5, 36.5)),
    )


def test_two_pixels_apart_is_the_least_that_a_map_is_fitted_to():
    """Eight pixels have two, one apart, that are three from both rims; nine have three."""
    rows = [(1.0, 0.0, 10.0), (0.0, 1.0, 10.0)]
    assert _fit((40, 50), landings(rows, (9, 9))).reach == ((3.5, 5.5), (3.5, 5.5))
    for crop_size in ((9, 8), (8, 9), (6, 6)):
        with pytest.raises(ValueError, match=r"^images of \(40, 50\) .* show too little in the crop to be measured$"):
            _fit((40, 50), landings(rows, crop_size))


def test_crops_of_two_sizes_are_random():
    one, other = landings([(1.0, 0.0, 0.0)] * 2, (9, 9))[0], landings([(1.0, 0.0, 0.0)] * 2, (9, 8))[0]
    with pytest.raises(
        ValueError, match=r"^the transform is random: the size of its output changes from call to call$"
    ):
        _fit((40, 50), [one, other])


# The distance from the fit --------------------------------------------------------------------------------------------

FITS = np.arange(6400) / 64 + 1 / 128  # each 32nd of a pixel twice


def test_what_all_of_one_part_of_a_pixel_miss_is_a_ripple_and_no_bend():
    for size in (0.25, 0.5):
        ripple, bend = _ripple_and_bend(FITS + size * np.sin(2 * np.pi * np.floor(FITS * 32) / 32), FITS)
        assert ripple == pytest.approx(size, abs=ROUNDING)
        assert bend == 0
        ripple, bend = _ripple_and_bend(FITS - size * (np.floor(FITS * 32) % 32 == 7), FITS)
        assert ripple == pytest.approx(size, abs=ROUNDING)


@pytest.mark.parametrize("way", [1, -1])
def test_what_only_some_of_one_part_miss_is_a_bend_and_no_ripple(way):
    """Two in a hundred are told, one is a column that a rounding has put beside."""
    for share, seen in ((2, True), (0.9, False)):
        misses = way * 0.25 * (np.arange(FITS.size) < FITS.size * share / 100)
        ripple, bend = _ripple_and_bend(FITS + misses, FITS)
        assert ripple == pytest.approx(0, abs=ROUNDING)
        assert bend == pytest.approx(0.25 if seen else 0, abs=ROUNDING)


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize(("parts", "bent"), [(4, False), (5, True)])
def test_a_ripple_may_come_an_eighth_of_a_pixel_early_or_late(parts, bent, way):
    """The jump is at part 16, and for two fifths of the pixels at another: neighbours within four parts count."""
    part = np.floor(FITS * 32).astype(int) % 32
    late = (np.arange(FITS.size) < 0.4 * FITS.size) & (part == (15 + parts if way > 0 else 16 - parts))
    ripple, bend = _ripple_and_bend(FITS + np.where((part >= 16) ^ late, 0.25, -0.25), FITS)
    assert ripple == pytest.approx(0.25, abs=ROUNDING)
    assert bend == pytest.approx(0.5 if bent else 0, abs=ROUNDING)


def test_a_ripple_is_at_most_what_nearest_neighbour_makes_and_the_rest_is_a_bend():
    part = np.floor(FITS * 32).astype(int) % 32
    for sign in (1, -1):
        ripple, bend = _ripple_and_bend(FITS + sign * 0.75 * (part < 16), FITS)
        assert ripple == pytest.approx(0.6, abs=ROUNDING)
        assert bend == pytest.approx(0.15, abs=ROUNDING)


@pytest.mark.parametrize("far", [0.25, 0.75, 1.0, 1.25])
def test_of_nearest_neighbour_a_miss_of_a_pixel_is_no_bend(far):
    """It is known by its places, all of them centres; a tenth of a pixel beside one, something was interpolated."""
    places = np.arange(50.0) + 0.5
    assert _ripple_and_bend(places, places - far) == (min(far, 0.6), max(0, far - 1))
    assert _ripple_and_bend(places, places + far) == (min(far, 0.6), max(0, far - 1))
    near, beside = places + 0.09 * (places < 1), places + 0.11 * (places < 1)
    assert _ripple_and_bend(near, near - 1.25)[1] == pytest.approx(0.25, abs=ROUNDING)
    assert _ripple_and_bend(beside, beside - 1.25)[1] == pytest.approx(0.65, abs=ROUNDING)


def test_of_many_places_some_that_are_spread_evenly_are_enough():
    """20,000 are more than twice 8192: each third one is looked at."""
    random = np.random.default_rng(0)
    fits = np.sort(random.uniform(0, 100, 20_000))
    places = fits + random.uniform(-0.25, 0.25, fits.size)
    assert _ripple_and_bend(places, fits) == _ripple_and_bend(places[::3], fits[::3])
    assert _ripple_and_bend(places, fits) != _ripple_and_bend(places[::2], fits[::2])
    few = slice(0, 8192)
    assert _ripple_and_bend(places[few], fits[few]) != _ripple_and_bend(places[few][::2], fits[few][::2])


@pytest.mark.parametrize(
    ("span", "pitch", "columns"), [(100.0, 0.5, 50), (100.0, 1.0, 100), (100.0, 2.0, 100), (0.5, 1.0, 1)]
)
def test_the_scale_error_is_that_of_a_fitted_slope(span, pitch, columns):
    misses = np.array([0.1, -0.3, 0.2])
    rms = math.sqrt((0.01 + 0.09 + 0.04) / 3)
    assert _scale_error(misses, span, pitch) == pytest.approx(rms * math.sqrt(12 / columns) / span, rel=1e-12)


def test_the_scale_error_of_a_map_is_that_of_each_axis():
    """One miss of half an image pixel along x, of 43 x 33 pixels that are fitted, as far apart as 42 and 32 are."""
    planted = ((((20, 20), 0.5),), (((20, 20), 1.0),))
    fitted = _fit((200, 140), landings([(2.0, 0.0, 10.0), (0.0, 4.0, 10.0)], (40, 50), planted))
    (first_x, last_x), (first_y, last_y) = fitted.reach
    count = (last_x - first_x + 1) * (last_y - first_y + 1)
    for axis, span in enumerate((last_x - first_x, last_y - first_y)):
        rms = 0.25 / math.sqrt(count)
        assert fitted.scale_error[axis] == pytest.approx(rms * math.sqrt(12 / span) / span, rel=0.01)


# The rest -------------------------------------------------------------------------------------------------------------


def test_a_coarse_pixel_is_the_larger_of_crop_and_image_pixel_on_each_axis():
    def of(*matrix):
        return MeasuredMap((9, 9), (9, 9), matrix, (0.0, 0.0), 0, 0, 0, 0, (0.0, 0.0), ((0.0, 9.0), (0.0, 9.0)))

    assert of((-3.0, 0.5), (0.25, 0.5)).coarseness == (3, 1)
    assert of((0.5, 0.25), (7.0, -2.0)).coarseness == (1, 2)


def test_a_measured_map_reads_as_its_formula():
    matrix, shift = ((0.465625, -0.001), (0.002, 0.46875)), (-37.5, 12.25)
    measured = MeasuredMap((480, 640), (224, 225), matrix, shift, 0.0125, 0, 0, 0, (0, 0), ((0, 0), (0, 0)))
    assert str(measured) == (
        "x_crop = 0.46563 x -0.00100 y -37.500, y_crop = 0.00200 x +0.46875 y +12.250 "
        "in edge coordinates, image (480, 640) to crop (224, 225) (height, width), residual 0.013 crop pixels"
    )


@pytest.mark.parametrize("size", [(6, 64), (64, 6)])
def test_an_image_of_six_pixels_is_all_rim(size):
    says = r"too small to be measured, a side of at most 6 pixels is all rim; measure a larger one, or write its "
    with pytest.raises(ValueError, match=rf"^images of \({size[0]}, {size[1]}\) \(height, width\) are {says}"):
        measure_map(lambda image: image, size)


def test_an_image_of_seven_pixels_is_measured_and_shows_too_little():
    with pytest.raises(ValueError, match=r"^images of \(7, 64\) \(height, width\) show too little in the crop"):
        measure_map(lambda image: image, (7, 64))


@pytest.mark.parametrize("size", [None, (0, 9)])
def test_the_size_of_the_image_is_checked(size):
    with pytest.raises((TypeError, ValueError), match=r"^image_size must be"):
        measure_map(lambda image: image, size)

"""A measured map near one in whole numbers is that one, up to the stated bounds; beyond them it is refused by name."""

from dataclasses import replace

import pytest

from reference.geometry import GeomMeta
from reference.measure import MeasuredMap
from reference.snapping import departure, snap

MEASURED = MeasuredMap(
    image_size=(480, 640),
    crop_size=(224, 200),
    matrix=((300 / 640, 0.0), (0.0, 225 / 480)),
    shift=(-37.0, 5.0),
    residual=0.01,
    ripple=0.0,
    bend=0.0,
    off_centre=0.3,
    scale_error=(1e-5, 1e-5),
    reach=((3.5, 196.5), (3.5, 220.5)),
)
# Sides are powers of two and everything is read from one place: products and sums are exact.
ALONE = replace(
    MEASURED,
    image_size=(512, 256),
    crop_size=(512, 256),
    matrix=((1.0, 0.0), (0.0, 1.0)),
    shift=(0.0, 0.0),
    reach=((0.0, 0.0), (0.0, 0.0)),
)
ABOVE = 1 + 2.0**-50


def test_a_measured_map_snaps_to_the_sizes_and_offsets_that_make_it():
    assert snap(MEASURED) == GeomMeta("letterbox", (480, 640), (225, 300), (224, 200), (1, 1), (37, -5))
    assert snap(ALONE) == GeomMeta("official", (512, 256), (512, 256), (512, 256), (1, 1), (0, 0))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("coarse", [1, 4])
@pytest.mark.parametrize(("row", "column", "side"), [(0, 1, 512), (1, 0, 256)])
def test_a_shear_of_a_tenth_of_a_coarse_pixel_over_the_image_is_none_and_more_is_one(row, column, side, coarse, sign):
    for most, says in ((0.1, ""), (0.1 * ABOVE, "turns, transposes or shears the image")):
        matrix = [[float(coarse), 0.0], [0.0, 1.0]]
        matrix[row][column] = sign * coarse * most / side
        assert departure(replace(ALONE, matrix=tuple(map(tuple, matrix)))) == says


@pytest.mark.parametrize("coarse", [1, 4])
def test_a_bend_of_a_fifth_of_a_coarse_pixel_is_none_and_more_is_one(coarse):
    enlarged = replace(ALONE, matrix=((1.0, 0.0), (0.0, float(coarse))))
    assert departure(replace(enlarged, bend=0.2 * coarse)) == ""
    says = "is no scale and shift (a warp, or parts of the image are missing)"
    assert departure(replace(enlarged, bend=0.2 * coarse * ABOVE)) == says


@pytest.mark.parametrize("axis", [0, 1])
def test_a_negative_scale_is_a_mirror_and_no_departure(axis):
    matrix = ((-1.0, 0.0), (0.0, 1.0)) if axis == 0 else ((1.0, 0.0), (0.0, -1.0))
    assert departure(replace(ALONE, matrix=matrix)) == ""
    with pytest.raises(ValueError, match=r"^the transform mirrors the image, so it has no .*; measured: x_crop = "):
        snap(replace(ALONE, matrix=matrix))


def test_a_departure_is_refused_in_its_words():
    with pytest.raises(ValueError, match=r"^the transform is no scale and shift \(.*\), so it .*; measured: x_crop = "):
        snap(replace(ALONE, bend=1.0))


@pytest.mark.parametrize(("axis", "side"), [(0, 256), (1, 512)])
def test_a_scale_known_to_a_sixth_of_a_pixel_over_its_side_is_known(axis, side):
    for most, known in ((1 / 6, True), (1 / 6 * ABOVE, False)):
        errors = tuple(most / side if axis == k else 0.0 for k in (0, 1))
        measured = replace(ALONE, scale_error=errors)
        if known:
            assert snap(measured).resized_size == (512, 256)
            continue
        with pytest.raises(ValueError, match=r"^too little of the image is seen .* realised size; measured: x_crop = "):
            snap(measured)


def shifted(axis: int, off: float, scale: float, ripple: float) -> MeasuredMap:
    """A map that scales the image along `axis` and lands `off` beside a whole offset there."""
    shift = tuple(-off if axis == k else 0.0 for k in (0, 1))
    matrix = ((scale, 0.0), (0.0, 1.0)) if axis == 0 else ((1.0, 0.0), (0.0, scale))
    return replace(ALONE, matrix=matrix, shift=shift, ripple=ripple)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("off", [1, -1])
@pytest.mark.parametrize(
    ("scale", "ripple", "allowed"),
    [
        (1.0, 0.0, 0.02),
        (0.5, 0.0, 0.02),  # coarse pixels are those of the crop
        (4.0, 0.0, 0.08),  # of the image, four crop pixels each
        (1.0, 0.2, 0.02),  # a ripple of a short kernel
        (1.0, 0.25, 0.02 + 0.125),  # steps
        (2.0, 0.25, 0.04 + 0.25),
        (0.5, 0.25, 0.02 + 0.0625),
    ],
)
def test_a_landing_beside_a_whole_offset_is_a_rounding_up_to_its_bound(axis, off, scale, ripple, allowed):
    assert snap(shifted(axis, off * allowed, scale, ripple)).offset == (0, 0)
    with pytest.raises(
        ValueError, match=r"^the transform resizes or crops by a fraction of a pixel, so .*; measured: x_crop"
    ):
        snap(shifted(axis, off * allowed * ABOVE, scale, ripple))


@pytest.mark.parametrize(("axis", "end"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_both_ends_of_what_was_measured_must_land(axis, end):
    """A scale 1.0001 times too large lands 0.01 pixels off 100 pixels from where it is right, and 0.04 at 400."""
    matrix = tuple(tuple(entry * (1.0001 if axis == k else 1) for entry in row) for k, row in enumerate(ALONE.matrix))
    for far, says in ((100.0, True), (400.0, False)):
        reach = tuple(((0.0, far) if end else (-far, 0.0)) if axis == k else (0.0, 0.0) for k in (0, 1))
        measured = replace(ALONE, matrix=matrix, reach=reach)
        if says:
            assert snap(measured).offset == (0, 0)
        else:
            with pytest.raises(ValueError, match="fraction of a pixel"):
                snap(measured)

"""What a preprocess does to colours and to detail, measured on transforms whose answer can be counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diagnostics.pipeline import Pipeline
from diagnostics.probes_preprocess import (
    COLOUR_NAMES,
    COLOURS,
    Detail,
    crop_of,
    measure_colours,
    measure_details,
)
from diagnostics.subject import Subject
from diagnostics.verdict import StageError
from reference.measure import MeasuredMap

SIZE = (6, 8)
Transform = Callable[[Image.Image], Any]


def subject(transform: Transform, sizes: Any = (SIZE,), seed: int = 0) -> Subject:
    return Subject(Pipeline(preprocess=transform), sizes, seed)


def planes(image: Image.Image) -> np.ndarray:
    """The image as it is, (3, H, W)."""
    return np.moveaxis(np.asarray(image, dtype=np.float64), -1, 0)


def flat(image: Image.Image) -> bool:
    return all(low == high for low, high in image.getextrema())


def measured(
    scale: tuple[float, float] = (1.0, 1.0), reach: Any = ((0.0, 8.0), (0.0, 6.0)), size: Any = SIZE
) -> MeasuredMap:
    matrix = ((scale[0], 0.0), (0.0, scale[1]))
    return MeasuredMap(size, (6, 8), matrix, (0.0, 0.0), 0.0, 0.0, 0.0, 0.5, (0.0, 0.0), reach)


def detail(transform: Transform, seed: int = 0, **changes: Any) -> Detail:
    (found,) = measure_details(subject(transform, seed=seed), [measured(**changes)]).values()
    return found


ODD = measured(reach=((0.0, 7.0), (0.0, 6.0)), size=(6, 7))


# Colours --------------------------------------------------------------------------------------------------------------


def test_the_colours_are_black_white_the_primaries_and_the_middle_grey() -> None:
    assert COLOUR_NAMES == ("black", "white", "red", "green", "blue", "grey")
    assert COLOURS.tolist() == [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128]]
    arrived, change = measure_colours(subject(planes))
    np.testing.assert_array_equal(arrived, COLOURS)
    assert change == 0.0


@pytest.mark.parametrize(("sizes", "side"), [(((6, 8),), 8), (((9, 5), (20, 20)), 9)])
def test_colours_are_asked_in_square_images_of_the_longer_side_of_the_first_size(sizes: Any, side: int) -> None:
    asked = set()

    def transform(image: Image.Image) -> np.ndarray:
        asked.add((image.size, image.mode))
        return planes(image)

    measure_colours(subject(transform, sizes))
    assert asked == {((side, side), "RGB")}


def test_a_colour_is_the_median_of_the_middle_ninth_of_the_crop() -> None:
    """Of 9 x 12 pixels rows 3 to 5 and columns 4 to 7, whatever lies around them and in five of the twelve."""

    def transform(image: Image.Image) -> np.ndarray:
        crop = np.full((3, 9, 12), 1000.0)
        crop[:, 3:6, 4:8] = np.array(image.getpixel((0, 0)))[:, None, None]
        crop[:, 3, 4:8] = crop[:, 5, 7] = -1000.0
        return crop

    np.testing.assert_array_equal(measure_colours(subject(transform))[0], COLOURS)


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_a_row_beside_the_middle_ninth_has_no_part_in_a_colour(side: str) -> None:
    """Of 12 x 12 pixels: half of the 16 in the middle less one are spoilt, so that one row more would decide."""

    def transform(image: Image.Image) -> np.ndarray:
        crop = np.zeros((3, 12, 12))
        crop[:, 4:8, 4:8] = np.array(image.getpixel((0, 0)))[:, None, None]
        crop[:, 4, 4:8] = crop[:, 5, 4:7] = 1000.0
        around = {"top": np.s_[:, 3], "bottom": np.s_[:, 8], "left": np.s_[:, :, 3], "right": np.s_[:, :, 8]}
        crop[around[side]] = 1000.0
        return crop

    np.testing.assert_array_equal(measure_colours(subject(transform))[0], COLOURS)


@pytest.mark.parametrize("later", [0.25, -0.25])
def test_two_calls_that_differ_tell_by_how_much_at_most(later: float) -> None:
    """The first six images arrive as they are, the others with one channel of one colour beside."""
    calls = 0

    def transform(image: Image.Image) -> np.ndarray:
        nonlocal calls
        calls += 1
        crop = planes(image)
        if calls == 9:
            crop[1] += later
        return crop

    arrived, change = measure_colours(subject(transform))
    np.testing.assert_array_equal(arrived, COLOURS)
    assert change == 0.25


def test_colours_that_are_not_finite_are_an_error_of_the_preprocess() -> None:
    with pytest.raises(StageError) as raised:
        measure_colours(subject(lambda image: planes(image) / (255 - planes(image).max())))
    assert raised.value.stage == "preprocess"
    assert str(raised.value).endswith("returns values that are not finite for images of one colour")


# Detail ---------------------------------------------------------------------------------------------------------------


def test_an_image_that_arrives_as_it_is_keeps_all_its_detail() -> None:
    assert detail(planes) == Detail(scale=(1.0, 1.0), between=0.0, contrast=(1.0, 1.0), overshoot=0.0)
    np.testing.assert_array_equal(detail(planes, scale=(0.5, 0.25)).pitch, [2, 4])


def test_detail_is_told_in_parts_of_the_step_whatever_the_values() -> None:
    """Tones 64 and 192, of whatever range and sign; a mirror has a scale as well."""
    found = detail(lambda image: 7 - 3 * planes(image), scale=(-0.5, -0.25))
    assert found.scale == (0.5, 0.25)
    assert (found.between, found.overshoot) == (0.0, 0.0)
    assert found.contrast == pytest.approx((1.0, 1.0))


def test_the_tones_keep_away_from_black_and_white() -> None:
    seen = set()
    detail(lambda image: seen.update(np.unique(np.asarray(image)).tolist()) or planes(image))
    assert seen == {64, 192}


def test_what_is_smoothed_along_an_axis_loses_its_stripes() -> None:
    """The mean of two pixels along x leaves nothing of stripes that vary along x, and all of those along y."""
    smoothed = detail(lambda image: (planes(image) + np.roll(planes(image), 1, axis=2)) / 2)
    assert smoothed.contrast == pytest.approx((0.0, 1.0))
    other = detail(lambda image: 0.25 * planes(image) + 0.75 * np.roll(planes(image), 1, axis=1))
    assert other.contrast == pytest.approx((1.0, 0.5))


@pytest.mark.parametrize("seed", [0, 3])
def test_between_is_the_share_of_a_random_images_pixels_that_are_no_tone(seed: int) -> None:
    """The mean of two neighbours is between them where they differ."""
    noise = np.random.default_rng(seed).integers(0, 2, SIZE)
    share = (noise != np.roll(noise, 1, axis=1)).mean()
    assert 0.2 < share < 0.8
    found = detail(lambda image: (planes(image) + np.roll(planes(image), 1, axis=2)) / 2, seed=seed)
    assert found.between == share


@pytest.mark.parametrize(("beside", "share"), [(0.019, 0.0), (0.021, 1.0), (-0.019, 0.0), (-0.021, 1.0)])
def test_a_fiftieth_of_the_step_is_a_tone_still(beside: float, share: float) -> None:
    """8-bit rounding is 1/256 of it. Beyond a tone is off it as well."""
    found = detail(lambda image: planes(image) + (0 if flat(image) else 128 * beside))
    assert found.between == share


def test_an_edge_is_overshot_by_parts_of_its_step() -> None:
    """At columns from the middle on, light; one pixel of it is 0.125 of the step lighter."""

    def transform(image: Image.Image) -> np.ndarray:
        crop = planes(image)
        if (crop[:, :, :4] == 64).all() and (crop[:, :, 4:] == 192).all():
            crop[:, 2, 5] += 16
        return crop

    assert detail(transform).overshoot == 0.125
    # Of seven columns the fourth is light already.
    brighter = lambda image: planes(image) + 12.8 * (not flat(image) and image.getpixel((3, 0))[0] == 192)  # noqa: E731
    odd = measure_details(subject(brighter), [ODD])[6, 7]
    assert odd.overshoot == pytest.approx(0.1)
    # The dark side alone is fitted: no pixel is as light as the light tone.
    assert detail(transform, reach=((0.0, 3.0), (0.0, 6.0))).overshoot == 0.0


@pytest.mark.parametrize(
    ("reach", "rows", "columns"),
    [
        (((0.0, 8.0), (0.0, 6.0)), slice(0, 6), slice(0, 8)),
        (((1.5, 6.5), (2.5, 3.5)), slice(2, 4), slice(1, 7)),
        (((2.0, 5.0), (1.0, 4.0)), slice(1, 4), slice(2, 5)),
    ],
)
def test_detail_is_looked_for_where_the_map_was_fitted(reach: Any, rows: slice, columns: slice) -> None:
    """On every pixel of which a part was; what lies around it may be anything."""

    def transform(image: Image.Image) -> np.ndarray:
        crop = np.random.default_rng(0).uniform(500, 900, (3, 6, 8))
        crop[:, rows, columns] = planes(image)[:, rows, columns]
        return crop

    found = detail(transform, reach=reach)
    assert (found.between, found.overshoot) == (0.0, 0.0)
    seen = np.indices(SIZE)[1][rows, columns] % 2
    assert found.contrast[0] == pytest.approx(2 * seen.std())


def test_grey_is_the_mean_of_the_channels() -> None:
    shares = np.array([0.25, 0.75, 2.0])[:, None, None]
    assert detail(lambda image: planes(image) * shares + np.array([5, 0, -5])[:, None, None]).between == 0.0


def test_every_size_has_its_detail_against_the_tones_of_the_first() -> None:
    """Sizes differ in what is left; without a map nothing is asked."""
    transform = lambda image: planes(image) if image.size == (8, 6) else np.roll(planes(image), 1, axis=2) / 2  # noqa: E731
    other = measured(scale=(0.5, 0.5), size=(6, 10))
    found = measure_details(subject(transform), [measured(), other])
    assert list(found) == [SIZE, (6, 10)]
    assert found[SIZE].contrast == (1.0, 1.0)
    assert found[6, 10].contrast == pytest.approx((0.5, 0.5))
    assert found[6, 10].scale == (0.5, 0.5)
    assert measure_details(subject(lambda _: 1 / 0), []) == {}


# The crop -------------------------------------------------------------------------------------------------------------


def test_a_crop_of_a_batch_of_one_is_a_crop() -> None:
    np.testing.assert_array_equal(crop_of(subject(lambda image: planes(image)[None]), IMAGE), planes(IMAGE))


IMAGE = Image.new("RGB", (8, 6), (1, 2, 3))


def test_a_crop_of_another_shape_is_an_error_that_tells_it() -> None:
    with pytest.raises(StageError) as raised:
        crop_of(subject(lambda image: planes(image)[:1]), IMAGE)
    assert str(raised.value) == "preprocess: must return a tensor (3, Hc, Wc), got shape (1, 6, 8)"


def test_what_is_no_image_tensor_is_an_error_of_the_stage_not_of_a_transform() -> None:
    with pytest.raises(StageError) as raised:
        crop_of(subject(lambda image: planes(image)[0]), IMAGE)
    assert raised.value.stage == "preprocess"
    assert str(raised.value).startswith("preprocess: must return ")
    assert "the transform" not in str(raised.value)

"""What the checks of a preprocess find, in numbers and words, from maps and details that are written down."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics import checks_preprocess
from diagnostics.checks_preprocess import check_preprocess_affine, check_preprocess_resampling
from diagnostics.probes_preprocess import Detail
from diagnostics.subject import Subject
from diagnostics.verdict import Finding, SkipCheck, StageError
from maps_made import measured, of_sizes
from reference.measure import MeasuredMap

A, B, C = (240, 320), (480, 640), (300, 200)
UNIT = "pixels of the coarser raster, beside a scale and shift"


def bending(pixels: float, **changes: Any) -> MeasuredMap:
    return measured(bend=pixels, residual=pixels, **changes)


# The map --------------------------------------------------------------------------------------------------------------


def affine(monkeypatch: pytest.MonkeyPatch, maps: dict[Any, Any]) -> Finding:
    return check_preprocess_affine(of_sizes(monkeypatch, maps))


def test_the_worst_bend_of_all_sizes_is_told_against_a_fifth_of_a_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the coarser raster: 0.3 pixels of a crop that is made three times as large are 0.1 of the image."""
    large = bending(0.3, matrix=((3.0, 0.0), (0.0, 2.0)))
    finding = affine(monkeypatch, {A: bending(0.05), B: large, C: bending(0.02)})
    assert (finding.value, finding.limit) == (pytest.approx(0.1), 0.2)
    assert (finding.unit, finding.worst, finding.faults, finding.note) == (UNIT, "640x480 image", (), "")


def test_a_warp_is_a_fault_at_the_size_where_it_is_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn bends nothing, so that a warp beside it is worse; what is right is not asked."""
    turned = measured(((0.0, 0.5), (0.5, 0.0)))
    finding = affine(monkeypatch, {A: bending(0.25), B: bending(0.3), C: turned})
    (fault,) = finding.faults
    assert (fault.id, fault.where, finding.worst) == ("preprocess-not-affine", "640x480 image", "640x480 image")
    assert finding.value == pytest.approx(0.3)
    assert fault.error_px == pytest.approx(0.3 / 0.25)
    assert "The preprocess is no scale and shift (a warp, or parts of the image are missing)." in fault.explanation
    assert "Measured: x_crop = 0.50000 x" in fault.explanation
    assert fault.explanation.endswith("residual 0.300 crop pixels.")


def test_the_worst_size_need_not_be_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    for bends in ((0.1, 0.05), (0.4, 0.3)):
        finding = affine(monkeypatch, {C: bending(0.0), A: bending(bends[0]), B: bending(bends[1])})
        assert (finding.value, finding.worst) == (pytest.approx(bends[0]), "320x240 image")


def test_a_turn_is_a_fault_however_straight_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = affine(monkeypatch, {A: bending(0.1), B: measured(((0.0, 0.5), (0.5, 0.0)))})
    (fault,) = finding.faults
    assert (finding.value, finding.worst) == (0.0, "640x480 image")
    assert "The preprocess turns, transposes or shears the image." in fault.explanation


def test_a_random_map_is_worse_than_any_and_has_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    random = ValueError("the transform is random: calls with the same image give different results")
    finding = affine(monkeypatch, {A: bending(0.3), B: random, C: bending(0.1)})
    (fault,) = finding.faults
    assert (finding.value, finding.limit, finding.worst) == (None, 0.2, "640x480 image")
    assert (fault.id, fault.error_px, fault.where) == ("preprocess-not-affine", None, "640x480 image")
    assert "The preprocess changes from call to call." in fault.explanation
    assert fault.explanation.endswith(f"Measured: {random}.")


@pytest.mark.parametrize(
    "why", ["images of (4, 5) show too little in the crop", "the crop is too small to be measured"]
)
def test_what_shows_too_little_is_remarked_on(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is no finding where there is no other size."""
    strip, dot = ValueError(why), ValueError(f"{why} too")
    finding = affine(monkeypatch, {A: strip, B: bending(0.1), C: dot})
    assert (finding.worst, finding.faults) == ("640x480 image", ())
    assert finding.note == f"320x240 is not judged: {why}; 200x300 is not judged: {why} too"
    with pytest.raises(SkipCheck) as raised:
        affine(monkeypatch, {A: strip, C: dot})
    assert str(raised.value) == finding.note


def test_what_is_no_image_tensor_is_an_error_of_the_preprocess(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StageError) as raised:
        affine(monkeypatch, {A: bending(0.1), B: ValueError("the transform returns a flat image")})
    assert raised.value.stage == "preprocess"
    assert str(raised.value) == "preprocess: cannot be measured on a 640x480 image: returns a flat image"


@pytest.mark.parametrize(("scales", "axes"), [((-0.5, 0.25), "x"), ((0.5, -0.25), "y"), ((-0.5, -0.25), "x and y")])
def test_mirrors_are_remarked_on_before_what_is_not_judged(
    scales: tuple[float, float], axes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever size."""
    mirrored = measured(((scales[0], 0.0), (0.0, scales[1])))
    finding = affine(monkeypatch, {A: measured(), B: mirrored, C: ValueError("too little")})
    assert finding.faults == ()
    assert finding.note == (
        f"the image is mirrored on {axes}: its points have to be mirrored with it; 200x300 is not judged: too little"
    )


# Resampling -----------------------------------------------------------------------------------------------------------


def scaled(x: float, y: float, size: Any = A, **changes: Any) -> MeasuredMap:
    """A map that makes `x` and `y` image pixels one crop pixel, fitted over 100 x 40 of them."""
    return measured(((1 / x, 0.0), (0.0, 1 / y)), image_size=size, **changes)


def left(x: float, y: float, *contrast: float, between: float = 0.8, overshoot: float = 0.0) -> Detail:
    return Detail((1 / x, 1 / y), between, (contrast or (0.0, 0.0)), overshoot)


def resampling(monkeypatch: pytest.MonkeyPatch, maps: dict[Any, MeasuredMap], details: dict[Any, Detail]) -> Finding:
    """The finding, where the maps whose details are asked are those of `details`, in that order."""

    def measure_details(subject: Subject, asked: list[MeasuredMap]) -> dict[Any, Detail]:
        assert isinstance(subject, Subject)
        assert [at.image_size for at in asked] == list(details)
        return details

    monkeypatch.setattr(checks_preprocess, "measure_details", measure_details)
    return check_preprocess_resampling(of_sizes(monkeypatch, maps))


def test_contrast_that_is_left_of_stripes_is_told_for_the_worst_axis_of_all_sizes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    maps = {A: scaled(2.3, 3.3, A), B: scaled(5.3, 4.3, B)}
    details = {B: left(5.3, 4.3, 0.1, 0.2), A: left(2.3, 3.3, 0.3, 0.4)}
    finding = resampling(monkeypatch, maps, details)
    assert (finding.value, finding.limit, finding.unit) == (0.4, 0.42, "of the contrast of stripes")
    assert finding.worst == "320x240 image, along y"
    assert (finding.faults, finding.note) == ((), "resampled without overshoot, as bilinear or area")


def test_contrast_of_more_than_two_fifths_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is smoothed leaves a third at most, what is not 0.55 and more."""
    finding = resampling(monkeypatch, {A: scaled(2.3, 3.3)}, {A: left(2.3, 3.3, 0.43, 0.3, overshoot=0.03)})
    (fault,) = finding.faults
    assert (fault.id, fault.where, fault.error_px) == ("not-antialiased", "320x240 image, along x", None)
    assert finding.worst == fault.where
    assert f"at a scale of {1 / 2.3:.3f}; 43% of their contrast is left" in fault.explanation
    assert finding.note == "resampled with overshoot, as bicubic"


@pytest.mark.parametrize(
    ("overshoot", "how"), [(0.019, "without overshoot, as bilinear or area"), (0.021, "with overshoot, as bicubic")]
)
def test_a_kernel_is_told_by_a_fiftieth_of_overshoot_at_any_size(
    overshoot: float, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = {A: scaled(2.3, 3.3, A), B: scaled(5.3, 4.3, B)}
    details = {B: left(5.3, 4.3), A: left(2.3, 3.3, overshoot=overshoot)}
    assert resampling(monkeypatch, maps, details).note == f"resampled {how}"


@pytest.mark.parametrize(
    ("pitch", "judged"),
    [
        ((2.3, 1.0), True),
        ((1.9, 1.0), False),  # made smaller by less than two
        ((2.0 - 5e-4, 1.0), False),  # shows nothing: the stripes beat too slowly
        ((2.041, 1.0), True),  # (2.041 / 2 - 1) * 100 = 2.05 beats over the crop
        ((2.039, 1.0), False),  # 1.95
        ((3.0, 1.0), True),  # half a stripe a pixel
        ((4.0, 1.0), False),
    ],
)
def test_smoothing_is_judged_where_an_axis_shrinks_by_two_and_its_stripes_beat(
    pitch: tuple[float, float], judged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = resampling(monkeypatch, {A: scaled(*pitch)}, {A: left(*pitch, 0.9, 0.9)})
    assert finding.passed != judged
    if not judged:
        note = "resampled without overshoot, as bilinear or area; no size that is made smaller by two or more shows "
        assert finding == Finding(note=note + "whether it is smoothed")


def test_beats_are_counted_over_what_was_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """From 60 to 120 crop pixels a pitch of 2.06 beats 1.8 times."""
    maps = {A: scaled(2.06, 1.0, reach=((60.0, 120.0), (0.0, 40.0)))}
    assert resampling(monkeypatch, maps, {A: left(2.06, 1.0, 0.9, 0.0)}).passed


def test_an_axis_made_smaller_by_two_to_the_measurements_error_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """To 1 in 2,000; its beats are counted over what was fitted, here ten million pixels, on the axis itself."""
    reach = {"reach": ((0.0, 1e7), (0.0, 1.0))}
    for pitch, passes in ((1.9995, False), (1.9985, True)):
        maps = {A: scaled(pitch, 1.0, **reach)}
        assert resampling(monkeypatch, maps, {A: left(pitch, 1.0, 0.9, 0.0)}).passed == passes
    maps = {A: scaled(1.0, 1.9995, **reach)}
    assert resampling(monkeypatch, maps, {A: left(1.0, 1.9995, 0.0, 0.9)}).passed


@pytest.mark.parametrize(
    ("pitch", "resized"), [(1 + 1 / 223, True), (1 + 1 / 225, False), (1 - 1 / 223, True), (1 - 1 / 225, False)]
)
def test_a_pixel_over_the_usual_crop_is_a_resize(pitch: float, resized: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """On either axis."""
    for maps in ({A: scaled(pitch, 1.0)}, {A: scaled(1.0, pitch)}):
        if resized:
            assert resampling(monkeypatch, maps, {A: left(pitch, 1.0)}).passed
            continue
        with pytest.raises(SkipCheck) as raised:
            resampling(monkeypatch, maps, {})
        assert str(raised.value) == "the preprocess does not resize"


def test_the_sizes_that_tell_are_the_smallest_the_largest_and_the_least_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the axis that is made smaller; by the axis that is nearer to whole. Each is asked once."""
    sizes = [(100 + k, 100) for k in range(6)]
    pitches = [(2.0, 2.1), (3.0, 7.0), (2.45, 2.55), (1.0, 1.9), (2.5, 3.0), (5.0, 1.2)]
    maps = {size: scaled(*pitch, size) for size, pitch in zip(sizes, pitches, strict=True)}
    chosen = {sizes[k]: left(*pitches[k]) for k in (1, 3, 2)}
    assert resampling(monkeypatch, maps, chosen).passed
    assert resampling(monkeypatch, {A: scaled(2.3, 2.3)}, {A: left(2.3, 2.3)}).passed


# Nearest neighbour ----------------------------------------------------------------------------------------------------


def test_nearest_neighbour_is_told_with_how_far_beside_it_reads_where_that_is_worst(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """0.4 crop pixels are 0.4 * 2.5 image pixels, by the axis that is made smaller."""
    maps = {A: scaled(2.5, 1.5, A, residual=0.4), B: scaled(4.5, 1.5, B, residual=0.1)}
    details = {B: left(4.5, 1.5, between=0.01), A: left(2.5, 1.5, between=0.02)}
    finding = resampling(monkeypatch, maps, details)
    (fault,) = finding.faults
    assert (fault.id, fault.where, fault.alternatives) == ("resample-nearest", "320x240 image", ())
    assert fault.error_px == pytest.approx(0.4 * 2.5)
    assert "2.0% of the crop's pixels lie between the tones" in fault.explanation
    assert "At a scale of 0.400 each crop pixel copies one source pixel, up to 1.00 source pixels" in fault.explanation
    assert finding == Finding(0.02, None, "of the crop's pixels interpolated", "320x240 image", (fault,))


@pytest.mark.parametrize(("between", "nearest"), [(0.049, True), (0.051, False)])
def test_a_twentieth_of_the_pixels_between_the_tones_is_interpolation(
    between: float, nearest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any of the sizes."""
    maps = {A: scaled(2.5, 1.5, A), B: scaled(4.5, 1.5, B)}
    details = {B: left(4.5, 1.5, between=0.0), A: left(2.5, 1.5, between=between)}
    assert resampling(monkeypatch, maps, details).passed != nearest


@pytest.mark.parametrize(
    ("pitch", "alike"),
    [((3.0, 3.0), True), ((3.0, 5.0009), True), ((3.0, 3.002), False), ((2.0, 2.0), False), ((3.0, 4.0), False)],
)
def test_at_odd_whole_ratios_alone_bilinear_without_smoothing_is_an_alternative(
    pitch: tuple[float, float], alike: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a thousandth, on both axes and at all sizes that were asked."""
    finding = resampling(monkeypatch, {A: scaled(*pitch)}, {A: left(*pitch, between=0.0)})
    assert finding.faults[0].alternatives == (("not-antialiased",) if alike else ())
    maps = {A: scaled(3.0, 3.0, A), B: scaled(3.5, 3.5, B)}
    details = {B: left(3.5, 3.5, between=0.0), A: left(3.0, 3.0, between=0.0)}
    assert resampling(monkeypatch, maps, details).faults[0].alternatives == ()


def test_without_a_map_nothing_is_said_of_resampling(monkeypatch: pytest.MonkeyPatch) -> None:
    maps = {A: bending(1.0)}
    with pytest.raises(SkipCheck, match="no map that is a scale and shift"):
        check_preprocess_resampling(of_sizes(monkeypatch, maps))

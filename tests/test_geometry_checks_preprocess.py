"""Checks from file to crop: every planted fault is named, alone and exactly; what only looks odd passes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from PIL import Image
from torchvision.transforms import InterpolationMode, functional

from broken_preprocess import (
    BROKEN,
    COMPOUNDS,
    RIGHT,
    centre_crop,
    claiming,
    normalised,
    one_pixel_beside,
    pipeline,
    tensor_crop,
    values,
)
from diagnostics.checks_claim import check_geometry_claim
from diagnostics.checks_colours import check_preprocess_colours
from diagnostics.checks_load import check_load_colours, check_load_upright
from diagnostics.checks_preprocess import check_preprocess_affine, check_preprocess_resampling
from diagnostics.colour_links import STATISTICS
from diagnostics.faults_preprocess import CATALOGUE
from diagnostics.pipeline import Pipeline
from diagnostics.subject import Subject
from diagnostics.verdict import Finding, SkipCheck, StageError
from planted import each_setting
from reference import load_image
from reference.geometry import GeomMeta

CHECKS = (
    check_load_upright,
    check_load_colours,
    check_preprocess_affine,
    check_preprocess_resampling,
    check_preprocess_colours,
    check_geometry_claim,
)
SIZES = ((240, 321), (317, 256))


def findings(broken, sizes=SIZES):
    """What each check finds; those that have nothing to measure are left out."""
    found, subject = {}, Subject(broken, sizes)
    for check in CHECKS:
        try:
            found[check] = check(subject)
        except SkipCheck:
            continue
    return found


def faults(broken, sizes=SIZES):
    return [fault for finding in findings(broken, sizes).values() for fault in finding.faults]


def test_every_fault_of_the_catalogue_is_planted_at_two_settings_or_more():
    assert set(BROKEN) == set(CATALOGUE)
    assert min(map(len, BROKEN.values())) >= 2


@pytest.mark.parametrize(("fault_id", "broken"), each_setting(BROKEN))
def test_a_planted_fault_is_named_and_nothing_else(fault_id, broken):
    found = faults(broken)
    assert [fault.id for fault in found] == [fault_id]
    assert all(text and "{" not in text for text in (found[0].where, found[0].explanation, found[0].remedy))


@pytest.mark.parametrize("name", COMPOUNDS)
def test_every_fault_that_acts_is_named_in_the_order_in_which_data_flows(name):
    broken, expected = COMPOUNDS[name]
    assert tuple(fault.id for fault in faults(broken)) == expected


@pytest.mark.parametrize("name", RIGHT)
def test_what_only_looks_odd_passes(name):
    found = findings(RIGHT[name])
    assert len(found) >= 2
    assert {check.__name__: finding for check, finding in found.items() if not finding.passed} == {}


@pytest.mark.parametrize("broken", [BROKEN["channels-bgr"][0], BROKEN["channels-bgr"][3]])
def test_exchanged_channels_are_said_to_be_where_they_are(broken):
    (fault,) = faults(broken)
    assert fault.stage == ("load" if broken.preprocess is None else "preprocess")


# Pinned numbers -------------------------------------------------------------------------------------------------------


def test_a_half_turn_moves_the_far_corner_across_the_whole_image():
    """hypot(639, 479) = 798.6 pixels, from (0, 0) to (639, 479)."""
    (fault,) = faults(BROKEN["exif-ignored"][1])
    assert fault.error_px == pytest.approx(798.6, abs=0.01)
    assert fault.where.count("EXIF orientation 6") == 2


def test_one_crop_pixel_of_offset_is_so_many_source_pixels():
    """320 x 240 to 112 pixels: one crop pixel is 240 / 112 = 2.143 source pixels."""
    finding = check_geometry_claim(Subject(claiming(one_pixel_beside), ((240, 320),)))
    assert finding.value == pytest.approx(240 / 112, abs=0.02)
    assert finding.limit < 0.2


def test_a_claim_is_judged_where_the_crop_shows_the_image():
    """A strip in a letterbox is measured on eight rows, too few to say where the far padding would lie."""

    def strip(image):
        canvas = Image.new("RGB", (224, 224))
        canvas.paste(image.resize((224, 14), Image.Resampling.BICUBIC), (0, 105))
        return values(canvas)

    def geometry(size):
        return GeomMeta("letterbox", size, (14, 224), (224, 224), (7, 7), (0, -105))

    right = pipeline(normalised(strip), geometry=geometry, grid=(7, 7))
    assert check_geometry_claim(Subject(right, ((85, 1326),))).passed
    wrong = pipeline(normalised(strip), geometry=lambda size: replace(geometry(size), offset=(0, -104)), grid=(7, 7))
    assert [fault.id for fault in check_geometry_claim(Subject(wrong, ((85, 1326),))).faults] == ["geometry-claim"]


def test_a_mirror_is_a_scale_and_shift_that_is_remarked():
    """Whether points are mirrored with the image is for the lift to show."""
    mirror = pipeline(normalised(lambda image: centre_crop()(image).flip(-1)))
    finding = check_preprocess_affine(Subject(mirror, ((240, 320),)))
    assert finding.passed
    assert finding.note == "the image is mirrored on x: its points have to be mirrored with it"


def test_a_transposition_misses_by_its_diagonal():
    """112 crop pixels are 240 source pixels: left top stays, right bottom stays, the other corners trade places."""
    (fault,) = check_preprocess_affine(Subject(BROKEN["preprocess-not-affine"][2], ((240, 320),))).faults
    assert fault.error_px == pytest.approx(240 * 2**0.5, rel=0.01)
    assert "transposes" in fault.explanation


def test_the_numbers_of_the_pipeline_are_in_the_explanation():
    """Under ImageNet's statistics white is (1 - 0.485) / 0.229 = 2.25 in red, under CLIP's 1.93."""
    (fault,) = faults(BROKEN["normalisation-imagenet"][0])
    assert "white as (2.25, " in fault.explanation
    assert "(1.93, " in fault.explanation
    assert "0.48145466" in fault.remedy


def test_bilinear_for_bicubic_is_a_remark_and_no_fault():
    notes = [check_preprocess_resampling(Subject(RIGHT[name], SIZES)).note for name in ("bilinear", "our own loader")]
    assert "without overshoot" in notes[0]
    assert "with overshoot" in notes[1]


@pytest.mark.parametrize("size", [(240, 320), (448, 336)])
def test_smoothing_is_judged_along_the_axis_that_shrinks(size):
    """A box leaves a third of the contrast at 3:1, an unsmoothed resize 0.55 and more; one axis keeps its size."""
    kept = (size[1], size[0] // 3) if size[0] > size[1] else (size[1] // 3, size[0])

    def smoothed(image):
        return values(image.resize(kept, Image.Resampling.BOX))

    def unsmoothed(image):
        resized = functional.resize(values(image), kept[::-1], InterpolationMode.BICUBIC, antialias=False)
        return resized.clamp(0, 255)

    right = check_preprocess_resampling(Subject(pipeline(normalised(smoothed)), (size,)))
    assert right.passed
    assert 0.3 < right.value < right.limit
    (fault,) = check_preprocess_resampling(Subject(pipeline(normalised(unsmoothed)), (size,))).faults
    assert fault.id == "not-antialiased"
    assert fault.where.endswith("along y" if size[0] > size[1] else "along x")


def test_whole_even_ratios_cannot_show_whether_an_image_is_smoothed():
    """At 2:1 an unsmoothed bilinear resize reads the middle between two pixels: grey, as if smoothed."""
    broken = pipeline(normalised(tensor_crop(112, InterpolationMode.BILINEAR, False)))
    finding = check_preprocess_resampling(Subject(broken, ((224, 224),)))
    assert finding.passed
    assert "shows whether" in finding.note


def test_a_loader_with_blue_first_is_still_asked_about_modes():
    def load(path):
        image = Image.open(path).convert("RGB")
        return Image.fromarray(np.asarray(image)[..., ::-1].copy())

    found = check_load_colours(Subject(Pipeline(load=load), SIZES)).faults
    assert [(fault.id, fault.stage) for fault in found] == [("load-mode", "load"), ("channels-bgr", "load")]


def test_greys_on_purpose_are_remarked_on():
    finding = check_preprocess_colours(Subject(RIGHT["grey on purpose"], SIZES))
    assert finding.passed
    assert "greys" in finding.note


def test_clips_statistics_where_others_are_declared_are_told_by_name():
    """They have no id of their own."""
    broken, _ = COMPOUNDS["other statistics than CLIP's, which have no id"]
    (fault,) = faults(broken)
    assert "statistics of 'clip'" in fault.explanation
    assert "Pipeline(normalization=...)" in fault.remedy


def test_smoothing_is_not_judged_where_nothing_shrinks_by_two():
    finding = check_preprocess_resampling(Subject(pipeline(normalised(centre_crop(200))), ((240, 320),)))
    assert (finding.passed, finding.value) == (True, None)
    assert "no size that is made smaller by two or more" in finding.note


def test_at_odd_whole_ratios_nearest_and_unsmoothed_bilinear_are_told_as_alternatives():
    """At 3:1 both copy the middle one of three pixels."""
    for broken in (BROKEN["resample-nearest"][0], BROKEN["not-antialiased"][0]):
        (fault,) = check_preprocess_resampling(Subject(broken, ((336, 336),))).faults
        assert (fault.id, fault.alternatives) == ("resample-nearest", ("not-antialiased",))


def test_a_constant_shift_of_a_thirtieth_of_the_range_is_no_known_fault_and_is_not_forced_into_one():
    shifted = pipeline(lambda image: normalised(centre_crop())(image) + 0.12)
    assert [fault.id for fault in faults(shifted)] == ["unexplained"]


@pytest.mark.parametrize("size", [(379, 917), (405, 921)])
def test_the_ripple_of_a_bilinear_kernel_is_no_warp(size):
    """At scales of 0.83 to 0.89 it is 0.10 to 0.12 crop pixels; what is left of them bends by a hundredth."""
    subject = Subject(pipeline(normalised(centre_crop(336, Image.Resampling.BILINEAR))), (size,))
    finding = check_preprocess_affine(subject)
    assert finding.value < 0.02
    assert subject.preprocess_map(size).residual > 0.1
    assert finding.passed


def test_colours_are_read_where_the_letterbox_of_a_strip_is_not_padding():
    assert check_preprocess_colours(Subject(RIGHT["letterbox"], ((30, 400),))).passed


# User code that misbehaves --------------------------------------------------------------------------------------------


def raises(_):
    raise RuntimeError("no such luck")


MISBEHAVING = {
    "raises": (raises, "RuntimeError: no such luck"),
    "not an array": (lambda _: "crop", "must return a tensor"),
    "two channels": (lambda image: normalised(centre_crop())(image)[:2], "must return"),
    "a batch of two": (lambda image: normalised(centre_crop())(image).expand(2, 3, 112, 112), "must return"),
    "NaN": (lambda image: normalised(centre_crop())(image) * float("nan"), "finite"),
    "flat": (lambda _: torch.zeros(3, 112, 112), "flat"),
}


@pytest.mark.parametrize("name", MISBEHAVING)
def test_a_preprocess_that_misbehaves_is_an_error_of_its_stage(name):
    preprocess, says = MISBEHAVING[name]
    with pytest.raises(StageError, match=rf"preprocess.*{says}"):
        check_preprocess_affine(Subject(pipeline(preprocess), SIZES))


@pytest.mark.parametrize(
    ("load", "says"),
    [
        (raises, "no such luck"),
        (lambda _: np.zeros((4, 4, 3)), "must return a PIL image, got ndarray"),
        (lambda path: cut(path), "cannot be read"),
    ],
)
@pytest.mark.parametrize("check", [check_load_upright, check_load_colours])
def test_a_load_that_misbehaves_is_an_error_of_its_stage(check, load, says):
    with pytest.raises(StageError, match=rf"load.*{says}"):
        check(Subject(Pipeline(load=load), SIZES))


def cut(path):
    """An image whose file ends in the middle of its pixels: Pillow notices only when it is read."""
    from io import BytesIO
    from pathlib import Path

    content = Path(path).read_bytes()
    return Image.open(BytesIO(content[: len(content) // 2]))


def test_a_loader_that_refuses_everything_unusual_is_remarked_on():
    finding = check_load_colours(Subject(RIGHT["a loader that refuses"], SIZES))
    assert finding.passed
    assert "palette is refused" in finding.note


@pytest.mark.parametrize("check", CHECKS)
def test_a_missing_stage_is_skipped_with_that_reason(check):
    with pytest.raises(SkipCheck, match="the pipeline gives no"):
        check(Subject(Pipeline(), SIZES))


def test_a_size_that_shows_too_little_is_no_fault_and_is_remarked_on():
    strip = pipeline(RIGHT["our own loader"].preprocess)
    finding = check_preprocess_affine(Subject(strip, ((240, 321), (4, 5))))
    assert finding.passed
    assert "5x4 is not judged" in finding.note
    with pytest.raises(SkipCheck, match="5x4 is not judged"):
        check_preprocess_affine(Subject(strip, ((4, 5),)))


def test_one_cause_is_not_reported_twice():
    """Where the map itself is wrong, what is claimed and how it is resampled cannot be judged."""
    broken = pipeline(BROKEN["preprocess-not-affine"][0].preprocess, geometry=one_pixel_beside, load=load_image)
    assert [fault.id for fault in faults(broken)] == ["preprocess-not-affine"]
    with pytest.raises(SkipCheck, match="no map"):
        check_geometry_claim(Subject(broken, SIZES))


def test_random_colours_are_one_fault():
    """The colours of a random preprocess are not judged beside its randomness."""
    random = np.random.default_rng(0)
    broken = pipeline(lambda image: normalised(centre_crop())(image) * float(random.uniform(0.5, 1)))
    assert [fault.id for fault in faults(broken)] == ["preprocess-not-affine"]


def test_a_finding_of_every_check_holds_value_and_unit():
    for check, finding in findings(RIGHT["our own loader"]).items():
        assert isinstance(finding, Finding)
        assert finding.value is not None, check.__name__
        assert finding.unit
        assert finding.worst


def test_the_statistics_of_clip_are_those_of_open_clip():
    assert STATISTICS["clip"] == (OPENAI_DATASET_MEAN, OPENAI_DATASET_STD)

"""Between the crop and a cell: what overlaps, is mirrored, rounded or upsampled is named, right twins are passed."""

import open_clip
import pytest
import torch

from broken import asymmetric
from broken_cells import CROP, SIZES, cells, crop_edges, cut, finer, interpolate, mirrored, patched, sample
from diagnostics import Pipeline, check_pipeline
from reference.preprocess import geometry_of

LETTERBOX = open_clip.image_transform(336, False, resize_mode="longest")
HALF_UP = lambda f: torch.floor(f + 0.5)  # noqa: E731


def faults_of(pipeline):
    diagnosis = check_pipeline(pipeline, SIZES)
    assert [result.reason for result in diagnosis.results if result.status == "error"] == []
    return diagnosis.faults


def by_side(x, side):
    return x * side / 224 - 0.5


def by_corners(x, side):
    return (x / 16 - 0.5) * (side - 1) / 13


def copied(size):
    """A lift that enlarges the map by copies, PyTorch's default, and interpolates between them."""
    enlarge = interpolate(size, "nearest")

    def lift(features, points, image_size):
        fine = enlarge(features)
        return sample(fine, by_side(crop_edges(CROP, points, image_size), fine.shape[-1]))

    return Pipeline(geometry=lambda size: geometry_of(CROP, size, (14, 14)), lift=lift)


def parked(mode, **declared):
    """A lift that reads the first cell for all points that its mask refuses."""

    def lift(features, points, image_size):
        geometry = geometry_of(CROP, image_size, (14, 14))
        index = crop_edges(CROP, points, image_size) / 16 - 0.5
        valid = geometry.valid(points, declared["validity"])
        return sample(features, torch.where(valid[:, None], index, 0.0), mode), valid

    return Pipeline(geometry=lambda size: geometry_of(CROP, size, (14, 14)), lift=lift, **declared)


def same(x):
    return x


BROKEN = {
    "patch-remainder": patched(120, 14, 14, lambda x: x * 8 / 120 - 0.5),
    "patch-remainder of a deeper encoder": patched(230, 16, 16, lambda x: x * 14 / 230 - 0.5, blocks=6),
    "patch-overlap": patched(120, 16, 8, lambda x: x * 14 / 120 - 0.5),
    "patch-overlap of a quarter": patched(104, 8, 6, lambda x: x * 17 / 104 - 0.5, blocks=4),
    "patch-overlap as a constant": patched(120, 16, 8, lambda x: x / 8 - 0.5),
    "flip-off-by-one": mirrored(True, CROP, (14, 14), 1),
    "flip-off-by-one the other way": mirrored(True, LETTERBOX, (24, 24), -1),
    "flip-off-by-one in the crop": mirrored(False, CROP, (14, 14), 1),
    "axis-flipped-x before the crop": mirrored(True, CROP, (14, 14), ignored=True),
    "axis-flipped-x after it": mirrored(False, LETTERBOX, (24, 24), ignored=True),
    "cell-rounded": cells(torch.round, interpolation="nearest"),
    "cell-rounded where cells are to be mixed": cells(HALF_UP, transform=LETTERBOX, count=24),
    "nearest-sampling of copies, interpolated": copied((224, 224)),
    "nearest-sampling of twice as many copies": copied((28, 28)),
    "integer-points in the crop, its edge coordinates": cut(same, torch.floor),
    "integer-points in the crop, its indices": cut(same, lambda x: (x - 0.5).trunc() + 0.5, validity="crop"),
    "integer-points in the crop, rounded": cut(same, lambda x: (x - 0.5).round() + 0.5),
    "integer-points in the image and in the crop": cut(torch.floor, torch.floor),
    "align-corners-normalise of a map that is upsampled rightly": finer(
        interpolate((224, 224), "bilinear", False), by_corners
    ),
    "cell-truncated": cells(torch.trunc, masked=True, interpolation="nearest"),
    "cell-truncated on a coarser grid": cells(torch.trunc, masked=True, count=7, interpolation="nearest"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_every_planted_fault_is_named(name):
    assert [(fault.id, fault.stage) for fault in faults_of(BROKEN[name])] == [(name.split()[0], "lift")]


UPSAMPLED = {
    "align-corners-upsample": interpolate((224, 224), "bilinear", True),
    "align-corners-upsample to 30x40": interpolate((30, 40), "bicubic", True),
    "asymmetric-upsample": asymmetric(16),
    "asymmetric-upsample by two": asymmetric(2),
    "nearest-sampling": interpolate((28, 28), "nearest"),
}


@pytest.mark.parametrize("name", UPSAMPLED)
def test_faults_of_an_upsampling_carry_its_stage(name):
    """Also without a lift; with one, their size in source pixels."""

    def index(x, side):
        return x * torch.tensor([40, 30]) / 224 - 0.5 if "30x40" in name else by_side(x, side)

    whole = finer(UPSAMPLED[name], index)
    (fault,) = faults_of(whole)
    assert (fault.id, fault.stage) == (name.split()[0], "upsample")
    assert fault.error_px is None or fault.error_px > 10
    alone = type(whole)(upsample=whole.upsample)
    assert [(fault.id, fault.stage) for fault in faults_of(alone)] == [(name.split()[0], "upsample")]


def test_a_wrong_upsampling_and_a_wrong_lift_are_both_named():
    pipeline = finer(interpolate((224, 224), "bilinear", True), lambda x, side: by_side(x, side) + side / 28)
    found = [(fault.id, fault.stage) for fault in faults_of(pipeline)]
    assert found == [("align-corners-upsample", "upsample"), ("half-cell-missing", "lift")]


def test_single_pixels_of_an_upsampled_map_where_cells_are_to_be_mixed_are_nearest_sampling():
    (fault,) = faults_of(finer(interpolate((56, 56), "bilinear", False), by_side, "nearest"))
    assert (fault.id, fault.stage) == ("nearest-sampling", "lift")


def test_a_missing_half_cell_of_single_cells_is_one_cause_with_its_other_name():
    (fault,) = faults_of(BROKEN["cell-rounded"])
    assert fault.alternatives == ("half-cell-missing",)
    (fault,) = faults_of(BROKEN["cell-rounded where cells are to be mixed"])
    assert fault.alternatives == ("half-cell-missing + nearest-sampling",)


RIGHT = {
    "refused points parked in a cell": parked("bilinear", validity="centre"),
    "refused points parked in a cell, single ones read": parked("nearest", validity="centre", interpolation="nearest"),
    "refused points parked in a cell, by the crop": parked("nearest", validity="crop", interpolation="nearest"),
    "patches that leave a strip": patched(120, 14, 14, lambda x: x / 14 - 0.5),
    "patches that overlap": patched(120, 16, 8, lambda x: (x - 8) / 8),
    "patches that leave a strip, nothing tells": patched(230, 16, 16, lambda x: x / 16 - 0.5, encoder=False),
    "cells that tile by a fraction, nothing tells": patched(230, 16, 16, lambda x: x * 14 / 230 - 0.5, encoder=False),
    "patches that overlap, nothing tells": patched(120, 16, 8, lambda x: (x - 8) / 8, encoder=False),
    "single cells": cells(torch.floor, masked=True, interpolation="nearest"),
    "truncated where no mask shows it": cells(torch.trunc, interpolation="nearest"),
    "corners aligned, and read so": finer(interpolate((224, 224), "bilinear", True), by_corners),
    "bicubic upsampling": finer(interpolate((224, 224), "bicubic", False), by_side),
    "bicubic upsampling by a fraction": finer(interpolate((40, 40), "bicubic", False), by_side),
    "bicubic sampling": finer(interpolate((28, 28), "bilinear", False), by_side, "bicubic"),
    "single pixels of an upsampled map": finer(
        interpolate((224, 224), "bilinear", False), by_side, "nearest", interpolation="nearest"
    ),
    "copied cells on purpose": finer(interpolate((28, 28), "nearest"), by_side, "nearest", interpolation="nearest"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_lifts_that_look_odd_are_passed(name):
    assert faults_of(RIGHT[name]) == ()


def test_a_mirror_that_the_lift_follows_reads_its_place():
    landing = ["lift_reads_the_place_it_is_asked_for"]
    for pipeline in (mirrored(True, CROP, (14, 14)), mirrored(False, LETTERBOX, (24, 24))):
        assert check_pipeline(pipeline, SIZES, landing).passed


def test_what_was_taken_for_a_cell_is_said_where_it_is_no_whole_tile():
    pipeline = RIGHT["cells that tile by a fraction, nothing tells"]
    (result,) = check_pipeline(pipeline, SIZES, ["lift_reads_the_place_it_is_asked_for"]).results
    assert result.reason == "cells of 16.4286x16.4286 crop pixels (height, width) on a crop of 230x230"

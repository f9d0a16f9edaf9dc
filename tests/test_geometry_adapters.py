"""The adapters of well-known libraries: right ones pass every law, what a library does otherwise is named."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # the examples are no part of the installation

from diagnostics import check_pipeline  # noqa: E402
from examples.adapters.findings.figures import NOISE  # noqa: E402
from examples.adapters.findings.landings import ASKED, HEADER, SIZES, Asked, measure, misses, row  # noqa: E402
from extras import skip_without  # noqa: E402
from findings_page import assert_as_shipped  # noqa: E402

NAMED = {
    "with_torchvision:as_shipped": ["source-half-pixel"],
    "with_timm:margin_forgotten": ["resize-margin"],
    "with_hugging_face:points_of_open_clip": ["crop-offset-rounding"],
    "with_kornia:as_shipped": ["not-antialiased"],
    "with_albumentations:edge_points": ["scale-nominal"],
    "with_albumentations:as_shipped": ["source-half-pixel", "scale-nominal"],
    "with_opencv:linear": ["not-antialiased"],
    "with_opencv:by_factor": ["scale-rounded"],
    "hand_written:by_factor": ["scale-rounded"],
}
RIGHT = [asked for asked in ASKED if asked.adapter not in NAMED]
DISTRIBUTIONS = {"opencv": "opencv-python-headless"}  # where a library is installed by another name


def installed(asked):
    """The adapter, where its library is installed."""
    skip_without("adapters", DISTRIBUTIONS.get(asked.library, asked.library))
    return asked


def named(adapter):
    return next(asked for asked in ASKED if asked.adapter == adapter)


def adapter_module(name):
    return importlib.import_module(f"examples.adapters.{name}")


def misses_of(adapter, library):
    """Misses (size, first and last cell, x and y) of an adapter, source pixels."""
    pipeline = installed(Asked(adapter, library, "")).pipeline
    return np.stack([misses(pipeline, size) for size in SIZES])


@pytest.mark.parametrize("asked", RIGHT, ids=lambda asked: asked.adapter)
def test_a_right_adapter_keeps_every_law_that_applies(asked):
    landing = measure(installed(asked))
    assert landing.diagnosis.faults == ()
    assert landing.diagnosis.passed
    assert np.abs(landing.misses).max() < NOISE / 2
    assert_as_shipped(HEADER, row(landing))


def test_every_library_has_a_right_adapter_that_is_called_pipeline():
    assert {asked.library for asked in RIGHT if asked.adapter.endswith(":pipeline")} == {a.library for a in ASKED}


@pytest.mark.parametrize("adapter", NAMED)
def test_what_a_library_does_otherwise_is_named_and_nothing_else(adapter):
    landing = measure(installed(named(adapter)))
    assert [fault.id for fault in landing.diagnosis.faults] == NAMED[adapter]
    assert [result.reason for result in landing.diagnosis.results if result.status == "error"] == []
    assert_as_shipped(HEADER, row(landing))


# Widths that the resizes realise at the three sizes, and the sides of the images.
TRUNCATED, ROUNDED = np.array([298, 299, 299]), np.array([299, 299, 300])
WIDTHS, HEIGHTS = np.array([640, 641, 1296]), np.array([480, 480, 968])
IDEAL = 224 / HEIGHTS


def half_pixel(widths):
    """(1/s - 1) / 2 on both axes, the same at both ends: (size, 1, 2)."""
    scale = np.stack([widths / WIDTHS, IDEAL], axis=-1)
    return (1 / scale - 1)[:, None] / 2


def ends(widths, offsets):
    """x of the first and the last cell's centre in the image, edge coordinates (size, 2)."""
    return (np.array([8, 216]) + np.array(offsets)[:, None]) * (WIDTHS / widths)[:, None]


def test_indices_through_torchvision_keypoints_miss_by_the_half_pixel_that_scaling_lost():
    found = misses_of("with_torchvision:as_shipped", "torchvision")
    np.testing.assert_allclose(found, np.broadcast_to(half_pixel(TRUNCATED), found.shape), atol=NOISE)
    np.testing.assert_allclose(found[:, 0, 0], [0.574, 0.572, 1.667], atol=NOISE)


def test_smallest_max_size_scales_points_by_the_ideal_ratio():
    """x (r W/w - 1), on top of the half pixel for indices."""
    gain = (IDEAL * WIDTHS / ROUNDED - 1)[:, None]
    nominal = np.stack([ends(ROUNDED, [37, 37, 38]) * gain, np.zeros((3, 2))], axis=-1)
    edge_points = misses_of("with_albumentations:edge_points", "albumentations")
    np.testing.assert_allclose(edge_points, nominal, atol=NOISE)
    np.testing.assert_allclose(edge_points[0, :, 0], [-0.107, -0.603], atol=NOISE)
    indices = misses_of("with_albumentations:as_shipped", "albumentations")
    np.testing.assert_allclose(indices, nominal + half_pixel(ROUNDED), atol=NOISE)


@pytest.mark.parametrize(
    ("adapter", "library", "widths", "offsets"),
    [
        ("with_opencv:by_factor", "opencv", ROUNDED, [37, 37, 38]),
        ("hand_written:by_factor", "torch", np.array([298, 299, 299]), [37, 37, 37]),
    ],
)
def test_a_factor_in_place_of_a_size_is_the_scale(adapter, library, widths, offsets):
    """The result is `widths` wide and scaled by the ideal ratio all the same: x (w/(r W) - 1)."""
    ideal = IDEAL * WIDTHS
    expected = ends(ideal, offsets) * (widths / ideal - 1)[:, None]
    np.testing.assert_allclose(misses_of(adapter, library)[..., 0], expected, atol=2 * NOISE)


def test_a_forgotten_margin_misses_most_at_the_rim():
    """(u - centre) (224/248 - 1): to the right on the left side, to the left on the right."""
    found = misses_of("with_timm:margin_forgotten", "timm")
    np.testing.assert_allclose(found[0], [[19.56, 19.48], [-19.56, -19.48]], atol=NOISE)


def test_hugging_face_and_open_clip_crop_one_pixel_apart_at_odd_sizes():
    """641x480: 37 and 38 of 299 pixels, hence one crop pixel or 641/299 of the source."""
    found = misses_of("with_hugging_face:points_of_open_clip", "transformers")
    np.testing.assert_allclose(found[0], 0, atol=NOISE)
    np.testing.assert_allclose(found[1], [[-641 / 299, 0]] * 2, atol=NOISE)


def test_keypoints_of_integers_are_cut_to_whole_crop_pixels_and_named():
    window, keypoints = adapter_module("with_torchvision").window, adapter_module("with_torchvision").KeyPoints
    points = torch.arange(480).repeat(2, 1).T
    kept, exact = (window(keypoints(given, canvas_size=(480, 640))) for given in (points, points.float()))
    lost = exact - kept
    assert not kept.is_floating_point()
    assert lost[100:].min() >= 0  # towards zero, hence the other way left of the crop
    assert lost.max() > 0.95
    checks = ["lift_reads_the_place_it_is_asked_for"]
    (fault,) = check_pipeline(adapter_module("with_torchvision").integers, SIZES, checks).faults
    assert fault.id == "integer-points"


def test_an_adapter_runs_at_the_command_line_of_a_clone():
    command = [sys.executable, "-m", "diagnostics.check", "examples.adapters.hand_written:pipeline"]
    only = ["--check", "preprocess_colours"]
    done = subprocess.run([*command, *only], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("hand-written: no fault found")

"""What a camera confirms to be visible: a depth map read at the nearest pixel, within a tolerance."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reference.camera import Camera

ROOT = Path(__file__).resolve().parents[1]
RGBD = ROOT.parent / "shared" / "data" / "rgbd"

PLAIN = Camera(1, 1, 0, 0, (2, 3), np.eye(4))  # the point (u z, v z, z) is seen at (u, v)
READINGS = np.array([[1.0, 2, 4], [8, 16, 32]])  # powers of two, so that u z / z is u


def sees(u: float, v: float, z: float, readings: np.ndarray = READINGS, tolerance: float = 0) -> bool:
    return bool(PLAIN.visible(np.array([u * z, v * z, z]), readings, tolerance))


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_the_reading_is_that_of_the_nearest_pixel_with_halves_rounded_up(row, column):
    z = READINGS[row, column]
    for toward in (-0.5, 0, 0.499):
        assert sees(column + toward, row, z)
        assert sees(column, row + toward, z)
    assert not sees(column + 0.5, row, z)
    assert not sees(column, row + 0.5, z)


@pytest.mark.parametrize(("u", "v"), [(-0.501, 0), (2.5, 0), (0, -0.501), (0, 1.5), (1e30, 0), (-1e30, 0)])
def test_outside_the_image_nothing_is_visible(u, v):
    assert not sees(u, v, 4, np.full((2, 3), 4.0))


def test_outside_an_image_of_one_pixel_nothing_is_visible():
    camera = Camera(1, 1, 0, 0, (1, 1), np.eye(4))
    seen = camera.visible([[0, 0, 1], [1, 0, 1], [0, 1, 1], [-1, 0, 1], [0, -1, 1]], np.ones((1, 1)), 0)
    assert seen.tolist() == [True, False, False, False, False]


def test_the_last_number_below_the_far_edge_reads_the_last_pixel():
    """0.5 - 2**-54 + 0.5 rounds to 1, one past the only pixel."""
    camera = Camera(1, 1, 0, 0, (1, 1), np.eye(4))
    below = np.nextafter(0.5, 0)
    assert camera.visible(np.array([[below, below, 1]]), np.ones((1, 1)), 0).tolist() == [True]


@pytest.mark.parametrize("nothing", [0, -4, np.nan, np.inf])
def test_a_pixel_without_a_reading_confirms_nothing(nothing):
    assert sees(1, 1, 4, np.full((2, 3), 4.0), 1e9)
    assert not sees(1, 1, 4, np.full((2, 3), float(nothing)), 1e9)


def test_the_tolerance_counts_both_ways_and_its_bound_is_in():
    assert sees(1, 0, 2.25, tolerance=0.25)
    assert sees(1, 0, 1.75, tolerance=0.25)
    assert not sees(1, 0, 2.25, tolerance=0.2499)
    assert not sees(1, 0, 1.75, tolerance=0.2499)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("library", [np, torch], ids=["numpy", "torch"])
def test_depth_maps_may_hold_whole_numbers(library, dtype):
    readings = (
        library.asarray(READINGS.tolist()).to(getattr(torch, dtype)) if library is torch else READINGS.astype(dtype)
    )
    xyz = library.asarray([[16.0, 16.0, 16.0], [0.0, 0.0, 1.5]])
    assert PLAIN.visible(xyz, readings, 0.25).tolist() == [True, False]


def frame(name: str, poses: dict[str, np.ndarray]) -> tuple[Camera, np.ndarray]:
    """The camera of one recorded frame and its depth in metres, 0 where there is no reading."""
    millimetres = np.asarray(Image.open(RGBD / f"frame-{name}.depth.png")).astype(np.float64)
    intrinsics = np.loadtxt(RGBD / "camera-intrinsics.txt")
    (fx, _, cx), (_, fy, cy) = intrinsics[:2]
    camera = Camera(fx, fy, cx, cy, millimetres.shape, np.linalg.inv(poses[name]))
    return camera, np.where(millimetres == 65535, 0, millimetres) / 1000


@pytest.mark.skipif(not RGBD.is_dir(), reason="the recorded RGB-D frames are not beside this checkout")
@pytest.mark.parametrize(
    ("source", "target", "in_image", "agreeing"),
    [("000050", "000000", 92.65, 93.74), ("000000", "000050", 78.56, 95.58), ("000100", "000000", 63.88, 72.56)],
)
def test_recorded_frames_see_one_another(source, target, in_image, agreeing):
    """Back-project one frame, look from another: the percentages that the recording's own notes give."""
    recorded = {name: np.loadtxt(RGBD / f"frame-{name}.pose.txt") for name in (source, target)}
    (camera, depth), (other, other_depth) = frame(source, recorded), frame(target, recorded)
    rows, columns = np.nonzero(depth)
    xyz = camera.world_from_image(np.stack([columns, rows], axis=-1), depth[rows, columns])
    inside = other.visible(xyz, np.ones(other.size), 1e9)
    measured = other.visible(xyz, other_depth, 1e9)
    close = other.visible(xyz, other_depth, 0.05)
    assert 100 * inside.mean() == pytest.approx(in_image, abs=0.005)
    assert 100 * close.sum() / measured.sum() == pytest.approx(agreeing, abs=0.005)

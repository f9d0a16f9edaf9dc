"""The shipped example is what its generator makes, and its known 3-D places are seen at known pixels."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from diagnostics.camera_file import read_camera

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def scene() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_scene", EXAMPLES / "make_scene.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generator_makes_the_files_that_are_shipped(scene: ModuleType) -> None:
    """Pixel for pixel, point for point, number for number."""
    with Image.open(EXAMPLES / "scene.png") as shipped:
        np.testing.assert_array_equal(np.asarray(scene.image()), np.asarray(shipped))
    np.testing.assert_array_equal(scene.points(), np.load(EXAMPLES / "points.npy"))
    assert scene.camera() == json.loads((EXAMPLES / "camera.json").read_text())


def test_the_files_are_small() -> None:
    assert (EXAMPLES / "scene.png").stat().st_size < 150_000
    assert (EXAMPLES / "points.npy").stat().st_size < 300_000


@pytest.mark.parametrize(
    ("place", "pixel"),
    [
        ((-1.75, 1.5, 0.7), (10.7, 286.9)),  # the crate: near, left, upper corner
        ((0.95, 1.85, 0.68), (443.0, 228.6)),  # the book: near, right, upper corner
        ((1.55, 3.2, 1.75), (422.0, 78.9)),  # the shelf: near, left, upper corner
    ],
)
def test_corners_are_seen_where_the_picture_shows_them(place: tuple[float, ...], pixel: tuple[float, float]) -> None:
    """Literals, checked by eye on the picture enlarged: the pose, the axes and the principal point are all in them."""
    points, _, in_front = read_camera(EXAMPLES / "camera.json").image_from_world(np.array(place))
    assert in_front
    np.testing.assert_allclose(points, pixel, atol=0.06)


def test_the_chart_is_where_the_camera_says_to_a_tenth_of_a_pixel(scene: ModuleType) -> None:
    """Each of the twelve painted fields, weighed pixel by pixel, has its middle where its corners project to.

    Three rays a pixel each way place an edge to a sixth of a pixel, and an edge crosses 25 pixels or more. A camera or
    a renderer on edge coordinates would be off by a half on both axes.
    """
    pixels = np.asarray(Image.open(EXAMPLES / "scene.png"), dtype=np.float64)
    camera, front = read_camera(EXAMPLES / "camera.json"), scene.BOXES[-1].low[1]
    half_width, half_height = scene.CHART_HALF
    for (x, z), paint in scene.CHART.items():
        around = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        corners, _, _ = camera.image_from_world([(x + i * half_width, front, z + j * half_height) for i, j in around])
        middle = centroid(corners)
        u, v = np.rint(middle).astype(int)
        window = pixels[v - 17 : v + 18, u - 21 : u + 22]
        field, poster = window[17, 21], window[0, 21]
        weight = np.clip((window - poster) @ (field - poster) / ((field - poster) @ (field - poster)), 0, 1)
        rows, columns = np.indices(weight.shape)
        seen = np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum() + [u - 21, v - 17]
        np.testing.assert_allclose(seen, middle, atol=0.1)
        # One flat poster in one light, which its ground is in as well.
        np.testing.assert_allclose(field / paint, (poster / scene.BOXES[-1].colour).mean(), rtol=1 / 31)


def centroid(corners: np.ndarray) -> np.ndarray:
    """The middle of a polygon's area, by the shoelace formula."""
    following = np.roll(corners, -1, axis=0)
    cross = corners[:, 0] * following[:, 1] - following[:, 0] * corners[:, 1]
    return (corners + following).T @ cross / (3 * cross.sum())


def test_the_points_are_in_view_out_of_view_and_behind(scene: ModuleType) -> None:
    """The example shows all that can become of a point."""
    camera = read_camera(EXAMPLES / "camera.json")
    points, depth, in_front = camera.image_from_world(np.load(EXAMPLES / "points.npy"))
    height, width = camera.size
    inside = in_front & (points >= -0.5).all(axis=1) & (points < [width - 0.5, height - 0.5]).all(axis=1)
    assert 0.5 < inside.mean() < 0.8
    assert (in_front & ~inside).sum() > 1000
    assert (depth < 0).sum() > 500

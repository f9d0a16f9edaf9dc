"""Harnesses of the readers of single files: images, `.npy`, cameras and geometries as JSON."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from diagnostics.auditing.depth_file import depth_values
from diagnostics.camera_file import read_camera
from diagnostics.dataset.files import image_size
from diagnostics.points_file import PointsFile
from diagnostics.strict_json import strict_json
from fuzz.oracle import Finding, bounded, read_or_refused
from reference.camera import Camera
from reference.geometry import RULES, GeomMeta
from reference.image import CONVERSIONS, load_image

_PLACES = np.array([[0.0, 0.0], [10.5, -3.0], [1e3, 2e3], [np.nan, 1.0]])
_WORLD = np.array([[0.0, 0.0, 1.0], [0.3, -0.6, 2.5], [0.0, 0.0, -1.0], [np.inf, 0.0, 1.0]])


def holds(true: Any, law: str) -> None:
    """Raise `Finding` with the law that does not hold."""
    if not true:
        raise Finding(f"not so: {law}")


def read_image(content: bytes, folder: Path) -> None:
    """An image, as a picture, as a header alone and as a depth map."""
    path = folder / "image.png"
    path.write_bytes(content)
    image = read_or_refused(lambda: load_image(path))
    if image is not None:
        holds(image.mode == "RGB" and min(image.size) >= 1, "an image is RGB and has pixels")
        holds(all(isinstance(done, str) for done in image.info[CONVERSIONS]), "conversions are told in words")
        holds(len(image.tobytes()) == 3 * image.width * image.height, "an image is as large as it says")
    size = read_or_refused(lambda: image_size(path))
    holds(size is None or min(size) >= 1, "a size is of at least one pixel")
    holds(image is None or size in ((image.height, image.width), (image.width, image.height)), "header and image agree")
    _hold_depth(path)


def read_npy(content: bytes, folder: Path) -> None:
    """A `.npy` file, as points and as a depth map."""
    path = folder / "array.npy"
    path.write_bytes(content)
    chunks = read_or_refused(lambda: _points(path))
    if chunks is not None:
        held = sum(chunk.nbytes for chunk in chunks)
        holds(held <= len(content), "no more is read than the file holds")
        holds(all(chunk.shape[1] in (2, 3) and chunk.dtype.kind in "fiu" for chunk in chunks), "points are numbers")
    _hold_depth(path)


def _points(path: Path) -> list[Any]:
    points = PointsFile.open(path)
    chunks = list(points.chunks(7))
    holds(sum(map(len, chunks)) == points.points, "every point is read once")
    return chunks


def _hold_depth(path: Path) -> None:
    values = read_or_refused(lambda: depth_values(path))
    if values is not None:
        holds(values.ndim == 2 and min(values.shape) >= 1 and values.dtype.kind in "fiu", "a depth map is of numbers")


def read_camera_file(content: bytes, folder: Path) -> None:
    """JSON, as a camera and as a geometry; what is read is the same when written and read again."""
    path = folder / "camera.json"
    path.write_bytes(content)
    camera = read_or_refused(lambda: read_camera(path))
    if camera is not None:
        with bounded():
            hold_camera(camera)
    geometry = read_or_refused(lambda: GeomMeta.from_dict(strict_json(content)))
    if geometry is not None:
        with bounded():
            _hold_geometry(geometry)


def hold_camera(camera: Camera) -> None:
    """The laws of a camera that was read: numbers are finite, writing and reading keeps it, its maps raise nothing."""
    holds(all(map(math.isfinite, (camera.fx, camera.fy, camera.cx, camera.cy))), "a camera's numbers are finite")
    holds(Camera.from_dict(camera.to_dict()) == camera, "a camera that is written and read is the same")
    points, _, in_front = camera.image_from_world(_WORLD)
    holds(np.isnan(points[~in_front]).all(), "what is not in front is not seen")
    holds(camera.world_from_image(_PLACES, 1.0).shape == (4, 3), "every place has its point")


def _hold_geometry(geometry: GeomMeta) -> None:
    holds(GeomMeta.from_dict(geometry.to_dict()) == geometry, "a geometry that is written and read is the same")
    holds(all(0 < scale < math.inf for scale in geometry.scale), "scales are above 0 and finite")
    for rule in RULES:
        holds(0 <= geometry.valid_ratio(rule) <= 1, "a ratio is one")
        geometry.valid(_PLACES, rule)
    for there in (geometry.crop_from_image, geometry.grid_from_image, geometry.sampler_from_image):
        holds(np.isfinite(there(_PLACES)[:3]).all(), "finite places have finite images")

"""Reads a COLMAP model: cameras and images, .bin or .txt, in sparse/0, sparse or the folder itself, next to images/.

Poses are world-to-camera, a Hamilton quaternion (qw, qx, qy, qz) and a translation, in OpenCV axes and a unit of the
model's own. The corner of the first pixel is (0, 0): the origin is "edge". Where a model is there both as .bin and as
.txt, the .bin is read, as COLMAP does. A model's p1 and p2 are OpenCV's, and its radial models are the beginnings of
OpenCV's polynomial.

Sources: colmap.github.io/format.html; src/colmap/sensor/models.h (pixel coordinates, models and their parameters).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from diagnostics.dataset.colmap_model import ModelCamera, cameras_of, images_of
from diagnostics.dataset.files import existing
from diagnostics.dataset.frame import Dataset, Frame
from diagnostics.dataset.records import LazyEntries, Listed, entries_of, plain_path
from reference.camera import Camera
from reference.pose import as_numbers

LAYOUT = "COLMAP"
LOOKED_FOR = "cameras.bin and images.bin, or both as .txt, in sparse/0, sparse or the folder itself (COLMAP)"

_PHOTOGRAPHS = "images"
_KINDS = (".bin", ".txt")

# Where fx, fy, cx, cy and OpenCV's distortion stand among a model's parameters; None stands for 0.
_LAYOUT_OF = {
    "SIMPLE_PINHOLE": ((0, 0, 1, 2), ()),
    "PINHOLE": ((0, 1, 2, 3), ()),
    "SIMPLE_RADIAL": ((0, 0, 1, 2), (3, None, None, None)),
    "RADIAL": ((0, 0, 1, 2), (3, 4, None, None)),
    "OPENCV": ((0, 1, 2, 3), (4, 5, 6, 7)),
    "FULL_OPENCV": ((0, 1, 2, 3), (4, 5, 6, 7, 8, 9, 10, 11)),
}


def fits(path: Path) -> bool:
    """Whether there is a model in the folder or where COLMAP puts it below."""
    return path.is_dir() and _model_at(path) is not None


def opened(path: Path) -> Dataset:
    """The model's images in the natural order of their names.

    Raises `OSError` or `ValueError` where there is no folder of photographs or the cameras cannot be read.
    """
    found = _model_at(path)
    if found is None:
        raise ValueError(f"{path}: there is no COLMAP model")
    model, kind = found
    root = _root_of(path, model)
    cameras = _cameras(model / f"cameras{kind}")
    entries = _entries(root, model / f"images{kind}", cameras)
    told = (
        f"COLMAP model, recognised by cameras{kind} and images{kind} in {model}, {len(entries):,} frames with images "
        f"in {root / _PHOTOGRAPHS}: poses world-to-camera in OpenCV axes, intrinsics on edge-origin pixels"
    )
    return Dataset(LAYOUT, told, entries)


@dataclass(frozen=True)
class ColmapEntry:
    """A frame by its name, its pose and its camera, unchecked."""

    root: Path
    camera: ModelCamera
    name: str
    quaternion: list[float]
    translation: list[float]

    def frame(self) -> Frame:
        """Check and build the camera."""
        image = existing(self.root / self.name)
        focal_and_centre, distortion = _parameters(self.camera)
        fx, fy, cx, cy = focal_and_centre
        camera = Camera(
            fx,
            fy,
            cx,
            cy,
            size=(self.camera.height, self.camera.width),
            world_to_camera=_pose_of(self.quaternion, self.translation),
            distortion=distortion,
            origin="edge",
        )
        return Frame(self.name, image, camera)


def _cameras(path: Path) -> dict[int, ModelCamera]:
    cameras: dict[int, ModelCamera] = {}
    for camera in cameras_of(path):
        if cameras.setdefault(camera.number, camera) is not camera:
            raise ValueError(f"{path}: there are two cameras of number {camera.number}")
    return cameras


def _entries(root: Path, images: Path, cameras: dict[int, ModelCamera]) -> LazyEntries:
    def entry_of(name: str, values: Any) -> ColmapEntry:
        quaternion, translation, camera = values
        return ColmapEntry(root, cameras[camera], name, quaternion, translation)

    return entries_of(_listed(images, cameras), entry_of)


def _listed(path: Path, cameras: dict[int, ModelCamera]) -> Iterator[Listed]:
    """The images of the file at `path`; where it breaks off, the rest of it is one frame that cannot be read."""
    damaged = 0
    images = images_of(path)
    while True:
        try:
            image = next(images)
        except StopIteration:
            return
        except ValueError as error:
            yield Listed(path.name, wrong=str(error))
            return
        if isinstance(image, str):
            damaged += 1
            yield Listed(f"{path.name} damaged {damaged}", wrong=image)
        elif image.camera not in cameras:
            yield Listed(
                _named(image.name), wrong=f"{path}: {image.name} is of camera {image.camera}, which is missing"
            )
        elif PurePosixPath(image.name).is_absolute() or ".." in PurePosixPath(image.name).parts:
            yield Listed(_named(image.name), wrong=f"{path}: {image.name} is not in the folder {_PHOTOGRAPHS}")
        else:
            yield Listed(_named(image.name), [image.quaternion, image.translation, image.camera])


def _named(name: str) -> str:
    return f"{_PHOTOGRAPHS}/{plain_path(name)}"


def _parameters(camera: ModelCamera) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if camera.model not in _LAYOUT_OF:
        known = ", ".join(_LAYOUT_OF)
        raise ValueError(f"camera model {camera.model} is not read; {known} are: undistort the images first")
    pinhole, lens = _LAYOUT_OF[camera.model]
    given, needed = len(camera.parameters), 1 + max(place for place in (*pinhole, *lens) if place is not None)
    if given != needed:
        raise ValueError(f"camera {camera.number}: {camera.model} has {needed} parameters, got {given}")
    numbers = (*camera.parameters, 0.0)
    return tuple(numbers[i] for i in pinhole), tuple(numbers[-1 if i is None else i] for i in lens)


def _pose_of(quaternion: list[float], translation: list[float]) -> list[list[float]]:
    """World-to-camera of a Hamilton quaternion (w, x, y, z), which COLMAP brings to unit length, and a translation."""
    numbers = np.array(as_numbers(quaternion, "the quaternion"))
    scale = np.abs(numbers).max()
    if not scale:
        raise ValueError("the quaternion is zero, so there is no rotation")
    w, x, y, z = (numbers / scale / np.linalg.norm(numbers / scale)).tolist()
    tx, ty, tz = as_numbers(translation, "the translation")
    return [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y), tx],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x), ty],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y), tz],
        [0.0, 0.0, 0.0, 1.0],
    ]


def _model_at(path: Path) -> tuple[Path, str] | None:
    for folder in (path, path / "sparse" / "0", path / "sparse"):
        for kind in _KINDS:
            if all((folder / f"{name}{kind}").is_file() for name in ("cameras", "images")):
                return folder, kind
    return None


def _root_of(path: Path, model: Path) -> Path:
    """The folder that the photographs' folder is in: `path`, or that above sparse/0 where the model alone was named."""
    absolute = Path(os.path.abspath(model))  # noqa: PTH100 - resolve() would follow links to surprising places
    above = [folder.parent for folder in (absolute, absolute.parent) if folder.name == "sparse"]
    for root in (path, *above):
        if (root / _PHOTOGRAPHS).is_dir():
            return root
    raise ValueError(f"{path}: there is no folder {_PHOTOGRAPHS} with the photographs of the model; put it there")

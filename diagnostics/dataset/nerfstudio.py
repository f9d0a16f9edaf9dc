"""Reads nerfstudio's transforms.json, and that of Blender's NeRF scenes, which gives a field of view alone.

Poses are camera-to-world in OpenGL axes, x right, y up, z backward; OpenCV's follow by negating y and z. Rays are cast
through pixel centres at +0.5, and for OpenCV nerfstudio takes 0.5 off the principal point: the origin is "edge". Depth
is z-depth, 0 where unknown, in units of 0.001 unless depth_unit_scale_factor says otherwise. Intrinsics stand at the
top or in each frame; k1 k2 p1 p2 k3 mean what they mean to OpenCV, but k4 multiplies r⁸ there and is not read.

Sources: docs.nerf.studio/quickstart/data_conventions.html; in its code nerfstudio_dataparser.py, blender_dataparser.py,
Cameras.get_image_coords, _undistort_image and issue 3048 (the half pixel); pull request 2490 (zero depth).
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from diagnostics.dataset.cameras import world_to_camera_of
from diagnostics.dataset.files import bytes_of, existing, image_size
from diagnostics.dataset.frame import Dataset, Frame
from diagnostics.dataset.records import Listed, entries_of, path_given, plain_path
from diagnostics.strict_json import lenient_json
from reference.camera import Camera
from reference.fields import Size
from reference.pose import as_number

LAYOUT = "nerfstudio"
LOOKED_FOR = "transforms.json, or any .json file of its form (nerfstudio, NeRF)"

_FILE = "transforms.json"
_MOST_BYTES = 500_000_000  # a frame takes some 600 bytes; a longer file is rather a manifest's task
_PINHOLES = ("SIMPLE_PINHOLE", "PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV")
_LENS = ("k1", "k2", "p1", "p2", "k3")
_NOT_READ = ("k4", "k5", "k6")
_UNIT = "depth_unit_scale_factor"
_INTRINSICS = ("camera_model", "is_fisheye", "camera_angle_x", "camera_angle_y", "fl_x", "fl_y", "cx", "cy", "w", "h")
_SHARED = (*_INTRINSICS, *_LENS, *_NOT_READ, _UNIT)
_DEFAULT_UNIT = 0.001
_UNKNOWN_DEPTH = (0,)


def fits(path: Path) -> bool:
    """Whether `path` is a JSON file, or a folder with a transforms.json."""
    return path.suffix == ".json" if path.is_file() else (path / _FILE).is_file()


def opened(path: Path) -> Dataset:
    """The frames that the file lists, in the natural order of their images, not the file's own.

    Raises `OSError` where it cannot be read, `ValueError` where it is no list of frames.
    """
    path = path if path.is_file() else path / _FILE
    data = _parsed(path)
    shared = {name: data[name] for name in _SHARED if name in data}
    entries = entries_of(_listed(path, data["frames"]), partial(NerfstudioEntry, path.parent, shared))
    told = (
        f"nerfstudio, recognised by {path.name} with its list of frames, {len(entries):,} frames: poses "
        "camera-to-world in OpenGL axes, turned to OpenCV's, intrinsics on edge-origin pixels"
    )
    return Dataset(LAYOUT, told, entries)


@dataclass(frozen=True)
class NerfstudioEntry:
    """A frame by its own part of the file, and the intrinsics that all frames share."""

    root: Path
    shared: Mapping[str, Any]
    name: str
    own: Mapping[str, Any]

    def frame(self) -> Frame:
        """Build the camera; read the image's header where the file gives no size."""
        given = self._given()
        _check_model(given)
        image = existing(self.root / self.name)
        size = _size(given, image)
        camera = Camera(
            **_intrinsics(given, size),
            size=size,
            world_to_camera=_pose_of(self.own.get("transform_matrix")),
            distortion=_distortion(given),
            origin="edge",
        )
        if self.own.get("depth_file_path") is None:
            return Frame(self.name, image, camera, opengl=True)
        depth = existing(self.root / path_given(self.own["depth_file_path"], "depth_file_path"))
        unit = as_number(given.get(_UNIT, _DEFAULT_UNIT), _UNIT)
        if unit <= 0:
            raise ValueError(f"{_UNIT} must be above 0, got {unit}")
        return Frame(self.name, image, camera, depth, unit, _UNKNOWN_DEPTH, opengl=True)

    def _given(self) -> dict[str, Any]:
        """What the file says of this frame's camera. Readers differ on which of two different values they believe."""
        for name in _SHARED:
            if name in self.shared and name in self.own and self.shared[name] != self.own[name]:
                raise ValueError(f"{name} is {self.own[name]!r} in the frame but {self.shared[name]!r} at the top")
        return {**self.shared, **{name: self.own[name] for name in _SHARED if name in self.own}}


def _parsed(path: Path) -> dict[str, Any]:
    # NaN passes here and is refused by the camera: one bad pose is no reason to lose the other frames.
    try:
        data = lenient_json(bytes_of(path, _MOST_BYTES))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("frames"), list) or not data["frames"]:
        raise ValueError(
            f'{path}: it has no list "frames" of frames as a transforms.json has; give the folder or file of a data set'
        )
    return data


def _listed(path: Path, frames: list[Any]) -> Iterator[Listed]:
    for number, frame in enumerate(frames):
        try:
            yield Listed(_image_name(frame), frame)
        except (TypeError, ValueError) as error:
            yield Listed(f"{path.name} frames[{number}]", wrong=f"{path}: frames[{number}]: {error}")


def _image_name(frame: Any) -> str:
    if not isinstance(frame, dict):
        raise TypeError(f"it is no object but {reprlib.repr(frame)}")
    name = plain_path(path_given(frame.get("file_path"), "file_path"))
    return name if PurePosixPath(name).suffix else f"{name}.png"  # Blender's scenes leave the suffix out


def _check_model(given: Mapping[str, Any]) -> None:
    model = given.get("camera_model", "OPENCV")
    if given.get("is_fisheye"):
        model = "is_fisheye"
    if model not in _PINHOLES:
        raise ValueError(f"camera model {reprlib.repr(model)} is not read; {', '.join(_PINHOLES)} are")


def _size(given: Mapping[str, Any], image: Path) -> Size:
    if "w" not in given and "h" not in given:
        return image_size(image)
    height, width = (as_number(given.get(name), name) for name in ("h", "w"))
    if height % 1 or width % 1:
        raise ValueError(f"w and h must be whole pixels, got {width} and {height}")
    return int(height), int(width)


def _intrinsics(given: Mapping[str, Any], size: Size) -> dict[str, float]:
    """Focal lengths and principal point; with a field of view alone, the point is the middle of the image."""
    if "fl_x" not in given and "camera_angle_x" in given:
        height, width = size
        fx = _focal(given, "camera_angle_x", width)
        fy = _focal(given, "camera_angle_y", height) if "camera_angle_y" in given else fx
        given = {"cx": width / 2, "cy": height / 2, **given, "fl_x": fx, "fl_y": given.get("fl_y", fy)}
    named = (("fx", "fl_x"), ("fy", "fl_y"), ("cx", "cx"), ("cy", "cy"))
    missing = [name for _, name in named if name not in given]
    if missing:
        raise ValueError(f"neither the frame nor the top of the file gives {', '.join(missing)}")
    return {ours: as_number(given[name], name) for ours, name in named}


def _focal(given: Mapping[str, Any], name: str, side: int) -> float:
    angle = as_number(given[name], name)
    if not 0 < angle / 2 < math.pi / 2:  # half of the smallest angle is 0
        raise ValueError(f"{name} must be an angle in radians between 0 and pi, got {angle}")
    return side / 2 / math.tan(angle / 2)


def _distortion(given: Mapping[str, Any]) -> tuple[float, ...]:
    higher = [name for name in _NOT_READ if as_number(given.get(name, 0), name)]
    if higher:
        raise ValueError(f"{', '.join(higher)} must be 0: beyond k3, nerfstudio's lens is not OpenCV's")
    lens = tuple(as_number(given.get(name, 0), name) for name in _LENS)
    return lens if any(lens) else ()


def _pose_of(camera_to_world: Any) -> list[list[float]]:
    """World-to-camera in OpenCV axes of a camera-to-world pose in OpenGL's: its y and z, two rows, are turned about."""
    x, y, z, last = world_to_camera_of(camera_to_world, "transform_matrix")
    return [x, [-number for number in y], [-number for number in z], last]

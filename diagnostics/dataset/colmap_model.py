"""Reads the cameras and images of a COLMAP model, binary or text; a count in a file is believed only as far as it goes.

Source of the layout: colmap.github.io/format.html and, for the binary files, src/colmap/scene/reconstruction_io.cc and
src/colmap/sensor/models.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from diagnostics.dataset.files import existing
from diagnostics.dataset.records import LONGEST_PATH, path_given

_LONGEST_LINE = 100_000  # of a camera or an image; the lines of its keypoints are skipped
_KEYPOINT_BYTES = 24

_CAMERA, _IMAGE, _COUNT = struct.Struct("<IiQQ"), struct.Struct("<I7dI"), struct.Struct("<Q")

# Names and numbers of parameters by model number; a model that is not here has a camera of unknown length.
_MODELS = (
    ("SIMPLE_PINHOLE", 3),
    ("PINHOLE", 4),
    ("SIMPLE_RADIAL", 4),
    ("RADIAL", 5),
    ("OPENCV", 8),
    ("OPENCV_FISHEYE", 8),
    ("FULL_OPENCV", 12),
    ("FOV", 5),
    ("SIMPLE_RADIAL_FISHEYE", 4),
    ("RADIAL_FISHEYE", 5),
    ("THIN_PRISM_FISHEYE", 12),
    ("RAD_TAN_THIN_PRISM_FISHEYE", 16),
)


class ModelCamera(NamedTuple):
    """A camera as the model has it: its number, model, size in pixels and parameters, unchecked."""

    number: int
    model: str
    width: int
    height: int
    parameters: tuple[float, ...]


class ModelImage(NamedTuple):
    """An image as the model has it: name, quaternion (w, x, y, z) and translation to the camera, camera's number."""

    name: str
    quaternion: tuple[float, ...]
    translation: tuple[float, ...]
    camera: int


def cameras_of(path: Path) -> Iterator[ModelCamera]:
    """The cameras in the file at `path`, cameras.bin or cameras.txt. Raises `OSError` or `ValueError` naming it."""
    with existing(path).open("rb") as file:
        yield from (_cameras_in_binary if path.suffix == ".bin" else _cameras_in_text)(path, file)


def images_of(path: Path) -> Iterator[ModelImage | str]:
    """The images in the file at `path`, images.bin or images.txt; in place of one that is damaged, what is wrong.

    Raises `OSError` or, after the images before the place, `ValueError` where the rest of the file makes no sense.
    """
    with existing(path).open("rb") as file:
        yield from (_images_in_binary if path.suffix == ".bin" else _images_in_text)(path, file)


def _cameras_in_binary(path: Path, file: BinaryIO) -> Iterator[ModelCamera]:
    (count,) = _read(path, file, _COUNT)
    for _ in range(count):
        number, model, width, height = _read(path, file, _CAMERA)
        if not 0 <= model < len(_MODELS):
            raise ValueError(f"{path}: camera {number} has the unknown model number {model}; export the model as text")
        name, parameters = _MODELS[model]
        yield ModelCamera(number, name, width, height, _read(path, file, struct.Struct(f"<{parameters}d")))


def _images_in_binary(path: Path, file: BinaryIO) -> Iterator[ModelImage | str]:
    size = path.stat().st_size
    (count,) = _read(path, file, _COUNT)
    for _ in range(count):
        number, *pose, camera = _read(path, file, _IMAGE)
        name = _name_at(path, file)
        (keypoints,) = _read(path, file, _COUNT)
        if keypoints > (size - file.tell()) // _KEYPOINT_BYTES:
            raise ValueError(f"{path}: it ends within the {keypoints} keypoints of image {number}: it is cut short")
        file.seek(keypoints * _KEYPOINT_BYTES, 1)
        try:
            yield ModelImage(name.decode(), tuple(pose[:4]), tuple(pose[4:]), camera)
        except UnicodeDecodeError:
            yield f"{path}: the name of image {number} is not UTF-8 text"
    if file.tell() != size:
        raise ValueError(f"{path}: it goes on after the {count} images that it says it has: it is damaged")


def _read(path: Path, file: BinaryIO, layout: struct.Struct) -> tuple[int, ...]:
    content = file.read(layout.size)
    if len(content) < layout.size:
        raise ValueError(f"{path}: it ends before all that it says it has: it is cut short or damaged")
    return layout.unpack(content)


def _name_at(path: Path, file: BinaryIO) -> bytes:
    start = file.tell()
    name, end, _ = file.read(LONGEST_PATH).partition(b"\0")
    if not end:
        raise ValueError(f"{path}: a name has no end: it is cut short or damaged")
    file.seek(start + len(name) + 1)
    return name


def _cameras_in_text(path: Path, file: BinaryIO) -> Iterator[ModelCamera]:
    for number, line in _lines(file):
        if not _says_something(line):
            continue
        try:
            camera, model, width, height, *parameters = line.decode().split()
            yield ModelCamera(int(camera), model, int(width), int(height), tuple(map(float, parameters)))
        except ValueError:
            raise ValueError(f"{path}: line {number} is no camera: CAMERA_ID MODEL WIDTH HEIGHT PARAMS") from None


def _images_in_text(path: Path, file: BinaryIO) -> Iterator[ModelImage | str]:
    lines = _lines(file)
    for number, line in lines:
        if not _says_something(line):
            continue
        next(lines, None)  # its keypoints, an empty line where there are none
        try:
            _, *pose, camera, name = line.decode().rstrip("\r\n").split(maxsplit=9)
            w, x, y, z, *translation = map(float, pose)
            yield ModelImage(path_given(name.rstrip(), "NAME"), (w, x, y, z), tuple(translation), int(camera))
        except ValueError:
            yield f"{path}: line {number} is no image: IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME"


def _says_something(line: bytes) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(b"#")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers from 1 on; of a long one only the beginning, for it holds keypoints."""
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        yield number, line
        while len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(_LONGEST_LINE)

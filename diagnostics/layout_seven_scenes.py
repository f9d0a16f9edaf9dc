"""Reads Microsoft's 7-Scenes: frame-000000.color.png, .depth.png and .pose.txt, in one folder or in seq-XX folders.

Poses are camera-to-world in OpenCV axes, metres; depth is in millimetres and 65535 where there is none (the data set's
readme). Its focal length of 585 and principal point (320, 240) are the defaults that it publishes for 640x480 pixels;
TSDF-Fusion's copies carry them as camera-intrinsics.txt and project with whole pixel indices: the origin is "index".
Colour and depth share them, each at its own size.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from diagnostics.dataset_cameras import intrinsics_of, world_to_camera_of
from diagnostics.dataset_files import existing, image_size, matrix_of
from diagnostics.dataset_frame import Dataset, Frame
from diagnostics.dataset_records import LazyEntries, PackedRecords, natural_key
from reference.camera import Camera

LAYOUT = "7-Scenes"
LOOKED_FOR = "frame-000000.color.png with its .pose.txt, in the folder or in seq-01, seq-02 ... (7-Scenes)"

_FILE = re.compile(r"(frame-[0-9]+)\.(color\.(?:png|jpe?g)|depth\.png|pose\.txt)")
_SEQUENCE = re.compile("seq-[0-9]+")
_K_FILE = "camera-intrinsics.txt"
_PUBLISHED_K = {"fx": 585.0, "fy": 585.0, "cx": 320.0, "cy": 240.0}


def fits(path: Path) -> bool:
    """Whether there is a folder with a colour image and a pose of this layout's names."""
    if not path.is_dir():
        return False
    return any({"color", "pose"} <= {kind.split(".")[0] for _, kind in _files(folder)} for folder in _folders(path))


def opened(path: Path) -> Dataset:
    """The frames of all sequences below `path`, in natural order; a pose without an image is one, too."""
    stems: dict[str, list[str]] = {}
    with_depth = False
    for folder in _folders(path):
        for stem, kind in _files(folder):
            images = stems.setdefault((folder / stem).relative_to(path).as_posix(), [])
            if kind.startswith("color"):
                images.append(kind)
            with_depth = with_depth or kind.startswith("depth")
    suffix = next(kind for images in stems.values() for kind in images)
    names = sorted((f"{stem}.{kind}" for stem, kinds in stems.items() for kind in kinds or [suffix]), key=natural_key)
    return Dataset(
        LAYOUT,
        f"7-Scenes, recognised by frame-*.color and .pose.txt: {len(names):,} frames, poses camera-to-world in metres, "
        f"{'depth in millimetres' if with_depth else 'no depth'}, K of {_K_FILE} where there is one, else 585, 585, "
        "320, 240, on index-origin pixels",
        LazyEntries(PackedRecords(map(str.encode, names)), partial(_entry_of, path, with_depth)),
    )


@dataclass(frozen=True)
class SevenScenesEntry:
    """A frame by the name of its colour image relative to the data set's root."""

    root: Path
    name: str
    with_depth: bool

    def frame(self) -> Frame:
        """Read the pose, K and the headers of both images."""
        image = self.root / self.name
        stem = image.name.partition(".")[0]
        camera = Camera(
            **self._intrinsics(image.parent),
            size=image_size(image),
            world_to_camera=_pose_of(image.with_name(f"{stem}.pose.txt")),
        )
        if not self.with_depth:
            return Frame(self.name, image, camera)
        depth = existing(image.with_name(f"{stem}.depth.png"))
        depth_size = image_size(depth)
        return Frame(
            self.name,
            image,
            camera,
            depth,
            depth_camera=None if depth_size == camera.size else replace(camera, size=depth_size),
        )

    def _intrinsics(self, folder: Path) -> dict[str, float]:
        for path in (folder / _K_FILE, self.root / _K_FILE):
            if path.exists():
                return intrinsics_of(path)
        return _PUBLISHED_K


def _entry_of(root: Path, with_depth: bool, index: int, record: bytes) -> SevenScenesEntry:
    return SevenScenesEntry(root, record.decode(), with_depth)


def _pose_of(path: Path) -> list[list[float]]:
    pose = matrix_of(path, (4, 4))
    try:
        return world_to_camera_of(pose)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _folders(path: Path) -> Iterator[Path]:
    yield path
    with os.scandir(path) as found:
        yield from (path / entry.name for entry in found if _SEQUENCE.fullmatch(entry.name) and entry.is_dir())


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as found:
        for entry in found:
            if match := _FILE.fullmatch(entry.name):
                yield match[1], match[2]

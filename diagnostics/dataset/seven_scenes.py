"""Reads Microsoft's 7-Scenes: frame-000000.color.png, .depth.png and .pose.txt, in one folder or in seq-XX folders.

Poses are camera-to-world in OpenCV axes, metres; depth is in millimetres, 65535 where there is none. Neither camera was
calibrated: the data set's page publishes the defaults of KinectFusion's depth camera, focal length 585 and principal
point (320, 240) at 640x480 pixels, and its users take them for both images, each at its own size, as TSDF-Fusion's copy
does with its camera-intrinsics.txt. That code projects to whole pixel numbers, so the origin is "index".

Sources: microsoft.com/en-us/research/project/rgb-d-dataset-7-scenes; github.com/andyzeng/tsdf-fusion-python.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from diagnostics.dataset.cameras import intrinsics_of, world_to_camera_of
from diagnostics.dataset.files import existing, image_size, matrix_of
from diagnostics.dataset.frame import Dataset, Frame
from diagnostics.dataset.records import named_entries
from reference.camera import Camera

LAYOUT = "7-Scenes"
LOOKED_FOR = "frame-000000.color.png with its .pose.txt, in the folder or in seq-01, seq-02 ... (7-Scenes)"

_FILE = re.compile(r"(frame-[0-9]+)(\.color\.(?:png|jpe?g)|\.depth\.png|\.pose\.txt)")
_SEQUENCE = re.compile("seq-[0-9]+")
_K_FILE = "camera-intrinsics.txt"
_PUBLISHED_K = {"fx": 585.0, "fy": 585.0, "cx": 320.0, "cy": 240.0}


def fits(path: Path) -> bool:
    """Whether there is a folder with a colour image and a pose of this layout's names."""
    if not path.is_dir():
        return False
    return any({"color", "pose"} <= {ending.split(".")[1] for _, ending in _files(path, at)} for at in _folders(path))


def opened(path: Path) -> Dataset:
    """The frames of all sequences below `path`; a pose or depth without an image is one, too, that cannot be read."""
    images: dict[str, list[str]] = {}
    with_depth = False
    for folder in _folders(path):
        for stem, ending in _files(path, folder):
            images.setdefault(stem, []).extend([ending] if ending.startswith(".color") else [])
            with_depth = with_depth or ending.startswith(".depth")
    entries = named_entries(images, partial(SevenScenesEntry, path, with_depth))
    told = (
        f"7-Scenes, recognised by frame-*.color and .pose.txt, {len(entries):,} frames: poses camera-to-world in "
        f"metres, {'depth in millimetres' if with_depth else 'no depth'}, K from {_K_FILE} where there is one, else "
        "585, 585, 320, 240, on index-origin pixels"
    )
    return Dataset(LAYOUT, told, entries)


@dataclass(frozen=True)
class SevenScenesEntry:
    """A frame by the name of its colour image relative to the data set's root."""

    root: Path
    with_depth: bool
    name: str

    def frame(self) -> Frame:
        """Read the pose, K and the headers of both images."""
        image = self.root / self.name
        stem = image.name.partition(".")[0]
        size = image_size(image)
        pose_file = image.with_name(f"{stem}.pose.txt")
        pose = world_to_camera_of(matrix_of(pose_file, (4, 4)), pose_file)
        camera = Camera(**self._intrinsics(image.parent), size=size, world_to_camera=pose)
        if not self.with_depth:
            return Frame(self.name, image, camera)
        depth = existing(image.with_name(f"{stem}.depth.png"))
        depth_size = image_size(depth)
        depth_camera = None if depth_size == size else replace(camera, size=depth_size)
        return Frame(self.name, image, camera, depth, depth_camera=depth_camera)

    def _intrinsics(self, folder: Path) -> dict[str, Any]:
        for path in (folder / _K_FILE, self.root / _K_FILE):
            if path.exists():
                return intrinsics_of(path)
        return _PUBLISHED_K


def _folders(path: Path) -> Iterator[Path]:
    yield path
    with os.scandir(path) as found:
        yield from (path / entry.name for entry in found if _SEQUENCE.fullmatch(entry.name) and entry.is_dir())


def _files(root: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Stem, with its folder relative to `root`, and ending of each file of a frame."""
    prefix = "" if folder == root else f"{folder.name}/"
    with os.scandir(folder) as found:
        for entry in found:
            if match := _FILE.fullmatch(entry.name):
                yield prefix + match[1], match[2]

"""Reads what ScanNet's SensReader exports: color/0.jpg, depth/0.png, pose/0.txt and intrinsic/intrinsic_*.txt.

Poses are camera-to-world in OpenCV axes, metres, and -inf where tracking was lost; depth is in millimetres. Colour
(1296x968) and depth (640x480) have a 4x4 K each and one pose: they are aligned already, so no extrinsics apply. The
reconstruction behind the poses takes a whole pixel number for a place, x = (column - mx) / fx, and mx = 319.5 is the
middle of 640 columns only when counted from the first pixel's centre: the origin is "index".

Sources: github.com/ScanNet/ScanNet, SensReader/python/SensorData.py and issues 9 and 92 (lost poses, alignment);
BundleFusion's kinectDepthToSkeleton.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from diagnostics.dataset.cameras import intrinsics_of, world_to_camera_of
from diagnostics.dataset.files import image_size, matrix_of
from diagnostics.dataset.frame import Dataset, Frame
from diagnostics.dataset.records import named_entries
from reference.camera import Camera

LAYOUT = "ScanNet"
LOOKED_FOR = "color/0.jpg with pose/0.txt and intrinsic/intrinsic_color.txt (ScanNet export)"

_IMAGE = re.compile(r"([0-9]+)(\.(?:jpe?g|png))")
_DEPTH = re.compile(r"([0-9]+)(\.png)")
_POSE = re.compile(r"([0-9]+)(\.txt)")
_COLOR_K, _DEPTH_K = Path("intrinsic/intrinsic_color.txt"), Path("intrinsic/intrinsic_depth.txt")


def fits(path: Path) -> bool:
    """Whether there are the folders of an export with a colour image, and the colour camera's K."""
    if not ((path / "color").is_dir() and (path / "pose").is_dir() and (path / _COLOR_K).is_file()):
        return False
    return any(_files(path / "color", _IMAGE))


def opened(path: Path) -> Dataset:
    """The frames of the export at `path`; a pose or depth without an image is one, too, that cannot be read."""
    depths = [stem for stem, _ in _files(path / "depth", _DEPTH)] if (path / "depth").is_dir() else []
    poses = [stem for stem, _ in _files(path / "pose", _POSE)]
    images: dict[str, list[str]] = {f"color/{stem}": [] for stem in (*depths, *poses)}
    for stem, suffix in _files(path / "color", _IMAGE):
        images.setdefault(f"color/{stem}", []).append(suffix)
    entries = named_entries(images, partial(ScanNetEntry, path, bool(depths)))
    told = (
        f"ScanNet export, recognised by color/, pose/ and {_COLOR_K}, {len(entries):,} frames: poses camera-to-world "
        f"in metres, {'depth in millimetres with a K of its own' if depths else 'no depth'}, on index-origin pixels"
    )
    return Dataset(LAYOUT, told, entries)


@dataclass(frozen=True)
class ScanNetEntry:
    """A frame by the name of its colour image relative to the export's root."""

    root: Path
    with_depth: bool
    name: str

    def frame(self) -> Frame:
        """Read the pose, each K and the headers of both images."""
        image, stem = self.root / self.name, Path(self.name).stem
        pose = _pose_of(self.root / "pose" / f"{stem}.txt")
        camera = _camera_of(self.root / _COLOR_K, image, pose)
        if not self.with_depth:
            return Frame(self.name, image, camera)
        depth = self.root / "depth" / f"{stem}.png"
        return Frame(self.name, image, camera, depth, depth_camera=_camera_of(self.root / _DEPTH_K, depth, pose))


def _camera_of(intrinsics: Path, image: Path, pose: list[list[float]]) -> Camera:
    return Camera(**intrinsics_of(intrinsics), size=image_size(image), world_to_camera=pose)


def _pose_of(path: Path) -> list[list[float]]:
    pose = matrix_of(path, (4, 4))
    if not np.isfinite(pose).all():
        raise ValueError(f"{path}: tracking was lost, the pose is not finite; leave this frame out")
    return world_to_camera_of(pose, path)


def _files(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as found:
        for entry in found:
            if match := pattern.fullmatch(entry.name):
                yield match[1], match[2]

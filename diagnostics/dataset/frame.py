"""What every layout of a data set comes to: frames with their files and their camera, or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reference.camera import Camera


@dataclass(frozen=True)
class Frame:
    """One frame of a data set: its files, all of which exist, and its camera as the data say it is.

    name: unique in the data set, the POSIX path of the image relative to the data set's root or the manifest's folder.
    camera: of the image as stored in its file, before any EXIF rotation, with the origin that the layout defines.
    depth: 16-bit PNG or `.npy` of z-depth, `depth_unit` metres (or units of the world) a step; the values in
    `no_reading` mean that there is none.
    depth_camera: where depth has a camera of its own; where None, depth is seen by `camera`, resized if sizes differ.
    points: `.npy` of shape (N, 3), the world points seen by this frame.
    opengl: whether the layout keeps poses in OpenGL's axes; those of `camera` are OpenCV's all the same.
    """

    name: str
    image: Path
    camera: Camera
    depth: Path | None = None
    depth_unit: float = 0.001
    no_reading: tuple[int, ...] = (0, 65535)
    depth_camera: Camera | None = None
    points: Path | None = None
    opengl: bool = False


@dataclass(frozen=True)
class Damaged:
    """A frame that cannot be read: its name and why, in one line."""

    name: str
    reason: str


class Entry(Protocol):
    """What is held of a frame until it is read: small, and picklable for the process that will read it."""

    @property
    def name(self) -> str:
        """The frame's name, or where it is listed if that cannot be told before it is read."""

    def frame(self) -> Frame:
        """Read the frame's own small files. Raises `OSError`, `TypeError` or `ValueError` where they are damaged."""


@dataclass(frozen=True)
class Dataset:
    """A data set that was recognised: its layout, what the user should be told of it, and its frames in order.

    told: one sentence, which files the layout was recognised by and the conventions that it implies.
    entries: made when asked for, so that a million of them cost a few dozen bytes each.
    """

    layout: str
    told: str
    entries: Sequence[Entry]


@dataclass(frozen=True)
class UnreadableEntry:
    """A frame of which the data set's own list already shows that it cannot be read."""

    name: str
    reason: str

    def frame(self) -> Frame:
        """Raise `ValueError` with the reason."""
        raise ValueError(self.reason)

"""Pairs of frames: the points that one should see of another, and how many it confirms where cameras are corrected."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path

import numpy as np

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_file import depth_values
from diagnostics.auditing.depth_pairs import Agreement, Floats, Readings, agreement, readings_of
from diagnostics.auditing.placements import map_back, readings_back
from diagnostics.dataset import Damaged, Entry, Frame, load
from diagnostics.points_file import PointsFile
from reference.camera import Camera
from reference.fields import Size

_POINTS = 20_000  # of a frame or a depth map that are asked, at most
_CHUNK = 2**16
_FINEST = 0.05  # of the middle depth: a coarser tolerance would agree with anything in a small scene


@dataclass(frozen=True)
class Source:
    """World points that a frame should see: its own, or those of its neighbour's depth through that one's camera."""

    name: str
    fixed: Floats | None = None
    readings: Readings | None = None
    camera: Camera | None = None

    @property
    def points(self) -> int:
        """How many points it has."""
        if self.readings is not None:
            return len(self.readings.depth)
        return 0 if self.fixed is None else len(self.fixed)

    def world(self, correction: Correction) -> Floats:
        """The points (N, 3), in metres, where cameras are corrected so.

        Raises `ValueError` where the corrected camera is none.
        """
        if self.readings is None or self.camera is None:
            return np.zeros((0, 3)) if self.fixed is None else self.fixed
        read = readings_back(correction.placed, self.readings) if correction.placed else self.readings
        camera = correction.of(_sized(self.camera, read.metres))
        return np.asarray(camera.world_from_image(read.points, read.depth * correction.depth_factor))


@dataclass(frozen=True)
class Pair:
    """Points that a frame should see, the camera of its depth map, and that map in metres.

    opengl: whether the poses are kept in OpenGL axes. image_size: of the image that belongs to the depth map.
    """

    source: Source
    camera: Camera
    metres: Floats
    opengl: bool
    image_size: Size

    def thinned(self, most: int) -> Pair:
        """The pair with about that many of its points."""
        read, fixed = self.source.readings, self.source.fixed
        if read is not None:
            step = max(1, len(read.depth) // most)
            read = Readings(read.metres, read.points[::step], read.depth[::step])
        elif fixed is not None:
            fixed = fixed[:: max(1, len(fixed) // most)]
        return replace(self, source=replace(self.source, readings=read, fixed=fixed))

    @cached_property
    def middle(self) -> float:
        """The middle depth in metres, 0 where there is no reading."""
        read = self.metres[self.metres > 0]
        return float(np.median(read)) if len(read) else 0.0

    def agreement(self, correction: Correction, tolerance: float) -> Agreement:
        """How many of the points the depth map confirms if all cameras are corrected so; none if no camera can be.

        tolerance: metres, in a scene whose middle depth is less than twenty times that a twentieth of it.
        """
        factor = correction.depth_factor
        metres = map_back(correction.placed, self.metres)
        try:
            camera = correction.of(_sized(self.camera, metres))
            world = self.source.world(correction)
        except ValueError:  # the inverse of a rotation that is just within the slack may be outside it
            return Agreement(asked=self.source.points)
        within = min(tolerance * max(1.0, factor), _FINEST * self.middle * factor)
        return agreement(world, camera, metres if factor == 1 else metres * factor, within)


def pair_of(entry: Entry, neighbour: Entry | None) -> Pair | None:
    """A frame and what it should see; None where it has no depth, nothing to see, or cannot be read."""
    frame = load(entry)
    other = load(neighbour) if neighbour is not None else None
    try:
        if isinstance(frame, Damaged) or frame.depth is None:
            return None
        source = source_of(frame, other)
        return None if source is None else paired(frame, *depth_with_camera(frame), source)
    except Exception:  # its row says why; the others can be asked all the same
        return None


def paired(frame: Frame, metres: Floats, camera: Camera, source: Source) -> Pair:
    """A frame with its depth map and that one's camera, and what it should see."""
    return Pair(source, camera, metres, frame.opengl, frame.camera.size)


def source_of(frame: Frame, neighbour: Frame | Damaged | None) -> Source | None:
    """What the frame should see: its own points, else the neighbour's depth; None where there is neither.

    A neighbour's depth that cannot be read is as none, and the error of that one's own row. Raises `OSError` or
    `ValueError` where the frame's own points cannot be read.
    """
    if frame.points is not None:
        return Source("", fixed=_some_points(frame.points))
    if not isinstance(neighbour, Frame) or neighbour.depth is None:
        return None
    try:
        metres, camera = depth_with_camera(neighbour)
    except (OSError, ValueError):
        return None
    return Source(neighbour.name, None, readings_of(metres, _step(metres)), camera)


def _some_points(path: Path) -> Floats:
    file = PointsFile.open(path)
    if file.columns != 3:
        raise ValueError(f"{path.name}: world points are (N, 3), it has (N, {file.columns})")
    step = max(1, -(-file.points // _POINTS))
    length = step * -(-_CHUNK // step)  # whole steps, so that one goes on where a chunk ends
    chunks = [chunk[::step].astype(np.float64) for chunk in file.chunks(length)]  # copied: a view would keep it all
    return np.concatenate([np.zeros((0, 3)), *chunks])


def _step(metres: Floats) -> int:
    """The least step on both axes that leaves no more pixels than are asked."""
    return next(step for step in count(1) if math.prod(-(-side // step) for side in metres.shape) <= _POINTS)


def depth_with_camera(frame: Frame) -> tuple[Floats, Camera]:
    """The depth map of a frame in metres, 0 where there is no reading, and its camera.

    Raises `OSError` where it cannot be read and `ValueError` for what is no depth map, or not one of that camera.
    """
    metres = depth_of(frame)
    return metres, depth_camera(frame, _size(metres))


def depth_of(frame: Frame) -> Floats:
    """The depth map of a frame in metres, 0 where there is no reading. Raises `ValueError` for what is no depth map."""
    if frame.depth is None:
        raise ValueError(f"{frame.name} has no depth map")
    raw = depth_values(frame.depth)
    metres = raw.astype(np.float64) * frame.depth_unit
    return np.where(np.isfinite(metres) & (metres > 0) & ~np.isin(raw, frame.no_reading), metres, 0.0)


def depth_camera(frame: Frame, size: Size) -> Camera:
    """The camera of a frame's depth map: its own where it has one, else the image's at the map's size.

    Raises `ValueError` where rows and columns of the map have changed places, which no resizing does.
    """
    camera = frame.depth_camera or frame.camera
    if camera.size == size:
        return camera
    if camera.size == size[::-1]:
        raise ValueError(f"the depth map has {size[0]} rows of {size[1]}, its camera {size[1]} of {size[0]}: turn it")
    return camera.resized(size)


def _sized(camera: Camera, values: Floats) -> Camera:
    return camera if camera.size == _size(values) else replace(camera, size=_size(values))


def _size(values: Floats) -> Size:
    return values.shape[0], values.shape[1]

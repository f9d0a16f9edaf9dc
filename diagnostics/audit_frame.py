"""One frame of a data set, measured: its files, its camera, and what its neighbour's depth says of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from diagnostics.corrections import Correction, corrections_for
from diagnostics.dataset import Damaged, Entry, Frame, load
from diagnostics.depth_pairs import Agreement, Floats, Readings, agreement, readings_of
from diagnostics.landing import count_landings
from diagnostics.points_file import PointsFile
from diagnostics.users_code import told
from reference.camera import Camera
from reference.closed_form import geometry_for
from reference.fields import Size

_EXIF_ORIENTATION = 0x0112
_POINTS = 20_000  # of a depth map that are asked of the neighbour
_CHUNK = 2**16


@dataclass(frozen=True)
class Settings:
    """What all frames of one audit have in common.

    tolerance: metres within which a depth agrees. grid, crop, patch, mode: of the crop on whose grid landings count.
    """

    tolerance: float = 0.05
    mode: str = "official"
    crop: Size = (224, 224)
    patch: Size = (16, 16)
    grid: Size = (14, 14)


@dataclass
class Row:
    """What is known of one frame; None where it could not be measured. error: why nothing is."""

    name: str
    error: str = ""
    image_height: int | None = None
    image_width: int | None = None
    camera_height: int | None = None
    camera_width: int | None = None
    exif_orientation: int | None = None
    readings: float | None = None
    neighbour: str = ""
    asked: int | None = None
    in_front: int | None = None
    in_image: int | None = None
    in_crop: int | None = None
    valid: int | None = None
    compared: int | None = None
    agreeing: int | None = None
    flags: str = ""


@dataclass(frozen=True)
class Measured:
    """A row, the landing counts of its points on the grid, and what the neighbour says under every correction."""

    row: Row
    counts: list[list[int]] = field(default_factory=list)
    tried: list[tuple[dict[str, Any], Agreement]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        tried = [[correction, asdict(found)] for correction, found in self.tried]
        return {"row": asdict(self.row), "counts": self.counts, "tried": tried}


def measure_frame(entry: Entry, neighbour: Entry | None, settings: Settings) -> Measured:
    """Measure one frame; whatever is wrong with its files is the error of its row."""
    frame = load(entry)
    if isinstance(frame, Damaged):
        return Measured(Row(frame.name, error=frame.reason))
    row = Row(frame.name)
    try:
        return _measured(frame, load(neighbour) if neighbour is not None else None, settings, row)
    except Exception as error:  # one damaged file must not stop a million others
        row.error = f"{type(error).__name__}: {told(error)}"
        return Measured(row)


def _measured(frame: Frame, neighbour: Frame | Damaged | None, settings: Settings, row: Row) -> Measured:
    with Image.open(frame.image) as image:
        row.image_width, row.image_height = image.size
        row.exif_orientation = int(image.getexif().get(_EXIF_ORIENTATION, 1))
        image.load()
    row.camera_height, row.camera_width = frame.camera.size
    own = None if frame.depth is None else depth_of(frame)
    if own is not None:
        row.readings = float(np.mean(own > 0))
    source = _source(frame, neighbour)
    if source is None:
        return Measured(row)
    row.neighbour = source.name
    counts = _landings(source.world(Correction()), frame, settings, row)
    if own is None:
        return Measured(row, counts)
    pair = Pair(source, depth_camera(frame, own.shape), own)
    tried = [
        (asdict(correction), pair.agreement(correction, settings.tolerance))
        for correction in corrections_for(frame.camera)
    ]
    row.compared, row.agreeing = tried[0][1].compared, tried[0][1].agreeing
    return Measured(row, counts, tried)


@dataclass(frozen=True)
class Source:
    """World points that a frame should see: its own, or those of its neighbour's depth through that one's camera."""

    name: str
    fixed: Floats | None = None
    readings: Readings | None = None
    camera: Camera | None = None

    def world(self, correction: Correction) -> Floats:
        """The points (N, 3), in metres, where cameras are corrected so."""
        if self.readings is None or self.camera is None:
            return np.zeros((0, 3)) if self.fixed is None else self.fixed
        return np.asarray(correction.of(self.camera).world_from_image(self.readings.points, self.readings.depth))


@dataclass(frozen=True)
class Pair:
    """Points that a frame should see, the camera of its depth map, and that map in metres."""

    source: Source
    camera: Camera
    metres: Floats

    def thinned(self, most: int) -> Pair:
        """The pair with about that many of its points."""
        read, fixed = self.source.readings, self.source.fixed
        if read is not None:
            step = max(1, len(read.depth) // most)
            read = Readings(read.metres, read.points[::step], read.depth[::step])
        elif fixed is not None:
            fixed = fixed[:: max(1, len(fixed) // most)]
        return replace(self, source=replace(self.source, readings=read, fixed=fixed))

    def agreement(self, correction: Correction, tolerance: float) -> Agreement:
        """How many of the points the depth map confirms if all cameras are corrected so."""
        return agreement(self.source.world(correction), correction.of(self.camera), self.metres, tolerance)


def pair_of(entry: Entry, neighbour: Entry | None) -> Pair | None:
    """A frame and what it should see; None where it has no depth, nothing to see, or cannot be read."""
    frame = load(entry)
    other = load(neighbour) if neighbour is not None else None
    try:
        if isinstance(frame, Damaged) or frame.depth is None:
            return None
        source, metres = _source(frame, other), depth_of(frame)
    except (OSError, ValueError):
        return None
    return None if source is None else Pair(source, depth_camera(frame, metres.shape), metres)


def _source(frame: Frame, neighbour: Frame | Damaged | None) -> Source | None:
    if frame.points is not None:
        file = PointsFile.open(frame.points)
        step = max(1, file.points // _POINTS)
        chunks = [np.asarray(chunk[::step], dtype=np.float64) for chunk in file.chunks(_CHUNK)]
        return Source("", fixed=np.concatenate([np.zeros((0, 3)), *chunks]))
    if not isinstance(neighbour, Frame) or neighbour.depth is None:
        return None
    metres = depth_of(neighbour)
    step = max(1, round((metres.size / _POINTS) ** 0.5))
    return Source(neighbour.name, readings=readings_of(metres, step), camera=depth_camera(neighbour, metres.shape))


def _landings(world: Floats, frame: Frame, settings: Settings, row: Row) -> list[list[int]]:
    """Count where world points land in the image and on the grid of its crop."""
    geometry = geometry_for(settings.mode, frame.camera.size, settings.crop, settings.patch)
    landings = count_landings([world], geometry, [settings.grid], frame.camera)
    row.asked, row.in_image, row.in_crop = landings.points, landings.in_image, landings.in_crop
    row.valid = landings.grids[0].valid
    row.in_front = int(np.count_nonzero(frame.camera.image_from_world(world)[2]))
    counts: list[list[int]] = landings.grids[0].counts.tolist()
    return counts


def depth_of(frame: Frame) -> Floats:
    """The depth map of a frame in metres, 0 where there is no reading. Raises `ValueError` for what is no depth map."""
    path = Path(str(frame.depth))
    if path.suffix == ".npy":
        raw = np.load(path, allow_pickle=False)
    else:
        with Image.open(path) as image:
            raw = np.asarray(image)
    if raw.ndim != 2:
        raise ValueError(f"{path.name} is no depth map: it has shape {raw.shape}, not (height, width)")
    metres = raw.astype(np.float64) * frame.depth_unit
    return np.where(np.isfinite(metres) & (metres > 0) & ~np.isin(raw, frame.no_reading), metres, 0.0)


def depth_camera(frame: Frame, shape: Sequence[int]) -> Camera:
    """The camera of a frame's depth map: its own where it has one, else the image's at the map's size."""
    camera, size = frame.depth_camera or frame.camera, (shape[0], shape[1])
    return camera if camera.size == size else camera.resized(size)

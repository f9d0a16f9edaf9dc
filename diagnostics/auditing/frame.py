"""One frame of a data set, measured: its files, its camera, and what its neighbour's depth says of both."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_file import decoded
from diagnostics.auditing.depth_pairs import Agreement, Floats
from diagnostics.auditing.frame_pairs import Pair, depth_with_camera, paired, source_of
from diagnostics.auditing.hypotheses import corrections_for
from diagnostics.dataset import Damaged, Entry, Frame, load
from diagnostics.dataset.files import image_size
from diagnostics.landing import LandingCuts
from diagnostics.users_code import told
from reference.closed_form import geometry_for
from reference.fields import Size
from reference.geometry import GeomMeta

_EXIF_ORIENTATION = 0x0112


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
    tried: dict[Correction, Agreement] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; corrections by their `key`."""
        tried = {correction.key: astuple(found) for correction, found in self.tried.items()}
        return {"row": asdict(self.row), "counts": self.counts, "tried": tried}


def record_of(entry: Entry, neighbour: Entry | None, settings: Settings) -> str:
    """What `measure_frame` finds, as one line of JSON: the driver of many workers has only to write it down."""
    return json.dumps(measure_frame(entry, neighbour, settings).to_dict())


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
    row.image_height, row.image_width = image_size(frame.image)
    with decoded(frame.image) as image:
        row.exif_orientation = int(image.getexif().get(_EXIF_ORIENTATION, 1))
        image.load()
    row.camera_height, row.camera_width = frame.camera.size
    own = None if frame.depth is None else depth_with_camera(frame)
    if own is not None:
        row.readings = float(np.mean(own[0] > 0))
    source = source_of(frame, neighbour)
    if source is None:
        return Measured(row)
    tried = {} if own is None else _tried(paired(frame, *own, source), settings)
    counts = _landings(source.world(Correction()), frame, settings, row)
    row.neighbour = source.name
    if tried:
        row.compared, row.agreeing = tried[Correction()].compared, tried[Correction()].agreeing
    return Measured(row, counts, tried)


def _tried(pair: Pair, settings: Settings) -> dict[Correction, Agreement]:
    wanted = corrections_for(pair.camera, pair.opengl)
    return {correction: pair.agreement(correction, settings.tolerance) for correction in wanted}


@lru_cache(maxsize=64)
def _cuts(geometry: GeomMeta, grid: Size) -> LandingCuts:
    """Kept, because most frames of a data set have the same and to find them takes a sixth of a frame's time."""
    return LandingCuts.of(geometry, [grid])


def _landings(world: Floats, frame: Frame, settings: Settings, row: Row) -> list[list[int]]:
    """Count where world points land in the image and on the grid of its crop; the row is written once nothing fails."""
    geometry = geometry_for(settings.mode, frame.camera.size, settings.crop, settings.patch)
    cuts = _cuts(geometry, settings.grid)
    landings = cuts.landings(cuts.count([world], frame.camera))
    in_front = int(np.count_nonzero(frame.camera.image_from_world(world)[2]))
    row.asked, row.in_front, row.in_image = landings.points, in_front, landings.in_image
    row.in_crop, row.valid = landings.in_crop, landings.grids[0].valid
    counts: list[list[int]] = landings.grids[0].counts.tolist()
    return counts

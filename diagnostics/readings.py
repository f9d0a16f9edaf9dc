"""Asks a lift for points, and turns what it returns into the places it read and the points it counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diagnostics.probes_upsample import upsampled
from diagnostics.ramp import places_in, ramp
from diagnostics.recipe import HALF, Landing
from diagnostics.subject import Floats, Subject, as_array
from diagnostics.verdict import StageError
from reference.fields import Size
from reference.geometry import edge_from_index


@dataclass(frozen=True)
class Reading:
    """What a lift returned for points (N, 2). place: grid index read (N, 2), NaN where nothing was read.

    weight: the value of the channel that is one everywhere, (N,). valid: the mask (N,), or None where it gives none.
    """

    place: Floats
    weight: Floats
    valid: NDArray[np.bool_] | None

    @property
    def counted(self) -> Floats:
        """The places of points that the mask does not refuse, NaN for others: what is read there may be anything."""
        return self.place if self.valid is None else np.where(self.valid[:, None], self.place, np.nan)


def read_places(subject: Subject, size: Size, points: Floats) -> Reading:
    """Ask the lift for image index points (N, 2) of an image of `size`, and turn its values into places.

    Raises `StageError` where it returns no (N, C) values, or a mask that is none.
    """
    pipeline = subject.pipeline
    if pipeline.channels is not None and pipeline.channels < 4:
        raise StageError(
            "lift",
            f"is probed with 4 channels or more, but the pipeline says channels={pipeline.channels}; leave "
            "channels out, or give a lift of at least 4",
        )
    array, valid = read_values(subject, size, ramp(pipeline.grid, pipeline.channels), points)
    weight = array[:, 2]
    return Reading(places_in(array, pipeline.grid), weight, valid)


def read_values(
    subject: Subject, size: Size, features: torch.Tensor, points: Floats
) -> tuple[Floats, NDArray[np.bool_] | None]:
    """The lift's values (N, C) for a map at image index points (N, 2), and its mask if it gives one."""
    features = upsampled(subject, features)
    given = edge_from_index(points) if subject.pipeline.origin == "edge" else points
    output = subject.stage("lift")(features, torch.from_numpy(given.astype(np.float32)), size)
    values, valid = output if isinstance(output, tuple) and len(output) == 2 else (output, None)
    array = as_array(values, "lift")
    if array.shape != (len(points), features.shape[1]):
        wanted = len(points), features.shape[1]
        raise StageError("lift", f"must return values (N, C), here {wanted}, got {array.shape}{_advice(array, wanted)}")
    if array.size and not np.isfinite(array).any():
        raise StageError("lift", "returns values of which none is finite; look at what it returns inside the image")
    return array, _mask(valid, len(points))


def _mask(valid: object, count: int) -> NDArray[np.bool_] | None:
    if valid is None:
        return None
    mask = as_array(valid, "lift")
    if mask.shape != (count,):
        advice = "; squeeze it" if mask.size == count else ""
        raise StageError(
            "lift", f"must return a mask (N,), here ({count},), beside its values, got shape {mask.shape}{advice}"
        )
    if not np.isin(mask, (0, 1)).all():
        raise StageError("lift", "must return a mask of booleans beside its values, got other numbers; compare: > 0")
    return mask.astype(bool)


def _advice(array: Floats, wanted: Size) -> str:
    """What makes the `wanted` shape of an array that has another, where that is plain; empty elsewhere."""
    plain = array.squeeze().shape
    if plain not in (wanted, wanted[::-1]):
        return ""
    steps = ["drop the axes of length 1"] if array.shape != plain else []
    return f"; {' and '.join([*steps, *(['transpose it'] if plain != wanted else [])])}"


def read_between_unequal_cells(subject: Subject, size: Size, landing: Landing) -> float:
    """How many times more of a cell of weight 3 than of its neighbour of weight 1 is read half way between them.

    Cells of the two weights alternate like a checkerboard, each with a channel of its own, so that a normalisation of
    whole points afterwards changes nothing. landing: that of this one size.
    """
    height, width = subject.pipeline.grid
    y, x = np.indices((height, width))
    strong = (x + y) % 2 == 0
    features = torch.zeros_like(ramp(subject.pipeline.grid, subject.pipeline.channels))
    features[0, 0], features[0, 1] = torch.from_numpy(3.0 * strong), torch.from_numpy(1.0 * ~strong)
    middle = np.array([[width // 2 - HALF, float(height // 2)]])
    points = (middle - landing.shift) / landing.gain
    values = read_values(subject, size, features, points[:, ::-1] if landing.swapped else points)[0]
    shares = np.abs(values[0, :2])
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(shares[0] / shares[1])

"""How images may lie against their cameras, turned or mirrored, and how maps and points are put back."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from diagnostics.auditing.depth_pairs import Floats, Readings

# What puts them back: rows and columns exchanged, then mirrored along x, then along y.
_BACK = {
    "": (False, False, False),
    "transposed": (True, False, False),
    "mirrored": (False, True, False),
    "upside-down": (False, False, True),
    "half-turn": (False, True, True),
    "clockwise": (True, False, True),
    "anticlockwise": (True, True, False),
}
PLACEMENTS = tuple(_BACK)


def map_back(placement: str, values: NDArray[Any]) -> NDArray[Any]:
    """A map (height, width) as it lies when the images are put back."""
    transposed, along_x, along_y = _BACK[placement]
    values = values.T if transposed else values
    return values[:: -1 if along_y else 1, :: -1 if along_x else 1]


def readings_back(placement: str, readings: Readings) -> Readings:
    """The readings as they lie when the images are put back."""
    transposed, along_x, along_y = _BACK[placement]
    metres: Floats = map_back(placement, readings.metres)
    points = readings.points[:, ::-1].copy() if transposed else readings.points.copy()
    for axis, mirrored in enumerate((along_x, along_y)):
        if mirrored:
            points[:, axis] = metres.shape[1 - axis] - 1 - points[:, axis]
    return Readings(metres, points, readings.depth)

"""A map that holds its own coordinates: what is read from it says where it was read."""

from __future__ import annotations

import numpy as np
import torch

from diagnostics.subject import Floats
from reference.fields import Size
from reference.geometry import edge_from_index

NOISE = 1e-3  # cells; sampler coordinates in float32 and a place read as a ratio leave less
_UNREAD = 1e-6  # of the homogeneous channel: nothing was read there


def ramp(cells: Size, channels: int | None) -> torch.Tensor:
    """A map (1, C, H, W) of channels (x, y, 1, fill), x and y in [-1/2, 1/2], every cell of one norm.

    The third divides out what scales a point's whole feature; the fourth keeps an L2 over the map from bending it.
    """
    height, width = cells
    y, x = torch.meshgrid(*(torch.linspace(-1, 1, side) / 2 for side in (height, width)), indexing="ij")
    x, y = (axis if side > 1 else torch.zeros_like(axis) for axis, side in ((x, width), (y, height)))
    fill = torch.sqrt(1 - x**2 - y**2)
    planes = torch.stack([x, y, torch.ones_like(x), fill])
    count = 4 if channels is None else channels
    return planes.repeat(-(-count // 4), 1, 1)[:count][None]


def places_in(values: Floats, cells: Size) -> Floats:
    """The grid index coordinates (..., 2), x before y, that values (..., C) of a `ramp` say; NaN where nothing is."""
    weight = values[..., 2:3]
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = np.where(np.abs(weight) > _UNREAD, values[..., :2] / weight, np.nan)
    places: Floats = edge_from_index(unit) * (np.array(cells[::-1]) - 1)
    return places

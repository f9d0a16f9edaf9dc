"""Reads the features of a patch grid at image points: half-pixel exact, masked, and normalised only when asked to."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from reference.fields import Size
from reference.geometry import GeomMeta


def sample_points(
    features: Tensor, points: Tensor, geometry: GeomMeta, *, normalize: bool = False, rule: str = "centre"
) -> tuple[Tensor, Tensor]:
    """Bilinear read of `features` at image `points`: `(values, valid)`.

    features: `(C, Hf, Wf)` with points `(N, 2)`, or `(B, C, Hf, Wf)` with points `(B, N, 2)`; floats, and
    `(Hf, Wf) == geometry.feat_size`. points: `(u, v)` in index coordinates of the image, floats or whole numbers.
    normalize: divide every value by its L2 norm, per point and after sampling.
    rule: which points are valid, see `GeomMeta.valid`. Under `"crop"` and `"image"`, a point beyond the outermost cell
    centres reads the rim.

    values: `(N, C)` or `(B, N, C)` in the features' dtype; zeros, without gradient, where a point is not valid (also
    where it is not finite). valid: `(N,)` or `(B, N)`, boolean. Differentiable in features and points.

    Memory: the values, some 150 bytes a point and the map once more, in float32 at least; `normalize` and
    half-precision features hold the values twice. Speed, `python -m benchmarks.sampling`, measured on one
    thread of a CPU: 2.6 to 3.7 times that of `grid_sample` and a transpose for 100,000 points of 256 channels, but some
    0.8 times for 1,000 of 64, which the bookkeeping of some 0.2 ms decides. Other devices take the same path; none was
    measured.

    Raises `TypeError` for what are no float features or no real points, `ValueError` for shapes that do not fit.
    """
    _check(features, points, geometry)
    points = torch.stack(points.unbind(-1), dim=-2).mT  # each axis in one piece of memory: twice as fast from here on
    valid = geometry.valid(points, rule)
    # Places are masked before the read: a NaN would come through a later mask as a NaN gradient.
    points = torch.where(valid[..., None], points, 0)
    places = geometry.grid_from_image(points.to(_place_dtype(points.device)))
    values = _bilinear(features, places, valid)
    if normalize:
        values = functional.normalize(values, dim=-1)
    return values.to(features.dtype), valid


def _bilinear(features: Tensor, places: Tensor, valid: Tensor) -> Tensor:
    """Values `(..., N, C)` of maps `(..., C, Hf, Wf)` at grid indices `(..., N, 2)`, clamped to the rim; else zeros.

    A weighted sum of four rows of the map laid out cell by cell, which writes each point's channels once and in one
    piece. Rows of zeros below the map are what an invalid point reads: no mask has to go over the values, and what the
    map holds, not-a-number included, reaches neither the value nor a gradient.
    """
    channels, height, width = features.shape[-3:]
    dtype = torch.promote_types(features.dtype, torch.float32)
    rows = features.movedim(-3, -1).reshape(-1, channels).to(dtype)
    table = torch.cat([rows, rows.new_zeros(width + 2, channels)])
    corner, weights = _corner_and_weights(places, (height, width), dtype)
    if features.ndim == 4:
        corner = corner + torch.arange(0, len(rows), height * width, device=places.device)[:, None]
    cells = torch.where(valid, corner, len(rows))[..., None] + _steps((height, width), places.device)
    values = functional.embedding_bag(
        cells.reshape(-1, 4), table, mode="sum", per_sample_weights=weights.reshape(-1, 4)
    )
    return values.reshape(*valid.shape, channels)


def _corner_and_weights(places: Tensor, size: Size, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The left top of the four cells around each place, as a row of the table, and the weights `(..., 4)` of the four.

    Weights come in the order of `_steps`: products of two shares, with sum 1.
    """
    height, width = size
    left, along = _between(places[..., 0], width)
    top, down = _between(places[..., 1], height)
    along, down = along.to(dtype), down.to(dtype)
    both = along * down
    only_down = down - both
    weights = torch.stack([1 - along - only_down, along - both, only_down, both], dim=-1)
    return left.add(top, alpha=width).long(), weights


def _between(places: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """The cell before each place on one axis, a whole number, and how far the place is from it to the next, 0 to 1."""
    inside = places.clamp(0, cells - 1)
    before = inside.detach().floor().clamp_(max=max(0, cells - 2))
    return before, inside - before


def _steps(size: Size, device: torch.device) -> Tensor:
    """From the left top of four cells to each of them, in rows of the table; an axis of one cell has no next."""
    height, width = size
    right, down = min(width - 1, 1), min(height - 1, 1) * width
    return torch.tensor([0, right, down, down + right], device=device)


def _place_dtype(device: torch.device) -> torch.dtype:
    """Places are computed in double precision, single is 1e-5 cells off on large grids; Apple's GPUs have no double."""
    return torch.float32 if device.type == "mps" else torch.float64


def _check(features: Tensor, points: Tensor, geometry: GeomMeta) -> None:
    for name, value in (("features", features), ("points", points)):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} must be a torch tensor, got {type(value).__name__}")
    if not features.is_floating_point():
        raise TypeError(f"features must be floats, got {features.dtype}")
    if features.ndim not in (3, 4):
        raise ValueError(f"features must be (C, Hf, Wf) or (B, C, Hf, Wf), got {tuple(features.shape)}")
    form = "(N, 2)" if features.ndim == 3 else "(B, N, 2) with the features' B"
    if points.ndim != features.ndim - 1 or points.shape[-1] != 2 or points.shape[:-2] != features.shape[:-3]:
        raise ValueError(f"points for features {tuple(features.shape)} must be {form}, got {tuple(points.shape)}")
    if tuple(features.shape[-2:]) != geometry.feat_size:
        raise ValueError(
            f"features are {tuple(features.shape[-2:])} cells but the geometry is {geometry.feat_size}; "
            "give the geometry of this map, geometry.with_grid((height, width))"
        )
    if points.device != features.device:
        raise ValueError(f"features are on {features.device} and points on {points.device}; move one to the other")

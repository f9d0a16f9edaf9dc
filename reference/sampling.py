"""Reads the features of a patch grid at image points: half-pixel exact, masked, and normalised only when asked to."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

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

    Raises `TypeError` for what are no float features or no real points, `ValueError` for shapes that do not fit.
    """
    _check(features, points, geometry)
    valid = geometry.valid(points, rule)
    # Places are masked before the read: a NaN would come through a later mask as a NaN gradient.
    inside = torch.where(valid[..., None], points, points.new_zeros(()))
    places = geometry.grid_from_image(inside.to(_place_dtype(points.device)))
    values = _bilinear(features, places)
    if normalize:
        values = functional.normalize(values, dim=-1)
    return torch.where(valid[..., None], values, values.new_zeros(())).to(features.dtype), valid


def _bilinear(features: Tensor, places: Tensor) -> Tensor:
    """Values `(..., N, C)` of maps `(..., C, Hf, Wf)` at grid indices `(..., N, 2)`, clamped to the rim.

    A weighted sum of four rows of the map laid out cell by cell, which writes each point's channels in one piece.
    """
    height, width = features.shape[-2:]
    dtype = torch.promote_types(features.dtype, torch.float32)
    columns, right = _neighbours(places[..., 0], width)
    rows, lower = _neighbours(places[..., 1], height)
    maps = torch.arange(math.prod(features.shape[:-3]), device=places.device).reshape(-1, 1, 1, 1)
    cells = (maps * height + rows[..., :, None]) * width + columns[..., None, :]
    weights = lower[..., :, None] * right[..., None, :]
    values = functional.embedding_bag(
        cells.reshape(-1, 4),
        features.movedim(-3, -1).reshape(-1, features.shape[-3]).to(dtype),
        mode="sum",
        per_sample_weights=weights.reshape(-1, 4).to(dtype),
    )
    return values.reshape(*places.shape[:-1], features.shape[-3])


def _neighbours(places: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """The two cells around each place on one axis and their weights, each `(..., 2)`; a sum of weights is 1."""
    clamped = places.clamp(0, cells - 1)
    first = clamped.detach().floor().clamp(max=max(0, cells - 2))
    share = clamped - first
    both = torch.stack([first, (first + 1).clamp(max=cells - 1)], dim=-1).long()
    return both, torch.stack([1 - share, share], dim=-1)


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

"""What callers give as points, numbers and maps, as real arrays of their own library, or refused with what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_array_api_obj


def as_float_points(points: Any) -> tuple[Any, Any]:
    """The array namespace and the points as real floats, `(..., 2)`; plain lists become NumPy float64."""
    if isinstance(points, Sequence):
        try:
            points = np.asarray(points, dtype=np.float64)
        except (TypeError, ValueError):
            raise TypeError("points must be numbers of shape (..., 2), got a sequence that is not one") from None
    xp = array_namespace(points)
    if points.ndim == 0 or points.shape[-1] != 2:
        raise ValueError(f"points must have shape (..., 2), (u, v) on the last axis, got {tuple(points.shape)}")
    if xp.isdtype(points.dtype, "integral"):
        return xp, xp.astype(points, xp.empty(0).dtype)
    if not xp.isdtype(points.dtype, "real floating"):
        raise TypeError(f"points must be real numbers, got dtype {points.dtype}")
    return xp, points


def as_array(value: Any, name: str) -> tuple[Any, Any]:
    """The array namespace and `value` as an array of real numbers; plain numbers and lists become NumPy arrays."""
    if isinstance(value, Sequence | int | float):
        try:
            value = np.asarray(value)
        except ValueError:
            raise ValueError(f"{name} must be numbers in one regular shape, got a ragged sequence") from None
    if not is_array_api_obj(value):
        raise TypeError(f"{name} must be an array of real numbers, got {type(value).__name__}")
    xp = array_namespace(value)
    if not xp.isdtype(value.dtype, ("integral", "real floating")):
        raise TypeError(f"{name} must be real numbers, got dtype {value.dtype}")
    return xp, value


def as_floats(value: Any, components: int, name: str) -> tuple[Any, Any]:
    """`value` as floats `(..., components)`, in float32 at least, and the dtype to give back."""
    xp, value = as_array(value, name)
    if value.ndim == 0 or value.shape[-1] != components:
        raise ValueError(f"{name} must have shape (..., {components}), got {tuple(value.shape)}")
    dtype = xp.empty(0).dtype if xp.isdtype(value.dtype, "integral") else value.dtype
    working = xp.float32 if xp.finfo(dtype).bits < xp.finfo(xp.float32).bits else dtype
    return xp.astype(value, working, copy=False), dtype


def as_like(points: Any, value: Any, name: str) -> Any:
    """`value` with the points' dtype; an array must come from their library, plain numbers go to their device."""
    xp, (namespace, array) = array_namespace(points), as_array(value, name)
    if isinstance(value, Sequence | int | float):
        array = xp.asarray(array, device=device(points))
    elif namespace is not xp:
        raise TypeError(f"{name} must come from the array library of the points, got {type(value).__name__}")
    return xp.astype(array, points.dtype, copy=False)

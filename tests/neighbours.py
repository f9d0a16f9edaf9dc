"""The values of any dtype next to given bounds: where a comparison that rounds would give itself away."""

from __future__ import annotations

import numpy as np

FAR = [np.nan, np.inf, -np.inf, 1e308, -1e308, 1e30, -1e30, 0.0, -0.0, 5e-324]


def neighbours(bounds: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The values of a dtype next to the bounds, and values far from them as far as it has such."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        whole = [*np.floor(bounds), *np.ceil(bounds), *(np.floor(bounds) - 1), float(limits.min), float(limits.max) / 2]
        return np.array([int(min(max(value, limits.min), limits.max)) for value in whole], dtype)
    with np.errstate(over="ignore", under="ignore"):  # Of what is far, some is infinite in a smaller dtype.
        at, far = bounds.astype(dtype.newbyteorder("=")), np.array(FAR).astype(dtype.newbyteorder("="))
    return np.concatenate([at, np.nextafter(at, at.dtype.type(-np.inf)), np.nextafter(at, at.dtype.type(np.inf)), far])

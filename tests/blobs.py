"""An oracle that shares nothing with the reference's stripes: blobs sent through a transform and found again."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

_SIGMA = 6.0  # pixels of a 224 crop at least: smaller blobs are biased by their own sampling
_REACH = 4  # sigmas: what of a blob has to be seen
_APART = 7  # sigmas: no blob lies in its neighbour's window


def blob_misses(transform: Callable[[Image.Image], Any], geometry: Any) -> np.ndarray:
    """Found minus predicted place, crop pixels, (K, 2), of every blob that the crop shows whole."""
    bright, dark, places, sigma = _blobs(geometry.in_size)
    plane = _plane(transform(bright)) - _plane(transform(dark))
    predicted = geometry.crop_from_image(places)
    reach = _REACH * sigma * np.array(geometry.scale)
    seen = ((predicted > reach) & (predicted < np.array(plane.shape[::-1]) - 1 - reach)).all(axis=1)
    found = [_found(plane, start, sigma * np.array(geometry.scale)) for start in predicted[seen]]
    return np.array(found).reshape(-1, 2) - predicted[seen]


@cache
def _blobs(size: tuple[int, int]) -> tuple[Image.Image, Image.Image, np.ndarray, float]:
    """A lattice of white blobs on black, its negative, their places (K, 2) and their sigma, image pixels."""
    sigma = min(_SIGMA * max(1.0, min(size) / 224), min(size) / (2 * _REACH + 2))
    columns, rows = (_line(side, sigma) for side in reversed(size))
    profile_y, profile_x = (_profile(side, line, sigma) for side, line in zip(size, (rows, columns), strict=True))
    grey = np.rint(255 * profile_y[:, None] * profile_x[None, :]).astype(np.uint8)
    images = [Image.fromarray(np.repeat(plane[..., None], 3, axis=-1)) for plane in (grey, 255 - grey)]
    return *images, np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2), sigma


def _line(side: int, sigma: float) -> np.ndarray:
    """Places along a side, symmetric about nothing: no half pixel can cancel."""
    room, pitch = side - 1 - 2 * _REACH * sigma, _APART * sigma
    return _REACH * sigma + 0.37 * (room % pitch) + pitch * np.arange(1 + int(room / pitch))


def _profile(side: int, places: np.ndarray, sigma: float) -> np.ndarray:
    return np.exp(-(((np.arange(side) - places[:, None]) / sigma) ** 2) / 2).sum(axis=0)


def _plane(output: Any) -> np.ndarray:
    return np.asarray(output, dtype=np.float64).mean(axis=0)


def _found(plane: np.ndarray, start: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Centre of a blob by Gaussian-weighted moments: the window follows the blob until both share a centre."""
    plane = plane - plane.min()
    columns, rows = np.arange(plane.shape[1]), np.arange(plane.shape[0])
    centre = np.array(start, dtype=np.float64)
    for _ in range(40):
        window_x = np.exp(-(((columns - centre[0]) / sigma[0]) ** 2) / 2)
        window_y = np.exp(-(((rows - centre[1]) / sigma[1]) ** 2) / 2)
        along_x, along_y = (window_y @ plane) * window_x, (plane @ window_x) * window_y
        step = np.array([along_x @ columns, along_y @ rows]) / along_x.sum() - centre
        centre += 2 * step  # window and blob are equally wide, so the product's centre lies half way
        if np.abs(step).max() < 1e-6:
            break
    return centre

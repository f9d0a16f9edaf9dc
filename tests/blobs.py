"""An oracle that shares nothing with the reference's stripes: blobs sent through a transform and found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

SIGMA = 6.0  # pixels of the coarser of image and crop; smaller blobs are biased by their own sampling


def blob_misses(transform: Callable[[Image.Image], Any], geometry: Any, across: int = 3) -> np.ndarray:
    """Found minus predicted place, crop pixels, (K, 2), of a lattice of blobs on a black image and of its negative.

    Blobs whose surroundings would be cut off by the crop or the image are left out.
    """
    sx, sy = geometry.scale
    scale = np.array([sx, sy])
    sigma = SIGMA / np.minimum(1, scale)  # image pixels
    targets = _lattice(geometry, across, sigma * scale)
    places = geometry.image_from_crop(targets)
    sides = np.array(geometry.in_size[::-1])
    places = places[((places > 4 * sigma) & (places < sides - 1 - 4 * sigma)).all(axis=1)]
    misses = []
    for place in places:
        bright = _plane(transform(_blob(geometry.in_size, place, sigma, 255)))
        dark = _plane(transform(_blob(geometry.in_size, place, sigma, -255)))
        predicted = geometry.crop_from_image(place)
        misses.append(_found(bright - dark, predicted, sigma * scale) - predicted)
    return np.array(misses).reshape(-1, 2)


def _lattice(geometry: Any, across: int, sigma: np.ndarray) -> np.ndarray:
    """Crop points, off the whole pixels, three sigma from the rim of what the crop shows of the image."""
    first = np.maximum(geometry.crop_from_image(np.array([-0.5, -0.5])), -0.5) + 3 * sigma
    sides = np.array(geometry.in_size[::-1]) - 0.5
    last = np.minimum(geometry.crop_from_image(sides), np.array(geometry.crop_size[::-1]) - 0.5) - 3 * sigma
    steps = (np.arange(across) + 0.37) / across
    x, y = np.meshgrid(first[0] + steps * (last[0] - first[0]), first[1] + steps * (last[1] - first[1]))
    return np.stack([x.ravel(), y.ravel()], axis=-1)


def _blob(size: tuple[int, int], place: np.ndarray, sigma: np.ndarray, height: int) -> Image.Image:
    rows, columns = (
        np.exp(-(((np.arange(n) - p) / s) ** 2) / 2) for n, p, s in zip(size, place[::-1], sigma[::-1], strict=True)
    )
    ground = 0 if height > 0 else 255
    grey = np.rint(ground + height * rows[:, None] * columns[None, :]).astype(np.uint8)
    return Image.fromarray(np.repeat(grey[..., None], 3, axis=-1))


def _plane(output: Any) -> np.ndarray:
    return np.asarray(output, dtype=np.float64).mean(axis=0)


def _found(image: np.ndarray, start: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Centre of a blob by Gaussian-weighted moments: the window follows the blob until both share a centre."""
    image = image - np.median(image[[0, -1]])
    rows, columns = np.indices(image.shape)
    centre = np.array(start, dtype=np.float64)
    for _ in range(30):
        window = np.exp(-(((columns - centre[0]) / sigma[0]) ** 2 + ((rows - centre[1]) / sigma[1]) ** 2) / 2) * image
        step = np.array([(window * columns).sum(), (window * rows).sum()]) / window.sum() - centre
        centre += 2 * step  # window and blob are equally wide, so the product's centre lies half way
        if np.abs(step).max() < 1e-5:
            break
    return centre

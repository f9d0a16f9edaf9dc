"""The picture of resampling: a few pixels of a crop as they should come out, and as they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from diagnostics.subject import Floats, as_array
from docs.generate.page import Picture
from docs.generate.svg import FAINT, INK, Canvas

_COUNT, _PIXEL = 12, 20
Crop = Callable[[Any], Any]


def checkerboard() -> Image.Image:
    """Single black and white pixels in turns, 640x480."""
    return Image.fromarray((np.indices((480, 640)).sum(axis=0) % 2 * 255).astype(np.uint8)).convert("RGB")


def slope() -> Image.Image:
    """Black below a slanting line, 640x480."""
    y, x = np.indices((480, 640))
    return Image.fromarray(((x < 236 + y * 0.35) * 255).astype(np.uint8)).convert("RGB")


def pixels(crop: Crop, image: Image.Image) -> Floats:
    """A corner of what arrives, (12, 12), from 0 for black to 1 for white."""
    arrived = as_array(crop(image), "preprocess")[0]
    black, white = (as_array(crop(Image.new("RGB", image.size, (v, v, v))), "preprocess")[0] for v in (0, 255))
    top, left = ((side - _COUNT) // 2 for side in arrived.shape)
    part = (slice(top, top + _COUNT), slice(left, left + _COUNT))
    shares: Floats = ((arrived - black) / (white - black))[part]
    return shares


def draw_rasters(title: str, shown: str, right: Floats, wrong: Floats, alt: str) -> Picture:
    """Both as squares of grey."""
    canvas = Canvas(330)
    canvas.text(16, 26, shown, "s")
    for left, words, shares in ((48.0, "as it should arrive", right), (352.0, "as it arrives", wrong)):
        for (row, column), share in np.ndenumerate(shares):
            x, y = left + column * _PIXEL, 46 + row * _PIXEL
            square = f"M{x:.0f},{y}h{_PIXEL}v{_PIXEL}h-{_PIXEL}z"
            canvas.raw("path", d=square, fill=INK, opacity=f"{1 - float(np.clip(share, 0, 1)):.2f}")
        canvas.rect(left, 46, _COUNT * _PIXEL, _COUNT * _PIXEL, fill="none", stroke=FAINT)
        canvas.text(left, 308, words, "s")
    return Picture(canvas.svg(title), alt)

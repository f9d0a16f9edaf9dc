"""Tables of numbers as small palette PNGs, one pixel a value, and the scale beside them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib import colormaps
from PIL import Image

from reports.places import Floats
from reports.rendering import px
from reports.svg import Canvas

_SHADES = 255  # one palette entry is left for what has no value, and is transparent
_INK, _DENSEST = (208, 66, 10), 120  # RGB, and the greatest opacity of 255


Drawn = Callable[["Shades", Floats], bytes]


@dataclass(frozen=True)
class Shades:
    """A linear scale from `low` to `high`; what lies beyond has the colour of that end."""

    low: float
    high: float

    def png(self, values: Floats) -> bytes:
        """Values (rows, columns) in the colours of a map, as a palette PNG; what is not a number is transparent."""
        return self._picture(values, _viridis(), [255] * _SHADES)

    def ink(self, values: Floats) -> bytes:
        """The same in one colour, the fainter the less, so that it suits a light and a dark page."""
        return self._picture(values, [*_INK] * _SHADES, [round(_DENSEST * k / (_SHADES - 1)) for k in range(_SHADES)])

    def _picture(self, values: Floats, palette: list[int], opacity: list[int]) -> bytes:
        span = self.high - self.low
        with np.errstate(invalid="ignore"):
            places = np.clip((values - self.low) / (span or 1), 0, 1)
        shades = np.where(np.isfinite(places), np.rint(np.nan_to_num(places) * (_SHADES - 1)), _SHADES)
        picture = Image.fromarray(shades.astype(np.uint8))
        picture.putpalette([*palette, 0, 0, 0])
        target = io.BytesIO()
        picture.save(target, "PNG", transparency=bytes([*opacity, 0]), optimize=True)
        return target.getvalue()

    def draw(self, canvas: Canvas, left_top: tuple[float, float], width: float, unit: str, drawn: Drawn) -> None:
        """The scale as a bar with its two ends, and what is shown. drawn: `Shades.png` or `Shades.ink`."""
        left, top = left_top
        box = [(left, top), (left + width, top + 10)]
        canvas.picture(drawn(self, np.linspace(self.low, self.high, 64)[None]), box)
        canvas.rect(box, "frame")
        canvas.text(left, top + 25, _end(self.low), "small")
        canvas.text(left + width, top + 25, _end(self.high), "small", "end")
        canvas.text(left + width + 10, top + 10, unit, "small")


def _end(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else px(value)


@cache
def _viridis() -> list[int]:
    """A map that is perceptually even, and ordered by lightness for every kind of colour vision."""
    colours = colormaps["viridis"](np.linspace(0, 1, _SHADES), bytes=True)
    return [int(level) for level in colours[:, :3].ravel()]

"""A page to draw on, in pixels: images, rectangles and text, saved as a PNG that depends on nothing but what was drawn.

Everything on the page lies along its axes, so Pillow can draw it, before a plotting library would be imported.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from PIL import Image, ImageDraw, ImageFont

INK, GREY = "#1b1b1b", "#636363"
_DASH, _GAP = 9, 6


class Box(NamedTuple):
    """A rectangle of whole pixels, right and bottom not included."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """`(height, width)`."""
        return self.bottom - self.top, self.right - self.left


class Page:
    """A white page of `width` by `height` pixels."""

    def __init__(self, width: int, height: int) -> None:
        self._image = Image.new("RGB", (width, height), "white")
        self._draw = ImageDraw.Draw(self._image)

    def paste(self, pixels: Image.Image, box: Box) -> None:
        """Put an RGB image of the size of `box` there."""
        self._image.paste(pixels, (box.left, box.top))

    def fill(self, box: Box, colour: str) -> None:
        """Paint the whole of `box`."""
        self._draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=colour)

    def outline(self, box: Box, colour: str, width: int) -> None:
        """A frame whose outer edge is the edge of `box`."""
        self._draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), outline=colour, width=width)

    def dashes(self, box: Box, colour: str, width: int) -> None:
        """A dashed frame whose outer edge is the edge of `box`."""
        left, top, right, bottom = box
        for start in range(left, right, _DASH + _GAP):
            end = min(start + _DASH, right)
            self.fill(Box(start, top, end, top + width), colour)
            self.fill(Box(start, bottom - width, end, bottom), colour)
        for start in range(top, bottom, _DASH + _GAP):
            end = min(start + _DASH, bottom)
            self.fill(Box(left, start, left + width, end), colour)
            self.fill(Box(right - width, start, right, end), colour)

    def text(self, x: float, y: float, text: str, size: float, *, bold: bool = False, **look: Any) -> None:
        """Write one line of `text`; `anchor` is Pillow's, by default the left end of the baseline at `(x, y)`."""
        self._draw.text((x, y), text, font=_font(size, bold), **{"fill": INK, "anchor": "ls", **look})

    def label(self, x: float, y: float, text: str, size: float, colour: str, ground: tuple[int, ...]) -> None:
        """Write `text` with its middle at `(x, y)`, on a ground that keeps lines off it: made for thousands of them."""
        shape, air = _shape(text, size), round(size / 8)
        left, top = round(x - shape.width / 2), round(y - shape.height / 2)
        right, bottom = left + shape.width, top + shape.height
        self._draw.rectangle((left - air, top - air, right + air - 1, bottom + air - 1), fill=ground)
        self._image.paste(colour, (left, top, right, bottom), shape)

    def png(self) -> bytes:
        """The page as a PNG without metadata."""
        file = BytesIO()
        self._image.save(file, format="PNG", compress_level=1)
        return file.getvalue()


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels that one line of `text` takes."""
    return _font(size, bold).getlength(text)


def shortened(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """`text`, or as much of its beginning and its end, around an ellipsis, as takes at most `width` pixels."""

    def ends(kept: int) -> str:
        return f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"

    if text_width(text, size, bold=bold) <= width:
        return text
    most = bisect_right(range(len(text)), width, key=lambda kept: text_width(ends(kept), size, bold=bold))
    return ends(max(most - 1, 0))


@cache
def _shape(text: str, size: float) -> Image.Image:
    """The opacity of `text`, cut to its size: rendering is slow, and numbers come again and again."""
    left, top, right, bottom = _font(size, False).getbbox(text)
    shape = Image.new("L", (round(right - left), round(bottom - top)))
    ImageDraw.Draw(shape).text((-left, -top), text, font=_font(size, False), fill=255)
    return shape


@cache
def _font(size: float, bold: bool) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib, so that a page looks the same everywhere; `size` in pixels."""
    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf"
    return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)

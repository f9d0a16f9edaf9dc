"""The few shapes that every figure of a report is made of, as SVG text whose colours follow the page's theme."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from diagnostics.command_line import shown

Point = Sequence[float] | NDArray[np.float64]
Points = Iterable[Point] | NDArray[np.float64]
Box = Sequence[Point] | NDArray[np.float64]  # its left top and its right bottom
_SMALLEST_CELL = 6  # user units


def number(value: float, digits: int = 1) -> str:
    """A coordinate, rounded, without needless zeros."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


class Canvas:
    """Shapes in user units, drawn in order; `style.css` gives the classes their colours."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []

    def raw(self, name: str, content: str | None = None, /, **attributes: object) -> None:
        """One element; `class_` is written `class`, underscores become hyphens, floats are rounded."""
        texts = {key: number(value) if isinstance(value, float) else str(value) for key, value in attributes.items()}
        pairs = "".join(f" {key.rstrip('_').replace('_', '-')}={quoteattr(text)}" for key, text in texts.items())
        self._parts.append(f"<{name}{pairs}/>" if content is None else f"<{name}{pairs}>{content}</{name}>")

    def text(self, x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> None:
        """Words with their baseline at `y`."""
        more = {"text_anchor": anchor} if anchor != "start" else {}
        self.raw("text", escape(shown(words)), x=float(x), y=float(y), class_=class_ or "ink", **more)

    def rect(self, box: Box, class_: str) -> None:
        """A rectangle."""
        (x, y), (right, bottom) = box
        size = {"width": float(max(right - x, 0)), "height": float(max(bottom - y, 0))}
        self.raw("rect", x=float(x), y=float(y), **size, class_=class_)

    def rects(self, boxes: Iterable[Box], class_: str) -> None:
        """Rectangles as one shape: printing makes a fill's pattern anew for every shape, 500 took ten seconds."""
        corners = (map(number, (x, y, right, bottom)) for (x, y), (right, bottom) in boxes)
        self._marks("".join(f"M{x},{y}H{right}V{bottom}H{x}z" for x, y, right, bottom in corners), class_)

    def line(self, points: Points, class_: str, *, closed: bool = False) -> None:
        """Straight lines from point to point."""
        d = "M" + " ".join(f"{number(x)},{number(y)}" for x, y in points) + ("z" if closed else "")
        self.raw("path", d=d, class_=class_)

    def cells(self, box: Box, columns: int, rows: int) -> None:
        """The lines between the cells of a grid, unless they would leave little else."""
        (left, top), (right, bottom) = box
        if min((right - left) / columns, (bottom - top) / rows) < _SMALLEST_CELL:
            return
        across = "".join(
            f"M{number(left + k * (right - left) / columns)},{number(top)}V{number(bottom)}" for k in range(1, columns)
        )
        down = "".join(
            f"M{number(left)},{number(top + k * (bottom - top) / rows)}H{number(right)}" for k in range(1, rows)
        )
        self.raw("path", d=across + down, class_="cell")

    def asked(self, points: Points, class_: str = "") -> None:
        """The mark of the truth, a disc, at every point."""
        self._marks("".join(f"M{number(x)},{number(y)}h0" for x, y in points), f"asked {class_}")

    def read(self, points: Points, radius: float = 4.5, class_: str = "") -> None:
        """The mark of what is read, a hollow diamond, at every point."""
        r = number(radius)
        d = "".join(f"M{number(x)},{number(y - radius)}l{r},{r}l-{r},{r}l-{r},-{r}z" for x, y in points)
        self._marks(d, f"read-mark {class_}")

    def arrows(self, starts: Points, ends: Points, class_: str = "") -> None:
        """From each place asked for to the place read."""
        pairs = zip(starts, ends, strict=True)
        d = "".join(f"M{number(x)},{number(y)}L{number(to_x)},{number(to_y)}" for (x, y), (to_x, to_y) in pairs)
        self._marks(d, f"arrow {class_}")

    def _marks(self, d: str, class_: str) -> None:
        if d:
            self.raw("path", d=d, class_=class_.rstrip())

    def picture(self, png: bytes, box: Box) -> None:
        """A raster, its pixels shown as they are."""
        self._image("png", png, box, "pixels")

    def photo(self, webp: bytes, box: Box) -> None:
        """A photograph, smoothed."""
        self._image("webp", webp, box, "photo")

    def _image(self, kind: str, content: bytes, box: Box, class_: str) -> None:
        (x, y), (right, bottom) = box
        href = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
        size = {"width": float(right - x), "height": float(bottom - y)}
        self.raw("image", href=href, x=float(x), y=float(y), **size, preserveAspectRatio="none", class_=class_)

    def clip(self, box: Box) -> None:
        """What follows is cut at this rectangle, until `close`."""
        first, last = box
        width, height = last[0] - first[0], last[1] - first[1]
        place = f'x="{number(first[0])}" y="{number(first[1])}" width="{number(width)}" height="{number(height)}"'
        # A nested <svg> cuts off what overflows, and needs no id that would have to be unique on the page.
        view = f'viewBox="{number(first[0])} {number(first[1])} {number(width)} {number(height)}"'
        self._parts.append(f"<svg {place} {view}>")

    def close(self) -> None:
        """End of what `clip` began."""
        self._parts.append("</svg>")

    def svg(self, alt: str, class_: str = "", **data: object) -> Markup:
        """The whole figure; `alt` says its numbers in words. data: `data-` attributes."""
        size = f'viewBox="0 0 {number(self.width)} {number(self.height)}"'
        more = "".join(f" data-{key.replace('_', '-')}={quoteattr(str(value))}" for key, value in data.items())
        head = f'<svg {size} class="figure {class_}" role="img" aria-label={quoteattr(shown(alt))}{more}>'
        return Markup("".join([head, *self._parts, "</svg>"]))  # noqa: S704 - all text went through escape or quoteattr

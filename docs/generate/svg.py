"""The few shapes that every picture is made of, as SVG text: the same input gives the same bytes on every machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from reports.svg import number

WIDTH = 640
TRUTH, READ, INK, GREY, FAINT, PAPER = "#0b6a8f", "#c9480b", "#22303a", "#66727a", "#d5d9db", "#fbfaf7"
# Told apart by shape and dash as well as by colour: truth is solid and round, what is read dashed and angular.
_STYLE = (
    "text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;font-size:13px;fill:" + INK + "}"
    f".g{{fill:{GREY}}}.b{{font-weight:600}}.s{{font-size:12px}}"
    f".u{{stroke:{TRUTH};fill:none}}.r{{stroke:{READ};fill:none}}"
    f".w{{stroke:{READ};fill:{PAPER};stroke-width:1.8}}.T{{fill:{TRUTH}}}.R{{fill:{READ}}}"
)
Point = Sequence[float]


class Canvas:
    """A card of `WIDTH` by `height` that shapes are drawn on, in order."""

    def __init__(self, height: float) -> None:
        self.height = height
        self._parts: list[str] = []
        self._clips = 0

    def raw(self, name: str, content: str | None = None, /, **attributes: object) -> None:
        """One element; `class_` is written `class`, underscores become hyphens, floats are rounded."""
        pairs = " ".join(
            f'{key.rstrip("_").replace("_", "-")}="{number(value) if isinstance(value, float) else value}"'
            for key, value in attributes.items()
        )
        self._parts.append(f"<{name} {pairs}/>" if content is None else f"<{name} {pairs}>{content}</{name}>")

    def text(self, x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> None:
        """Words with their baseline at `y`."""
        more: dict[str, object] = {"class_": class_} if class_ else {}
        more |= {"text_anchor": anchor} if anchor != "start" else {}
        self.raw("text", escape(words), x=float(x), y=float(y), **more)

    def rect(self, x: float, y: float, width: float, height: float, **style: object) -> None:
        """A rectangle."""
        self.raw("rect", x=float(x), y=float(y), width=float(width), height=float(height), **style)

    def path(self, points: Iterable[Point], closed: bool = False, **style: object) -> None:
        """Straight lines from point to point."""
        d = "M" + " ".join(f"{number(x)},{number(y)}" for x, y in points) + ("z" if closed else "")
        self.raw("path", d=d, **style)

    def asked(self, x: float, y: float) -> None:
        """The mark of the truth: a solid disc."""
        self.raw("circle", cx=float(x), cy=float(y), r=3.6, class_="T")

    def read(self, x: float, y: float) -> None:
        """The mark of what is read: a hollow diamond."""
        self.path([(x, y - 5.5), (x + 5.5, y), (x, y + 5.5), (x - 5.5, y)], closed=True, class_="w")

    def arrow(self, start: Point, end: Point) -> None:
        """From the place asked for to the place read."""
        self.path([start, end], class_="r", stroke_width=1.6, stroke_dasharray="4 2.5")

    def open_clip(self, x: float, y: float, width: float, height: float) -> None:
        """What follows is cut at this rectangle, until `close`."""
        self._clips += 1
        name = f"c{self._clips}"
        rect = f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"/>'
        self._parts.append(f'<clipPath id="{name}">{rect}</clipPath><g clip-path="url(#{name})">')

    def close(self) -> None:
        """End of what `open_clip` began."""
        self._parts.append("</g>")

    def legend(self, y: float, asked: str = "place asked for", read: str = "place read", note: str = "") -> None:
        """What the two marks mean, and a note at the right."""
        self.asked(22, y - 4)
        self.text(33, y, asked, "s")
        self.read(153, y - 4)
        self.text(165, y, read, "s")
        if note:
            self.text(WIDTH - 16, y, note, "g s", "end")

    def svg(self, title: str) -> str:
        """The whole picture as a file."""
        size = f'width="{WIDTH}" height="{number(self.height)}" viewBox="0 0 {WIDTH} {number(self.height)}"'
        card = f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{number(self.height - 1)}" rx="8" fill="{PAPER}" '
        card += f'stroke="{FAINT}"/>'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>{escape(title)}</title>'
        return "\n".join([head, f"<style>{_STYLE}</style>", card, *self._parts, "</svg>"]) + "\n"

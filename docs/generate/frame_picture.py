"""The picture of a landing: arrows over the image from the places asked for to the places read, and two charts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diagnostics.subject import Floats
from docs.generate.charts import Curve, draw_curve
from docs.generate.svg import TRUTH, Canvas
from reference.fields import Size
from reference.geometry import edge_from_index

_LEFT, _TOP, _WIDTH, _HEIGHT = 16.0, 38.0, 372.0, 284.0  # the panel
_FACTORS = (1, 2, 5, 10, 20, 50, 100)
_LONGEST = 34.0  # source pixels at 640x480 that an exaggerated arrow may have
_SAMPLES = 121


@dataclass(frozen=True)
class Scene:
    """What to draw. read: image index points (N, 2) -> the places (N, 2) read for them; NaN where none is.

    size: of the image, `(height, width)`. crop: its corners in the image, edge coordinates, (2, 2), or None.
    inner: index points (2, 2) between which places are asked for. cells: of the grid over the
    crop, or over `covered` of it; None draws none.
    marks: what disc and diamond stand for.
    window: if given, the errors are steps, and the charts show those between these two places on both axes.
    """

    read: Callable[[Floats], Floats]
    size: Size
    inner: Floats
    crop: Floats | None = None
    cells: Size | None = (14, 14)
    covered: Floats | None = None
    window: tuple[float, float] | None = None
    marks: tuple[str, str] = ("place asked for", "place read")

    def curves(self) -> tuple[Curve, Curve]:
        """Errors on x along the middle row and on y along the middle column."""
        middle = self.inner.mean(axis=0)
        curves = []
        for axis, (letter, ends) in enumerate((("x", ("left", "right")), ("y", ("top", "bottom")))):
            low, high = self.window or self.inner[:, axis]
            if self.window:
                ends = f"{letter} = {low:.0f}", f"{high:.0f}"
            points = np.tile(middle, (_SAMPLES, 1))
            points[:, axis] = np.linspace(low, high, _SAMPLES)
            errors = self.read(points)[:, axis] - points[:, axis]
            curves.append(
                Curve(f"error on {letter}, source px", points[:, axis], errors, ends, steps=self.window is not None)
            )
        return curves[0], curves[1]

    def words(self) -> str:
        """The errors that the charts show, in words."""
        axes = []
        for curve, letter in zip(self.curves(), "xy", strict=True):
            values = curve.values[np.isfinite(curve.values)]
            if curve.steps:
                axes.append(f"between {signed(values.min())} and {signed(values.max())} px on {letter}")
            elif signed(values[0]) == signed(values[-1]):
                axes.append(f"{signed(values[0])} px on {letter}")
            else:
                ends = (
                    f"{signed(value)} px at the {end}" for value, end in zip(values[[0, -1]], curve.ends, strict=True)
                )
                axes.append(f"{' to '.join(ends)} on {letter}")
        return "; ".join(axes)


def signed(value: float) -> str:
    """An error with its sign, to two decimals; what rounds to nothing is 0."""
    text = f"{value:+.2f}".replace("-", "−")
    return "0" if text in ("+0.00", "−0.00") else text


def draw_scene(scene: Scene, title: str) -> str:
    """The scene as an SVG file."""
    canvas = Canvas(356)
    high = np.array([[0, 0], scene.size[::-1]], dtype=np.float64)
    whole = high if scene.crop is None else np.stack([np.minimum(high, scene.crop)[0], np.maximum(high, scene.crop)[1]])
    scale = min(_WIDTH / np.ptp(whole[:, 0]), _HEIGHT / np.ptp(whole[:, 1]))
    room = np.array([_WIDTH, _HEIGHT]) - scale * np.ptp(whole, axis=0)
    origin = np.array([_LEFT, _TOP]) + room / 2 - whole[0] * scale

    def on_page(edges: Floats) -> Floats:
        page: Floats = edges * scale + origin
        return page

    _draw_frames(canvas, scene, on_page)
    factor = _draw_arrows(canvas, scene, on_page)
    for curve, top in zip(scene.curves(), (_TOP + 14, _TOP + 168), strict=True):
        draw_curve(canvas, curve, 452, top, 172, 104)
    canvas.legend(344, *scene.marks, note="arrows at true length" if factor == 1 else f"arrows {factor} times as long")
    return canvas.svg(title)


def _draw_frames(canvas: Canvas, scene: Scene, on_page: Callable[[Floats], Floats]) -> None:
    height, width = scene.size
    corners = on_page(np.array([[0, 0], [width, height]], dtype=np.float64))
    canvas.text(_LEFT, 26, _heading(scene), "s")
    canvas.rect(*corners[0], *(corners[1] - corners[0]), fill="#fff", stroke="#9aa5ab")
    if scene.crop is None:
        return
    (left, top), (right, bottom) = on_page(scene.crop)
    canvas.rect(left, top, right - left, bottom - top, fill=TRUTH, fill_opacity="0.07")
    canvas.rect(left, top, right - left, bottom - top, class_="u", stroke_width=1.4)
    if scene.cells is None:
        return
    if scene.covered is not None:
        (left, top), (right, bottom) = on_page(scene.covered)
    rows, columns = scene.cells
    for x in np.linspace(left, right, columns + 1)[1:]:
        canvas.path([(x, top), (x, bottom)], stroke=TRUTH, stroke_opacity="0.16")
    for y in np.linspace(top, bottom, rows + 1)[1:]:
        canvas.path([(left, y), (right, y)], stroke=TRUTH, stroke_opacity="0.16")


def _heading(scene: Scene) -> str:
    whole = f"image {scene.size[1]}×{scene.size[0]}"
    if scene.crop is None:
        return whole
    return f"{whole} and its crop" if scene.cells is None else f"{whole}, its crop and the grid"


def _draw_arrows(canvas: Canvas, scene: Scene, on_page: Callable[[Floats], Floats]) -> int:
    """Draw them and return how many times too long they are."""
    points = _lattice(scene.inner, 5, 4)
    errors = scene.read(points) - points
    worst = float(np.nanmax(np.hypot(*errors.T)))
    if worst > 1.5 * _LONGEST:
        points = _lattice(scene.inner, 4, 3)
        errors = scene.read(points) - points
    most = _LONGEST * max(scene.size) / 640
    factor = max(factor for factor in _FACTORS if factor == 1 or worst * factor <= most)
    starts = on_page(edge_from_index(points))
    ends = on_page(edge_from_index(points + factor * errors))
    canvas.open_clip(4, 30, 396, 300)
    for start, end in zip(starts, ends, strict=True):
        if np.isfinite(end).all() and np.hypot(*(end - start)) > 1:
            canvas.arrow(start, end)
    for end in ends[np.isfinite(ends).all(axis=1)]:
        canvas.read(*end)
    for start in starts:
        canvas.asked(*start)
    canvas.close()
    return factor


def _lattice(inner: Floats, columns: int, rows: int) -> Floats:
    """Points of irregular fractions, so that no staircase happens to look straight."""
    low, high = inner
    shares = [np.linspace(0.04, 0.96, count) + 0.013 * np.sin(np.arange(count) * 2.0) for count in (columns, rows)]
    points = np.stack(np.meshgrid(*shares), axis=-1).reshape(-1, 2)
    spread: Floats = low + points * (high - low)
    return spread

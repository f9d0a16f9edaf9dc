"""Small charts of an error along an axis: what should be is a solid line, what is measured a dashed one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnostics.subject import Floats
from docs.generate.svg import FAINT, Canvas

_LEAST = 0.005  # below this an error is none


@dataclass(frozen=True)
class Curve:
    """One chart. title: above it. places, values: (N,), NaN leaves a gap. ends: names of the first and last place.

    truth: what the values should be. steps: whether they jump, so that dashes would hide them.
    """

    title: str
    places: Floats
    values: Floats
    ends: tuple[str, str]
    truth: float = 0.0
    steps: bool = False


def draw_curve(canvas: Canvas, curve: Curve, x: float, y: float, width: float, height: float) -> None:
    """Draw `curve` with the left top of its frame at (x, y)."""
    low, high = span(curve)
    canvas.text(x, y - 8, curve.title, "s")
    canvas.rect(x, y, width, height, fill="#fff", stroke=FAINT)

    def at(value: float) -> float:
        return y + height - (value - low) / (high - low) * height

    canvas.path([(x, at(curve.truth)), (x + width, at(curve.truth))], class_="u", stroke_width=1.6)
    places = x + (curve.places - curve.places[0]) / (curve.places[-1] - curve.places[0]) * width
    for run in _runs(curve.values):
        line = [(float(places[k]), at(float(curve.values[k]))) for k in run]
        style = {"stroke_width": 1.4} if curve.steps else {"stroke_width": 2, "stroke_dasharray": "5 2.5"}
        canvas.path(line, class_="r", stroke_linejoin="round", **style)
    known = curve.values[np.isfinite(curve.values)]
    for value in _ticks(known, curve.truth):
        words = tick(value) if curve.truth == 0 else f"{value:.2f}"
        canvas.text(x - 4, at(value) + 4, words, "g s", "end")
    canvas.text(x, y + height + 15, curve.ends[0], "g s")
    canvas.text(x + width, y + height + 15, curve.ends[1], "g s", "end")


def tick(value: float) -> str:
    """A number beside an axis, to three digits or so."""
    if abs(value) < _LEAST:
        return "0"
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:+.{digits}f}".replace("-", "−")


def span(curve: Curve) -> tuple[float, float]:
    """The range of values that a chart shows: all of them, the truth, and a margin."""
    known = np.append(curve.values[np.isfinite(curve.values)], curve.truth)
    low, high = float(known.min()), float(known.max())
    margin = max((high - low) / 6, 0.5 if high - low < _LEAST else 0.0)
    return low - margin, high + margin


def _runs(values: Floats) -> list[NDArray[np.intp]]:
    """Indices of the stretches without a gap."""
    finite = np.flatnonzero(np.isfinite(values))
    return [run for run in np.split(finite, np.flatnonzero(np.diff(finite) > 1) + 1) if len(run) > 1]


def _ticks(known: Floats, truth: float) -> list[float]:
    """The least and the largest value and the truth, without those that would be written over each other."""
    span_ = max(float(known.max()), truth) - min(float(known.min()), truth)
    ticks = [truth]
    for value in (float(known.max()), float(known.min())):
        if abs(value) > _LEAST and all(abs(value - other) > span_ / 8 for other in ticks):
            ticks.append(value)
    return ticks

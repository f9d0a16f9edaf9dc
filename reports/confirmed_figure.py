"""How many of the points asked a neighbour's depth confirms: with the cameras as given, and corrected, as bars."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from reports.rendering import share
from reports.results_file import Results
from reports.svg import Canvas

_WIDTH, _ROW, _BAR = 520.0, 46.0, 14.0
_MOST = 8  # bars; those of corrections that confirm less say nothing more


def shown_bars(agreement: Sequence[Results]) -> list[Results]:
    """As given, and the corrections under which most is confirmed, from the best on.

    Of those for the same mistakes, the best: K of another resolution, for one, is tried with many factors.
    """
    given, corrected = agreement[:1], sorted(agreement[1:], key=_confirmed)
    best = {found["corrected"]: found for found in corrected}
    return [*given, *sorted(best.values(), key=_confirmed, reverse=True)[: _MOST - 1]]


def draw_bars(agreement: Sequence[Results], alt: str) -> Markup:
    """One bar each of `agreement`: outlined what was compared, filled what agreed, of the points asked."""
    canvas = Canvas(_WIDTH, _ROW * len(agreement) + 4)
    for row, found in enumerate(agreement):
        top = _ROW * row + 20
        compared = found["compared"] / found["asked"] if found["asked"] else 0.0
        canvas.text(0, top - 5, name_of(found))
        canvas.text(_WIDTH, top - 5, share(_confirmed(found)), anchor="end")
        canvas.rect([(0, top), (_WIDTH, top + _BAR)], "surface")
        canvas.rect([(0, top), (_WIDTH * _confirmed(found), top + _BAR)], "accepted")
        canvas.rect([(0, top), (_WIDTH * compared, top + _BAR)], "frame")
    return canvas.svg(alt, "chart")


def name_of(found: Results) -> str:
    """How the cameras were: as given, or corrected for what."""
    few = ", on a few frames" if found.get("few") else ""
    return f"corrected: {found['corrected']}{few}" if found["corrected"] else "as given"


def _confirmed(found: Results) -> float:
    return float(found["agreeing"] / found["asked"]) if found["asked"] else 0.0

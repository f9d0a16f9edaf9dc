"""The picture of features that change when they should not: how much each cell of the map differs."""

from __future__ import annotations

from diagnostics.subject import Floats
from diagnostics.verdict import Fault
from docs.generate.page import Picture
from docs.generate.svg import FAINT, READ, Canvas

_CELL = 32.0


def draw_changes(fault: Fault, changes: Floats, calls: tuple[str, str]) -> Picture:
    """changes: (rows, columns), relative to the features' size. calls: the two that should agree, in words."""
    rows, columns = changes.shape
    canvas = Canvas(86 + rows * _CELL)
    top, wide = 56.0, columns * _CELL
    titles = ("should change by", "changes by")
    for left, title, shares in zip((60.0, 350.0), titles, (0 * changes, changes), strict=True):
        canvas.text(left, 44, title, "s")
        for row in range(rows):
            for column in range(columns):
                x, y, share = left + column * _CELL, top + row * _CELL, float(shares[row, column])
                canvas.rect(x, y, _CELL, _CELL, fill="#fff", stroke=FAINT)
                if share:
                    opacity = f"{min(share, 1) * 0.8:.2f}"
                    canvas.rect(x + 2, y + 2, _CELL - 4, _CELL - 4, fill=READ, fill_opacity=opacity)
                canvas.text(x + _CELL / 2, y + _CELL / 2 + 4, f"{share:.1f}" if share else "0", "s", "middle")
        canvas.rect(left, top, wide, rows * _CELL, class_="r" if shares.any() else "u", stroke_width=1.6)
    canvas.text(16, 24, f"the map of one crop, cell by cell: {calls[0]} against {calls[1]}", "s")
    canvas.text(16, top + rows * _CELL + 22, "difference over the features' root mean square", "g s")
    change = f"cells differ by {changes.mean():.0%} on average, not by 0"
    alt = f"The map of one crop, {calls[0]} against {calls[1]}: {change}."
    return Picture(canvas.svg(f"{fault.id}: how much every cell changes"), alt)

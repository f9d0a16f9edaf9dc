"""Where each panel of a picture goes: rows of one height that fill the width of the page, in pixels."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics.picture.page import Box

WIDTH, MARGIN = 1600, 56
_BETWEEN = 64  # panels of a row
_HEAD, _FOOT = 64, 84  # above a panel for its title, below it for its colour bar
_TALLEST, NARROWEST = 860, 320  # the narrowest place still holds a title and a scale
_THINNEST = 48  # of a panel: a long image is drawn as a bar, thicker than it is
_WIDE = 2.2  # an image wider than this many times its height gets a row of its own


def panel_rows(image_aspect: float, crop_aspect: float, grids: int) -> list[list[float]]:
    """The aspects, width over height, of the panels image, crop, then the grids, by rows in reading order."""
    wide = image_aspect > _WIDE
    first = [image_aspect] if wide else [image_aspect, crop_aspect]
    others = [crop_aspect] * (grids + wide)
    columns = {1: 2, 2: 2, 4: 2}.get(len(others), 3 if len(others) <= 9 else 4)
    return [first, *(others[start : start + columns] for start in range(0, len(others), columns))]


def placed(rows: Sequence[Sequence[float]], top: int) -> tuple[list[Box], int]:
    """A box for every panel, the rows below one another from `top` on, and where the last row ends."""
    boxes: list[Box] = []
    for number, row in enumerate(rows):
        # Every row of grids is as high as a full one, so that cells compare.
        height = _row_height(row if number == 0 else max(rows[1:], key=len))
        if len(row) == 1:
            height = max(height, _THINNEST)
        left, top = float(MARGIN), top + _HEAD
        for aspect in row:
            width = min(max(aspect * height, _THINNEST), WIDTH - 2 * MARGIN)
            boxes.append(Box(round(left), top, round(left + width), top + height))
            left += max(width, NARROWEST) + _BETWEEN
        top += height + _FOOT
    return boxes, top


def _row_height(aspects: Sequence[float]) -> int:
    """The height at which the row fills the width, when the narrowest panels take more room than they fill."""
    room = WIDTH - 2 * MARGIN - _BETWEEN * (len(aspects) - 1)
    height = room / sum(aspects)
    broad = [aspect for aspect in aspects if aspect * height >= NARROWEST]
    if broad:
        height = (room - NARROWEST * (len(aspects) - len(broad))) / sum(broad)
    return max(int(min(height, _TALLEST)), 1)

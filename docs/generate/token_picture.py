"""The picture of a map whose cells hold the wrong tokens: patches as they lie in the crop, cells as they answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from diagnostics.verdict import Fault
from docs.generate.page import Picture
from docs.generate.svg import FAINT, READ, TRUTH, Canvas
from reference.fields import Size

Arrange = Callable[[torch.Tensor, int, int], torch.Tensor]
_CELL = 44.0
_WATCHED = (5, 13)  # patches whose way is drawn


@dataclass(frozen=True)
class TokenMap:
    """How tokens become cells. first: the token taken for patch 0. extra: tokens before the patches."""

    grid: Size
    arrange: Arrange
    first: int
    extra: int

    def cells(self, channels: int = 1) -> list[list[list[int]]]:
        """By row and column, the patches whose values a cell holds; tokens before the patches are negative."""
        count = self.grid[0] * self.grid[1]
        tokens = torch.arange(-self.extra, count).repeat(channels, 1).T[None]
        held = self.arrange(tokens[:, self.first : self.first + count], *self.grid)[0]
        return [[sorted(set(column)) for column in row] for row in held.permute(1, 2, 0).tolist()]

    def label(self, held: list[int]) -> str:
        """What a cell holds, in a word."""
        if len(held) > 1:
            return "all" if len(held) == self.grid[0] * self.grid[1] else "many"
        return str(held[0]) if held[0] >= 0 else "class" if held[0] == -self.extra else "reg."


def draw_tokens(tokens: TokenMap, fault: Fault, channels: int = 1) -> Picture:
    """The crop's patches and the map's cells over the same area, two patches marked in both."""
    rows, columns = tokens.grid
    cells = tokens.cells(channels)
    held_rows, held_columns = len(cells), len(cells[0])
    area = columns * _CELL, rows * _CELL
    canvas = Canvas(78 + area[1])
    left, right, top = 24.0, 352.0, 42.0
    canvas.text(left, 28, f"patches of the crop, {rows}×{columns}", "s")
    canvas.text(right, 28, f"what the cells of the map hold, {held_rows}×{held_columns}", "s")
    for patch in range(rows * columns):
        box = left + patch % columns * _CELL, top + patch // columns * _CELL, _CELL, _CELL
        _draw_cell(canvas, box, str(patch), TRUTH if patch in _WATCHED else None)
    wide, high = area[0] / held_columns, area[1] / held_rows
    for row, line in enumerate(cells):
        for column, held in enumerate(line):
            box = right + column * wide, top + row * high, wide, high
            label = tokens.label(held)
            _draw_cell(canvas, box, label, READ if set(held) & set(_WATCHED) else None, dashed=True)
    for patch in _WATCHED:
        x, y = right + patch % columns * _CELL, top + patch // columns * _CELL
        canvas.rect(x + 4, y + 4, _CELL - 8, _CELL - 8, class_="u", stroke_width=1.6, rx=3)
    _draw_key(canvas, left, right, top + area[1] + 22)
    found = [_where(cells, patch) for patch in _WATCHED]
    alt = "; ".join(f"patch {patch} is held by {where}" for patch, where in zip(_WATCHED, found, strict=True))
    return Picture(canvas.svg(f"{fault.id}: which cell holds which patch"), f"Under {fault.id}, {alt}.")


def _draw_key(canvas: Canvas, left: float, right: float, y: float) -> None:
    canvas.rect(left, y - 12, 14, 14, class_="u", stroke_width=1.6, rx=3)
    canvas.text(left + 22, y, f"patches {_WATCHED[0]} and {_WATCHED[1]}, and the places that should hold them", "s")
    canvas.rect(right + 62, y - 12, 14, 14, class_="r", stroke_width=1.8, stroke_dasharray="4 2.5", fill_opacity=0)
    canvas.text(right + 84, y, "the cells that do", "s")


def _draw_cell(
    canvas: Canvas, box: tuple[float, float, float, float], label: str, colour: str | None, dashed: bool = False
) -> None:
    x, y, width, height = box
    canvas.rect(*box, fill="#fff", stroke=FAINT)
    if colour:
        dash = {"stroke_dasharray": "4 2.5"} if dashed else {}
        fill = {"fill": colour, "fill_opacity": "0.13"}
        canvas.rect(x + 1, y + 1, width - 2, height - 2, stroke=colour, stroke_width=1.8, **fill, **dash)
    canvas.text(x + width / 2, y + height / 2 + 4, label, "s", "middle")


def _where(cells: list[list[list[int]]], patch: int) -> str:
    places = [(row, column) for row, line in enumerate(cells) for column, held in enumerate(line) if patch in held]
    if not places:
        return "no cell"
    if len(places) > 2:
        return f"{len(places)} cells"
    return " and ".join(f"row {row}, column {column}" for row, column in places)

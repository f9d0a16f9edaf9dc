"""Draws where points land as one PNG: the image, the crop and every grid, each with its scale, and a caption."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from diagnostics.command_line import shown
from diagnostics.landing import Landings
from diagnostics.picture.layout import MARGIN, NARROWEST, WIDTH, panel_rows, placed
from diagnostics.picture.page import GREY, INK, Box, Page, shortened, text_width
from diagnostics.picture.panel import Panel, crop_corners, image_corners
from diagnostics.picture.panels import draw_crop, draw_grid, draw_image
from diagnostics.picture.scale import Scale, colours
from diagnostics.words import Row, table, width_by_height

_HEADING, _TITLE, _TEXT, _SMALL = 30, 22, 18, 16  # font sizes
_HEADING_HEIGHT, _LINE = 104, 29
_LONGEST_BAR = 460
_COLUMNS = (310, 430, 550)  # right ends of the table's columns
_CONVENTION = (
    "Points (u, v) are index coordinates: a pixel's centre is a whole number. Images are",
    "given as width x height, grids as rows x columns. Grids cover the crop (orange) as",
    "grid_sample(align_corners=False) reads them. A point is valid on a grid between the",
    "centres of the outermost cells (dashed), bounds included, and counts for the cell that",
    "contains it; grey cells have none. Shares from the crop on are of the points in the",
    "image; “if even” is the exact share of the image's area: what points spread evenly",
    "over the image would give.",
)


def draw_landings(image: Image.Image, landings: Landings, title: str, subtitle: str) -> bytes:
    """The landings as a PNG under a heading of two lines, whose text may be anything.

    Raises `ValueError` for an image whose size is not that of the landings' geometry.
    """
    geometry = landings.geometry
    if (image.height, image.width) != geometry.in_size:
        raise ValueError(f"the geometry is of an image of {geometry.in_size}, got {(image.height, image.width)}")
    crop, (first, last) = crop_corners(geometry), image_corners(geometry)
    whole = np.array([np.minimum(first, crop[0]), np.maximum(last, crop[1])])
    image_width, image_height = whole[1] - whole[0]
    crop_height, crop_width = geometry.crop_size
    rows = panel_rows(image_width / image_height, crop_width / crop_height, len(landings.grids))
    boxes, end = placed(rows, _HEADING_HEIGHT)
    caption = table(landings)
    page = Page(WIDTH, end + _LINE * (max(len(caption), len(_CONVENTION)) + 1))
    _draw_heading(page, shown(title), shown(subtitle))
    panels = [Panel(boxes[0], whole), *(Panel(box, crop) for box in boxes[1:])]
    _draw_panels(page, panels, image, landings)
    _draw_caption(page, end + _LINE, caption)
    return page.png()


def _draw_heading(page: Page, title: str, subtitle: str) -> None:
    room = WIDTH - 2 * MARGIN
    page.text(MARGIN, 66, shortened(title, room, _HEADING, bold=True), _HEADING, bold=True)
    page.text(MARGIN, _HEADING_HEIGHT, shortened(subtitle, room, _TEXT), _TEXT, fill=GREY)


def _draw_panels(page: Page, panels: Sequence[Panel], image: Image.Image, landings: Landings) -> None:
    geometry = landings.geometry
    image_panel, crop_panel, *grid_panels = panels
    scale, side = draw_image(page, image_panel, image, landings)
    what = ", not to scale" if image_panel.thicker else " pixels"  # There is no room for both beside a tall image.
    _draw_title(page, image_panel.box, "In the image", f"{width_by_height(geometry.in_size)}{what}")
    _draw_scale(page, image_panel.box, scale, "points per pixel" if side == 1 else f"points per {side}x{side} pixels")
    draw_crop(page, crop_panel, image, geometry)
    rows, columns = geometry.feat_size
    crop_details = f"{width_by_height(geometry.crop_size)} pixels, {rows}x{columns} patches"
    _draw_title(page, crop_panel.box, "The crop", crop_details)
    for panel, grid in zip(grid_panels, landings.grids, strict=True):
        scale = draw_grid(page, panel, grid, geometry.with_grid(grid.grid))
        _draw_title(page, panel.box, f"Grid {grid.grid[0]}x{grid.grid[1]}", f"{grid.valid:,} valid")
        _draw_scale(page, panel.box, scale, "points per cell")


def _draw_title(page: Page, box: Box, title: str, detail: str) -> None:
    baseline = box.top - 14
    page.text(box.left, baseline, title, _TITLE, bold=True)
    page.text(box.left + text_width(title, _TITLE, bold=True) + 16, baseline, detail, _TEXT - 1, fill=GREY)


def _draw_scale(page: Page, box: Box, scale: Scale, unit: str) -> None:
    """The colours of a panel below it, with as many round counts as there is room for, and what is counted."""
    top, height = box.bottom + 14, 16
    if scale.empty:
        page.text(box.left, top + height, "no landings", _SMALL, fill=GREY)
        return
    room = max(box.right - box.left, NARROWEST) - text_width(unit, _SMALL) - 24
    width = int(min(room, _LONGEST_BAR))
    bar = Box(box.left, top, box.left + width, top + height)
    page.paste(Image.fromarray(np.tile(colours(np.linspace(0, 1, width)), (height, 1, 1))), bar)
    page.text(bar.right + 24, bar.bottom - 2, unit, _SMALL, fill=GREY)
    taken: list[tuple[float, float]] = []
    for count in scale.ticks():
        label = f"{count:,}" + "+" * (scale.exceeded and count == scale.last)
        middle, half = bar.left + float(scale.place(count)) * width, text_width(label, _SMALL) / 2
        if all(middle + half + 12 < start or middle - half - 12 > end for start, end in taken):
            taken.append((middle - half, middle + half))
            page.text(middle, bar.bottom + 20, label, _SMALL, anchor="ms", fill=GREY)


def _draw_caption(page: Page, top: int, rows: Sequence[Row]) -> None:
    for line, row in enumerate(rows):
        baseline = top + _LINE * line
        heading = line == 0
        page.text(MARGIN, baseline, row.what, _TEXT, fill=GREY if heading else INK)
        for text, right in zip(row[1:], _COLUMNS, strict=True):
            faint = heading or right == _COLUMNS[-1]
            page.text(MARGIN + right, baseline, text, _TEXT, anchor="rs", fill=GREY if faint else INK)
    for line, text in enumerate(_CONVENTION):
        page.text(MARGIN + _COLUMNS[-1] + 90, top + _LINE * line, text, _TEXT, fill=GREY)

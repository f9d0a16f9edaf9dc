"""Draws what each panel shows: the image under its landings, the crop under its lattice, a grid with its counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnostics.landing import GridLandings, Landings
from diagnostics.picture.page import Page
from diagnostics.picture.panel import Panel, centre_corners, crop_corners
from diagnostics.picture.scale import Scale, colours
from diagnostics.tally import Counts
from reference.geometry import GeomMeta, edge_from_index

_CROP_COLOUR = "#ff6f00"  # wherever the crop shows: an orange that no colour of viridis comes near
_EMPTY = 236  # the grey of a cell without landings
_OVERLAY, _VEIL = 153, 158  # opacities, of 255
_LINES = 0.5  # opacity of the lattice
_DARKEST, _CONTRAST = 55, 0.65  # of the grey image, so that colours over it stay what they are
_SMALLEST_CELL = 8  # pixels, for the lattice to be drawn
_SMALLEST_DIGITS, _LARGEST_DIGITS = 10, 24
_DIGIT_WIDTH = 0.64  # of DejaVu Sans, in font sizes
_DARK = 0.45  # places on the scale up to which white digits read better than black ones

Pixels = NDArray[np.uint8]


def draw_image(page: Page, panel: Panel, image: Image.Image, landings: Landings) -> tuple[Scale, int]:
    """The image in grey, the density of landings over it, a veil over what is outside the crop, the crop's outline.

    Returns the scale of the density and the side of its bins in pixels.
    """
    grey = panel.shown(image, background=255).convert("L")
    picture = grey.point([int(_DARKEST + _CONTRAST * level) for level in range(256)]).convert("RGB")
    counts, side = _in_bins(landings)
    scale = Scale(counts, percent=99.5)
    rimmed = np.pad(counts, 1)
    bins = _bins(panel, counts, side)
    over = Image.fromarray(colours(scale.place(rimmed))[bins])
    picture.paste(over, mask=Image.fromarray(np.where(rimmed > 0, _OVERLAY, 0).astype(np.uint8)[bins]))
    outside = ~_in_crop(panel, landings.geometry)
    picture.paste("white", mask=Image.fromarray(np.where(outside, _VEIL, 0).astype(np.uint8)))
    page.paste(picture, panel.box)
    page.outline(panel.box_of(crop_corners(landings.geometry)), _CROP_COLOUR, 3)
    return scale, side


def draw_crop(page: Page, panel: Panel, image: Image.Image, geometry: GeomMeta) -> None:
    """The crop in colour under the lattice of the model's own grid; padding is black, as the model gets it."""
    pixels = np.array(panel.shown(image, background=0))
    _draw_lattice(pixels, panel, geometry)
    page.paste(Image.fromarray(pixels), panel.box)
    _draw_bounds(page, panel, geometry)


def draw_grid(page: Page, panel: Panel, landings: GridLandings, geometry: GeomMeta) -> Scale:
    """Counts by cell as colours, and as numbers where they fit."""
    counts = landings.counts
    scale = Scale(counts)
    cells = np.where(counts[..., None] > 0, colours(scale.place(counts)), np.uint8(_EMPTY))
    pixels = cells[np.ix_(*_cells(panel, geometry))]
    _draw_lattice(pixels, panel, geometry)
    page.paste(Image.fromarray(pixels), panel.box)
    _draw_bounds(page, panel, geometry)
    height, width = np.divide(panel.box.size, counts.shape)
    digits = len(str(counts.max()))
    size = int(min(0.86 * width / (_DIGIT_WIDTH * digits), 0.6 * height, _LARGEST_DIGITS))
    if size >= _SMALLEST_DIGITS:
        _write_counts(page, panel, counts, scale, size, geometry)
    return scale


def _write_counts(page: Page, panel: Panel, counts: Counts, scale: Scale, size: int, geometry: GeomMeta) -> None:
    cells = np.argwhere(counts)
    centres = panel.page_from_image(geometry.image_from_grid(cells[:, ::-1].astype(np.float64)))
    shades = scale.place(counts[counts > 0])
    for (row, column), (x, y), shade, colour in zip(cells, centres, shades, colours(shades).tolist(), strict=True):
        page.label(x, y, str(counts[row, column]), size, "white" if shade < _DARK else "black", tuple(colour))


def _in_bins(landings: Landings) -> tuple[Counts, int]:
    """The density in bins so large that one of the image holds two points on average, and their side in pixels."""
    counts, side = landings.density, landings.bin_side
    while landings.in_image < 2 * counts.size and max(counts.shape) > 40:
        padded = np.pad(counts, [(0, length % 2) for length in counts.shape])
        counts = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2).sum(axis=(1, 3))
        side *= 2
    return counts, side


def _bins(panel: Panel, counts: Counts, side: int) -> tuple[NDArray[np.intp], ...]:
    """The index of the bin that each pixel of the panel shows, when a rim of one bin stands for what is outside."""
    columns, rows = (
        np.clip(np.floor(edge_from_index(at) / side).astype(np.intp) + 1, 0, length + 1)
        for at, length in zip(panel.image_points, counts.shape[::-1], strict=True)
    )
    return np.ix_(rows, columns)


def _in_crop(panel: Panel, geometry: GeomMeta) -> NDArray[np.bool_]:
    u, v = panel.image_points
    (left, top), (right, bottom) = crop_corners(geometry)
    inside: NDArray[np.bool_] = np.logical_and.outer((v >= top) & (v < bottom), (u >= left) & (u < right))
    return inside


def _cells(panel: Panel, geometry: GeomMeta) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The grid row of every pixel row of the panel, the grid column of every pixel column."""
    rows, columns = geometry.feat_size
    u, v = panel.image_points
    x = geometry.grid_from_image(np.stack([u, np.zeros_like(u)], axis=1))[:, 0]
    y = geometry.grid_from_image(np.stack([np.zeros_like(v), v], axis=1))[:, 1]
    return (
        np.clip(np.floor(edge_from_index(y)).astype(np.intp), 0, rows - 1),
        np.clip(np.floor(edge_from_index(x)).astype(np.intp), 0, columns - 1),
    )


def _draw_lattice(pixels: Pixels, panel: Panel, geometry: GeomMeta) -> None:
    """White lines where one cell ends and the next begins, unless that would leave little else."""
    if min(np.divide(panel.box.size, geometry.feat_size)) >= _SMALLEST_CELL:
        rows, columns = (np.flatnonzero(np.diff(cells)) + 1 for cells in _cells(panel, geometry))
        pixels[rows] += ((255 - pixels[rows]) * _LINES).astype(np.uint8)
        pixels[:, columns] += ((255 - pixels[:, columns]) * _LINES).astype(np.uint8)


def _draw_bounds(page: Page, panel: Panel, geometry: GeomMeta) -> None:
    """The crop's outline, and dashed the bounds between which a point is valid on the grid."""
    page.outline(panel.box, _CROP_COLOUR, 3)
    page.dashes(panel.box_of(centre_corners(geometry)), _CROP_COLOUR, 2)

"""Wrong links that move the principal point: its origin, its crop, the half pixel of a resize, or none at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from diagnostics.links_camera import Given, Link, Recipe
from diagnostics.probes_camera import Bools, Fit
from diagnostics.scenes_camera import Floats
from reference.geometry import edge_from_index, index_from_edge

HALF = edge_from_index(0.0)
MOST_SHIFTS = 2  # links that move the principal point; more explain anything

_ORIGINS = {
    (0, 1): "the principal point of an edge-origin camera is used as it is, half a pixel too far right and down",
    (-1, 0): "half a pixel is subtracted from an index-origin principal point, as if it were edge-origin",
    (1, 1): "points come back in edge coordinates, half a pixel too far right and down",
    (-1, -1): "half a pixel too much is subtracted, whatever the origin",
    (0, 2): "half a pixel is added to an edge-origin principal point where it is to be subtracted",
    (0, -1): "half a pixel is subtracted twice from an edge-origin principal point",
    (1, 0): "half a pixel is added to an index-origin principal point",
    (-1, 1): "cameras of index origin are taken for edge-origin ones, and the reverse",
}
_SCALES = (1 / 64, 64.0)  # from an image to its patches of 64 pixels, and back
_SAME_RATIO = 0.02  # two axes resized by one ratio, up to the rounding of sizes: 1296x968 -> 640x480 differs by 0.4 %

Move = tuple[Link, Floats]  # a wrong link, and the principal point, or its shift, `(S, 2)`


def shifted(start: Recipe, count: int, given: Given, fit: Fit) -> Iterator[Recipe]:
    """`start` with `count` more wrong links that move the principal point: none, one, or two of which one is fixed."""
    if count == 0:
        yield start
        return
    fixed = [start.then(*link) for link in _fixed(start, given)]
    if count == 1:
        yield from fixed
        fixed = [start]
    for first in fixed:
        for unit in _units(start, given):
            for link, shift in _fitted((fit.centre - first.centre) / unit, given, fit):
                yield first.then(link, first.centre + shift * unit)
    if count == MOST_SHIFTS:
        yield from _cropped_and_rescaled(start, given, fit)


def _units(start: Recipe, given: Given) -> list[Floats]:
    """Pixels that a shift may be in, `(S, 2)`: those of the image, and those of the K that was scaled."""
    return [np.ones_like(given.size)] + [start.focal / given.focal] * bool(start.links)


def _fixed(start: Recipe, given: Given) -> Iterator[Move]:
    """Links without a free number; they give the principal point itself."""
    edge = given.edge[:, None]
    for unit in _units(start, given):
        for (of_index, of_edge), how in _ORIGINS.items():
            yield ("principal-point-origin", how), start.centre + HALF * np.where(edge, of_edge, of_index) * unit
        middle = given.size / 2 * unit
        for how, centre in {
            "(W/2, H/2), itself half a pixel off in index coordinates,": middle,
            "((W - 1)/2, (H - 1)/2)": index_from_edge(middle),
            "(W/2, H/2), as if in each camera's own origin,": np.where(edge, index_from_edge(middle), middle),
        }.items():
            yield ("principal-point-centred", how), centre


def _cropped_and_rescaled(start: Recipe, given: Given, fit: Fit) -> Iterator[Recipe]:
    """Both fitted links together: the whole pixels of a crop, and a pixel or so of a resize."""
    rest = fit.centre - start.centre
    for dx, dy in product((0, -1, 1), repeat=2):
        for link, crop in _whole_crop(rest, (dx, dy)):
            for other, half in _half_pixel(rest - crop, given, fit):
                yield start.then(link, start.centre + crop).then(other, start.centre + crop + half)


def _fitted(rest: Floats, given: Given, fit: Fit) -> Iterator[Move]:
    """Links with a number that is read off `rest`, what is left to explain; they give a shift."""
    if (np.abs(rest) > fit.limit[:, None]).any():
        yield from _whole_crop(rest)
        yield from _half_pixel(rest, given, fit)
        yield from _centre_crop(rest, given)
        yield from _fractional_crop(rest)


def _whole_crop(rest: Floats, near: tuple[int, int] = (0, 0)) -> Iterator[Move]:
    dx, dy = shift = np.round(np.median(rest, axis=0)) + near
    if shift.any():
        yield ("principal-point-not-shifted", f"({dx:.0f}, {dy:.0f}) pixels"), shift * np.ones_like(rest)


def _fractional_crop(rest: Floats) -> Iterator[Move]:
    """A crop in the pixels of another resolution; a fraction that both axes share is rather `_half_pixel`."""
    dx, dy = shift = np.median(rest, axis=0)
    if np.abs(shift).max() > 1 and abs((dx - dy) - round(dx - dy)) > _SAME_RATIO:
        yield ("principal-point-not-shifted", f"({dx:.2f}, {dy:.2f}) pixels"), shift * np.ones_like(rest)


def _centre_crop(rest: Floats, given: Given) -> Iterator[Move]:
    """The offset of a centre crop to the short side or to a fixed size, by whatever rounding."""
    roundings: tuple[Callable[[Floats], Floats], ...] = (np.positive, np.floor, np.round)
    for sign in (1, -1):
        fixed = np.round(np.median(given.size - 2 * sign * rest, axis=0))
        words = f"the offset of a centre crop to {fixed[0]:.0f}x{fixed[1]:.0f}"
        windows = {"the offset of a centre crop to a square": given.lengths["the short side"], words: fixed}
        for how, window in windows.items():
            for rounding in roundings:
                shift = sign * rounding((given.size - window) / 2)
                if np.abs(shift).max() >= 1:
                    yield ("principal-point-not-shifted", how), shift


def _half_pixel(rest: Floats, given: Given, fit: Fit) -> Iterator[Move]:
    """An index K rescaled as cx * s: off by (1 - s)/2 if from a larger image, (1/s - 1)/2 if points go back to it."""
    for who in (np.ones_like(given.edge), ~given.edge):
        if not who.any() or (np.abs(rest[who]) <= fit.limit[who, None]).all():
            continue
        for sign in (1, -1):
            for ratios in _ratios(1 + sign * rest / HALF, who, given):
                words = _in_words(1 / ratios if sign > 0 else ratios)
                yield ("intrinsics-rescaled-half-pixel", words), sign * HALF * (ratios - 1) * who[:, None]


def _ratios(measured: Floats, who: Bools, given: Given) -> Iterator[Floats]:
    """Ratios `(S, 2)` by a plain rule that come near the measured ones: a constant, or so many pixels to a length."""
    for name, length in given.lengths.items():
        constants = np.median((measured / length)[who], axis=0)
        if constants.min() <= 0:
            continue
        if name == "size":
            constants = 1 / np.maximum(np.round(1 / constants), 1)
        elif np.ptp(constants) > _SAME_RATIO * constants.max():
            continue
        ratios = constants * length
        if _SCALES[0] <= ratios.min() and ratios.max() <= _SCALES[1]:
            yield ratios


def _in_words(scales: Floats) -> str:
    least, most = scales.min(), scales.max()
    return f"s = {least:.4f}" if most - least < _SAME_RATIO else f"s from {least:.4f} to {most:.4f} over the cameras"

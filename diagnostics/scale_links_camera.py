"""Wrong links that scale K: that of another resolution, the same K for every camera, one ratio for both axes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from diagnostics.links_camera import Given, Recipe
from diagnostics.probes_camera import Fit
from diagnostics.scenes_camera import Floats
from reference.geometry import edge_from_index, index_from_edge

_RESOLUTION, _RATIO = "intrinsics-not-rescaled", "intrinsics-single-ratio"


def scaled(given: Given, fit: Fit) -> list[Recipe]:
    """The given K and every K that one wrong scale makes of it, if its focal lengths are the measured ones."""
    found: list[Recipe] = []
    for recipe in _scaled(given, fit):
        known = any(np.allclose(recipe.centre, other.centre) and recipe.links[:1] == other.links[:1] for other in found)
        if recipe.scales_like(fit) and not known:
            found.append(recipe)
    return found


def _scaled(given: Given, fit: Fit) -> Iterator[Recipe]:
    right = Recipe((), given.focal, given.centre)
    yield right
    gains = fit.focal / given.focal
    off = (np.abs(fit.focal - given.focal) * fit.reach > fit.limit[:, None]).any(axis=0)
    if off.any() and not off.all():
        yield from _single_ratio(given, gains, axis=int(off.argmax()))
    if off.any():
        yield from _one_for_all(fit)
        yield from _other_resolution(given, gains, by_a_constant=bool(off.all()))


def _one_for_all(fit: Fit) -> Iterator[Recipe]:
    """One K whatever the camera."""
    ones = np.ones_like(fit.focal)
    (fx, fy), (cx, cy) = focal, centre = np.median(fit.focal, axis=0), np.median(fit.centre, axis=0)
    how = f"fx = {fx:.2f}, fy = {fy:.2f}, cx = {cx:.2f}, cy = {cy:.2f} (index coordinates) at every camera"
    yield Recipe(((_RESOLUTION, how),), focal * ones, centre * ones)


def _other_resolution(given: Given, gains: Floats, by_a_constant: bool) -> Iterator[Recipe]:
    """The whole K of an image of another size: a fixed one, one with a fixed side, or a fixed ratio."""
    for name, length in given.lengths.items():
        for power in (1, -1) if name else (1,) * by_a_constant:
            constants = np.median(gains * length**power, axis=0)
            if name == "size" and power == 1:
                constants = np.round(constants)
            elif name not in ("", "size"):
                constants = np.full(2, constants.mean())
            how = _in_words(name, power, *constants)
            yield from _about_the_corner(given, constants / length**power, _RESOLUTION, how)


def _in_words(name: str, power: int, x: float, y: float) -> str:
    if not name:
        return f"it is {x:.4g} times the image's in x and {y:.4g} times in y"
    if name == "size":
        return (
            f"that of {x:.0f}x{y:.0f} pixels" if power == 1 else f"scaled by W/{1 / x:.5g} and H/{1 / y:.5g} once more"
        )
    return f"that of the image with {name} at {x:.5g}" if power == 1 else f"scaled by {name} / {1 / x:.5g} once more"


def _single_ratio(given: Given, gains: Floats, axis: int) -> Iterator[Recipe]:
    """One axis scaled with the other's ratio, with its principal point or without."""
    name, other = "xy"[axis], "yx"[axis]
    for shape in (np.ones(len(gains)), given.size[:, 1 - axis] / given.size[:, axis]):
        ratio = np.median(gains[:, axis] / shape) * shape
        wrong = np.ones_like(gains)
        wrong[:, axis] = ratio
        how = f"{name} is scaled by the ratio of {other}, {ratio.min():.4f} to {ratio.max():.4f} times what is right"
        yield from _about_the_corner(given, wrong, _RATIO, how)
        yield Recipe(((_RATIO, f"f{how}"),), given.focal * wrong, given.centre)
    alike = np.array(given.focal)
    alike[:, axis] = given.focal[:, 1 - axis]
    yield Recipe(((_RATIO, f"f{name} is taken to be f{other}"),), alike, given.centre)


def _about_the_corner(given: Given, gains: Floats, fault_id: str, how: str) -> Iterator[Recipe]:
    """K scaled about the image's left top corner, or as cx * gain of the camera's own cx, or of the index one."""
    corner, first_pixel = index_from_edge(edge_from_index(given.centre) * gains), given.centre * gains
    for centre in (corner, np.where(given.edge[:, None], corner, first_pixel), first_pixel):
        yield Recipe(((fault_id, how),), given.focal * gains, centre)

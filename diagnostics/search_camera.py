"""Searches pose, axes, lens and K together for the fewest wrong links that explain where `project` puts points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from diagnostics.links_camera import Given, Link, Recipe
from diagnostics.probes_camera import Fit, Shot, View, fit
from diagnostics.scale_links_camera import scaled
from diagnostics.shift_links_camera import MOST_SHIFTS, shifted

_MOST_LINKS = 1 + MOST_SHIFTS

_POSES = {
    "given": "",
    "inverted": "the inverse of world_to_camera is applied",
    "transposed": "the rotation of world_to_camera is transposed (its inverse), the translation is not",
}
_AXES = {
    (1, 1, 1): "",
    (1, -1, -1): "OpenGL's, x right, y up, z back: u is mirrored, and what is in front counts as behind",
    (1, -1, 1): "y up: v is mirrored",
    (-1, 1, 1): "mirrored in x: u is mirrored",
    (-1, -1, 1): "x left, y up, as PyTorch3D's: u and v are mirrored",
    (1, 1, -1): "z back: u and v are mirrored, and what is in front counts as behind",
    (-1, -1, -1): "z back in the mask alone: what is in front counts as behind, and the reverse",
}
_LENSES = {
    "given": "",
    "ignored": "points are projected as by a pinhole",
    "radial": "the tangential coefficients p1, p2 are left out",
    "first four": "the coefficients after k1 k2 p1 p2 are left out",
}


@dataclass(frozen=True)
class Explanation:
    """One way to explain every landing. links: what is wrong, `(fault id, how)`, in the order in which data flows.

    complete: whether the links say all; if not, no link explains the K that `fit` holds.
    """

    links: tuple[Link, ...]
    fit: Fit
    complete: bool = True

    @property
    def right(self) -> bool:
        """Whether nothing is wrong."""
        return self.complete and not self.links

    @property
    def ids(self) -> tuple[str, ...]:
        """The fault ids of the links."""
        return tuple(fault_id for fault_id, _ in self.links)


def explain(taken: Sequence[Shot]) -> list[Explanation]:
    """All explanations of `taken` with the fewest wrong links, the likeliest first; none where no view fits.

    Where views fit, but the K of none can be explained, the plainest view alone, not complete.
    """
    best: list[Explanation] = []
    partial: list[Explanation] = []
    for links, view in _views():
        if best and len(links) > len(best[0].links):
            break
        seen = fit(view, taken)
        if seen is None:
            continue
        partial.append(Explanation(links, seen, complete=False))
        found = [Explanation((*links, *recipe.links), seen) for recipe in _recipes(seen)]
        if found and (not best or len(found[0].links) < len(best[0].links)):
            best = found
        elif found and len(found[0].links) == len(best[0].links):
            best.extend(found)
    return best or partial[:1]


def _recipes(seen: Fit) -> list[Recipe]:
    """All recipes of the fewest wrong links that make the measured K, the likeliest first; none where nothing fits."""
    given = Given.of(seen)
    starts = scaled(given, seen)
    for count in range(_MOST_LINKS + 1):
        found = [
            recipe
            for start in starts
            if 0 <= count - len(start.links) <= MOST_SHIFTS
            for recipe in shifted(start, count - len(start.links), given, seen)
            if recipe.makes(seen)
        ]
        if found:
            return found
    return []


def _views() -> list[tuple[tuple[Link, ...], View]]:
    """Every view with its wrong links, the fewest first."""
    views = []
    for pose, axes, lens, late in product(_POSES, _AXES, _LENSES, (False, True)):
        if late and (lens == "ignored" or not _AXES[axes]):
            continue  # the same view as the one that is not late
        hows = {"pose-inverted": _POSES[pose], "camera-axes": _AXES[axes], "distortion-ignored": _LENSES[lens]}
        views.append((tuple((fault_id, how) for fault_id, how in hows.items() if how), View(pose, axes, lens, late)))
    return sorted(views, key=lambda view: len(view[0]))

"""A landing as a short recipe of links, each right or wrong in a known way; together they say where a lift reads.

A recipe is run on all probed sizes at once: per axis it is a scale and a shift, from an image index coordinate to the
grid index coordinate that is read. Every wrong choice of a link is one fault of the catalogue.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnostics.chains import Chains
from diagnostics.frames import Frame, frames, nominal_frames, offsets, rescales
from diagnostics.samplers import fine_sides, samplers, upsamplings
from diagnostics.subject import Floats
from reference.geometry import edge_from_index

HALF = edge_from_index(0)
SLOTS = ("source", "frame", "offset", "patch", "cell", "sampler", "axes", "map")


@dataclass(frozen=True)
class Landing:
    """Where a lift reads: grid index `gain * u + shift` on each axis, (S, 2); `swapped` where x is read for y."""

    gain: Floats
    shift: Floats
    swapped: bool = False

    def at(self, points: Floats) -> Floats:
        """Grid indices (S, ..., 2) read for image index points (S, ..., 2)."""
        if self.swapped:
            points = points[..., ::-1]
        between = (slice(None), *(None for _ in range(points.ndim - 2)))
        places: Floats = self.gain[between] * points + self.shift[between]
        return places


@dataclass(frozen=True)
class Turn:
    """An exchange or a mirroring of the axes: of image points, of the cell index before it is normalised, or after it.

    when: "source", "index" or "sampler". beside: image pixels by which a mirrored point is set off.
    """

    when: str = ""
    swap: bool = False
    flip: int | None = None
    beside: float = 0.0

    def of(self, landing: Landing, chains: Chains) -> Landing:
        """The landing so turned."""
        gain, shift, n = landing.gain.copy(), landing.shift.copy(), chains.cells
        if self.when == "source":
            if self.flip is not None:
                shift[:, self.flip] += gain[:, self.flip] * (chains.image[:, self.flip] - 1 + self.beside)
                gain[:, self.flip] *= -1
            return Landing(gain, shift, landing.swapped != self.swap)
        if self.flip is not None:
            gain[:, self.flip] *= -1
            shift[:, self.flip] = n[:, self.flip] - 1 - shift[:, self.flip]
        if not self.swap:
            return Landing(gain, shift, landing.swapped)
        # An index keeps its cells when it is exchanged; a normalised coordinate keeps its share of the map.
        share = n / n[:, ::-1] if self.when == "sampler" else np.ones_like(n)
        return Landing(gain[:, ::-1] * share, (shift[:, ::-1] + HALF) * share - HALF, not landing.swapped)


@dataclass(frozen=True, eq=False)
class Link:
    """One choice of one link. fault: its id in the catalogue, None for the right one. value: what `run` makes of it."""

    slot: str
    fault: str | None
    value: Any
    detail: str = ""

    @property
    def slots(self) -> tuple[str, ...]:
        """The slots whose choice is wrong: its own, or those of the written recipe."""
        return ("source", "frame", "cell") if self.slot == WRITTEN.slot else (self.slot,)


Recipe = tuple[Link, ...]
# Each stands for the links of `written_links`.
WRITTEN = Link("recipe", "recipe-half-cell", "nominal", "are the ideal ones, not those of the transform")
WRITTEN_REALISED = Link("recipe", "recipe-half-cell", "realised", "are those of the transform")


def right_links(chains: Chains) -> dict[str, Link]:
    """The right choice of every link: the law of the geometry."""
    right_frame = Frame(chains.scale, chains.start, chains.resized)
    values = {
        "source": (HALF, 0.0),
        "frame": right_frame,
        "offset": lambda _, frame: frame.start,
        "patch": (chains.patch, chains.first),
        "cell": HALF,
        "sampler": (1.0, 0.0),
        "axes": Turn(),
        "map": (1.0, 0.0),
    }
    return {slot: Link(slot, None, values[slot]) for slot in SLOTS}


def run(links: dict[str, Link], chains: Chains) -> Landing:
    """The landing of a recipe: the law of the geometry with each link as chosen."""
    return _read(_asked(links, chains), links["map"])


def _asked(links: dict[str, Link], chains: Chains) -> Landing:
    """From the image to the place of the map that is asked for, all links but what the map holds there."""
    frame: Frame = links["frame"].value
    half, half_after = links["source"].value
    start = links["offset"].value(chains, frame)
    (patch, first), cell = links["patch"].value, links["cell"].value
    crop_scale, crop_shift = frame.scale, frame.scale * half + half_after + frame.late - start
    mirrored = chains.mirrored if frame.mirrored is None else frame.mirrored
    crop_scale = np.where(mirrored, -crop_scale, crop_scale)
    crop_shift = np.where(mirrored, chains.crop - crop_shift, crop_shift)
    landing = Landing(crop_scale / patch, (crop_shift - first) / patch - cell)
    turn: Turn = links["axes"].value
    if turn.when in ("source", "index"):
        landing = turn.of(landing, chains)
    landing = _read(landing, links["sampler"])
    return turn.of(landing, chains) if turn.when == "sampler" else landing


def _read(landing: Landing, link: Link) -> Landing:
    """Places stretched and moved by a normalisation, or by what an upsampling put there."""
    stretch, move = link.value
    return Landing(landing.gain * stretch, landing.shift * stretch + move, landing.swapped)


def wrong_links(chains: Chains, *, cut: bool = False) -> list[Link]:
    """Every known wrong choice of a link. cut: whether places are cut to whole crop pixels, half a pixel on average."""
    links = [
        *(_cuts() if cut else ()),
        *_overlaps(chains),
        Link("source", "source-half-pixel", (0.0, 0.0), "the half is missing"),
        Link("source", "source-half-pixel", (0.0, HALF), "the half is added after the scale (asymmetric)"),
        Link("source", "source-half-pixel", (2 * HALF, 0.0), "the half is added twice"),
        Link("source", "source-half-pixel", (2 * HALF, -HALF), "the image is resized without it, the points with it"),
        Link("cell", "half-cell-missing", 0.0),
        Link("cell", "half-cell-doubled", 2 * HALF),
    ]
    links += _turns()
    links += [Link("frame", fault, frame, detail) for fault, detail, frame in frames(chains) if rescales(frame, chains)]
    links += [Link("offset", fault, rule, detail) for fault, detail, rule in offsets()]
    links += _patches(chains)
    links += _flips(chains)
    links += [Link("sampler", *sampler) for sampler in samplers(chains)]
    links += [Link("map", *sampler) for fine in fine_sides(chains) for sampler in upsamplings(fine, chains.cells)]
    right = run(right_links(chains), chains)
    return [link for link in links if _differs(run({**right_links(chains), link.slot: link}, chains), right)]


def _turns() -> Iterator[Link]:
    """Axes exchanged or mirrored; image points also as W - u, one pixel beside W - 1 - u."""
    for when in ("source", "index", "sampler"):
        yield Link("axes", "axes-swapped", Turn(when, swap=True), f"in the {when}")
        for axis, name in enumerate("xy"):
            yield Link("axes", f"axis-flipped-{name}", Turn(when, flip=axis), f"in the {when}")
    for axis, name in enumerate("xy"):
        yield Link("axes", f"axis-flipped-{name}", Turn("source", flip=axis, beside=1.0), "in the source, as W - u")


def _cuts() -> Iterator[Link]:
    """Crop indices cut to whole ones, after a right scale or one without the half pixel; points cut before, or not."""
    for cut_before in (0.0, HALF):
        yield Link("source", "integer-points", (HALF - cut_before, -HALF))
        yield Link("source", "integer-points", (-cut_before, 0.0))


def _patches(chains: Chains) -> Iterator[Link]:
    """Wrong patches: tiles of the whole crop where a strip of it is left, and patches of the usual sizes."""
    none = np.zeros_like(chains.first)
    if not chains.first.any():
        yield Link("patch", "patch-remainder", (chains.crop / chains.cells, none), "the whole crop")
    for pixels in (8, 14, 16, 32):
        yield Link("patch", "patch-size", (np.full_like(chains.patch, pixels), none), f"{pixels} pixels")


def _overlaps(chains: Chains) -> Iterator[Link]:
    """Patches that overlap, taken for tiles; before the half cell, which half a patch too much may equal."""
    if chains.first.any():
        none = np.zeros_like(chains.first)
        yield Link("patch", "patch-overlap", (chains.crop / chains.cells, none), "for tiles of the crop")
        yield Link("patch", "patch-overlap", (chains.patch, none), "to be as long as their stride")


def _flips(chains: Chains) -> Iterator[Link]:
    """One pixel too many or too few where the preprocess mirrors an axis: W - u for W - 1 - u, or the reverse."""
    one = chains.mirrored.astype(np.float64)
    for sign, detail in ((-1, "W - u where W - 1 - u is right"), (1, "W - 1 - u where W - u is right")):
        yield Link("source", "flip-off-by-one", (HALF + sign * one, 0.0), f"in the image, {detail}")
        yield Link("source", "flip-off-by-one", (HALF, sign * one), f"in the crop, {detail}")
        yield Link("cell", "flip-off-by-one", HALF + sign * one, f"in the grid, {detail}")


def written_links(chains: Chains, written: Link) -> dict[str, Link]:
    """`u14 = (s u - dx) / 16`, then `2 (u14 + 1/2) / n - 1`: no half pixel at all, and mostly the nominal s and dx."""
    right = right_links(chains)
    nominal = next(frame for _, _, frame in nominal_frames(chains))
    frame = nominal if written.value == "nominal" else right["frame"].value
    wrong = dict(zip(written.slots, ((0.0, 0.0), frame, 0.0), strict=True))
    return {**right, **{slot: Link(slot, written.fault, value) for slot, value in wrong.items()}}


def recipes(chains: Chains, links: Sequence[Link], wrong: int) -> Iterator[tuple[Recipe, Landing]]:
    """All recipes with exactly `wrong` of the wrong `links`, each in a slot of its own, and where they land.

    The written recipe counts as one: alone it comes first, with other links last.
    """
    forms = WRITTEN, WRITTEN_REALISED
    if wrong == 1:
        yield from (((form,), alone(form, chains)) for form in forms)
    yield from _departing(right_links(chains), links, wrong, chains)
    if wrong > 1:
        for form in forms:
            for chosen, landing in _departing(written_links(chains, form), links, wrong - 1, chains):
                yield (form, *chosen), landing


def alone(link: Link, chains: Chains) -> Landing:
    """Where a recipe lands with that one link wrong."""
    if link.slot == WRITTEN.slot:
        return run(written_links(chains, link), chains)
    return run({**right_links(chains), link.slot: link}, chains)


def _departing(
    start: dict[str, Link], links: Sequence[Link], wrong: int, chains: Chains
) -> Iterator[tuple[Recipe, Landing]]:
    """Recipes that depart from `start` by `wrong` links in slots where it is right.

    Half of the links are upsampled maps, and they come last: what leads up to them is computed once for all of them.
    """
    free = [link for link in links if start[link.slot].fault is None]
    maps = [link for link in free if link.slot == "map"]
    others = [link for link in free if link.slot != "map"]
    for count, lasts in ((wrong, [start["map"]]), (wrong - 1, maps)):
        for chosen in itertools.combinations(others, count):
            if len({link.slot for link in chosen}) < count:
                continue
            taken = {**start, **{link.slot: link for link in chosen}}
            asked = _asked(taken, chains)
            for last in lasts:
                yield chosen if last.fault is None else (*chosen, last), _read(asked, last)


def _differs(landing: Landing, other: Landing) -> bool:
    if landing.swapped != other.swapped:
        return True
    return not (np.allclose(landing.gain, other.gain, atol=1e-9) and np.allclose(landing.shift, other.shift, atol=1e-9))

"""Wrong links whose number is not on any list: solved from what was measured, and kept where it is a whole one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from diagnostics.chains import Chains
from diagnostics.frames import kind_of, rescales, resized_to
from diagnostics.recipe import HALF, Landing, Link, right_links, run
from diagnostics.samplers import upsamplings
from diagnostics.subject import Floats

_WHOLE = 0.02  # so near to a whole number a solved size has to come out
_LARGEST = 4096


def solved_links(measured: Landing, chains: Chains) -> list[Link]:
    """Patch sizes, upsampled grids and resize margins that would give the measured gain or shift by themselves."""
    right = run(right_links(chains), chains)
    if measured.swapped:
        return []
    gain, shift = measured.gain / right.gain, measured.shift - right.shift
    return [*_patches(gain, chains), *_upsampled(gain, shift, chains), *_margins(gain, chains)]


def _patches(gain: Floats, chains: Chains) -> Iterator[Link]:
    """One patch of whole pixels, or the share of a crop that is longer than what whole patches cover of it."""
    patch, none = chains.patch / gain, np.zeros_like(gain)
    pixels, sides = _whole(patch), _whole(patch * chains.cells)
    if chains.first.any():  # nothing but the stride has a whole number there
        return
    if pixels is not None and len(set(pixels)) == 1:
        yield Link("patch", "patch-size", (np.full_like(gain, pixels[0]), none), f"{pixels[0]:.0f} pixels")
    if sides is not None and (sides >= chains.crop).all() and (sides - chains.crop < chains.patch).all():
        yield Link("patch", "patch-remainder", (sides / chains.cells, none), f"{sides[0]:.0f}x{sides[1]:.0f} pixels")


def _upsampled(gain: Floats, shift: Floats, chains: Chains) -> Iterator[Link]:
    """From the gain (n-1)m / (n(m-1)) of corners aligned, and the shift (1 - n/m)/2 of the asymmetric grid."""
    n = chains.cells
    with np.errstate(divide="ignore", invalid="ignore"):
        candidates = gain * n / (gain * n - n + 1), n / (1 - 2 * shift)
    for sides in map(_whole, candidates):
        if sides is not None and (sides > n).all():
            fine = np.broadcast_to(sides, n.shape)
            yield from (Link("map", *upsampling) for upsampling in upsamplings(fine, n))


def _margins(gain: Floats, chains: Chains) -> Iterator[Link]:
    """From the gain, which is the share of the side that the lift believes the image was resized to."""
    believed = _whole((gain * chains.resized).min(axis=1, keepdims=True).repeat(2, axis=1))
    if kind_of(chains) == "crop" and believed is not None:
        frame = resized_to(chains, int(believed[0]))
        if rescales(frame, chains):
            yield Link("frame", "resize-margin", frame, f"{chains.crop.min() / believed[0]:.3g}")


def _whole(values: Floats) -> Floats | None:
    """The same whole numbers (x, y) at every size, or None."""
    if not np.isfinite(values).all() or (np.abs(values) > _LARGEST).any():
        return None
    whole: Floats = np.rint(np.median(values, axis=0))
    return whole if (np.abs(values - whole) <= _WHOLE).all() and (whole > HALF).all() else None

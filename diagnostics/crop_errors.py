"""The errors of a landing over the crop: as numbers, and as a person would say them."""

from __future__ import annotations

import numpy as np

from diagnostics.chains import Chains
from diagnostics.recipe import Landing, right_links, run
from diagnostics.subject import Floats

_SEEN = 0.005  # source pixels: what two decimals show
_TOWARDS = (("to the right", "to the left"), ("below", "above"))
_ENDS = (("at the left end", "at the right end"), ("at the top", "at the bottom"))


def crop_errors(landing: Landing, chains: Chains) -> tuple[Floats, Floats]:
    """Errors in source pixels (S, 9, 2) and the image points (S, 9, 2): corners, sides and middle of what is valid."""
    share = np.stack(np.meshgrid([0.0, 0.5, 1.0], [0.0, 0.5, 1.0]), axis=-1).reshape(-1, 2)
    right = run(right_links(chains), chains)
    ends = np.stack([-right.shift, chains.cells - 1 - right.shift], axis=1) / right.gain[:, None]
    first = np.maximum(ends.min(axis=1), 0)
    last = np.minimum(ends.max(axis=1), chains.image - 1)
    points = first[:, None] + share * (last - first)[:, None]
    cells = landing.at(points) - right.at(points)
    outwards = np.where(chains.mirrored, -chains.pixels_a_cell, chains.pixels_a_cell)
    return cells * outwards[:, None], points


def shift_in_words(errors: Floats) -> str:
    """Errors (9, 2) at the points of `crop_errors`, or (1, 2), in source pixels, as a person would say them."""
    said = [_axis_in_words(errors, axis) for axis in (0, 1) if np.abs(errors[:, axis]).max() >= _SEEN]
    words = ("; " if any("," in axis for axis in said) else " and ").join(said)
    return words or ("the right place at the first image size, but not at others" if len(errors) > 1 else "the place")


def _axis_in_words(errors: Floats, axis: int) -> str:
    values, names = errors[:, axis], _TOWARDS[axis]
    low, high = float(values.min()), float(values.max())
    if low * high < 0:
        first, last = _at_ends(errors, axis)
        if first * last < 0:
            one, other = _ENDS[axis]
            return f"{_aside(first, names)} {one}, {_aside(last, names)} {other}"
        return f"between {_aside(low, names)} and {_aside(high, names)}"
    near, far = sorted((abs(low), abs(high)))
    span = f"{far:.2f}" if far - near < _SEEN else f"{near:.2f} to {far:.2f}"
    return f"{span} source pixels {names[0] if high > 0 else names[1]}"


def _aside(value: float, names: tuple[str, str]) -> str:
    return f"{abs(value):.2f} source pixels {names[0] if value > 0 else names[1]}"


def _at_ends(errors: Floats, axis: int) -> tuple[float, float]:
    """The errors along an axis at the middle of the first and of the last side across it; nothing for one point."""
    if len(errors) == 1:
        return 0.0, 0.0
    lattice = errors.reshape(3, 3, 2)[..., axis]
    middle = lattice[1] if axis == 0 else lattice[:, 1]
    return float(middle[0]), float(middle[-1])


def place_in_words(chains: Chains, index: int, point: Floats) -> str:
    """An image size and a point of it."""
    height, width = chains.sizes[index]
    return f"image {width}x{height}, point ({point[0]:.1f}, {point[1]:.1f})"

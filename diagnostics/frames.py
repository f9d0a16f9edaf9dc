"""What a lift may believe of the resize and the crop: the known wrong scales, modes and offsets, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from diagnostics.chains import Chains, Mask
from diagnostics.subject import Floats
from reference.closed_form import centre_offset, kept_ratio_size, short_side_size
from reference.geometry import edge_from_index

_HALF = edge_from_index(0)
_OWN, _REALISED = "with its own offset", "with the realised offset"
_TINY = 1e-9  # what a product of a ratio and a side may be off
_WHOLE_BY: dict[str, Callable[[Floats], Floats]] = {
    "rounded": lambda sides: np.rint(sides),
    "rounded half up": lambda sides: np.floor(sides + _HALF + _TINY),
    "truncated": lambda sides: np.floor(sides + _TINY),
    "rounded up": lambda sides: np.ceil(sides - _TINY),
}
_MARGINS = (0.875, 0.9, 0.95, 224 / 232, 224 / 248, 1.0)  # crop over resized side, as timm and torchvision have it


@dataclass(frozen=True)
class Frame:
    """A belief about resize and crop: `x_crop = x_image * scale + late - start`, and the resized sides, (S, 2) each.

    late: what is added after the scale and the half before it; 0 for every belief in edge coordinates.
    mirrored: where the crop is believed to be read from its other end; None where it is.
    """

    scale: Floats
    start: Floats
    resized: Floats
    late: Floats | float = 0.0
    mirrored: Mask | None = None


OffsetRule = Callable[[Chains, Frame], Floats]
Believed = tuple[str, str, Frame]


def frames(chains: Chains) -> Iterator[Believed]:
    """Every wrong belief as (fault id, detail, frame); some may coincide with the truth at the sizes probed."""
    kind = kind_of(chains)
    if kind != "stretch":
        yield from nominal_frames(chains)
        yield from _whole_sides(chains)
    corners = (chains.resized - 1) / np.maximum(chains.image - 1, 1)
    # An index-to-index map: the half is added after the scale, not before it.
    yield "scale-align-corners", "", Frame(corners, chains.start, chains.resized, _HALF - corners * _HALF)
    yield from _swapped(chains)
    yield from _modes(chains, kind)
    yield from _unmirrored(chains)
    once = chains.scale
    yield "applied-twice", "", Frame(once**2, once * chains.start + chains.start, chains.resized)


def rescales(frame: Frame, chains: Chains) -> bool:
    """Whether a belief is wrong in its scale or a mirror; one that is not is wrong in its offset, a link of its own."""
    return frame.mirrored is not None or not np.allclose(frame.scale, chains.scale, rtol=1e-9, atol=0)


def _swapped(chains: Chains) -> Iterator[Believed]:
    """The scales exchanged, or the sides that they are made of."""
    other, resized = chains.image[:, ::-1], chains.resized[:, ::-1]
    yield "scale-axes-swapped", "the scales", Frame(chains.scale[:, ::-1], chains.start, chains.resized)
    yield "scale-axes-swapped", "the whole geometry", Frame(chains.scale[:, ::-1], chains.start[:, ::-1], resized)
    yield "scale-axes-swapped", "the image's sides", Frame(chains.resized / other, chains.start, chains.resized)
    yield "scale-axes-swapped", "the resized sides", Frame(resized / chains.image, chains.start, chains.resized)


def kind_of(chains: Chains) -> str:
    """What the preprocess does, over all sizes: `letterbox`, `stretch` or `crop`."""
    if chains.padded.any():
        return "letterbox"
    common = (chains.resized - 1) / chains.image, (chains.resized + 1) / chains.image
    return "stretch" if (common[0].max(axis=1) >= common[1].min(axis=1)).any() else "crop"


def nominal_frames(chains: Chains) -> Iterator[Believed]:
    """One ratio for both axes, with the offset that follows from it first."""
    nominal, ideal = _nominal(chains)
    yield "scale-nominal", _OWN, Frame(nominal, (ideal - chains.crop) / 2, ideal)
    yield "scale-nominal", _REALISED, Frame(nominal, chains.start, ideal)


def _whole_sides(chains: Chains) -> Iterator[Believed]:
    """The sides that one ratio gives, rounded by another rule than the resize has."""
    _, ideal = _nominal(chains)
    for name, rule in _WHOLE_BY.items():
        whole = rule(ideal)
        yield "scale-rounded", f"{name}, {_OWN}", Frame(whole / chains.image, _centred(whole, chains), whole)
        yield "scale-rounded", f"{name}, {_REALISED}", Frame(whole / chains.image, chains.start, whole)


def _nominal(chains: Chains) -> tuple[Floats, Floats]:
    """The ideal ratio on both axes and the ideal sides: the axis that met its target exactly tells the ratio."""
    ratios = chains.resized / chains.image
    exact = np.abs(chains.resized / chains.crop - 1).argmin(axis=1)
    ratio = np.take_along_axis(ratios, exact[:, None], axis=1)
    return np.broadcast_to(ratio, ratios.shape), ratio * chains.image


def _modes(chains: Chains, kind: str) -> Iterator[Believed]:
    """Another way of resizing than the preprocess has, or another margin between resize and crop."""
    crop = chains.crop
    if kind != "stretch":
        yield "assumes-stretch", "", Frame(crop / chains.image, np.zeros_like(crop), crop)
    if kind != "crop":
        yield "assumes-crop", "", _resized_by(chains, _cover)
    if kind != "letterbox":
        yield "assumes-letterbox", "", _resized_by(chains, _fit)
    if kind == "crop":
        for margin in _MARGINS:
            frame = resized_to(chains, round(chains.crop.min() / margin))
            yield "resize-margin", f"{margin:.3g}", frame


def _unmirrored(chains: Chains) -> Iterator[Believed]:
    """The belief that what is mirrored is not, before the crop or after it: odd excesses tell the two apart."""
    for axis, name in enumerate("xy"):
        here = chains.mirrored & (np.arange(2) == axis)
        for start in (chains.start, chains.resized - chains.crop - chains.start):
            believed = np.where(here, start, chains.start)
            frame = Frame(chains.scale, believed, chains.resized, mirrored=chains.mirrored & ~here)
            yield f"axis-flipped-{name}", "the preprocess mirrors it", frame


def resized_to(chains: Chains, short: int) -> Frame:
    """The belief that the short side is resized to `short` pixels, the crop keeping its shape inside."""
    share = short / chains.crop.min()
    return _resized_by(chains, lambda size, target: _cover(size, (round(target[0] * share), round(target[1] * share))))


def _resized_by(chains: Chains, resize: Callable[..., tuple[int, int]]) -> Frame:
    resized = _each(chains, resize)
    return Frame(resized / chains.image, _centred(resized, chains), resized)


def _each(chains: Chains, resize: Callable[..., tuple[int, int]]) -> Floats:
    """Sides (x, y) of the resized image at every size, by a rule on `(height, width)` tuples."""
    targets = [(int(height), int(width)) for width, height in chains.crop]
    rows = [resize(size, target) for size, target in zip(chains.sizes, targets, strict=True)]
    return np.array([(width, height) for height, width in rows], dtype=np.float64)


def _cover(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int]:
    return short_side_size(size, target[0]) if target[0] == target[1] else kept_ratio_size(size, target, min)


def _fit(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int]:
    return kept_ratio_size(size, target, max)


def _centred(resized: Floats, chains: Chains) -> Floats:
    rule = np.vectorize(lambda side, crop: centre_offset(int(side), int(crop)), otypes=[np.float64])
    centred: Floats = rule(np.rint(resized), chains.crop)
    return centred


def offsets() -> Iterator[tuple[str, str, OffsetRule]]:
    """Every wrong offset rule as (fault id, detail, rule)."""
    yield "crop-offset-missing", "", lambda _, frame: np.minimum(frame.start, 0.0)
    yield "pad-offset-missing", "", lambda _, frame: np.maximum(frame.start, 0.0)
    yield "crop-offset-sign", "", lambda _, frame: -frame.start
    yield "crop-offset-unscaled", "source pixels taken off after the scale", lambda _, f: f.start / f.scale
    yield "crop-offset-unscaled", "resized pixels taken off before it", lambda _, f: f.start * f.scale
    yield "crop-offset-unscaled", "true source pixels", lambda chains, f: f.start / chains.scale
    yield "crop-offset-unscaled", "truly resized pixels", lambda chains, f: f.start * chains.scale
    for name, whole in (("", np.array), ("whole ", np.floor)):
        yield "crop-offset-unscaled", f"half of the {name}source pixels left over", partial(_source_excess, whole=whole)
    yield "crop-offset-swapped", "", lambda _, frame: frame.start[:, ::-1]
    for name, rule in (("half to even", np.rint), ("rounded down", np.floor), ("rounded up", np.ceil), ("exact", None)):
        yield "crop-offset-rounding", name, partial(_halved_excess, rule=rule)
        yield "crop-offset-rounding", f"{name}, of the realised size", partial(_halved_realised_excess, rule=rule)


def _source_excess(chains: Chains, _: Frame, whole: Callable[[Floats], Floats]) -> Floats:
    """Half of what the image has more than the crop shows of it, by one ratio for both axes."""
    ratio, _ideal = _nominal(chains)
    return whole((chains.image - chains.crop / ratio) / 2)


def _halved_excess(chains: Chains, frame: Frame, rule: Callable[[Floats], Floats] | None) -> Floats:
    """Half of what the resized image has more than the crop, to whole pixels by `rule` or as it is."""
    half: Floats = (frame.resized - chains.crop) / 2
    return half if rule is None else rule(half)


def _halved_realised_excess(chains: Chains, _: Frame, rule: Callable[[Floats], Floats] | None) -> Floats:
    """The same of the true resized image, whatever frame the lift believes in."""
    half: Floats = (chains.resized - chains.crop) / 2
    return half if rule is None else rule(half)

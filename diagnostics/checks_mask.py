"""The laws of a lift's mask: a point counts exactly where the declared rule says so, and what counts is read whole."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np

from diagnostics.bounds import Bounds, bounds_of, points_around, slack_of
from diagnostics.chains import Chains, Mask
from diagnostics.crop_errors import place_in_words
from diagnostics.faults import named
from diagnostics.faults_lift import CATALOGUE
from diagnostics.landed import landing_of
from diagnostics.probes_lift import MeasuredLanding
from diagnostics.ramp import NOISE
from diagnostics.readings import read_places
from diagnostics.recipe import Landing, right_links, run
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import Finding, SkipCheck, StageError

_DOUBT = 2 * NOISE  # cells: so near a bound, float32 may fall on either side
_WHOLE = 0.95  # of a feature's weight: what padding fades loses up to half


def check_lift_counts_points_by_its_rule(subject: Subject) -> Finding:
    """The mask is true on and inside the bounds of the declared rule and false outside them.

    A mask that follows the lift's own wrong landing is right here: that landing is a fault already.
    """
    subject.stage("lift")
    measured = landing_of(subject)
    chains, own = measured.chains, measured.landing
    right = run(right_links(chains), chains)
    # What leads a little beyond the image by the landing alone may be cut off there, or not.
    judged = [
        [_judged(subject, measured, index, landing, slack=slack) for index in range(len(chains.sizes))]
        for landing in (right, own)
        for slack in (False, True)
    ]
    chosen = min(judged, key=lambda rows: max(row.wide + row.tight for row in rows))
    wide, tight = max(chosen, key=lambda row: row.wide), max(chosen, key=lambda row: row.tight)
    rule = subject.pipeline.validity
    faults = []
    if wide.wide and all(row.everywhere for row in chosen):
        share = float(np.mean([row.share_outside for row in chosen]))
        faults.append(named(CATALOGUE, "outside-not-masked", where=wide.where_wide, rule=rule, share=share))
    elif {row.truncated for row in chosen} - {None} == {True}:
        pixels = float(chains.pixels_a_cell.max())
        faults.append(named(CATALOGUE, "cell-truncated", where=wide.where_wide, pixels=pixels))
    elif wide.wide:
        faults.append(named(CATALOGUE, "mask-too-wide", where=wide.where_wide, rule=rule, depth=wide.wide))
    if tight.tight:
        faults.append(named(CATALOGUE, "mask-too-tight", where=tight.where_tight, rule=rule, depth=tight.tight))
    return Finding(
        value=max(wide.wide, tight.tight),
        limit=float(_doubt(measured) * chains.pixels_a_cell.max()),
        unit="source px",
        worst=wide.where_wide if wide.wide >= tight.tight else tight.where_tight,
        faults=tuple(faults),
    )


def check_lift_reads_whole_features_at_the_rim(subject: Subject) -> Finding:
    """A point that counts as valid reads features of full length, also at the crop's border."""
    subject.stage("lift")
    measured = landing_of(subject)
    chains = measured.chains
    if measured.nearest:
        raise SkipCheck("the lift reads single cells, which shows no fading")
    bounds = bounds_of("crop", chains, 0, measured.landing)
    points, _ = points_around(bounds, chains, 0)
    reading = read_places(subject, chains.sizes[0], points)
    if reading.valid is None:
        raise SkipCheck("the lift gives no mask, so what it returns at the rim is not judged")
    # What a mask lets through beyond its rule is the mask's fault, not the padding's.
    declared = bounds_of(subject.pipeline.validity, chains, 0, measured.landing)
    counted = reading.valid & (bounds.depth(points) > 0) & (declared.depth(points) > 0)
    weight = np.abs(reading.weight[counted])
    share = weight / weight.max() if weight.size else weight
    least = float(share.min()) if share.size else 1.0
    where = place_in_words(chains, 0, points[counted][share.argmin()]) if share.size else ""
    if least >= _WHOLE:
        return Finding(note=f"valid points keep {least:.0%} of a feature's length or more")
    return Finding(faults=(named(CATALOGUE, "zero-padding-halo", where=where, share=least),), worst=where)


@dataclass(frozen=True)
class _Judged:
    wide: float
    where_wide: str
    tight: float
    where_tight: str
    everywhere: bool
    truncated: bool | None
    share_outside: float


def _judged(subject: Subject, measured: MeasuredLanding, index: int, landing: Landing, *, slack: bool) -> _Judged:
    """How deep outside a mask accepts and how deep inside it refuses, against the bounds that `landing` gives."""
    chains, rule = measured.chains, subject.pipeline.validity
    allowed = slack_of(rule, chains, index, landing) if slack else 0.0
    bounds = bounds_of(rule, chains, index, landing, allowed)
    points, mask = _asked(subject, chains, index, bounds)
    depth = bounds.depth(points)
    doubt = _doubt(measured) * chains.pixels_a_cell[index].max()
    wide, tight = np.where(mask & (depth < -doubt), -depth, 0.0), np.where(~mask & (depth > doubt), depth, 0.0)
    seen = ((points >= 0) & (points <= chains.image[index] - 1)).all(axis=1)
    outside = (depth < -doubt) & seen
    outside = outside if outside.any() else depth < -doubt
    sides = np.maximum(bounds.last - bounds.first, 0)
    return _Judged(
        float(wide.max()),
        place_in_words(chains, index, points[wide.argmax()]),
        float(tight.max()),
        place_in_words(chains, index, points[tight.argmax()]),
        bool(mask[outside].all()),
        _truncates(bounds, points[seen], mask[seen]),
        float(1 - np.prod(sides / chains.image[index])),
    )


def _asked(subject: Subject, chains: Chains, index: int, bounds: Bounds) -> tuple[Floats, Mask]:
    """Points around the bounds and what the mask says of them; those outside the image only where the lift answers."""
    within, beyond = points_around(bounds, chains, index)
    mask = read_places(subject, chains.sizes[index], within).valid
    if mask is None:
        raise SkipCheck("the lift gives no mask, so what it returns outside is not judged")
    with contextlib.suppress(StageError):
        outside = read_places(subject, chains.sizes[index], beyond).valid
        if outside is not None:
            return np.concatenate([within, beyond]), np.concatenate([mask, outside])
    return within, mask


def _doubt(measured: MeasuredLanding) -> float:
    """How near a bound the mask is not judged, cells: what is cut to crop pixels may move by one of them."""
    moved = 0.0 if measured.raster is None or not measured.cut else float((1 / measured.raster.fineness).max())
    return _DOUBT + moved


def _truncates(bounds: Bounds, points: Floats, mask: Mask) -> bool | None:
    """Whether the mask accepts just one cell before the first end of the rule and none behind the last, in the image.

    None where the image has no points that would tell.
    """
    before, behind = bounds.beyond(points)
    outside = behind.max(axis=1) > _DOUBT
    ahead = ~outside & (before.max(axis=1) > _DOUBT)
    within = before.max(axis=1) < 1
    if not (ahead & within).any() or not (ahead & ~within).any():
        return None
    return bool(mask[ahead & within].all() and not mask[ahead & ~within].any() and not mask[outside].any())

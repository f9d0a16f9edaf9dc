"""The laws of a lift: a point reads its own place, interpolated, at full precision, from features left as they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from diagnostics.crop_errors import crop_errors, place_in_words, shift_in_words
from diagnostics.faults import named
from diagnostics.faults_lift import CATALOGUE
from diagnostics.landed import LANDING_LIMIT, faults_in_landing, landing_of, worst_cells
from diagnostics.probes_lift import MeasuredLanding
from diagnostics.readings import read_between_unequal_cells, read_places
from diagnostics.recipe import HALF, Landing
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import Fault, Finding, SkipCheck

_MOVED = 0.05  # source pixels: what a cast has to move to be seen at all
_SAME = 1e-5  # cells: the noise of one and the same lift, asked twice
_EVEN_MIX = 2.0  # of cells of weight 3 and 1 half way: 3 if mixed as they are, 1 if each was normalised first


def check_lift_reads_the_place_it_is_asked_for(subject: Subject) -> Finding:
    """A point reads the grid where the preprocess put it, at every image size."""
    subject.stage("lift")
    measured = landing_of(subject)
    chains = measured.chains
    errors, points = crop_errors(measured.landing, chains)
    cells = worst_cells(measured)
    worst = np.unravel_index(cells.argmax(), cells.shape)
    return Finding(
        value=float(np.hypot(*errors[worst])),
        limit=float(np.hypot(*(LANDING_LIMIT * chains.pixels_a_cell[worst[0]]))),
        unit="source px",
        worst=f"{place_in_words(chains, int(worst[0]), points[worst])}: reads {shift_in_words(errors[worst][None])}",
        faults=faults_in_landing(subject),
        note=_cells_in_words(measured),
    )


def check_lift_interpolates_as_it_means_to(subject: Subject) -> Finding:
    """A lift that means to interpolate mixes cells; one that means to read the nearest does not."""
    subject.stage("lift")
    measured = landing_of(subject)
    if subject.pipeline.interpolation == "nearest":
        return Finding(note="reads single cells, as it means to" if measured.nearest else "reads between cells")
    if measured.raster is None or measured.cut:
        return Finding(note="interpolates between cells")
    rounded = tuple(fault for fault in faults_in_landing(subject) if fault.id == "cell-rounded")
    if rounded:
        return Finding(faults=rounded)
    error = HALF * measured.chains.pixels_a_cell[0] / measured.raster.fineness
    fault = named(
        CATALOGUE,
        "nearest-sampling",
        error_px=float(np.hypot(*error)),
        where="everywhere between cell centres",
        shift=f"up to half a cell beside the place, {error[0]:.1f} source pixels in x and {error[1]:.1f} in y",
    )
    return Finding(faults=(fault,))


def check_lift_keeps_fractions_of_a_pixel(subject: Subject) -> Finding:
    """Points between pixels read between the places of the pixels: nothing is rounded on the way."""
    subject.stage("lift")
    measured = landing_of(subject)
    chains = measured.chains
    if measured.nearest or subject.pipeline.interpolation == "nearest":
        raise SkipCheck("the lift reads single cells, which hides fractions of a pixel")
    worst, limit, where, casts = 0.0, float("inf"), "", set()
    for index, size in enumerate(chains.sizes):
        points = _fractional(measured, index)
        places = read_places(subject, size, points).place
        off = np.abs((places - measured.at(index, points)) * chains.pixels_a_cell[index]).max(axis=-1)
        allowed = LANDING_LIMIT * float(chains.pixels_a_cell[index].max())
        casts.add("integer-points" if measured.cut else _cast(subject, size, points, places))
        if off.max() / allowed >= worst / limit:
            worst, limit, where = float(off.max()), allowed, place_in_words(chains, index, points[off.argmax()])
    shift = f"up to {worst:.2f} source pixels beside the place"
    faults = [named(CATALOGUE, cast, error_px=worst, where=where, shift=shift) for cast in sorted(casts - {""})]
    if worst > limit and not faults:
        faults = [_ragged(worst, where)]
    return Finding(worst, limit, "source px", where, tuple(faults))


def check_lift_leaves_features_as_they_are(subject: Subject) -> Finding:
    """Half way between two cells the stronger one has the greater share: the map is not normalised cell by cell."""
    subject.stage("lift")
    measured = landing_of(subject)
    if measured.nearest:
        raise SkipCheck("the lift reads single cells, so nothing is mixed")
    if any(fault.id == "unexplained" for fault in faults_in_landing(subject)):
        raise SkipCheck("where the lift reads is not explained, so what it mixes cannot be told")
    landing = measured.landing
    at_first = Landing(landing.gain[[0]], landing.shift[[0]], landing.swapped)
    ratio = read_between_unequal_cells(subject, measured.chains.sizes[0], at_first)
    if ratio > _EVEN_MIX:
        return Finding(note=f"cells of weight 3 and 1 mix {ratio:.2f} to 1 half way")
    fault = named(CATALOGUE, "map-l2-normalised", where="between cells of different length")
    return Finding(faults=(fault,), worst=f"cells of weight 3 and 1 mix {ratio:.2f} to 1 half way")


def _cells_in_words(measured: MeasuredLanding) -> str:
    """A remark where cells do not tile the crop in whole pixels: what was taken for true."""
    chains = measured.chains
    if (chains.patch * chains.cells == chains.crop).all() and (chains.patch == np.rint(chains.patch)).all():
        return ""
    (x, y), (width, height) = chains.patch[0], chains.crop[0]
    return f"cells of {y:.6g}x{x:.6g} crop pixels (height, width) on a crop of {height:.0f}x{width:.0f}"


def _fractional(measured: MeasuredLanding, index: int) -> Floats:
    """Points between pixels, spread over what was measured."""
    low, high = measured.low[index] + 1, measured.high[index] - 1
    share = np.random.default_rng(0).uniform(size=(200, 2))
    points: Floats = low + share * (high - low)
    return points[:, ::-1] if measured.landing.swapped else points


def _cast(subject: Subject, size: tuple[int, int], points: Floats, places: Floats) -> str:
    """What the lift does to its points first: the very same places come back when it is done to them beforehand."""
    shift = HALF if subject.pipeline.origin == "edge" else 0.0
    given = points + shift
    casts: dict[str, tuple[Callable[[Floats], Floats], ...]] = {
        "integer-points": (np.trunc, np.rint),
        "half-precision-points": (_float16, _bfloat16),
    }
    for fault, rules in casts.items():
        for rule in rules:
            moved = rule(given) - given
            again = read_places(subject, size, points + moved).place
            if np.abs(moved).max() > _MOVED and np.abs(again - places).max() < _SAME:
                return fault
    return ""


def _float16(values: Floats) -> Floats:
    return values.astype(np.float16).astype(np.float64)


def _bfloat16(values: Floats) -> Floats:
    rounded: Floats = torch.from_numpy(values).bfloat16().double().numpy()
    return rounded


def _ragged(worst: float, where: str) -> Fault:
    return Fault(
        id="unexplained",
        stage="lift",
        error_px=worst,
        where=where,
        explanation=(
            f"Points between pixels read up to {worst:.2f} source pixels beside the straight line that whole pixels "
            "follow, and neither a cast to integers nor to float16 explains it."
        ),
        remedy="Keep coordinates in float32 from the projection to the sampler.",
    )

"""Names a measured landing: the fewest wrong links that reproduce it at every probed size, or nothing at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from diagnostics.chains import Chains
from diagnostics.crop_errors import crop_errors, place_in_words, shift_in_words
from diagnostics.faults import named
from diagnostics.faults_lift import CATALOGUE
from diagnostics.probes_lift import MeasuredLanding
from diagnostics.recipe import WRITTEN_REALISED, Landing, Link, Recipe, alone, recipes, wrong_links
from diagnostics.solved import solved_links
from diagnostics.subject import Floats
from diagnostics.verdict import Fault, OwnLanding

MATCH = 0.003  # cells: three times what a probe is good to, a fifth of the smallest fault told apart
_MOST_WRONG = 3


def explanations(measured: MeasuredLanding) -> list[Recipe]:
    """The recipes with the fewest wrong links that fit at every size, one a set of ids; empty where none fits."""
    chains = measured.chains
    links = wrong_links(chains, cut=measured.cut)
    for wrong in range(1, _MOST_WRONG + 1):
        known = [*links, *solved_links(measured.landing, chains)] if wrong == 1 else links
        tried = ((_misses(measured, landing), chosen) for chosen, landing in recipes(chains, known, wrong))
        fitting = [(miss, chosen) for miss, chosen in tried if miss <= MATCH]
        if fitting:
            return _distinct(fitting)
    return []


def name_landing(
    measured: MeasuredLanding, meant: str = "bilinear", known: Collection[str] = (), rivals: Sequence[Recipe] = ()
) -> tuple[Fault, ...]:
    """The faults that together explain `measured`; one `unexplained` with the measured map where nothing does.

    meant: the interpolation that the lift means to do. known: ids found otherwise, preferred.
    rivals: what explains it as well where cells may lie otherwise on the crop.
    """
    fitting = explanations(measured)
    if not fitting:
        return (_unexplained(measured),)
    chosen, *others = sorted(fitting, key=lambda recipe: not any(link.fault in known for link in recipe))
    sets = list(dict.fromkeys(" + ".join(str(link.fault) for link in each) for each in (chosen, *others, *rivals)))
    return tuple(
        _named(link, measured, meant, tuple(sets[1:]), single=len(chosen) == 1)
        for link in sorted(chosen, key=lambda link: list(CATALOGUE).index(str(link.fault)))
    )


def _named(link: Link, measured: MeasuredLanding, meant: str, rivals: tuple[str, ...], *, single: bool) -> Fault:
    chains, fault_id = measured.chains, str(link.fault)
    if measured.nearest and fault_id == "half-cell-missing":
        # For single cells it is round(f) for floor(f); where cells were to be mixed, that is one cause, not two.
        same = fault_id if meant == "nearest" else f"{fault_id} + nearest-sampling"
        fault_id, rivals = "cell-rounded", (same, *rivals)
    if link == WRITTEN_REALISED:
        rivals = ("source-half-pixel + half-cell-missing", *rivals)
    landing = measured.landing if single else alone(link, chains)
    return replace(_fault(fault_id, link.detail, landing, chains, rivals), links=link.slots)


def _corners(measured: MeasuredLanding) -> Floats:
    """The ends of what was measured at every size, image index points (S, 2, 2)."""
    points = np.stack([measured.low, measured.high], axis=1)
    return points[..., ::-1] if measured.landing.swapped else points


def _misses(measured: MeasuredLanding, landing: Landing) -> float:
    """Worst distance in cells between a hypothesis and what was measured: at a corner, both being affine."""
    if landing.swapped != measured.landing.swapped:
        return float("inf")
    # Two lines whose slopes differ miss each other at one end at least by this, which is quicker to tell.
    apart = float((np.abs(landing.gain - measured.landing.gain) * (measured.high - measured.low)).max()) / 2
    if apart > MATCH:
        return apart
    points = _corners(measured)
    return float(np.abs(landing.at(points) - measured.landing.at(points)).max())


def _distinct(fitting: list[tuple[float, Recipe]]) -> list[Recipe]:
    """One recipe for each set of fault ids, in the order found, with the details that fit best."""
    best: dict[tuple[str, ...], tuple[float, Recipe]] = {}
    for miss, chosen in fitting:
        ids = tuple(sorted(str(link.fault) for link in chosen))
        if ids not in best or miss < best[ids][0]:
            best[ids] = (miss, chosen)
    return [chosen for _, chosen in best.values()]


def _fault(fault_id: str, detail: str, landing: Landing, chains: Chains, alternatives: tuple[str, ...] = ()) -> Fault:
    errors, points = crop_errors(landing, chains)
    worst = np.unravel_index(np.hypot(*np.moveaxis(errors, -1, 0)).argmax(), errors.shape[:2])
    fault = named(
        CATALOGUE,
        fault_id,
        error_px=float(np.hypot(*errors[worst])),
        where=place_in_words(chains, int(worst[0]), points[worst]),
        alternatives=alternatives,
        detail=detail or "as it stands",
        shift=shift_in_words(errors[0]),
    )
    return replace(fault, landing=_own(landing, chains, int(worst[0])))


def _own(landing: Landing, chains: Chains, index: int) -> OwnLanding:
    (sx, sy), (tx, ty) = landing.gain[index].tolist(), landing.shift[index].tolist()
    return OwnLanding(chains.sizes[index], (sx, sy), (tx, ty), landing.swapped)


def _unexplained(measured: MeasuredLanding) -> Fault:
    chains = measured.chains
    errors, points = crop_errors(measured.landing, chains)
    worst = np.unravel_index(np.hypot(*np.moveaxis(errors, -1, 0)).argmax(), errors.shape[:2])
    (gx, gy), (sx, sy) = measured.landing.gain[0], measured.landing.shift[0]
    names = ("v", "u") if measured.landing.swapped else ("u", "v")
    height, width = chains.sizes[0]
    return Fault(
        id="unexplained",
        stage="lift",
        error_px=float(np.hypot(*errors[worst])),
        where=place_in_words(chains, int(worst[0]), points[worst]),
        explanation=(
            f"No known mistake explains where the lift reads. Measured at {width}x{height}: grid x = {gx:.6f} "
            f"{names[0]} {sx:+.4f}, grid y = {gy:.6f} {names[1]} {sy:+.4f}, to {measured.residual[0]:.4f} cells. It "
            f"reads {shift_in_words(errors[0])}."
        ),
        remedy="Compare with geometry_of(preprocess, image_size).grid_from_image(points), link by link.",
        landing=_own(measured.landing, chains, int(worst[0])),
    )

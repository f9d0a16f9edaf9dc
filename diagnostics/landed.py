"""The measured landing of a subject's lift and the faults in it, found once, over the cells that explain it best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diagnostics.chains import true_chains
from diagnostics.crop_errors import crop_errors
from diagnostics.explain import explanations, name_landing
from diagnostics.probes_lift import MeasuredLanding, measure_landing
from diagnostics.subject import Floats, Subject
from diagnostics.upsampled import upsampling_faults
from diagnostics.verdict import Fault

LANDING_LIMIT = 0.005  # cells: a shift of 0.002 cells moves nobody, one of 0.02 is a fault


def landing_of(subject: Subject) -> MeasuredLanding:
    """The measured landing of the subject's lift.

    Where nothing tells how the cells lie on the crop, the way is taken in which the lift has the fewest faults.

    Raises `StageError` and `SkipCheck` as measuring it does.
    """
    return _landings(subject)[0]


def faults_in_landing(subject: Subject) -> tuple[Fault, ...]:
    """What is wrong with where the lift reads; what `upsample` brings in has its stage. Raises as `landing_of`."""
    measured = landing_of(subject)
    return subject.once("landing faults", lambda: () if is_right(measured) else _faults(subject, measured))


def worst_cells(measured: MeasuredLanding) -> Floats:
    """Errors at every size and point of `crop_errors.crop_errors`, cells of the worse axis (S, 9)."""
    errors, _ = crop_errors(measured.landing, measured.chains)
    worst: Floats = np.abs(errors / measured.chains.pixels_a_cell[:, None]).max(axis=-1)
    return worst


def is_right(measured: MeasuredLanding) -> bool:
    """Whether the lift reads where it should, to `LANDING_LIMIT`."""
    return not measured.landing.swapped and bool(worst_cells(measured).max() <= LANDING_LIMIT)


def _landings(subject: Subject) -> list[MeasuredLanding]:
    """The landing over the cells that explain it best, then over any others that do as well."""
    return subject.once("landing", lambda: _measured(subject))


def _measured(subject: Subject) -> list[MeasuredLanding]:
    ways = true_chains(subject)
    measured = measure_landing(subject, ways[0])
    telling = [ways[0].sizes.index(size) for size in measured.chains.sizes]
    candidates = [replace(measured, chains=way.only(telling)) for way in ways]
    if len(candidates) == 1:
        return candidates
    wrong = [_wrong_links(candidate) for candidate in candidates]
    return [way for way, count in zip(candidates, wrong, strict=True) if count == min(wrong)]


def _wrong_links(measured: MeasuredLanding) -> float:
    if is_right(measured):
        return 0
    fitting = explanations(measured)
    return len(fitting[0]) if fitting else float("inf")


def _faults(subject: Subject, measured: MeasuredLanding) -> tuple[Fault, ...]:
    upsampling = {fault.id for fault in upsampling_faults(subject)}
    rivals = [recipe for other in _landings(subject)[1:] for recipe in explanations(other)]
    named = name_landing(measured, subject.pipeline.interpolation, known=upsampling, rivals=rivals)
    return tuple(replace(fault, stage="upsample") if fault.id in upsampling else fault for fault in named)

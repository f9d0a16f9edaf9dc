"""What is wrong with an upsampling by itself, whether or not the lift makes up for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diagnostics.explain import MATCH
from diagnostics.faults import named
from diagnostics.faults_lift import CATALOGUE
from diagnostics.probes_upsample import UPSAMPLING_LIMIT, MeasuredUpsampling, measured_upsampling, repeats_cells
from diagnostics.samplers import upsamplings
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import Fault, SkipCheck, StageError

_REMEDY = "torch.nn.functional.interpolate(features, size, mode='bilinear', align_corners=False)."


def upsampling_faults(subject: Subject) -> tuple[Fault, ...]:
    """The fault of `upsample` by itself; none where it is right, missing, or follows no straight line."""
    try:
        if repeats_cells(subject):
            return () if subject.pipeline.interpolation == "nearest" else (_repeating(),)
        measured = measured_upsampling(subject)
    except (StageError, SkipCheck):
        return ()
    errors = measured.errors
    if np.abs(errors).max() <= UPSAMPLING_LIMIT:
        return ()
    cells = np.array([subject.pipeline.grid[::-1]], dtype=np.float64)
    for fault_id, (stretch, move), detail in upsamplings(measured.fine[None], cells):
        expected = stretch * measured.right + move - measured.right
        if np.abs(errors - expected).max() <= MATCH:
            return (_fault(fault_id, detail, errors),)
    return (_unexplained(measured, errors),)


def _repeating() -> Fault:
    shift = "the middle of a coarse cell, wherever in it a point lies"
    fault = named(CATALOGUE, "nearest-sampling", where="the upsampled map", shift=shift)
    return replace(fault, stage="upsample", remedy=_REMEDY)


def _fault(fault_id: str, detail: str, errors: Floats) -> Fault:
    shift = f"up to {np.abs(errors).max():.2f} of a coarse cell beside its place"
    return replace(named(CATALOGUE, fault_id, where="the upsampled map", detail=detail, shift=shift), stage="upsample")


def _unexplained(measured: MeasuredUpsampling, errors: Floats) -> Fault:
    (gx, gy), (sx, sy) = measured.gain, measured.shift
    return Fault(
        id="unexplained",
        stage="upsample",
        error_px=None,
        where="the upsampled map",
        explanation=(
            f"Fine cells hold places up to {np.abs(errors).max():.3f} coarse cells beside their own, by no known "
            f"mistake: place x = {gx:.5f} x {sx:+.4f}, place y = {gy:.5f} y {sy:+.4f}, in coarse cell indices."
        ),
        remedy=_REMEDY,
    )

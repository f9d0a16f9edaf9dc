"""The law of an upsampling: a fine cell holds what the coarse map has at its place, or the lift allows for it."""

from __future__ import annotations

import contextlib

import numpy as np

from diagnostics.landed import faults_in_landing, is_right, landing_of
from diagnostics.probes_upsample import UPSAMPLING_LIMIT, measured_upsampling, repeats_cells
from diagnostics.subject import Subject
from diagnostics.upsampled import upsampling_faults
from diagnostics.verdict import Finding, SkipCheck, StageError


def check_upsample_keeps_places(subject: Subject) -> Finding:
    """The centre of every fine cell holds the coarse map's value there; a lift that knows otherwise may make up for it.

    With a lift the fault carries its landing error in source pixels.
    """
    subject.stage("upsample")
    if repeats_cells(subject):
        return Finding(faults=upsampling_faults(subject), note="fine cells are copies of coarse ones")
    errors = measured_upsampling(subject).errors
    alone = upsampling_faults(subject)
    with contextlib.suppress(SkipCheck, StageError):
        if alone and is_right(landing_of(subject)):
            aside = f"{np.abs(errors).max():.2f} coarse cells"
            return Finding(note=f"fine cells lie up to {aside} beside their place, and the lift allows for it")
        through = tuple(fault for fault in faults_in_landing(subject) if fault.stage == "upsample")
        alone = through or alone
    return Finding(
        value=float(np.abs(errors).max()),
        limit=UPSAMPLING_LIMIT,
        unit="coarse cells",
        worst="the upsampled map, off its rim",
        faults=alone,
    )

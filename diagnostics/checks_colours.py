"""Do colours arrive in the range, the order and the statistics that the pipeline declares?"""

from __future__ import annotations

from typing import Any

import numpy as np

from diagnostics.colour_links import STATISTICS, Links, explain
from diagnostics.faults import named
from diagnostics.faults_preprocess import CATALOGUE
from diagnostics.probes_preprocess import COLOUR_NAMES, measure_colours
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import Fault, Finding, SkipCheck

_GREYS = [COLOUR_NAMES.index(name) for name in ("black", "white", "grey")]
_UNIT = "units of a normalised value"


def check_preprocess_colours(subject: Subject) -> Finding:
    """Black, white, the primaries and grey arrive as the declared statistics say, on values in [0, 1], red first."""
    measured, change = subject.once("colours", lambda: measure_colours(subject))
    declared = subject.pipeline.normalization
    meant = Links(declared)
    if change > meant.tolerance():
        raise SkipCheck("the preprocess is random: one colour arrives as several")
    misses = np.abs(measured - meant.predicted()).max(axis=1)
    worst = int(misses.argmax())
    where = f"{COLOUR_NAMES[worst]} image"
    if _without_colour(measured, meant):
        note = "colours arrive as greys: right where that is meant, as for a model of grey images"
        return Finding(float(misses[_GREYS].max()), meant.tolerance(), _UNIT, where, note=note)
    return Finding(
        value=float(misses[worst]),
        limit=meant.tolerance(),
        unit=_UNIT,
        worst=where,
        faults=_faults(measured, declared, where),
    )


def _without_colour(measured: Floats, meant: Links) -> bool:
    """Whether greys arrive as meant and every colour as one of the greys between black and white."""
    black, white = meant.predicted()[:2]
    levels = (measured - black) / (white - black)
    step = meant.tolerance() / np.abs(white - black).min()
    greys_right = np.abs(measured - meant.predicted())[_GREYS].max() <= meant.tolerance()
    between = levels.min() >= -step and levels.max() <= 1 + step
    return bool(greys_right and between and np.ptp(levels, axis=1).max() <= 2 * step)


def _faults(measured: Floats, declared: str, where: str) -> tuple[Fault, ...]:
    """What is wrong with the colours, each link by its own fault; none where they arrive as meant."""
    links = explain(measured, declared)
    numbers = _numbers(measured, declared)
    if links is None:
        return (_unexplained("No known statistics, range or order of channels explain it", where, numbers),)
    return tuple(
        named(CATALOGUE, fault_id, where=where, what="the crop", **numbers)
        if fault_id in CATALOGUE
        else _unexplained(f"Pixels are normalised with the statistics of {links.statistics!r}", where, numbers)
        for fault_id in links.wrong(declared)
    )


def _unexplained(why: str, where: str, numbers: dict[str, Any]) -> Fault:
    explanation = (
        f"Colours do not arrive in the declared statistics. {why}: black arrives as {numbers['black']}, white as "
        f"{numbers['white']}, grey (128) as {numbers['grey']}; with {numbers['declared']!r} black and white are "
        f"{numbers['want_black']} and {numbers['want_white']}."
    )
    remedy = (
        f"Normalize(mean={numbers['mean']}, std={numbers['std']}) on values in [0, 1], red first; or declare what is "
        f"meant, Pipeline(normalization=...), one of {', '.join(map(repr, STATISTICS))}."
    )
    return Fault("unexplained", "preprocess", None, where, explanation, remedy)


def _numbers(measured: Floats, declared: str) -> dict[str, Any]:
    """What was measured and what was meant, for the texts."""
    mean, std = STATISTICS[declared]
    predicted = Links(declared).predicted()
    rows = {
        "black": measured[0],
        "white": measured[1],
        "grey": measured[5],
        "want_black": predicted[0],
        "want_white": predicted[1],
    }
    texts = {name: f"({', '.join(f'{value:.3g}' for value in row)})" for name, row in rows.items()}
    return texts | {"declared": declared, "mean": str(mean), "std": str(std)}

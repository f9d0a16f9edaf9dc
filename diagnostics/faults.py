"""The catalogue of faults: what each id means, in words with a pipeline's own numbers, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diagnostics.verdict import Fault

UNEXPLAINED = "unexplained"  # the id of what no entry explains


@dataclass(frozen=True)
class Entry:
    """One fault of the catalogue.

    stage: where it acts: load, preprocess, encode, upsample, lift, project or module.
    explanation: one paragraph, a format string; the names in its braces are given by the check that finds it.
    remedy: what to change, a formula or a line of code; a format string with the same names.
    seen_in: where it was seen in the wild.
    """

    stage: str
    explanation: str
    remedy: str
    seen_in: str


def named(
    catalogue: Mapping[str, Entry],
    fault_id: str,
    *,
    error_px: float | None = None,
    where: str = "",
    alternatives: tuple[str, ...] = (),
    **numbers: Any,
) -> Fault:
    """The fault `fault_id`, its explanation and remedy filled in with `numbers`.

    Raises `KeyError` for an id that the catalogue does not have and for a name its text needs but `numbers` lacks.
    """
    entry = catalogue[fault_id]
    return Fault(
        id=fault_id,
        stage=entry.stage,
        error_px=error_px,
        where=where,
        explanation=entry.explanation.format(**numbers),
        remedy=entry.remedy.format(**numbers),
        alternatives=alternatives,
    )


def docs_page(fault_id: str) -> str:
    """The page of a fault, a path in the repository; what nothing explains has the list of all."""
    return f"docs/faults/{'README' if fault_id == UNEXPLAINED else fault_id}.md"

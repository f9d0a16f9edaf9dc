"""What a check finds, as data: faults by their catalogue id, one result a check, and the diagnosis they add up to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

SCHEMA = 1
_AS_IN = ", as in "
STATUSES = ("passed", "failed", "skipped", "error", "expected")


@dataclass(frozen=True)
class OwnLanding:
    """Where a lift with one fault alone reads at one image size `(height, width)`.

    scale, shift: (x, y); grid index `scale * u + shift` of an image index coordinate. swapped: x is read for y.
    """

    image_size: tuple[int, int]
    scale: tuple[float, float]
    shift: tuple[float, float]
    swapped: bool


@dataclass(frozen=True)
class Fault:
    """One mistake, named.

    id: its name in the catalogue, or `"unexplained"`. stage: where in the pipeline it acts.
    error_px: worst landing error that it causes, source pixels; None for a fault that moves nothing.
    where: where it is worst, in words. explanation: what is wrong, with this pipeline's numbers.
    remedy: what to change, a formula or a line of code. alternatives: ids that explain what was measured as well.
    links: the links of the landing that are chosen wrong, names of `recipe.SLOTS`; none for what is no landing.
    landing: what it does alone, at the image size where it is worst; None where it has no landing of its own.
    """

    id: str
    stage: str
    error_px: float | None
    where: str
    explanation: str
    remedy: str
    alternatives: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    landing: OwnLanding | None = None


@dataclass(frozen=True)
class Finding:
    """What one check measured: a value against its limit, where it was worst, and the faults that explain a failure.

    value, limit: in `unit`; a check passes where value <= limit. Both may be None for a check of kinds, not sizes;
    it then passes where it found no fault. note: a remark that is no fault.
    """

    value: float | None = None
    limit: float | None = None
    unit: str = ""
    worst: str = ""
    faults: tuple[Fault, ...] = ()
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether no fault was found and the value keeps its limit; a value that is not a number never does."""
        within = self.value is None or self.limit is None or self.value <= self.limit
        return within and not self.faults


@dataclass(frozen=True)
class Result:
    """One check's outcome.

    command: what runs this check alone again. reason: why it was skipped, expected to fail, or could not run; a remark
    where it did run. faults: ids of those that it found.
    """

    name: str
    status: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    worst: str = ""
    command: str = ""
    reason: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """Everything that a pipeline's checks found, faults in the order in which data flows.

    passed: nothing failed, nothing raised, and something was measured; skipped checks do not count against it.
    conditions: what it was measured with. evidence: what was measured, to be drawn; see `evidence.evidence_of`.
    """

    pipeline: str
    faults: tuple[Fault, ...]
    results: tuple[Result, ...]
    conditions: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """True where at least one check measured something and none failed or raised."""
        statuses = {result.status for result in self.results}
        return "passed" in statuses and not statuses & {"failed", "error"}

    def to_dict(self) -> dict[str, Any]:
        """The diagnosis as JSON values, with the number of its schema: what `results.schema.json` describes."""
        return {
            "schema": SCHEMA,
            "pipeline": self.pipeline,
            "passed": self.passed,
            "faults": [_plain(asdict(fault)) for fault in self.faults],
            "results": [_plain(asdict(result)) for result in self.results],
            "conditions": _plain(self.conditions),
            **_plain(self.evidence),
        }


def _plain(value: Any) -> Any:
    """`value` as JSON has it: tuples are lists, and what is infinite or not a number, so beyond measure, is null."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class SkipCheck(Exception):  # noqa: N818 - it is no error
    """Raised by a check that has nothing to measure; the message is the reason."""


class StageError(Exception):
    """A stage of the pipeline raised, or returned what its signature does not allow.

    brief: the error in short, the same for all errors of one cause; the message where none is given.
    """

    def __init__(self, stage: str, message: str, brief: str | None = None) -> None:
        super().__init__(f"{stage}: {message}")
        self.stage = stage
        self.brief = f"{stage}: {brief or message}"


def as_in(brief: str, check: str) -> str:
    """The reason of an error that `check` met first and tells in full."""
    return f"{brief}{_AS_IN}{check}"


def first_met(reason: str) -> str:
    """The check that a reason made by `as_in` refers to; empty for any other."""
    return reason.rpartition(_AS_IN)[2] if _AS_IN in reason else ""


def in_order(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Each fault once, the first of its id and stage, in the order given."""
    seen: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        seen.setdefault((fault.id, fault.stage), fault)
    return tuple(seen.values())

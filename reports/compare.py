"""Two runs of the checks side by side: what is fixed, new, worse or better, and what nobody measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reports.differences import Difference, differences
from reports.outcomes import counted
from reports.results_file import Results
from reports.settled import MEASURED, Key, Open, Run, open_question

Group = Literal["new", "worse", "fixed", "better", "unknown now", "unknown before", "unchanged"]
GROUPS: tuple[Group, ...] = ("new", "worse", "fixed", "better", "unknown now", "unknown before", "unchanged")
Course = Literal["worse", "better", "other"]
COURSES: tuple[Course, ...] = ("worse", "other", "better")
Verdict = Literal["better", "worse", "mixed", "unchanged", "clean"]

_PX = ("px", "source px")  # units of the limits that are landing errors
_PRINTED = 0.01  # source pixels: two decimals are printed, and what they do not show is no change
_ONE_ERROR = "only one run gives its error in source pixels"
_OTHER_SIZES = "measured at other image sizes"
_BAD = ("failed", "error", "expected")
_TOLD = _PASSED_BEFORE, _PASSED_NOW, _MEASURED_BEFORE, _MEASURED_NOW = (
    "passed before and not now",
    "passed now and not before",
    "measured before and not now",
    "measured now and not before",
)


@dataclass(frozen=True)
class FaultChange:
    """One fault, an (id, stage), in both runs.

    base, head: its records in the results; None where a run does not tell it. why: why it is in its group, where that
    is not plain; None elsewhere.
    """

    group: Group
    base: Results | None
    head: Results | None
    why: Open | None = None

    @property
    def fault(self) -> Results:
        """The record that is to be shown: the later one."""
        return next(record for record in (self.head, self.base) if record is not None)


@dataclass(frozen=True)
class CheckChange:
    """One check that went another way. base, head: its records in the results; None where a run does not have it.

    course: "worse" where it passed and does not any more, "better" where it is the other way round, both only at image
    sizes that the run in which it passed had measured, too; else "other".
    """

    name: str
    base: Results | None
    head: Results | None
    course: Course

    @property
    def told(self) -> str:
        """What this says about the runs, in words; empty where it is neither a course nor a check that one lacks."""
        before, now = (record is not None and record["status"] in MEASURED for record in (self.base, self.head))
        if self.course != "other":
            return _PASSED_BEFORE if self.course == "worse" else _PASSED_NOW
        return "" if before == now else _MEASURED_BEFORE if before else _MEASURED_NOW


@dataclass(frozen=True)
class Comparison:
    """What changed from `base` to `head`, the results of two runs.

    faults: every fault of either run once, ordered by `GROUPS`. checks: those that went another way, worse ones first.
    differences: what besides the code may be the cause.
    """

    base: Results
    head: Results
    faults: tuple[FaultChange, ...]
    checks: tuple[CheckChange, ...]
    differences: tuple[Difference, ...]

    def of(self, group: Group) -> tuple[FaultChange, ...]:
        """The faults of one group."""
        return tuple(change for change in self.faults if change.group == group)

    @property
    def words(self) -> str:
        """How many faults are in which group; empty where there are none."""
        counts = Counter(change.group for change in self.faults)
        return ", ".join(f"{counts[group]} {group}" for group in GROUPS if counts[group])

    @property
    def verdict(self) -> Verdict:
        """For the better or the worse, by what both runs measured: an unknown fault is neither."""
        courses = {change.course for change in self.checks} | {change.group for change in self.faults}
        worse, better = bool(courses & {"worse", "new"}), bool(courses & {"better", "fixed"})
        if worse or better:
            return "mixed" if worse and better else "worse" if worse else "better"
        return "clean" if _clean(self.base) and _clean(self.head) else "unchanged"

    @property
    def sentence(self) -> str:
        """The verdict with its numbers, of faults and of checks."""
        parts = [part for part in (self._faults(), *self._checks()) if part]
        return f"{self.verdict.capitalize()}: {'; '.join(parts) or 'neither run tells a fault'}."

    def _faults(self) -> str:
        counts = Counter(change.group for change in self.faults)
        told = [f"{counted(counts[group], 'fault')} {group}" for group in GROUPS if counts[group]]
        return "no fault before, none now" if self.verdict == "clean" else ", ".join(told)

    def _checks(self) -> Iterator[str]:
        counts = Counter(change.told for change in self.checks)
        return (f"{counted(counts[told], 'check')} {told}" for told in _TOLD if counts[told])


def compare(base: Results, head: Results) -> Comparison:
    """What changed from `base` to `head`, results as `reports.results_file` reads them.

    A fault that one run alone tells is fixed or new only where the other measured that it is not there; see
    `settled.open_question`. One that both tell is worse or better where its error changed by more than measuring
    explains: what its check calls no error at all, it calls no change either.
    """
    one, other = Run(base), Run(head)
    faults = [_fault(key, one, other) for key in {**one.faults, **other.faults}]
    checks = [_check(name, one, other) for name in {**one.checks, **other.checks} if _changed(name, one, other)]
    return Comparison(
        base=base,
        head=head,
        faults=tuple(sorted(faults, key=lambda change: GROUPS.index(change.group))),
        checks=tuple(sorted(checks, key=lambda change: COURSES.index(change.course))),
        differences=differences(one, other),
    )


# Faults -------------------------------------------------------------------------------------------------------------


def _fault(key: Key, base: Run, head: Run) -> FaultChange:
    before, now = base.faults.get(key), head.faults.get(key)
    if before is not None and now is not None:
        group, why = _of_both(before, now, base, head)
        return FaultChange(group, before, now, why)
    if before is not None:
        why = open_question(before, base, head)
        return FaultChange("unknown now" if why else "fixed", before, None, why)
    why = open_question(head.faults[key], head, base)
    return FaultChange("unknown before" if why else "new", None, head.faults[key], why)


def _of_both(before: Results, now: Results, base: Run, head: Run) -> tuple[Group, Open | None]:
    errors = before["error_px"], now["error_px"]
    if None in errors:
        return "unchanged", None if errors == (None, None) else Open(_ONE_ERROR)
    growth = errors[1] - errors[0]
    if abs(growth) <= _explained(before, now, base, head):
        return "unchanged", None
    fewer, more = (base, head) if growth > 0 else (head, base)
    if not more.sizes <= fewer.sizes:
        return "unchanged", Open(_OTHER_SIZES)
    return "worse" if growth > 0 else "better", None


def _explained(before: Results, now: Results, base: Run, head: Run) -> float:
    """The change in source pixels that measuring explains: what the checks that found the fault allow, in pixels."""
    found_by = [*base.found_by(before), *head.found_by(now)]
    limits = [check["limit"] for check in found_by if check["unit"] in _PX and check["limit"] is not None]
    return float(max([_PRINTED, *limits]))


# Checks -------------------------------------------------------------------------------------------------------------


def _check(name: str, base: Run, head: Run) -> CheckChange:
    course: Course = "worse" if _fell(name, base, head) else "better" if _fell(name, head, base) else "other"
    return CheckChange(name, base.checks.get(name), head.checks.get(name), course)


def _fell(name: str, before: Run, now: Run) -> bool:
    """Whether a check passed and does not any more, at image sizes that were all measured when it passed."""
    if name not in before.checks or name not in now.checks or not now.sizes <= before.sizes:
        return False
    return before.checks[name]["status"] == "passed" and now.checks[name]["status"] in _BAD


def _changed(name: str, base: Run, head: Run) -> bool:
    records = [run.checks.get(name) for run in (base, head)]
    return len({None if record is None else record["status"] for record in records}) > 1


def _clean(results: Results) -> bool:
    """Whether something was measured, nothing is wrong and nothing is expected to be."""
    statuses = {result["status"] for result in results["results"]}
    return "passed" in statuses and statuses.isdisjoint(_BAD) and not results["faults"]

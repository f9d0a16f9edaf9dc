"""Whether a fault that only one of two runs tells was measured by the other: what nobody measured is not settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from diagnostics.faults import UNEXPLAINED
from reports.results_file import Results

Key = tuple[str, str]
MEASURED = ("passed", "failed")  # statuses of a check that measured and says what it found

NOT_MEASURED = "its check did not measure the other run"
OTHER_SIZES = "the other run is not known to have measured all its image sizes"
OTHER_NAME = "what its check finds in the other run may be the same mistake by another name"
NO_CHECK = "no check is recorded to have found it"


@dataclass(frozen=True)
class Open:
    """Why it is open whether a fault is there in the other run, too: in words, and the checks that it is about."""

    why: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """The results of one run by name; of faults with one id and stage, and of checks with one name, the first."""

    results: Results

    @cached_property
    def faults(self) -> dict[Key, Results]:
        """The faults by (id, stage), in order."""
        found: dict[Key, Results] = {}
        for fault in self.results["faults"]:
            found.setdefault((fault["id"], fault["stage"]), fault)
        return found

    @cached_property
    def checks(self) -> dict[str, Results]:
        """The checks by name, in order."""
        found: dict[str, Results] = {}
        for result in self.results["results"]:
            found.setdefault(result["name"], result)
        return found

    @cached_property
    def measured(self) -> frozenset[str]:
        """Names of the checks that measured something."""
        return frozenset(name for name, result in self.checks.items() if result["status"] in MEASURED)

    @cached_property
    def sizes(self) -> frozenset[tuple[int, int]]:
        """The image sizes (height, width) that were asked for, where they are recorded."""
        return frozenset((height, width) for height, width in self.results["conditions"].get("image_sizes", ()))

    def found_by(self, fault: Results) -> list[Results]:
        """The checks that found a fault; where a file does not say, every one that failed without a word on why."""
        failed = [result for result in self.checks.values() if result["status"] == "failed"]
        naming = [result for result in failed if fault["id"] in ids_of(result)]
        return naming or [result for result in failed if not ids_of(result)]


def open_question(fault: Results, told: Run, other: Run) -> Open | None:
    """Why the absence of `fault`, which the run `told` has, is not settled by `other`; None where `other` measured it.

    It is settled where every check that found the fault measured the other run at all the image sizes, too, and what
    these checks find there cannot be the same mistake by another name.
    """
    checks = [result["name"] for result in told.found_by(fault)]
    if not checks:
        return Open(NO_CHECK)
    if unmeasured := tuple(name for name in checks if name not in other.measured):
        return Open(NOT_MEASURED, unmeasured)
    if not told.sizes <= other.sizes:
        return Open(OTHER_SIZES)
    hiding = tuple(name for name in checks if _may_be(fault, other.checks[name], told, other))
    return Open(OTHER_NAME, hiding) if hiding else None


def ids_of(result: Results) -> set[str]:
    """The faults that a check found; none where an older file does not say."""
    return set(result.get("faults", ()))


def _may_be(fault: Results, result: Results, told: Run, other: Run) -> bool:
    """Whether `fault` may be among what a check found in the other run, although that run does not tell it."""
    if result["status"] == "passed":
        return False
    ids = ids_of(result)
    if not ids or UNEXPLAINED in ids:
        return True
    fresh = ids - {fault_id for fault_id, _ in told.faults.keys() & other.faults.keys()}
    return bool(fresh) if fault["id"] == UNEXPLAINED else not fresh.isdisjoint(_aliases(fault, other))


def _aliases(fault: Results, other: Run) -> Iterator[str]:
    """Names under which `fault` may appear in the other run: its own in another stage, and what explains it as well."""
    yield from _names(fault)
    yield from (found["id"] for found in other.faults.values() if fault["id"] in _names(found))


def _names(fault: Results) -> Iterator[str]:
    """The id of a fault and those in its alternatives, each of which is one id or several with plus signs between."""
    yield fault["id"]
    for alternative in fault["alternatives"]:
        yield from alternative.split(" + ")

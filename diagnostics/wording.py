"""A diagnosis as plain text that a person enjoys reading: verdict first, failures first, numbers with their limits."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence

from diagnostics.command_line import shown
from diagnostics.faults import docs_page
from diagnostics.verdict import Diagnosis, Fault, Result, first_met

_WIDTH = 100
_TITLES = {
    "error": "Could not run",
    "failed": "Failed",
    "expected": "Failed, as expected",
    "passed": "Passed",
    "skipped": "Skipped",
}


def report(diagnosis: Diagnosis) -> str:
    """The whole diagnosis: verdict, every fault with its remedy, then every check, grouped by how it went."""
    parts = [_verdict(diagnosis), *(_fault(number, fault) for number, fault in enumerate(diagnosis.faults, 1))]
    for status, title in _TITLES.items():
        if results := [result for result in diagnosis.results if result.status == status]:
            parts.append([title, *_rows(status, results)])
    return "\n\n".join("\n".join(map(shown, lines)) for lines in parts)


def _verdict(diagnosis: Diagnosis) -> list[str]:
    counts = {status: sum(result.status == status for result in diagnosis.results) for status in _TITLES}
    tally = ", ".join(f"{count} {_TITLES[status].lower()}" for status, count in counts.items() if count)
    lines = _wrapped(f"{diagnosis.pipeline}: {_finding(diagnosis, counts)}", "")
    return [*lines, f"{_counted(len(diagnosis.results), 'check')}: {tally}"] if tally else lines


def _finding(diagnosis: Diagnosis, counts: dict[str, int]) -> str:
    stuck = f"{_counted(counts['error'], 'check')} could not run"
    if diagnosis.faults:
        names = ", ".join(fault.id for fault in diagnosis.faults)
        found = f"{_counted(len(diagnosis.faults), 'fault')}: {names}"
        return f"{found}; {stuck}" if counts["error"] else found
    if counts["failed"]:
        return f"{_counted(counts['failed'], 'check')} failed"
    if counts["error"]:
        return f"no verdict, {stuck}"
    if counts["passed"]:
        return "no fault found"
    return "nothing failed but what was expected to" if counts["expected"] else "nothing to measure"


def _fault(number: int, fault: Fault) -> list[str]:
    size = "" if fault.error_px is None else f", up to {fault.error_px:.2f} source px"
    lines = _wrapped(f"{number}. {fault.id} in {fault.stage}{size}", "", "   ") + _wrapped(fault.explanation)
    if fault.where:
        lines += _wrapped(f"Worst: {fault.where}")
    lines += _wrapped(f"Fix: {fault.remedy}")
    if fault.alternatives:
        lines += _wrapped(f"Explains it as well: {', '.join(fault.alternatives)}")
    return [*lines, *_wrapped(f"More: {docs_page(fault.id)}")]


def _rows(status: str, results: Sequence[Result]) -> Iterator[str]:
    if status == "skipped":
        for reason, names in _grouped(results, lambda result: result.reason).items():
            yield from _wrapped(f"{reason}: {', '.join(names)}", "  ", "      ")
        return
    if status == "error":
        yield from _errors(results)
        return
    width = max(len(result.name) for result in results)
    for result in results:
        told = "; ".join(filter(None, (_number(result), result.reason)))
        yield from _wrapped(f"  {result.name:{width}}  {told}".rstrip(), "", " " * (width + 4))
        if status == "failed":
            yield f"      Reproduce with: {result.command}"


def _errors(results: Sequence[Result]) -> Iterator[str]:
    """Every cause once, with all the checks that it stopped."""
    by_name = {result.name: result for result in results}
    groups = _grouped(results, lambda result: first if (first := first_met(result.reason)) in by_name else result.name)
    for first, names in groups.items():
        yield from _wrapped(", ".join(names), "  ")
        yield from _wrapped(by_name[first].reason, "      ")
        yield f"      Reproduce with: {by_name[first].command}"


def _grouped(results: Sequence[Result], key: Callable[[Result], str]) -> dict[str, list[str]]:
    """Names of the results by what they have in common, in order."""
    groups: dict[str, list[str]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result.name)
    return groups


def _number(result: Result) -> str:
    if result.value is None:
        return ""
    value = f"{result.value:.4g}" if math.isfinite(result.value) else "beyond measure"
    limit = "" if result.limit is None else f" (limit {result.limit:.4g})"
    return f"{value} {result.unit}".rstrip() + limit


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _wrapped(text: str, first: str = "   ", rest: str | None = None) -> list[str]:
    rest = first if rest is None else rest
    # Ids and file names have hyphens, and are to be found by a search.
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)

"""A diagnosis as plain text that a person enjoys reading: verdict first, failures first, numbers with their limits."""

from __future__ import annotations

import textwrap

from diagnostics.verdict import Diagnosis, Fault, Result

_WIDTH = 100
_ORDER = ("error", "failed", "expected", "passed", "skipped")


def report(diagnosis: Diagnosis) -> str:
    """The whole diagnosis: verdict, every fault with its remedy, then every check."""
    parts = [_verdict(diagnosis), *(_fault(number, fault) for number, fault in enumerate(diagnosis.faults, 1))]
    rows = sorted(diagnosis.results, key=lambda result: _ORDER.index(result.status))
    return "\n\n".join([*parts, "\n".join(_row(result) for result in rows)])


def _verdict(diagnosis: Diagnosis) -> str:
    counts = {status: sum(result.status == status for result in diagnosis.results) for status in _ORDER}
    tally = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    if diagnosis.passed:
        return f"{diagnosis.pipeline}: no fault found ({tally})"
    if not diagnosis.faults:
        return f"{diagnosis.pipeline}: nothing to say ({tally or 'nothing was checked'})"
    names = ", ".join(fault.id for fault in diagnosis.faults)
    return f"{diagnosis.pipeline}: {len(diagnosis.faults)} fault{'s' * (len(diagnosis.faults) > 1)}: {names} ({tally})"


def _fault(number: int, fault: Fault) -> str:
    size = "" if fault.error_px is None else f", up to {fault.error_px:.2f} source px"
    lines = [f"{number}. {fault.id} in {fault.stage}{size}"]
    lines += _wrapped(fault.explanation)
    if fault.where:
        lines += _wrapped(f"Worst: {fault.where}")
    lines += _wrapped(f"Fix: {fault.remedy}")
    if fault.alternatives:
        lines += _wrapped(f"Explains it as well: {'; '.join(fault.alternatives)}")
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="   ", subsequent_indent="   ")


def _row(result: Result) -> str:
    value = "" if result.value is None else f"  {result.value:.4g}"
    limit = "" if result.limit is None else f" (limit {result.limit:.4g})"
    unit = f" {result.unit}" if value and result.unit else ""
    reason = f"  {result.reason}" if result.reason else ""
    return f"{result.status:8} {result.name}{value}{unit}{limit}{reason}"

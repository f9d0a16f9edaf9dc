"""How the checks of a run went, in a symbol and a few words, as numbers, and with every cause told once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from diagnostics.verdict import first_met
from reports.results_file import Results

# status -> in words, failures first
WORDS = {
    "failed": "failed",
    "error": "could not run",
    "expected": "failed as expected",
    "passed": "passed",
    "skipped": "skipped",
}


@dataclass(frozen=True)
class Cause:
    """What several checks have in common: why they were skipped, could not run or were expected to fail."""

    reason: str
    checks: tuple[str, ...]


def headline(results: Results) -> tuple[str, str]:
    """The verdict as a symbol and in words; neither needs the other."""
    counts, faults = Counter(result["status"] for result in results["results"]), len(results["faults"])
    stuck = f"{counted(counts['error'], 'check')} could not run"
    if faults or counts["failed"]:
        found = f"{counted(faults, 'fault')} found" if faults else f"{counted(counts['failed'], 'check')} failed"
        return "❌", f"{found}, {stuck}" if counts["error"] else found
    if counts["error"]:
        return "⚠️", f"No verdict, {stuck}"
    known = f"{counted(counts['expected'], 'check')} failed as expected"
    if counts["passed"]:
        return "✅", f"No fault found, {known}" if counts["expected"] else "No fault found"
    return "⚠️", f"Nothing passed, {known}" if counts["expected"] else "Nothing was measured"


def tally(results: Results) -> str:
    """How many checks went how, failures first."""
    counts = Counter(result["status"] for result in results["results"])
    told = ", ".join(f"{counts[status]} {words}" for status, words in WORDS.items() if counts[status])
    return f"{counted(len(results['results']), 'check')}: {told}" if told else "0 checks"


def causes(results: Results, status: str) -> list[Cause]:
    """Why checks went that way: every cause once, with all its checks, in order.

    A check that could not run for what another met first is told with that one, where the other is in the file, too.
    """
    by_name = {result["name"]: result for result in results["results"] if result["status"] == status}
    groups: dict[str, list[Results]] = {}
    for result in by_name.values():
        first = by_name.get(first_met(_reason(result)), result)
        groups.setdefault(_reason(first), []).append(result)
    return [Cause(reason, tuple(result["name"] for result in alike)) for reason, alike in groups.items()]


def again(results: Results) -> list[str]:
    """What measures all of it again: one command, or those of the checks that did not pass, each once."""
    whole = results["conditions"].get("command")
    if whole:
        return [whole]
    return list(dict.fromkeys(r["command"] for r in results["results"] if r["status"] in ("failed", "error")))


def _reason(result: Results) -> str:
    return str(result.get("reason") or "no reason is given")


def counted(count: int, noun: str) -> str:
    """`count` of what `noun` says, in the number that English asks for."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

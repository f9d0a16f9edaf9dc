"""A run, or what changed between two, as Markdown for the summary of a CI step: the verdict first, and never long.

Either is at most `MOST` bytes, half of what a comment on GitHub holds: one comment has room for both. Nothing is cut by
the total: every list and table has a share of it and ends with how many of its lines are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnostics.faults import docs_page
from diagnostics.verdict import first_met
from reports.compare import Comparison, FaultChange
from reports.markdown import Markdown, code, filled, fitting, listed, name, row
from reports.outcomes import WORDS, Cause, again, causes, counted, headline, tally
from reports.rendering import figure, px
from reports.results_file import Results

MOST = 2**15
_SHARE = 6_000  # bytes of one list or table; four of them and the worst faults keep within `MOST`
_WORST = 3  # faults whose remedy is told
_COMMANDS = 2
_CAUSED = ("error", "expected", "skipped")  # statuses that have a cause to tell
_SYMBOLS = {"better": "✅", "clean": "✅", "worse": "❌", "mixed": "⚠️", "unchanged": "➖"}


def summary(results: Results) -> str:
    """The verdict, the worst faults and their remedies, what was not measured and why, and what measures it again."""
    faults = _worst_first(results["faults"])
    lists = {"Failed without a fault that has a name": list(map(_unnamed_line, _unnamed(results)))}
    lists |= {WORDS[status].capitalize(): list(map(_cause_line, causes(results, status))) for status in _CAUSED}
    return filled(
        "summary.md",
        verdict=Markdown(" ".join(headline(results))),
        pipeline=results["pipeline"],
        worst=list(map(_fault_row, faults[:_WORST])),
        others=[fault["id"] for fault in faults[_WORST:]],
        pages=listed([docs_page(fault["id"]) for fault in faults[:_WORST]]),
        tally=Markdown(tally(results)),
        lists={Markdown(title): fitting(lines, _SHARE) for title, lines in lists.items()},
        commands=_commands(results),
    )


def compare_summary(comparison: Comparison) -> str:
    """The verdict, every fault before and now, the checks that went another way, and what else is not the same."""
    here = [change.fault for change in comparison.faults if change.group in ("new", "worse")]
    return filled(
        "compare.md",
        verdict=Markdown(f"{_SYMBOLS[comparison.verdict]} {comparison.sentence.removesuffix('.')}"),
        pipelines=_pipelines(comparison),
        faults=fitting(map(_change_row, comparison.faults), _SHARE),
        remedies=list(map(_remedy_line, _worst_first(here)[:_WORST])),
        checks=fitting(_check_rows(comparison), _SHARE),
        differences=fitting((row(name(d.what), d.base, d.head) for d in comparison.differences), _SHARE),
        commands=_commands(comparison.head),
    )


def _worst_first(faults: Sequence[Results]) -> list[Results]:
    """By landing error; those that have none last, in the order in which data flows."""
    return sorted(faults, key=lambda fault: -(fault["error_px"] or 0))


def _commands(results: Results) -> Markdown:
    return Markdown(", ".join(map(code, again(results)[:_COMMANDS])))


def _error(fault: Results) -> Markdown:
    return Markdown("not in pixels" if fault["error_px"] is None else f"{px(fault['error_px'])} source px")


def _figures(result: Results) -> str:
    if result["value"] is None:
        return ""
    limit = "" if result["limit"] is None else f" (limit {figure(result['limit'])})"
    return f"{figure(result['value'])} {result['unit']}".rstrip() + limit


# Of one run ---------------------------------------------------------------------------------------------------------


def _fault_row(fault: Results) -> Markdown:
    return row(name(fault["id"]), name(fault["stage"]), _error(fault), fault["remedy"])


def _unnamed(results: Results) -> list[Results]:
    """Checks that failed with no fault to say why; an older file does not say which checks found its faults."""
    unsaid = ["some"] if results["faults"] else []
    return [r for r in results["results"] if r["status"] == "failed" and not r.get("faults", unsaid)]


def _unnamed_line(result: Results) -> Markdown:
    figures = _figures(result)
    return Markdown(f"Check {name(result['name'])}" + (f": {code(figures)}" if figures else ""))


def _cause_line(cause: Cause) -> Markdown:
    return Markdown(f"{counted(len(cause.checks), 'check')} ({listed(cause.checks)}): {code(cause.reason)}")


# Of two runs --------------------------------------------------------------------------------------------------------


def _pipelines(comparison: Comparison) -> Markdown:
    before, now = (name(results["pipeline"]) for results in (comparison.base, comparison.head))
    return Markdown(f"Pipeline {now}, before and now." if before == now else f"Before: {before}. Now: {now}.")


def _change_row(change: FaultChange) -> Markdown:
    """A fault before and now: its group, and why where that is not plain."""
    why = change.why
    checks = f" ({listed(why.checks)})" if why and why.checks else ""
    told = Markdown(f"{change.group}: {why.why}{checks}" if why else change.group)
    absent = Markdown("not known" if change.group.startswith("unknown") else "none")
    errors = (absent if fault is None else _error(fault) for fault in (change.base, change.head))
    return row(told, name(change.fault["id"]), name(change.fault["stage"]), *errors)


def _remedy_line(fault: Results) -> Markdown:
    return Markdown(f"Against {name(fault['id'])}: {code(fault['remedy'])}")


def _check_rows(comparison: Comparison) -> Iterator[Markdown]:
    before, now = ({result["name"] for result in run["results"]} for run in (comparison.base, comparison.head))
    return (row(name(c.name), _went(c.base, before), _went(c.head, now)) for c in comparison.checks)


def _went(result: Results | None, names: set[str]) -> Markdown:
    """How a check went, with its figures; where it did not run, why, which is told once where `names` tell it, too."""
    if result is None:
        return Markdown("not in the run")
    words, reason = WORDS[result["status"]], result.get("reason", "")
    if result["status"] == "error" and first_met(reason) in names:
        return Markdown(f"{words}, as {name(first_met(reason))}")
    told = reason if result["status"] in _CAUSED else _figures(result)
    return Markdown(f"{words}: {code(told)}" if told else words)

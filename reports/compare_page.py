"""The page of what changed between two runs: the verdict, every fault before and now, and the same figures twice."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reports.cards import anchors_of
from reports.compare import GROUPS, CheckChange, Comparison, FaultChange, Group
from reports.field_figure import Field, Look, draw_field, look_of, measured_field
from reports.figures import Figure, mask_figures
from reports.outcomes import WORDS
from reports.places import AtSize
from reports.rendering import figure, px, rendered
from reports.results_file import Results
from reports.tables import Table

# verdict -> (class of the page's head, symbol)
_STATES = {
    "better": ("clean", "✓"),
    "clean": ("clean", "✓"),
    "worse": ("faults", "✗"),
    "mixed": ("faults", "✗"),
    "unchanged": ("nothing", "="),
}
# group -> symbol
_SYMBOLS: dict[Group, str] = {
    "new": "✗",
    "worse": "▲",
    "fixed": "✓",
    "better": "▼",
    "unknown now": "?",
    "unknown before": "?",
    "unchanged": "=",
}


@dataclass(frozen=True)
class Pair:
    """One figure of both runs, drawn to one scale."""

    name: str
    base: Figure
    head: Figure


@dataclass(frozen=True)
class Row:
    """A fault in both runs, in words. anchor: its id on the page."""

    anchor: str
    symbol: str
    change: FaultChange
    before: str
    now: str


def compare_page(comparison: Comparison) -> str:
    """The page of a comparison."""
    base, head = comparison.base, comparison.head
    state, symbol = _STATES[comparison.verdict]
    rows = _rows(comparison.faults)
    return rendered(
        "compare.html",
        comparison=comparison,
        state=state,
        symbol=symbol,
        sentence=comparison.sentence.partition(": ")[2],
        groups=[(group, [row for row in rows if row.change.group == group]) for group in GROUPS],
        checks=_checks(comparison.checks),
        differences=Table(("what", "before", "now"), tuple((d.what, d.base, d.head) for d in comparison.differences)),
        fields=_field_pairs(base, head),
        masks=_mask_pairs(base, head),
    )


def _rows(changes: tuple[FaultChange, ...]) -> list[Row]:
    anchors = anchors_of([change.fault for change in changes])
    return [_row(change, anchor) for change, anchor in zip(changes, anchors, strict=True)]


def _row(change: FaultChange, anchor: str) -> Row:
    absent = "not known" if change.group.startswith("unknown") else "none"
    before, now = (absent if record is None else _error(record) for record in (change.base, change.head))
    return Row(anchor, _SYMBOLS[change.group], change, before, now)


def _error(fault: Results) -> str:
    return "not in pixels" if fault["error_px"] is None else f"{px(fault['error_px'])} px"


def _checks(changes: tuple[CheckChange, ...]) -> Table:
    rows = tuple((change.name, _went(change.base), _went(change.head), change.told) for change in changes)
    return Table(("check", "before", "now", "that is"), rows)


def _went(result: Results | None) -> str:
    if result is None:
        return "not in the run"
    limit = "" if result["limit"] is None else f" (limit {figure(result['limit'])})"
    value = "" if result["value"] is None else f"{figure(result['value'])} {result['unit']}".rstrip() + limit
    reason = result.get("reason", "") if result["status"] in ("error", "expected", "skipped") else ""
    return ": ".join(filter(None, (WORDS[result["status"]], value, reason)))


# Figures ------------------------------------------------------------------------------------------------------------


def _both(base: Results, head: Results) -> list[tuple[AtSize, AtSize]]:
    """The image sizes that both runs have recorded."""
    before = {tuple(record["image_size"]): AtSize(record) for record in base["sizes"]}
    sizes = ((tuple(record["image_size"]), AtSize(record)) for record in head["sizes"])
    return [(before[size], now) for size, now in sizes if size in before]


def _field_pairs(base: Results, head: Results) -> list[Pair]:
    pairs = []
    for before, now in _both(base, head):
        earlier, later = measured_field(before), measured_field(now)
        if earlier is None or later is None:
            continue
        look = look_of([(before, earlier), (now, later)])
        name = f"{now.name}: up to {px(earlier.worst)} px before, {px(later.worst)} px now"
        pairs.append(Pair(name, _field("Before", before, earlier, look), _field("Now", now, later, look)))
    return pairs


def _field(when: str, at: AtSize, field: Field, look: Look) -> Figure:
    caption = f"{when}: landing error over a {at.name} image, inside the crop up to {px(field.worst)} px."
    return Figure(draw_field(at, field, look, caption), f"{caption} {look.words}")


def _mask_pairs(base: Results, head: Results) -> list[Pair]:
    drawn = ((now.name, mask_figures(before), mask_figures(now)) for before, now in _both(base, head))
    return [
        Pair(
            name,
            replace(earlier, caption=f"Before: {earlier.caption}"),
            replace(later, caption=f"Now: {later.caption}"),
        )
        for name, befores, nows in drawn
        for earlier, later in zip(befores, nows, strict=False)
    ]

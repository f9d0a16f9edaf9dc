"""The Markdown of a fault's page, and of the list of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagnostics.faults import Entry
from diagnostics.verdict import Fault
from docs.generate.fact import Fact
from docs.generate.links import linked
from docs.generate.page import Picture, Specimen, Table

COMMAND = "python -m docs.generate"
_STAGES = {
    "load": "Load: file → image",
    "preprocess": "Preprocess: image → crop",
    "geometry": "Geometry: what the pipeline claims of its preprocess",
    "encode": "Encode: crop → grid of features",
    "lift": "Lift: image point → grid → feature",
    "project": "Project: world point → image point",
    "module": "Training contract: what learns, and how",
}
_ORDER = ("project", "load", "preprocess", "geometry", "encode", "lift", "module")
_INTRODUCTION = (
    "Every id that `check_pipeline` can name: what it is, its picture, how it looks in numbers, how to fix it, and "
    "what it is easily confused with. All numbers are measured: each fault is planted in a pipeline of our own and "
    "diagnosed as yours would be."
)
_LAST_COLUMN = (
    "How far a fault misses depends on where it acts, so the last column is only for the planted case on its page: the "
    "worst landing in source pixels over the image sizes probed, up to 1296×968."
)
_WRITTEN = f"<!-- Written by `{COMMAND}`; edit docs/generate/facts_*.py or diagnostics/faults_*.py instead. -->\n"


def page(fault: Fault, entry: Entry, fact: Fact, specimen: Specimen, picture: Picture) -> str:
    """One page."""
    parts = [
        _WRITTEN + f"# {fault.id}",
        f"**{fact.name[0].upper()}{fact.name[1:]}.** *{_STAGES[entry.stage]}.*",
        f"![{picture.alt}]({fault.id}.svg)",
        fact.shows,
        f"## The formula\n\n```text\n{_formula(fact)}\n```",
        _numbers(fault, specimen),
        f"## The fix\n\n```python\n{fact.fix}\n```\n\nThe check says: {_plain(fault.remedy)}",
    ]
    if fact.confused:
        rows = "\n".join(f"- {_named(other)}: {how}." for other, how in fact.confused)
        parts.append(f"## Easily confused with\n\n{rows}")
    if entry.seen_in:
        parts.append(f"## Seen in\n\n{linked(entry.seen_in)}")
    parts.append("[All faults](README.md) · [Conventions](../conventions.md)")
    return "\n\n".join(parts) + "\n"


def index(faults: Sequence[tuple[Fault, Entry, Fact]]) -> str:
    """The list of all pages, in the order in which data flows."""
    parts = [_WRITTEN + "# The faults, one page each", _INTRODUCTION, _LAST_COLUMN]
    for stage in _ORDER:
        rows = [
            f"| [`{fault.id}`]({fault.id}.md) | {fact.name} | {_pixels(fault)} |"
            for fault, entry, fact in faults
            if entry.stage == stage
        ]
        parts.append(
            "\n".join([f"## {_STAGES[stage]}\n", "| id | what is wrong | misses by |", "|---|---|---|", *rows])
        )
    parts.append(
        "What nothing here explains is reported as `unexplained`, with the measured map, and never forced into a match."
    )
    return "\n\n".join(parts) + "\n"


def by_stage(catalogue: Mapping[str, Entry]) -> list[str]:
    """The ids in the order in which data flows; the catalogue's own order within a stage."""
    return [fault_id for stage in _ORDER for fault_id, entry in catalogue.items() if entry.stage == stage]


def _formula(fact: Fact) -> str:
    lines = [
        *(("right", line) for line in fact.right.split("\n")),
        *(("wrong", line) for line in fact.wrong.split("\n")),
    ]
    shown, last = [], ""
    for word, line in lines:
        shown.append(f"{word if word != last else '':6} {line}")
        last = word
    return "\n".join(shown)


def _numbers(fault: Fault, specimen: Specimen) -> str:
    lines = [f"## In numbers\n\nPlanted: {specimen.planted}. `check_pipeline` then says:"]
    said, where = _plain(fault.explanation), fault.where
    if fault.error_px is not None:
        place = "" if not where or where in said else f" ({where})"
        said += f" Up to **{fault.error_px:.2f} source px**{place}."
    elif where:
        said += f" Worst: {where}."
    lines.append(f"> {said}")
    if fault.alternatives:
        rivals = ", ".join(_named(rival) for rival in fault.alternatives)
        lines.append(f"What explains the same numbers as well is listed beside it: {rivals}.")
    if specimen.table is not None:
        lines.append(_table(specimen.table()))
    return "\n\n".join(lines)


def _table(table: Table) -> str:
    rule = "|---|" + "---:|" * (len(table.heading) - 1)
    rows = ["| " + " | ".join(row) + " |" for row in (table.heading, *table.rows)]
    return "\n".join([table.note + "\n", rows[0], rule, *rows[1:]])


def _plain(text: str) -> str:
    """Text whose stars multiply, and emphasise nothing."""
    return text.replace("*", r"\*")


def _named(fault_id: str) -> str:
    """An id, or several joined by +, as links."""
    return " + ".join(f"[`{one}`]({one}.md)" for one in fault_id.split(" + "))


def _pixels(fault: Fault) -> str:
    return "" if fault.error_px is None else f"{fault.error_px:.1f} px"

"""One card a fault: what it is, where it acts, what to change, how to see it again, and its picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from diagnostics.faults import UNEXPLAINED, docs_page
from diagnostics.pages import picture_of
from reports.chain import DATA, STAGES
from reports.figures import Figure, camera_figures, colour_figures, landing_figures, worst_mask
from reports.results_file import Results

# check -> the figures of what it measures.
SHOWN_WITH: dict[str, Callable[[Results], Iterator[Figure]]] = {
    "lift_counts_points_by_its_rule": worst_mask,
    "projection": camera_figures,
    "preprocess_colours": colour_figures,
}


@dataclass(frozen=True)
class Card:
    """A fault as the page shows it.

    anchor: its id on the page. commands: what measures it again. figures: of what was measured; elsewhere: anchors of
    the cards that have figures of the same measurement. page: where it is explained; planted: what it does alone.
    """

    fault: Results
    number: int
    anchor: str
    commands: tuple[str, ...]
    figures: tuple[Figure, ...]
    elsewhere: tuple[str, ...]
    page: str
    planted: Figure | None


def cards(results: Results) -> list[Card]:
    """The faults, worst first; those that move nothing last, in the order in which data flows."""
    worst_first = sorted(results["faults"], key=lambda fault: -(fault["error_px"] or 0))
    shown: dict[str, str] = {}  # check -> the card that has the figures of what it measures
    return [
        _card(results, fault, number, anchor, shown)
        for number, (fault, anchor) in enumerate(zip(worst_first, anchors_of(worst_first), strict=True), 1)
    ]


def anchors_of(faults: list[Results]) -> Iterator[str]:
    """The id of each, with the stage where one has been before; of what has no page in the catalogue, its number.

    Only ids of the catalogue are sure to be plain text that nothing else on the page is called.
    """
    taken: set[str] = set()
    for number, fault in enumerate(faults, 1):
        known = fault["id"] == UNEXPLAINED or picture_of(fault["id"]) is not None
        names = (fault["id"], f"{fault['id']}-{fault['stage']}") if known and fault["stage"] in (*STAGES, DATA) else ()
        anchor = next(name for name in (*names, f"fault-{number}") if name not in taken)
        taken.add(anchor)
        yield anchor


def _card(results: Results, fault: Results, number: int, anchor: str, shown: dict[str, str]) -> Card:
    found_by = [result for result in results["results"] if fault["id"] in result.get("faults", ())]
    pictured = [result["name"] for result in found_by if result["name"] in SHOWN_WITH]
    figures = [*landing_figures(results, fault)] if fault.get("landing") is not None else []
    figures += [figure for check in pictured if check not in shown for figure in SHOWN_WITH[check](results)]
    elsewhere = sorted({shown[check] for check in pictured if check in shown})
    shown.update({check: anchor for check in pictured if check not in shown})
    planted = picture_of(fault["id"])
    return Card(
        fault=fault,
        number=number,
        anchor=anchor,
        commands=tuple(result["command"] for result in found_by if result["command"]),
        figures=tuple(figures),
        elsewhere=tuple(elsewhere),
        page=docs_page(fault["id"]),
        planted=None if planted is None else Figure(planted.inline(), planted.alt),
    )

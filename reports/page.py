"""The report of one diagnosis as a single HTML page: the same results give the same bytes, and nothing is loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass

from markupsafe import Markup

from reports.cards import SHOWN_WITH, Card, cards
from reports.chain import links, stages
from reports.data_section import audited_in_words, data_section
from reports.field_figure import measured_field
from reports.figures import Figure
from reports.outcomes import WORDS, counted, headline, tally
from reports.places import AtSize
from reports.rendering import px, rendered
from reports.results_file import Results
from reports.scenes import scene_sections
from reports.sections import counts_section, drifts, mask_sections, size_sections
from reports.tables import conditions_table


@dataclass(frozen=True)
class Verdict:
    """state: "faults", "stuck", "clean" or "nothing", with its symbol; headline and sentence: in words."""

    state: str
    symbol: str
    headline: str
    sentence: str


def page(results: Results) -> str:
    """The page. results: as `reports.results_file` reads them."""
    shown_cards = cards(results)
    at_first = [AtSize(record) for record in results["sizes"][:1]]
    return rendered(
        "page.html",
        results=results,
        verdict=verdict(results, shown_cards),
        cards=shown_cards,
        anchors={card.fault["id"]: card.anchor for card in reversed(shown_cards)},
        data=data_section(results["audit"]),
        stages=stages(results),
        links=links(results["faults"]),
        sizes=size_sections(results["sizes"]),
        masks=mask_sections(results["sizes"]),
        drifts=drifts(at_first),
        counts=counts_section(at_first),
        heatmaps=scene_sections(results),
        other=other_figures(results),
        conditions=conditions_table(results),
        checks=sorted(results["results"], key=lambda result: list(WORDS).index(result["status"])),
        tally=tally(results),
        statuses=[status for status in WORDS if any(status == result["status"] for result in results["results"])],
        inspector=_inspector(results["sizes"]),
    )


def other_figures(results: Results) -> list[Figure]:
    """Figures of what was measured and found right, and is shown nowhere else: cameras and colours."""
    right = {result["name"] for result in results["results"] if result["status"] == "passed"} & {
        "projection",
        "preprocess_colours",
    }
    return [figure for check in sorted(right) for figure in SHOWN_WITH[check](results)]


def verdict(results: Results, found: list[Card]) -> Verdict:
    """The page in one sentence."""
    statuses, words = {result["status"] for result in results["results"]}, headline(results)[1]
    if found or "failed" in statuses:
        return Verdict("faults", "✗", words, _worst(found))
    if "error" in statuses:
        return Verdict("stuck", "!", words, "The table of checks below says why.")
    if "passed" in statuses:
        return Verdict("clean", "✓", words, _clean(results))
    return Verdict("nothing", "–", words, "The table of checks below says why.")


def _worst(found: list[Card]) -> str:
    if not found:
        return ""
    fault = found[0].fault
    if fault["error_px"] is None:
        return f"{fault['id']} in {fault['stage']}."
    return f"Worst: {fault['id']} in {fault['stage']}, up to {px(fault['error_px'])} source pixels off."


def _clean(results: Results) -> str:
    if results["audit"] is not None:
        return audited_in_words(results["audit"])
    fields = [field for field in map(measured_field, map(AtSize, results["sizes"])) if field is not None]
    if not fields:
        return "What was measured is right; where a lift reads was not."
    worst = px(max(field.worst for field in fields))
    return f"Points read their own place, to {worst} source px, at {counted(len(fields), 'image size')}."


def _inspector(sizes: list[Results]) -> Markup:
    """The maps of every image size for the script, as JSON that cannot end its element."""
    text = json.dumps([_maps(record) for record in sizes])
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - numbers and our own keys


def _maps(record: Results) -> Results:
    """What the script asks of an image size; the file may hold more, of any kind and length."""
    kept = {key: record[key] for key in ("image_size", "crop_size")}
    for key in ("crop_from_image", "grid_from_image", "read_from_image"):
        affine = record.get(key)
        kept[key] = affine and {part: affine[part] for part in ("scale", "shift", "swapped") if part in affine}
    return kept

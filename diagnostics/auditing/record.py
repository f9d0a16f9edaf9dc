"""What an audit puts into its results file beside the diagnosis: `audit` in `results.schema.json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_pairs import Agreement
from diagnostics.auditing.verdict import Judged, Totals
from diagnostics.faults import UNEXPLAINED

_FIRST = 50  # frames that a page names; the rows have all


@dataclass
class Flagged:
    """Frames to look at: how many there are, and the first of them with what is wrong."""

    count: int = 0
    first: list[dict[str, str]] = field(default_factory=list)

    def noting(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows as they are, noted on their way."""
        for row in rows:
            reason = row["error"] or row["flags"]
            self.count += bool(reason)
            if reason and len(self.first) < _FIRST:
                self.first.append({"name": row["name"], "reason": reason})
            yield row


def audit_record(
    told: str, audited: Mapping[str, Any], totals: Totals, wrong: Judged, flagged: Flagged
) -> dict[str, Any]:
    """As JSON values. told: what the data set was recognised as. audited: what is measured, and how."""
    landings = None
    if totals.counts is not None:
        counts = totals.counts.tolist()
        landings = {"grid": audited["grid"], "valid": int(totals.counts.sum()), "counts": counts}
    of_all = totals.corrections()
    few = {correction: found for correction, found in wrong.tried.items() if correction == wrong.best not in of_all}
    return {
        "told": told,
        **{name: audited[name] for name in ("frames", "apart", "tolerance")},
        "points": dict(totals.points),
        "landings": landings,
        "agreement": [_agreement(*tried, few=tried[0] in few) for tried in (*of_all.items(), *few.items())],
        "flagged": flagged.count,
        "first_flagged": flagged.first,
    }


def _agreement(correction: Correction, found: Agreement, *, few: bool) -> dict[str, Any]:
    mistakes = ("another unit of depth" if fault == UNEXPLAINED else fault for fault in correction.mistakes)
    counted = {name: getattr(found, name) for name in ("asked", "compared", "agreeing")}
    return {"corrected": " and ".join(mistakes), "few": few, **counted}

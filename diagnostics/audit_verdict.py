"""What the frames of a data set say together: sums that merge, checks with limits, and the fault that explains them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.corrections import Correction, named, unexplained
from diagnostics.depth_pairs import Agreement
from diagnostics.verdict import Diagnosis, Fault, Result

GAIN = 0.01  # of the points asked; seven times what the best of 441 wrong crops gains on right data by chance
_NOTHING = Correction()
_POOR = 0.5  # of the points compared: less is no agreement, whatever explains it


@dataclass
class Totals:
    """Sums over frames; adding frames in any order, and sums of parts, give the same."""

    frames: int = 0
    damaged: int = 0
    other_size: int = 0
    turned: int = 0
    points: Counter[str] = field(default_factory=Counter)
    tried: dict[str, Agreement] = field(default_factory=dict)
    counts: NDArray[np.int64] | None = None

    def add(self, record: dict[str, Any]) -> None:
        """Add the record of one frame."""
        row = record["row"]
        self.frames += 1
        self.damaged += bool(row["error"])
        sizes = [(row[f"{what}_height"], row[f"{what}_width"]) for what in ("image", "camera")]
        self.other_size += None not in sizes[0] + sizes[1] and sizes[0] != sizes[1]
        self.turned += (row["exif_orientation"] or 1) != 1
        for name in ("asked", "in_front", "in_image", "in_crop", "valid"):
            self.points[name] += row[name] or 0
        for correction, found in record["tried"]:
            key = json.dumps(correction, sort_keys=True)
            self.tried[key] = self.tried.get(key, Agreement()) + Agreement(**found)
        if record["counts"]:
            counts = np.array(record["counts"], dtype=np.int64)
            self.counts = counts if self.counts is None else self.counts + counts

    def corrections(self) -> dict[Correction, Agreement]:
        """What the neighbours say under every correction that was tried, as given first."""
        return {_correction(key): found for key, found in self.tried.items()}


def _correction(key: str) -> Correction:
    fields = json.loads(key)
    return Correction(**{**fields, "offset": tuple(fields["offset"])})


def explained(found: dict[Correction, Agreement]) -> tuple[Correction, tuple[Fault, ...]]:
    """The correction with the fewest parts that agrees as well as any, and the faults that it undoes."""
    given = found.get(_NOTHING, Agreement())
    if not given.asked:
        return _NOTHING, ()
    most = max(each.restored for each in found.values())
    fitting = [correction for correction, each in found.items() if most - each.restored < GAIN]
    best = min(fitting, key=lambda correction: (len(correction.parts), -found[correction].restored))
    if best != _NOTHING:
        return best, named(best, _in_words(given), _in_words(found[best]))
    poor = given.compared and given.share < _POOR
    return best, (unexplained(_in_words(given), found),) if poor else ()


def _in_words(found: Agreement) -> str:
    share = f"{found.share:.1%}" if found.compared else "none"
    return f"{found.restored:.1%} of the points asked are confirmed by a neighbour's depth ({share} of those compared)"


def diagnosis(
    name: str,
    totals: Totals,
    faults: tuple[Fault, ...],
    around: dict[Correction, Agreement],
    conditions: dict[str, Any],
) -> Diagnosis:
    """The audit as a diagnosis, which `python -m reports` renders. around: what a search for a crop found."""
    results = (
        _counted("frames_are_readable", totals.damaged, totals.frames),
        _counted("images_have_the_size_of_their_camera", totals.other_size, totals.frames),
        _counted("images_are_stored_upright", totals.turned, totals.frames),
        _depth(totals.corrections(), around, faults),
    )
    return Diagnosis(name, faults, results, conditions)


def _depth(
    found: dict[Correction, Agreement], around: dict[Correction, Agreement], faults: tuple[Fault, ...]
) -> Result:
    check = "depth_agrees_with_neighbours"
    given = found.get(_NOTHING, Agreement())
    if not given.asked:
        return Result(check, "skipped", reason="no two frames have depth to compare")
    gains = [
        max(each.restored for each in tried.values()) - next(iter(tried.values())).restored
        for tried in (found, around)
        if tried
    ]
    return Result(
        name=check,
        status="failed" if faults else "passed",
        value=max(0.0, *gains),
        limit=GAIN,
        unit="of the points, won by correcting the cameras",
        worst=_in_words(given),
        faults=tuple(fault.id for fault in faults),
    )


def _counted(name: str, wrong: int, frames: int) -> Result:
    return Result(name, "failed" if wrong else "passed", float(wrong), 0.0, "frames", f"{wrong} of {frames} frames")

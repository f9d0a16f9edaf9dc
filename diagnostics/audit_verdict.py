"""What the frames of a data set say together: sums that merge, checks with limits, and the fault that explains them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.correction_words import named, unexplained
from diagnostics.corrections import Correction
from diagnostics.depth_pairs import Agreement
from diagnostics.verdict import Diagnosis, Fault, Result

GAIN = 0.01  # of the points asked; seven times what the best of 441 wrong crops gains on right data by chance
_NOTHING = Correction()
_POOR, _GOOD = 0.5, 0.75  # of the points that speak for or against: no agreement, whatever explains it; restored
_MUCH = 0.05  # of the points compared: so much more agree that nothing need have been contradicted
_CONTRARY = 0.001  # of the points asked
_FEWER = 0.8  # of the contradictions may be left by what undoes their cause
_FITTED = 0.9  # the same for what was fitted, which gains something on any data
_CLEAR = 0.2  # of the points asked: agreeing under a correction while none did as given, it is no chance
_SOME = 0.05  # of the frames: fewer that are unlike the others are flagged in their rows alone
_FEWEST = 100  # points, below which a share says nothing


@dataclass
class Totals:
    """Sums over frames; adding frames in any order, and sums of parts, give the same.

    contradicted: frames of whose points more are contradicted than agree. alone: by correction, the frames that agree
    under it alone: how many, and what they say as given and corrected.
    """

    frames: int = 0
    damaged: int = 0
    other_size: int = 0
    turned: int = 0
    contradicted: int = 0
    alone: dict[Correction, tuple[int, Agreement, Agreement]] = field(default_factory=dict)
    points: Counter[str] = field(default_factory=Counter)
    tried: dict[Correction, Agreement] = field(default_factory=dict)
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
        self._add_tried({Correction.of_key(key): Agreement(*found) for key, found in record["tried"].items()})
        if record["counts"]:
            counts = np.array(record["counts"], dtype=np.int64)
            self.counts = counts if self.counts is None else self.counts + counts

    def _add_tried(self, tried: dict[Correction, Agreement]) -> None:
        for correction, found in tried.items():
            self.tried[correction] = self.tried.get(correction, Agreement()) + found
        given = tried.get(_NOTHING, Agreement())
        self.contradicted += given.contradicted >= _FEWEST and given.contradicted > given.agreeing
        best, faults = explained(tried)
        if faults and given.agreeing <= given.contradicted and tried[best].restored >= _CLEAR:
            frames, before, after = self.alone.get(best, (0, Agreement(), Agreement()))
            self.alone[best] = frames + 1, before + given, after + tried[best]

    def corrections(self) -> dict[Correction, Agreement]:
        """What the neighbours say under every correction that was tried on all of them, as given first."""
        asked = self.tried.get(_NOTHING, Agreement()).asked
        return {correction: each for correction, each in self.tried.items() if each.asked == asked}


def explained(found: dict[Correction, Agreement]) -> tuple[Correction, tuple[Fault, ...]]:
    """The correction with the fewest parts that agrees as well as any, and the faults that it undoes.

    A part more must restore more, and a correction that leaves the frames contradicting each other names nothing.
    """
    given = found.get(_NOTHING, Agreement())
    wrong = given.agreeing + given.contradicted >= _FEWEST and given.consistency < _POOR
    lost = wrong or given.agreeing < _FEWEST
    # With another unit of depth goes another tolerance, so more is asked of it before it counts as found.
    sure = [each for each in found if each.depth_factor == 1 or (lost and found[each].share >= _GOOD)]
    best = _NOTHING
    for parts in range(1, 1 + max((len(each.mistakes) for each in sure), default=0)):
        now = found.get(best, Agreement())
        better = [each for each in sure if len(each.mistakes) == parts and _restores(each, found[each], now)]
        best = _simplest(better, found) if better else best
    if best != _NOTHING:
        return best, named(best, _in_words(given), _in_words(found[best]))
    return _NOTHING, (unexplained(_in_words(given), found),) if wrong else ()


def _simplest(better: list[Correction], found: dict[Correction, Agreement]) -> Correction:
    """The one that most speaks for; of those that are alike, one that nothing was fitted in."""
    most = max(found[each].balance for each in better)
    alike = [each for each in better if most - found[each].balance < GAIN]
    return min(alike, key=lambda correction: (correction.fitted, -found[correction].balance))


def _restores(correction: Correction, corrected: Agreement, given: Agreement) -> bool:
    """Whether more speaks for the corrected cameras than for those as given, and less against them.

    More points in the image are no proof: before a flat wall, a wider camera has them too. So each share must gain,
    by much or where frames contradicted each other.
    """
    return (
        corrected.agreeing >= _FEWEST
        and corrected.consistency >= (_FITTED if correction.fitted else _GOOD)
        and not corrected.consistency < given.consistency
        and min(corrected.balance - given.balance, corrected.restored - given.restored) >= GAIN
        and not corrected.share - given.share < GAIN
        and (given.agreeing < _FEWEST or corrected.share - given.share >= _MUCH or _calms(corrected, given))
    )


def _calms(corrected: Agreement, given: Agreement) -> bool:
    """Whether there were contradictions to speak of, and clearly fewer are left."""
    fewer = 1 - corrected.consistency <= _FEWER * (1 - given.consistency)
    return fewer and given.contradicted - corrected.contradicted >= _CONTRARY * given.asked


def in_part(totals: Totals) -> tuple[Fault, ...]:
    """The faults of some frames, where no correction of all explains what is found."""
    least = max(2.0, _SOME * totals.frames)
    found: list[Fault] = []
    for correction, (frames, given, corrected) in totals.alone.items():
        if frames >= least:
            where = f"at least {frames} of {totals.frames} frames"
            found += (replace(one, where=where) for one in named(correction, _in_words(given), _in_words(corrected)))
    if not found and totals.contradicted >= least:
        where = f"{totals.contradicted} of {totals.frames} frames"
        before = f"{where} are contradicted by their neighbours' depth, the others are not"
        found.append(replace(unexplained(before, totals.corrections()), where=where))
    return tuple(found)


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
    """The audit as a diagnosis, which `python -m reports` renders.

    faults: of all frames; where there is none, those of some are looked for. around: what a search for a crop found.
    """
    faults = faults or in_part(totals)
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
    gains = [each.balance - tried[_NOTHING].balance for tried in (found, around) for each in tried.values() if faults]
    return Result(
        name=check,
        status="failed" if faults else "passed",
        value=max([0.0, *gains]),
        limit=GAIN,
        unit="of the points, won by correcting the cameras",
        worst=_in_words(given),
        faults=tuple(fault.id for fault in faults),
    )


def _counted(name: str, wrong: int, frames: int) -> Result:
    return Result(name, "failed" if wrong else "passed", float(wrong), 0.0, "frames", f"{wrong} of {frames} frames")

"""What the frames of a data set say together: sums that merge, checks with limits, and the fault that explains them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.auditing.correction_words import named, unexplained
from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_pairs import Agreement
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
    under it alone: how many, and what they say as given and corrected. example: of a damaged frame, the first by name.
    """

    frames: int = 0
    damaged: int = 0
    example: str = ""
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
        if row["error"]:
            self.damaged += 1
            example = f"{row['name']}: {row['error']}"
            self.example = min(self.example or example, example)
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
        best, _ = explained(tried)
        if best != _NOTHING and given.agreeing <= given.contradicted and tried[best].restored >= _CLEAR:
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
    """The one that explains most; of those that are alike, one that nothing was fitted in."""
    most = max(found[each].explained for each in better)
    alike = [each for each in better if most - found[each].explained < GAIN]
    return min(alike, key=lambda correction: (correction.fitted, -found[correction].explained))


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


@dataclass(frozen=True)
class Judged:
    """What is wrong. best: the correction that undoes it; tried: what was asked by which it is told, as given first."""

    best: Correction
    faults: tuple[Fault, ...]
    tried: dict[Correction, Agreement]


def judged(totals: Totals, around: dict[Correction, Agreement]) -> Judged:
    """The faults of all frames; where there is none, those of some. around: what a few frames say of more corrections.

    The few decide, as they were asked of all that is known, but where they say nothing; the figures are those of all
    frames where all were asked of what was found.
    """
    of_all = totals.corrections()
    best, faults = explained(around if _says(around) else of_all)
    if best != _NOTHING and best not in of_all:
        few = tuple(replace(fault, where="all frames, as a few of them tell") for fault in faults)
        return Judged(best, few, around)
    if best != _NOTHING:
        faults = named(best, _in_words(of_all[_NOTHING]), _in_words(of_all[best]))
    elif faults and of_all:
        faults = (unexplained(_in_words(of_all[_NOTHING]), of_all),)
    return Judged(best, faults or in_part(totals), of_all)


def _says(around: dict[Correction, Agreement]) -> bool:
    return any(found.agreeing >= _FEWEST for found in around.values())


def diagnosis(name: str, totals: Totals, found: Judged, conditions: dict[str, Any]) -> Diagnosis:
    """The audit as a diagnosis, which `python -m reports` renders. conditions: with the `command` that asks again."""
    results = (
        replace(_counted("frames_are_readable", totals.damaged, totals.frames), reason=_readable(totals)),
        _counted("images_have_the_size_of_their_camera", totals.other_size, totals.frames),
        _counted("images_are_stored_upright", totals.turned, totals.frames),
        _depth(totals.corrections().get(_NOTHING, Agreement()), found),
    )
    again = tuple(replace(result, command=conditions["command"]) for result in results)
    return Diagnosis(name, found.faults, again, conditions)


def _readable(totals: Totals) -> str:
    return totals.example and f"such as {totals.example}; the column error of the rows has all"


def _depth(given: Agreement, found: Judged) -> Result:
    """Of all frames as given. Its number is what the correction wins; there is none where nothing explains a fault."""
    check = "depth_agrees_with_neighbours"
    if not given.asked:
        return Result(check, "skipped", reason="no two frames have depth to compare")
    if not found.faults and given.agreeing + given.contradicted < _FEWEST:
        return Result(check, "skipped", reason="hardly a point is seen by its neighbour; try another --apart")
    corrected = not found.faults or found.best != _NOTHING
    won = found.tried[found.best].restored - found.tried[_NOTHING].restored
    return Result(
        name=check,
        status="failed" if found.faults else "passed",
        value=won if corrected else None,
        limit=GAIN if corrected else None,
        unit="of the points, won by correcting the cameras",
        worst=_in_words(given),
        faults=tuple(fault.id for fault in found.faults),
    )


def _counted(name: str, wrong: int, frames: int) -> Result:
    return Result(name, "failed" if wrong else "passed", float(wrong), 0.0, "frames", f"{wrong} of {frames} frames")

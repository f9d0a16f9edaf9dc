"""The pipeline as a chain of stages and of the links of a landing, each with what was found about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reports.results_file import Results

# stage -> what it takes and gives, in the order in which data flows.
STAGES = {
    "load": "file → image",
    "project": "world → image",
    "preprocess": "image → crop",
    "encode": "crop → grid",
    "upsample": "grid → finer grid",
    "lift": "point → feature",
    "geometry": "what is claimed",
    "module": "what trains",
}
DATA = "data"  # where an audit finds faults: before any pipeline
# How checks are named; those of no stage here are of the stage whose name they begin with.
_CHECKED_AS = {"projection": "project", "points_behind": "project", "training": "module"}
# slot of `recipe.SLOTS` -> the step of the law that it is.
_LINKS = {
    "source": "u + ½",
    "frame": "· W1/W0",
    "offset": "− dx",
    "patch": "÷ P",
    "cell": "− ½",
    "axes": "x, y",
    "sampler": "normalise",
    "map": "the map",
}
_WORDS = {
    "fault": "at fault",
    "error": "could not run",
    "passed": "right",
    "expected": "known failure",
    "": "not checked",
}


@dataclass(frozen=True)
class Step:
    """One stage or link. state: "fault", "error", "expected", "passed" or "" for what was not checked; words: that."""

    name: str
    what: str
    state: str
    faults: tuple[str, ...]

    @property
    def words(self) -> str:
        """The state as a person would say it."""
        return _WORDS[self.state]


def stages(results: Results) -> list[Step]:
    """Every stage, in the order in which data flows; what is no stage of a pipeline, such as data, stands alone."""
    others = dict.fromkeys(fault["stage"] for fault in results["faults"] if fault["stage"] not in STAGES)
    steps = [_stage(results, name, what) for name, what in STAGES.items()]
    steps = steps if not others or any(step.state for step in steps) else []
    return [*steps, *(_stage(results, name, "") for name in others)]


def _stage(results: Results, name: str, what: str) -> Step:
    faults = tuple(fault["id"] for fault in results["faults"] if fault["stage"] == name)
    met = {result["status"] for result in results["results"] if stage_of(result["name"]) == name}
    states = ["fault"] if faults or "failed" in met else []
    return Step(
        name, what, next((s for s in (*states, "error", "expected", "passed") if s in {*states, *met}), ""), faults
    )


def stage_of(check: str) -> str:
    """The stage that a check of this name judges."""
    for start, stage in (*_CHECKED_AS.items(), *zip(STAGES, STAGES, strict=True)):
        if check.startswith(start):
            return stage
    return ""


def links(faults: Iterable[Results]) -> list[Step]:
    """The links of the landing, where any fault is of one; each with the faults that chose it wrong."""
    wrong = {slot: tuple(fault["id"] for fault in faults if slot in fault.get("links", ())) for slot in _LINKS}
    if not any(wrong.values()):
        return []
    return [Step(slot, what, "fault" if wrong[slot] else "passed", wrong[slot]) for slot, what in _LINKS.items()]

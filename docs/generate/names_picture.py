"""The picture of a training contract: every part of a module, what the list says, and what the module does."""

from __future__ import annotations

from fnmatch import fnmatchcase

from diagnostics import Pipeline
from diagnostics.verdict import Fault
from docs.generate.page import Picture
from docs.generate.svg import READ, TRUTH, Canvas

_PARTS = ("stem", "blocks.0", "blocks.1", "blocks.2", "blocks.3", "head")
_COLUMNS = (150.0, 300.0, 450.0)


def draw_names(fault: Fault, pipeline: Pipeline, modes: bool) -> Picture:
    """A row for every part. modes: whether the last column shows `train()` and `eval()`, or frozen and trains."""
    module = pipeline.module.train()
    canvas = Canvas(90 + 34 * len(_PARTS))
    for x, heading in zip(_COLUMNS, ("on the list", "should be", "is"), strict=True):
        canvas.text(x, 34, heading, "g s")
    wrong = []
    for row, name in enumerate(_PARTS):
        y, part = 64 + 34.0 * row, module.get_submodule(name)
        listed = any(fnmatchcase(f"{name}.x", pattern) for pattern in pipeline.trainable or ())
        active = part.training if modes else any(parameter.requires_grad for parameter in part.parameters())
        words = ("eval()", "train()") if modes else ("frozen", "trains")
        canvas.text(24, y, name, "b s")
        canvas.text(_COLUMNS[0], y, "yes" if listed else "no", "s")
        _draw_state(canvas, _COLUMNS[1], y, words[listed], TRUTH, listed, wrong=False)
        _draw_state(
            canvas, _COLUMNS[2], y, words[active], TRUTH if active == listed else READ, active, active != listed
        )
        wrong += [name] * (active != listed)
    canvas.text(24, 76 + 34 * len(_PARTS), "a filled square is active; a dashed ring marks what differs", "g s")
    kind = "mode" if modes else "state"
    alt = f"Parts of a module, their {kind} as it should be and as it is; wrong: {', '.join(wrong)}."
    return Picture(canvas.svg(f"{fault.id}: what every part should do, and does"), alt)


def _draw_state(canvas: Canvas, x: float, y: float, words: str, colour: str, active: bool, wrong: bool) -> None:
    canvas.rect(x, y - 12, 14, 14, rx=2, stroke=colour, stroke_width=1.6, fill=colour if active else "none")
    canvas.text(x + 22, y, words, "s")
    if wrong:
        ring = {"fill": "none", "stroke": READ, "stroke_width": 1.6, "stroke_dasharray": "5 3"}
        canvas.rect(x - 9, y - 19, 92, 28, rx=14, **ring)

"""Does `encode` answer in the cell of the patch it was shown, the same each time, whatever else is in the batch?"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import torch

from diagnostics.faults import named
from diagnostics.faults_encoder import CATALOGUE
from diagnostics.probes_encoder import REPEATS, Answers, EncoderProbe, distance
from diagnostics.probes_map import affine_maps
from diagnostics.subject import Subject
from diagnostics.token_order import MAJORITY, NEARBY, Order, believable, blurred, explain, standing, within
from diagnostics.verdict import Fault, Finding, SkipCheck, StageError

# Of the cells answer less than a patch's own, mean of ten patches. Under no order at all it is 0.5 with a standard
# deviation of 0.09, and above this once in 10,000 times.
_STANDS_OUT = 0.85
_UNIT = "of the features, root mean square"


def check_encode_deterministic(subject: Subject) -> Finding:
    """Two calls with the same crop give the same features."""
    probe = EncoderProbe(subject)
    crops = probe.crops(1)
    first, second = (probe.features(crops, seeded=False) for _ in range(2))
    change = distance(second, first)
    fault = named(CATALOGUE, "encoder-not-deterministic", where="one crop, two calls", change=change)
    return Finding(change, REPEATS, _UNIT, "one crop, two calls", (fault,) if change > REPEATS else ())


def check_encode_batch(subject: Subject) -> Finding:
    """An image's features do not change when the other image of its batch does.

    Both batches have one shape and one seed, so that neither the order of additions nor dropout differs.
    """
    probe = EncoderProbe(subject)
    a, b, c = probe.crops(3)
    pair, exchanged = torch.stack((a, b)), torch.stack((c, b))
    change = distance(probe.features(exchanged)[1:], probe.features(pair)[1:])
    if change > REPEATS and not probe.repeats(pair):
        raise SkipCheck("encode is random even with torch's seed fixed: changes cannot be told from chance")
    where = "second of two images"
    fault = named(CATALOGUE, "batch-leak", where=where, change=change)
    return Finding(change, REPEATS, _UNIT, where, (fault,) if change > REPEATS else ())


def check_encode_token_order(subject: Subject) -> Finding:
    """Of all cells, that of the patch that was changed answers most.

    Behind deep attention every cell answers a little, and a few to everything; most patches still have to agree.
    """
    answers = EncoderProbe(subject).answers()
    if answers.shape not in (answers.grid, answers.grid[::-1]):
        advice = f"declare Pipeline(grid={answers.shape}) if that is the encoder's own"
        if answers.shape[0] == answers.grid[1]:
            advice = f"move the channels to the front if it is (B, Hf, Wf, C), as permute(0, 3, 1, 2) does; or {advice}"
        raise StageError(
            "encode",
            f"returns a map of {answers.shape} cells (height, width) where the pipeline says grid={answers.grid}; "
            f"{advice}",
        )
    order = explain(answers)
    faults: tuple[Fault, ...] = ()
    note = f"evidence: {_agreed(order)} of {order.known} patches agree"
    if weak := _weak_evidence(answers, order):
        note = weak
    elif order.wrong or not _known(order, answers):
        faults = _order_faults(subject, answers, order)
    return Finding(
        value=float(1 - within(answers, cells=0).mean()),
        unit="of the patches answer elsewhere",
        worst=f"{order.known} patches",
        faults=faults,
        note=note,
    )


def _known(order: Order, answers: Answers) -> bool:
    """Whether an order explains enough to be named; the right one need not explain most, only more than chance."""
    enough = order.share >= MAJORITY or not order.wrong
    return enough and believable(order, answers.grid[0] * answers.grid[1])


def _weak_evidence(answers: Answers, order: Order) -> str:
    """What speaks for the right order where no order is known, or none better: in words, empty if nothing does."""
    known = _known(order, answers)
    if known and not (order.wrong and blurred(answers, order)):
        return ""
    near, stands_out = float(within(answers, cells=1).mean()), standing(answers)
    if known or near >= NEARBY:
        return f"weak evidence: {near:.0%} of the patches answer in their own cell or the next"
    if stands_out >= _STANDS_OUT:
        return f"weak evidence: a patch's own cell answers more than {stands_out:.0%} of the cells do"
    return ""


def _order_faults(subject: Subject, answers: Answers, order: Order) -> tuple[Fault, ...]:
    where = f"{order.known} patches of {answers.grid[0]}x{answers.grid[1]}"
    if not _known(order, answers):
        return (_unexplained(order, where),)
    error_px = _worst_px(subject, answers, order)
    numbers: dict[str, Any] = {
        "rows": answers.grid[0],
        "columns": answers.grid[1],
        "extra": order.extra,
        "agreed": _agreed(order),
        "known": order.known,
        "worst": "" if error_px is None else f" A patch's features lie up to {error_px:.0f} source pixels away.",
    }
    ids = []
    if order.extra:
        ids.append("class-token-kept" if order.extra == 1 else "register-tokens-kept")
    if order.fault:
        ids.append(order.fault)
    return tuple(
        named(
            CATALOGUE,
            fault_id,
            error_px=error_px,
            where=where,
            # One register without the class token is the same function.
            alternatives=("register-tokens-kept",) if fault_id == "class-token-kept" else (),
            **numbers,
        )
        for fault_id in ids
    )


def _unexplained(order: Order, where: str) -> Fault:
    return Fault(
        id="unexplained",
        stage="encode",
        error_px=None,
        where=where,
        explanation=(
            f"The cells that answer most to a changed patch follow no known order: the likeliest "
            f"({order.fault or 'row by row'}, {order.extra} tokens in front) explains {_agreed(order)} of "
            f"{order.known}."
        ),
        remedy="Follow one patch through the code: change it and see where the map changes.",
    )


def _agreed(order: Order) -> int:
    return round(order.share * order.known)


def _worst_px(subject: Subject, answers: Answers, order: Order) -> float | None:
    """How far at most a patch's features lie from the patch, source pixels; None without a measured preprocess.

    Features viewed as channels lie everywhere, and those of a map of another shape nowhere that can be read.
    """
    if order.fault == "tokens-viewed-as-channels" or answers.shape != answers.grid:
        return None
    kept = np.flatnonzero(order.places >= 0)
    rows, columns = answers.grid
    cells = np.stack(np.divmod(order.places[kept], columns)) - np.stack(np.divmod(kept, columns))
    with contextlib.suppress(SkipCheck, StageError):
        pixels = []
        for measured in affine_maps(subject).values():
            height, width = measured.crop_size
            cell = np.array([height / rows / measured.matrix[1][1], width / columns / measured.matrix[0][0]])
            pixels.append(np.hypot(*(cells * cell[:, None])).max())
        return float(max(pixels))
    return None

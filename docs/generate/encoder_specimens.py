"""Encoders that go wrong in one known way, to be measured and drawn: the planted faults of the tests."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

import broken_encoder as broken
from diagnostics import Pipeline
from diagnostics.verdict import Fault
from docs.generate.change_picture import draw_changes
from docs.generate.page import Picture, Specimen
from docs.generate.token_picture import TokenMap, draw_tokens

_GRID = (4, 6)
_SIZES = ((480, 640),)
_ORDERS: dict[
    str, tuple[str, dict[str, Any], int]
] = {  # fault id -> what was planted, settings of the tests' pipeline, channels that tell it
    "class-token-kept": ("tokens[:, :24] for tokens[:, 1:]", {"first": 0}, 1),
    "register-tokens-kept": ("tokens[:, 1:25] of a model with four registers", {"first": 1, "registers": 4}, 1),
    "token-order-transposed": ("the map filled column by column", {"arrange": broken.columns_first}, 1),
    "grid-reshape-swapped": ("reshaped to 6×4 for 4×6", {"arrange": broken.swapped}, 1),
    "tokens-viewed-as-channels": ("(N, C) viewed as (C, 4, 6)", {"arrange": broken.viewed}, broken.CHANNELS),
}


def encoders() -> dict[str, Specimen]:
    """Every encoder that goes wrong, of 4 by 6 or 6 by 6 patches."""
    found = {}
    for fault_id, (planted, settings, channels) in _ORDERS.items():
        extra = 1 + settings.get("registers", 0)
        tokens = TokenMap(_GRID, settings.get("arrange", broken.rows_first), settings.get("first", extra), extra)
        draw = partial(draw_tokens, tokens, channels=channels)
        found[fault_id] = Specimen(planted, _as_is(broken.pipeline(_GRID, **settings)), draw, image_sizes=_SIZES)
    leaking, noisy = _as_is(broken.pipeline(leak=True)), _as_is(broken.pipeline(dropout=0.1))
    found["batch-leak"] = Specimen(
        "attention over the batch axis, two blocks",
        leaking,
        lambda fault: _draw(fault, leaking, other=True),
        image_sizes=_SIZES,
    )
    found["encoder-not-deterministic"] = Specimen(
        "dropout of 0.1 left on", noisy, lambda fault: _draw(fault, noisy, other=False), image_sizes=_SIZES
    )
    return found


def _as_is(pipeline: Pipeline) -> Pipeline:
    """Its preprocess normalises nothing, on purpose."""
    return replace(pipeline, normalization="none")


def _draw(fault: Fault, pipeline: Pipeline, other: bool) -> Picture:
    """Features of one crop beside two different mates, or in two equal calls."""
    torch.manual_seed(0)
    crop, one, two = torch.rand(3, 3, 6 * broken.PATCH, 6 * broken.PATCH)
    with torch.no_grad():
        first = pipeline.encode(torch.stack([crop, one]))[0].double().numpy()
        second = pipeline.encode(torch.stack([crop, two if other else one]))[0].double().numpy()
    changes = np.sqrt(((first - second) ** 2).mean(axis=0)) / np.sqrt((first**2).mean())
    calls = ("beside one batch mate", "beside another") if other else ("one call", "the same call again")
    return draw_changes(fault, changes, calls)

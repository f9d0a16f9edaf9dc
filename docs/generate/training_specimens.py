"""Modules that break their training contract, to be measured and drawn: the planted faults of the tests."""

from __future__ import annotations

from functools import partial

import broken_training as broken
from docs.generate.names_picture import draw_names
from docs.generate.page import Specimen


def trainings() -> dict[str, Specimen]:
    """Every module that breaks its contract."""
    frozen = broken.contract(change=broken.freeze("head"))
    drifting = broken.contract(change=broken.thaw("blocks.2"))
    awake = broken.contract(broken.Careless)
    listed = "list: blocks.3.*, head.*"
    return {
        "frozen-but-listed": Specimen(
            f"{listed}; the head frozen", frozen, partial(draw_names, pipeline=frozen, modes=False)
        ),
        "trainable-but-unlisted": Specimen(
            f"{listed}; block 2 trains as well", drifting, partial(draw_names, pipeline=drifting, modes=False)
        ),
        "train-mode-leak": Specimen(
            f"{listed}; train() on everything", awake, partial(draw_names, pipeline=awake, modes=True)
        ),
    }

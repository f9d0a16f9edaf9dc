"""Measured maps that are written down instead of measured, and a subject that has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from diagnostics.pipeline import Pipeline
from diagnostics.subject import Subject
from reference.measure import MeasuredMap


def measured(
    matrix: Any = ((0.5, 0.0), (0.0, 0.25)), shift: tuple[float, float] = (-10.0, -5.0), **changes: Any
) -> MeasuredMap:
    """An image of 200 x 240 (height, width), made 120 wide and 50 high, of which a crop shows 100 x 40 from (10, 5)."""
    known: dict[str, Any] = {
        "image_size": (200, 240),
        "crop_size": (40, 100),
        "matrix": matrix,
        "shift": shift,
        "residual": 0.0,
        "ripple": 0.0,
        "bend": 0.0,
        "off_centre": 0.5,
        "scale_error": (0.0, 0.0),
        "reach": ((0.0, 100.0), (0.0, 40.0)),
    }
    return MeasuredMap(**known | changes)


def of_sizes(monkeypatch: pytest.MonkeyPatch, maps: Mapping[Any, Any], **stages: Any) -> Subject:
    """A subject that has `maps` at these sizes; what is an exception is raised in place of one."""

    def preprocess_map(_: Subject, size: Any) -> MeasuredMap:
        if isinstance(maps[size], Exception):
            raise maps[size]
        return maps[size]

    monkeypatch.setattr(Subject, "preprocess_map", preprocess_map)
    return Subject(Pipeline(preprocess=lambda image: image, **stages), tuple(maps))

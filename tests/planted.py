"""Planted faults as parameters of a test: every setting of every fault, with its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest


def each_setting(broken: Mapping[str, Sequence[Any]]) -> list[Any]:
    """`(fault_id, pipeline)` parameters of all pipelines of `broken`, fault id -> settings."""
    return [
        pytest.param(fault_id, pipeline, id=f"{fault_id}-{setting}")
        for fault_id, settings in broken.items()
        for setting, pipeline in enumerate(settings)
    ]

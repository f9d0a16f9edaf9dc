"""Measures where points land and where a pipeline reads; names and draws it. PEP 562 loads names on first use."""

import importlib
from typing import Any

from diagnostics.signals import answer_ctrl_c_while_starting

_HOME = {"Pipeline": "pipeline", "check_pipeline": "check", "parametrize_with_checks": "parametrize"}

__all__ = list(_HOME)

answer_ctrl_c_while_starting()


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

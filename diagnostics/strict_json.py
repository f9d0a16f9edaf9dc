"""Reads JSON strictly: no field twice, no NaN or infinity, no text but UTF-8, no nesting without an end."""

from __future__ import annotations

import json
from typing import Any, NoReturn

_DEEPEST = 100  # some ten times what anything here needs; what is deeper cannot be printed, compared or written again


def strict_json(content: bytes) -> Any:
    """The value that `content` is as JSON. Raises `ValueError` saying why it is none."""
    return _parsed(content, object_pairs_hook=_without_repeats, parse_constant=_no_number)


def lenient_json(content: bytes) -> Any:
    """The same where NaN and infinity pass and the last of repeated fields counts."""
    return _parsed(content)


def _parsed(content: bytes, **hooks: Any) -> Any:
    try:
        value = json.loads(content.decode(), parse_int=_whole_number, **hooks)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not valid JSON: {error}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _refuse_depth(value)
    return value


def _refuse_depth(value: Any) -> None:
    """Level by level: a value nested beyond Python's own stack could not be looked at otherwise."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(_DEEPEST):
        values = (inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer))
        level = [inner for inner in values if isinstance(inner, dict | list)]
        if not level:
            return
    raise ValueError("it is nested too deeply")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("it gives the same field twice")
    return data


def _whole_number(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:  # Python reads 4,300 digits
        raise ValueError(f"it holds a number of {len(digits)} digits") from None


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}, which is neither JSON nor a number to measure with")

"""Reads JSON strictly: no field twice, no NaN or infinity, no text but UTF-8."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def strict_json(content: bytes) -> Any:
    """The value that `content` is as JSON. Raises `ValueError` saying why it is none."""
    try:
        return json.loads(content.decode(), object_pairs_hook=_without_repeats, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not valid JSON: {error}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("it gives the same field twice")
    return data


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}, which is neither JSON nor a number to measure with")

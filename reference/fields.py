"""Checks of the plain values that describe a geometry or a camera: sizes, pairs of whole numbers, JSON objects."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any

import numpy as np

Size = tuple[int, int]
_SHOWN = 5  # of the fields that are none
_MOST = 2**53  # up to which float64 tells whole numbers apart


def as_size(value: Any, name: str) -> Size:
    """Return `value` as a size `(height, width)` of positive whole numbers, or raise naming the argument `name`.

    Raises `TypeError` for what is not a pair of whole numbers, `ValueError` for a pair with a side below one.
    """
    height, width = as_whole_pair(value, name, "(height, width)")
    if min(height, width) < 1:
        raise ValueError(f"{name} must be (height, width) with both sides at least 1, got {(height, width)}")
    return height, width


def as_whole_pair(value: Any, name: str, form: str) -> tuple[int, int]:
    """Return `value` as two plain ints, or raise `TypeError` or `ValueError` naming the argument and its `form`."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence | np.ndarray):
        raise TypeError(f"{name} must be {form}, two whole numbers, got {reprlib.repr(value)}")
    if len(value) != 2:
        raise ValueError(f"{name} must be {form}, two whole numbers, got {reprlib.repr(value)}")
    if any(isinstance(number, bool | np.bool_) for number in value):
        raise TypeError(f"{name} must be {form}, two whole numbers, got {reprlib.repr(value)}")
    try:
        first, second = operator.index(value[0]), operator.index(value[1])
    except TypeError:
        raise TypeError(f"{name} must be {form}, two whole numbers, got {reprlib.repr(value)}") from None
    if max(abs(first), abs(second)) > _MOST:
        raise ValueError(f"{name} must be {form} of at most {_MOST:,}, got {reprlib.repr(value)}")
    return first, second


def checked_fields(cls: type, data: Any, advice: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """The mapping `data` as keyword arguments of dataclass `cls`.

    advice: what to write instead of some keys that it does not know.

    Raises `TypeError` if it is no mapping and `ValueError` naming the keys that are unknown or missing.
    """
    if not isinstance(data, Mapping):
        raise TypeError(f"{cls.__name__} is read from a JSON object, got {type(data).__name__}")
    known = [field.name for field in fields(cls)]
    unknown = [str(key) for key in data if key not in known]
    if unknown:
        told = ", ".join(map(reprlib.repr, unknown[:_SHOWN]))
        told += "".join(f"; {text}" for text in dict.fromkeys(advice[key] for key in unknown if key in advice))
        raise ValueError(f"{cls.__name__} has no field {told}; it has {', '.join(known)}")
    missing = [field.name for field in fields(cls) if field.name not in data and field.default is MISSING]
    if missing:
        raise ValueError(f"{cls.__name__} needs the field {', '.join(map(repr, missing))}")
    return dict(data)

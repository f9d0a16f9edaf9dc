"""Checks of the numbers that a camera is given: plain finite ones, and a pose that is a rigid motion."""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

_LAST_ROW_SLACK = 1e-6  # float32 poses that went through an inverse
_ROTATION_SLACK = 1e-2  # max |R Rᵀ - I|; poses recorded as text are off by 1e-4, a scaled or sheared matrix by far more
_LACKS: dict[tuple[int, ...], str] = {
    (4, 4, 4): "; a 3x4 pose lacks its last row: append (0, 0, 0, 1)",
    (3, 3, 3): "; that is a rotation alone: append the translation as a column, then the row (0, 0, 0, 1)",
}


def as_number(value: Any, name: str) -> float:
    """`value` as a finite float. Raises `TypeError` or `ValueError` naming the argument `name`."""
    plain = value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise TypeError(f"{name} must be a number, got {reprlib.repr(plain)}")
    if not abs(plain) <= sys.float_info.max:
        raise ValueError(f"{name} must be finite, got {plain}")
    return float(plain)


def as_numbers(values: Any, name: str) -> tuple[float, ...]:
    """A sequence or array as finite floats. Raises `TypeError` or `ValueError` naming the entry."""
    values = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(values, str | bytes) or not isinstance(values, Sequence):
        raise TypeError(f"{name} must be a sequence of numbers, got {reprlib.repr(values)}")
    return tuple(as_number(value, f"{name}[{index}]") for index, value in enumerate(values))


def as_pose(matrix: Any) -> tuple[tuple[float, ...], ...]:
    """`matrix` as a rigid motion in nested tuples. Raises `TypeError` or `ValueError` saying what it is instead."""
    name = "world_to_camera"
    rows = matrix.tolist() if hasattr(matrix, "tolist") else matrix
    if isinstance(rows, str | bytes) or not isinstance(rows, Sequence):
        raise TypeError(f"{name} must be a 4x4 matrix, got {reprlib.repr(rows)}")
    if rows and not any(isinstance(row, Sequence) or hasattr(row, "tolist") for row in rows):
        raise ValueError(
            f"{name} must be 4x4, four rows of four numbers, got {len(rows)} values in one row{_flat(rows)}"
        )
    pose = tuple(as_numbers(row, f"{name}[{index}]") for index, row in enumerate(rows))
    if [len(row) for row in pose] != [4] * 4:
        lengths = [len(row) for row in pose]
        rows_of = ", ".join(map(str, lengths[:8]))
        raise ValueError(f"{name} must be 4x4, got rows of {rows_of or 'nothing'}{_LACKS.get(tuple(lengths), '')}")
    last_column = tuple(row[3] for row in pose)
    if not _is_last_row(pose[3]):
        advice = ": it is transposed, the translation belongs in the last column" if _is_last_row(last_column) else ""
        raise ValueError(f"{name} must have the last row (0, 0, 0, 1), got {pose[3]}{advice}")
    _check_rotation(np.asarray(pose)[:3, :3], name)
    return pose


def _flat(rows: Sequence[Any]) -> str:
    """What to do about a pose that is no matrix but one row of values."""
    if len(rows) in (4, 7):
        return ": if that is a quaternion, make a 3x3 rotation of it and put the translation into the last column"
    return ": give it in rows, as reshape(4, 4) makes them" if len(rows) == 16 else ""


def _is_last_row(row: tuple[float, ...]) -> bool:
    return max(abs(number - target) for number, target in zip(row, (0, 0, 0, 1), strict=True)) <= _LAST_ROW_SLACK


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def _check_rotation(rotation: Any, name: str) -> None:
    if np.linalg.det(rotation) < 0:
        raise ValueError(
            f"{name} mirrors the world (its determinant is negative): from OpenGL to OpenCV axes, negate both y and z"
        )
    off = float(np.max(np.abs(rotation @ rotation.T - np.eye(3))))
    if not off <= _ROTATION_SLACK:
        raise ValueError(
            f"{name} has no rotation in its upper left 3x3: R Rᵀ is off the identity by {off:.3g}, at most "
            f"{_ROTATION_SLACK} is accepted; give the pose alone, without a scale and without K"
        )

"""Reads the points of a `.npy` file a chunk at a time, believing nothing that its header says until it is checked."""

from __future__ import annotations

import ast
import re
import reprlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}  # of the header's length, by format version (numpy.lib.format)
_LONGEST_HEADER = 10_000  # numpy.load's own limit; a plain array's header has 118 bytes
_NUMBER = re.compile(r"[<>=|]?(f[248]|[iu][1248])")
_REMEDY = "give a .npy file that numpy.save wrote, numbers of shape (N, 2) or (N, 3)"


@dataclass(frozen=True)
class PointsFile:
    """A checked `.npy` file of points, real numbers of shape `(points, columns)` from byte `offset` on."""

    path: Path
    points: int
    columns: int
    dtype: np.dtype[Any]
    by_columns: bool
    offset: int

    @classmethod
    def open(cls, path: Path) -> PointsFile:
        """Check the header of the file at `path` and that the file is as long as the header says.

        Nothing is ever unpickled and nothing allocated by what the header says. Raises `OSError` where the file cannot
        be read and `ValueError`, saying what to do, where it is no `.npy` file of numbers of shape (N, 2) or (N, 3).
        """
        try:
            return cls._checked(path)
        except ValueError as error:
            raise ValueError(f"{path}: {error}; {_REMEDY}") from None

    @classmethod
    def _checked(cls, path: Path) -> PointsFile:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise ValueError("it is a directory or a device, not a file")
        with path.open("rb") as file:
            header = _header(file)
            offset = file.tell()
        dtype, (points, columns) = _dtype(header["descr"]), _shape(header["shape"])
        size, expected = status.st_size, offset + points * columns * dtype.itemsize
        if size != expected:
            raise ValueError(
                f"its header says {points} x {columns} values of {dtype.itemsize} bytes, {expected} bytes in all, "
                f"but it has {size}: it is cut short or damaged"
            )
        return cls(path, points, columns, dtype, header["fortran_order"], offset)

    def chunks(self, length: int, within: range | None = None) -> Iterator[NDArray[Any]]:
        """The points in order, `(length, columns)` and a shorter rest: all of them, or those of a range without steps.

        They are read, not mapped: that takes two thirds of the time, and a file that is cut short meanwhile raises
        `ValueError` where a map would end the process.
        """
        within = range(self.points) if within is None else within
        with self.path.open("rb") as file:
            for start in range(within.start, within.stop, length):
                yield self._read(file, start, min(length, within.stop - start))

    def _read(self, file: BufferedReader, start: int, length: int) -> NDArray[Any]:
        if not self.by_columns:
            values = np.empty((length, self.columns), self.dtype)
            self._read_into(values, file, start * self.columns)
            return values
        columns = np.empty((self.columns, length), self.dtype)
        for number, column in enumerate(columns):
            self._read_into(column, file, number * self.points + start)
        return columns.T

    def _read_into(self, values: NDArray[Any], file: BufferedReader, first: int) -> None:
        file.seek(self.offset + first * self.dtype.itemsize)
        if file.readinto(values.data) < values.nbytes:
            raise ValueError(f"{self.path}: it was cut short while it was read; {_REMEDY}")


def _header(file: BufferedReader) -> dict[str, Any]:
    """The header's dictionary; the file is left at the first value. See numpy.lib.format for the layout."""
    start = file.read(len(_MAGIC) + 2)
    if start.startswith(b"PK\x03\x04"):
        raise ValueError("it is a .npz archive or another zip file, not one array: save one of its arrays alone")
    if not start:
        raise ValueError("it is empty")
    if len(start) < len(_MAGIC) + 2 or not start.startswith(_MAGIC):
        raise ValueError("it is no .npy file: numpy.loadtxt reads text, numpy.save writes what it read")
    if start[-2] not in _LENGTH_BYTES:
        raise ValueError("it is no .npy file of a known version")
    length = int.from_bytes(file.read(_LENGTH_BYTES[start[-2]]), "little")
    text = file.read(min(length, _LONGEST_HEADER))
    header = _literal(text) if len(text) == length else {}
    if header.keys() != {"descr", "fortran_order", "shape"} or not isinstance(header["fortran_order"], bool):
        raise ValueError("its header is damaged")
    return header


def _literal(text: bytes) -> dict[str, Any]:
    """The dictionary that `text` is as a Python literal; empty where it is something else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's parser warns of odd text; the caller refuses it.
            value = ast.literal_eval(text.decode())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # as literal_eval's documentation says
        return {}
    return value if isinstance(value, dict) else {}


def _dtype(description: Any) -> np.dtype[Any]:
    if isinstance(description, str) and _NUMBER.fullmatch(description):
        return np.dtype(description)
    if isinstance(description, str) and description.endswith("O"):
        raise ValueError("it holds pickled Python objects, which are never loaded")
    raise ValueError(f"it holds {reprlib.repr(description)}, not real numbers of at most 64 bits")


def _shape(shape: Any) -> tuple[int, int]:
    if not isinstance(shape, tuple) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(f"its header gives the impossible shape {reprlib.repr(shape)}")
    if len(shape) == 2 and shape[1] in (2, 3):
        return shape
    raise ValueError(f"its shape is {reprlib.repr(shape)}, but points are (N, 2) or (N, 3): {_hint(shape)}")


def _hint(shape: tuple[int, ...]) -> str:
    """What makes points of an array of this shape."""
    if len(shape) == 2 and shape[0] in (2, 3):
        return "transpose it (points.T)"
    if len(shape) == 3 and shape[0] == 1:
        return "drop the axis of length 1 (points[0])"
    if len(shape) == 2 and shape[1] > 3:
        return "keep the columns of the coordinates (points[:, :2] or points[:, :3])"
    return "give one point a row"

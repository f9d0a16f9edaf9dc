"""Reads the small files of a frame with care: regular files only, bounded, and every complaint names its file."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG

import numpy as np
from numpy.typing import NDArray

from reference.fields import Size
from reference.image import decoding

_MOST_BYTES = 100_000  # A 4x4 matrix as text has under 1,000.


def existing(path: Path) -> Path:
    """`path` itself. Raises `OSError` where there is nothing and `ValueError` where it is no regular file."""
    if not S_ISREG(path.stat().st_mode):
        raise ValueError(f"{path}: it is a directory or a device, not a file")
    return path


def bytes_of(path: Path, most: int) -> bytes:
    """The content of the file at `path`. Raises `OSError`, and `ValueError` where it has more than `most` bytes."""
    with existing(path).open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{path}: it is longer than {most:,} bytes")
    return content


def matrix_of(path: Path, *shapes: tuple[int, int]) -> NDArray[np.float64]:
    """The matrix that the text file at `path` holds, one row a line, of one of the `shapes`; numbers may be inf or NaN.

    Raises `OSError` where it cannot be read and `ValueError` where it holds something else.
    """
    try:
        lines = bytes_of(path, _MOST_BYTES).decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path}: it is not plain text") from None
    rows = [_numbers(path, line) for line in lines if line.strip()]
    if (len(rows), len(rows[0]) if rows else 0) not in shapes or len({len(row) for row in rows}) != 1:
        wanted = " or ".join(f"{height}x{width}" for height, width in shapes)
        lengths = ", ".join(str(len(row)) for row in rows[:8])
        raise ValueError(f"{path}: it must hold a {wanted} matrix, one row a line, got rows of {lengths or 'nothing'}")
    return np.array(rows)


def _numbers(path: Path, line: str) -> list[float]:
    try:
        return [_number(word) for word in line.split()]
    except ValueError:
        raise ValueError(f"{path}: {line.strip()[:60]!r} is no row of numbers") from None


def _number(word: str) -> float:
    if "_" in word:  # Python reads 1_000 as a number; no program that writes matrices means one by it.
        raise ValueError
    return float(word)


def image_size(path: Path) -> Size:
    """The size `(height, width)` that the image's header states, as stored: no pixel is decoded, nothing is turned.

    Raises `OSError` where the file cannot be opened and `ValueError` where it is no image that Pillow reads.
    """
    with existing(path).open("rb") as file, decoding(file, path) as image:
        return image.height, image.width

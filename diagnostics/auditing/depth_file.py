"""Reads the depth map of a frame, 16-bit image or `.npy`, believing no header before it is checked against the file."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from PIL import Image

from diagnostics.dataset.files import existing, image_size
from reference.image import decoding

_MOST_PIXELS = 178_956_970  # the size from which Pillow calls an image a decompression bomb
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# What numpy's parser raises on a damaged header; it promises ValueError alone.
_NO_HEADER = (LookupError, ValueError, TypeError, SyntaxError, MemoryError, RecursionError, TokenError)
_MODES = ("I;16", "I;16B", "I", "F", "L")  # one number a pixel, as Pillow names it


def depth_values(path: Path) -> NDArray[Any]:
    """The numbers of the depth map at `path` as stored, (height, width).

    Raises `OSError` where it cannot be read and `ValueError` where it is no depth map. No memory is asked for that the
    file does not fill.
    """
    return _npy_values(existing(path)) if path.suffix == ".npy" else _image_values(path)


@contextmanager
def decoded(path: Path) -> Iterator[Image.Image]:
    """The image at `path`, open to be decoded, as `reference.image.decoding` has it.

    Raises `OSError` where the file cannot be opened; whatever goes wrong from then on is a `ValueError` with its name.
    """
    with existing(path).open("rb") as file, decoding(file, path.name) as image:
        yield image


def _image_values(path: Path) -> NDArray[Any]:
    height, width = image_size(path)
    _check_pixels(path, height * width)
    with decoded(path) as image:
        mode = image.mode
        values = np.asarray(image) if mode in _MODES else None
    if values is None:
        raise ValueError(f"{path.name} is no depth map: its pixels are {mode}, not one number each")
    return values


def _npy_values(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        shape, dtype = _npy_header(path, file)
        expected = file.tell() + math.prod(shape) * dtype.itemsize
    size = path.stat().st_size
    if size != expected:
        raise ValueError(f"{path.name}: its header asks for {expected:,} bytes, but it has {size:,}: it is damaged")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a header that Python 2 wrote
        values: NDArray[Any] = np.load(path, allow_pickle=False)
    return values


def _npy_header(path: Path, file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's parser warns of odd text
            shape, _, dtype = _HEADERS[npy.read_magic(file)](file)
    except _NO_HEADER:
        raise ValueError(f"{path.name}: it is no .npy file of one array, or its header is damaged") from None
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"{path.name} is no depth map: it has shape {shape}, not (height, width)")
    if dtype.kind not in "fiu":
        raise ValueError(f"{path.name} is no depth map: it holds {dtype}, not real numbers")
    _check_pixels(path, math.prod(shape))
    return shape, dtype


def _check_pixels(path: Path, pixels: int) -> None:
    if pixels > _MOST_PIXELS:
        raise ValueError(f"{path.name}: {pixels:,} pixels are too many for a depth map in good faith")

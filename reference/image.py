"""Opens an image file the way the points see it: upright, RGB, 8 bits a channel, whatever the file was."""

from __future__ import annotations

import logging
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from os import PathLike, fspath
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

CONVERSIONS = "conversions"
_ORIENTATION_TAG = 0x0112  # EXIF 2.32, table 4
_FULL_16_BIT = 65535
_NO_RGB = "damaged or not readable as 8-bit RGB"
_PROGRAM = "EPS"  # what Pillow hands to Ghostscript
# What Pillow's decoders were seen to raise on damaged files; it promises no more than OSError and SyntaxError.
_DAMAGED = (
    *(OSError, SyntaxError, EOFError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError),
    *(AssertionError, RuntimeError, MemoryError, BufferError, struct.error, zlib.error),
)


# What Pillow logs of damaged files it raises as well; without any handler Python would print it.
logging.getLogger("PIL").addHandler(logging.NullHandler())


class _ProgramError(Exception):
    """The file is a program to be run, not pixels."""


@contextmanager
def decoding(file: BinaryIO, name: object, damage: str = "damaged") -> Iterator[Image.Image]:
    """The image in the open `file`, to be asked for its size or its pixels within.

    Warnings, of many pixels, odd metadata and signalling NaN, are not shown: none changes a pixel. Raises `ValueError`
    that begins with `name` for what is no image of pixels or has too many of them, and that says `damage` of what
    cannot be decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(file) as image:
                if image.format == _PROGRAM:
                    raise _ProgramError
                with _stderr_dropped() if image.format == "TIFF" else nullcontext():
                    yield image
        except _ProgramError:
            raise ValueError(f"{name}: EPS is a program, which is not run here; export it as PNG") from None
        except UnidentifiedImageError:
            raise ValueError(f"{name}: not an image in a format that Pillow reads") from None
        except Image.DecompressionBombError:
            raise ValueError(f"{name}: too many pixels to be an image in good faith") from None
        except _DAMAGED as error:
            raise ValueError(f"{name}: the image is {damage} ({error})") from None


@contextmanager
def _stderr_dropped() -> Iterator[None]:
    """Nothing reaches the process's stderr: libtiff prints there by itself what Pillow then raises."""
    try:
        kept = os.dup(2)
    except OSError:  # there is none
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def load_image(path: str | PathLike[str]) -> Image.Image:
    """The image at `path`, upright, RGB, 8 bits; `image.info["conversions"]` lists in words what was done to get there.

    The EXIF orientation is applied, so that sizes and points are those of the upright image. Transparency is laid over
    white. Palette, grey and CMYK become RGB by Pillow's rules; 16-bit grey is scaled by 255/65535, not clipped. Colour
    profiles are not applied: CLIP's own transform does not either. Of several frames the first is read.

    Raises `FileNotFoundError` and other `OSError` where the file cannot be opened, `ValueError` where it is no image
    that can be read whole, has too many pixels to be one in good faith, or has float pixels outside [0, 1].
    """
    path = fspath(path)
    # Opened here, so that an OSError is about the file, not its content.
    with open(path, "rb") as file, decoding(file, path, _NO_RGB) as image:  # noqa: PTH123
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)  # Pillow turns a TIFF as it loads it
        image.load()
        return _as_upright_rgb(image, orientation)


def _as_upright_rgb(image: Image.Image, orientation: int) -> Image.Image:
    done: list[str] = []
    if orientation in range(2, 9):
        image = ImageOps.exif_transpose(image)
        done.append(f"EXIF orientation {orientation} applied")
    if image.mode.startswith(("I", "F")):
        done.append(f"{image.mode} pixels scaled to 8 bits")
        image = _as_8_bit(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        done.append("transparency laid over white")
    if image.mode != "RGB":
        done.append(f"{image.mode} converted to RGB")
        image = image.convert("RGB")
    image.info = {CONVERSIONS: tuple(done)}
    return image


def _as_8_bit(image: Image.Image) -> Image.Image:
    """Grey pixels of 16 bits, of 32 bits that hold 16, or of floats in [0, 1], as 8 bits, rounded."""
    pixels = np.asarray(image, dtype=np.float64)
    full = 1 if image.mode.startswith("F") else _FULL_16_BIT
    if not (pixels.min() >= 0 and pixels.max() <= full):
        raise ValueError(f"pixels of mode {image.mode} must lie in [0, {full}], found {pixels.min()} to {pixels.max()}")
    return Image.fromarray(np.rint(pixels * (255 / full)).astype(np.uint8))

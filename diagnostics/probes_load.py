"""Writes image files of every orientation and colour mode, all of the same known pictures, to see how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, features

from diagnostics.subject import Floats

_SIZE = (480, 640)  # (height, width): landscape, so that a quarter turn shows in the size, too
_ORIENTATION_TAG = 0x0112  # EXIF 2.32, table 4
_COLOURED = (((250, 20, 30), (10, 200, 40)), ((20, 60, 240), (240, 240, 250)))  # quarters: no turn or mirror repeats it
_GREY = (((20, 20, 20), (110, 110, 110)), ((170, 170, 170), (240, 240, 240)))
# What makes the stored image of the upright one: undone by what the tag says.
_STORED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


@dataclass(frozen=True, eq=False)
class KnownFile:
    """An image file on disk and the plain RGB file that shows the same picture.

    label: what kind of file it is, in words. orientation: its EXIF tag, 1 where it has none.
    """

    label: str
    path: Path
    plain: Path
    picture: Image.Image
    orientation: int = 1


def plain_file(folder: Path) -> KnownFile:
    """An ordinary 8-bit RGB file of four coloured quarters, written to `folder`."""
    picture = _quarters(_COLOURED)
    path = folder / "plain.png"
    picture.save(path)
    return KnownFile("8-bit RGB", path, path, picture)


def turned_files(folder: Path) -> Iterator[KnownFile]:
    """Files that are upright only once their EXIF orientation (6, 3, 8) is applied, JPEG and PNG."""
    plain = plain_file(folder)
    for orientation, turn in _STORED.items():
        exif = Image.Exif()
        exif[_ORIENTATION_TAG] = orientation
        for suffix in ("jpg", "png"):
            path = folder / f"turned{orientation}.{suffix}"
            plain.picture.transpose(turn).save(path, exif=exif)
            label = f"{'JPEG' if suffix == 'jpg' else 'PNG'} with EXIF orientation {orientation}"
            yield KnownFile(label, path, plain.path, plain.picture, orientation)


def mode_files(folder: Path) -> Iterator[KnownFile]:
    """Files in the modes that loaders stumble over: palette, opaque alpha, CMYK and 16-bit grey.

    Half-transparent pixels are left out: whether they lie over white or black is anybody's choice.
    """
    plain = plain_file(folder)
    opaque = plain.picture.copy()
    opaque.putalpha(255)
    kinds = {"palette": ("png", plain.picture.quantize(8)), "opaque RGBA": ("png", opaque)}
    if features.check("jpg"):
        kinds["CMYK"] = ("jpg", plain.picture.convert("CMYK"))
    for label, (suffix, image) in kinds.items():
        path = folder / f"{label.replace(' ', '-')}.{suffix}"
        image.save(path)
        yield KnownFile(label, path, plain.path, plain.picture)
    grey, path, grey_plain = _quarters(_GREY), folder / "grey16.png", folder / "grey.png"
    grey.save(grey_plain)
    high = np.asarray(grey)[..., 0].astype(np.uint16)
    Image.fromarray(high * 256 + (255 - high)).save(path)  # who takes the low byte for the high one sees the negative
    yield KnownFile("16-bit grey", path, grey_plain, grey)


def worst_turn(orientation: int) -> float:
    """Largest distance, image pixels, between a point and where its content lies if the orientation is ignored."""
    upright = np.moveaxis(np.indices(_SIZE), 0, -1)
    turns = {3: 2, 6: 1, 8: 3}[orientation]
    stored = np.rot90(upright, turns)
    height, width = np.minimum(stored.shape[:2], _SIZE)
    gap = stored[:height, :width] - upright[:height, :width]
    return float(np.hypot(gap[..., 0], gap[..., 1]).max())


def rgb_levels(image: Image.Image) -> Floats:
    """The image's pixels (H, W, 3) after Pillow's own conversion to RGB, 0 to 255."""
    return np.asarray(image.convert("RGB"), dtype=np.float64)


def difference(seen: Floats, known: Floats) -> float:
    """Mean difference of two arrays in parts of the second's range; infinite where their shapes differ."""
    if seen.shape != known.shape or not np.isfinite(seen).all():
        return float("inf")
    return float(np.abs(seen - known).mean() / np.ptp(known))


def _quarters(colours: Any) -> Image.Image:
    height, width = _SIZE
    pixels = np.array(colours, dtype=np.uint8)
    return Image.fromarray(pixels.repeat(height // 2, axis=0).repeat(width // 2, axis=1))

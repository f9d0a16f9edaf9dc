"""Opens an image file the way the points see it: upright, RGB, 8 bits a channel, whatever the file was."""

from __future__ import annotations

import warnings
from os import PathLike, fspath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

CONVERSIONS = "conversions"
_ORIENTATION_TAG = 0x0112  # EXIF 2.32, table 4
_FULL_16_BIT = 65535


def load_image(path: str | PathLike[str]) -> Image.Image:
    """The image at `path`, upright, RGB, 8 bits; `image.info["conversions"]` lists in words what was done to get there.

    The EXIF orientation is applied, so that sizes and points are those of the upright image. Transparency is laid over
    white. Palette, grey and CMYK become RGB by Pillow's rules; 16-bit grey is scaled by 255/65535, not clipped. Colour
    profiles are not applied: CLIP's own transform does not either. Of several frames the first is read.

    Raises `FileNotFoundError` and other `OSError` where the file cannot be opened, `ValueError` where it is no image
    that can be read whole, has too many pixels to be one in good faith, or has float pixels outside [0, 1].
    """
    path = fspath(path)
    with open(path, "rb") as file:  # noqa: PTH123 - opened here so that an OSError is about the file, not its content
        try:
            with warnings.catch_warnings():
                # Pillow warns from 89 million pixels and refuses from twice that; a large image is no mistake.
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                with Image.open(file) as image:
                    orientation = image.getexif().get(_ORIENTATION_TAG, 1)  # Pillow turns a TIFF as it loads it
                    image.load()
                    return _as_upright_rgb(image, orientation)
        except UnidentifiedImageError:
            raise ValueError(f"{path}: not an image in a format that Pillow reads") from None
        except Image.DecompressionBombError as error:
            raise ValueError(f"{path}: too many pixels to be an image in good faith ({error})") from None
        except (OSError, SyntaxError, EOFError, ValueError, OverflowError, MemoryError) as error:
            raise ValueError(f"{path}: the image is damaged or not readable as 8-bit RGB ({error})") from None


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

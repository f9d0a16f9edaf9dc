"""Structured light for image transforms: from which place of the image was each pixel of the output read?

Cosine stripes of known period are sent through a callable in four phase steps. The phase that arrives at an output
pixel names a place of the image, whatever the mean, gain and channel order: a symmetric kernel damps stripes but does
not shift them. A period twice as long as the image says roughly where, shorter ones say it finely (phase-shifting
profilometry with temporal unwrapping; Huntley and Saldner, Applied Optics 32(17), 1993).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from reference.fields import Size
from reference.geometry import edge_from_index

Transform = Callable[[Image.Image], Any]
Field = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_SHORTEST_PERIOD = 12  # pixels of the coarser of image and crop: no usual kernel damps these stripes away
_PERIOD_STEP = 64  # a phase is good to 1/2000 of its period in 8 bits, so the next period may be this much shorter
_MIDDLE, _AMPLITUDE = 127.5, 120  # grey levels; a sharpening kernel's overshoot stays inside 8 bits
_VISIBLE = 0.2  # of the strongest stripes that arrive: anything paler is padding
_MOVING = 0.25  # of the usual change of place: anything slower is padding that repeats the rim


@dataclass(frozen=True)
class Landing:
    """Where each crop pixel was read from on one axis of the image.

    place: (Hc, Wc), edge coordinate on that axis of the image, image pixels.
    visible: (Hc, Wc), whether stripes arrived there at all.
    slopes: change of `place` for one crop pixel to the right and one down, as most of the crop agrees on.
    """

    place: Field
    visible: Mask
    slopes: tuple[float, float]

    @property
    def pitch(self) -> float:
        """Image pixels a crop pixel: above 1 where the crop is coarser than the image."""
        return float(np.hypot(*self.slopes))


def measure_landing(transform: Transform, image_size: Size, axis: int) -> Landing:
    """Measure where `transform` reads from on `axis` (0: x, 1: y) of an image of `image_size` `(height, width)`.

    Raises `ValueError` where the output is no image tensor, changes size, or shows too little of the image to measure.
    """
    period = 2.0 * image_size[1 - axis]
    phase, strength = _phase(transform, image_size, axis, period)
    place = np.mod(phase, 2 * np.pi) * period / (2 * np.pi)
    landing = _landing(place, strength)
    shorter = period / (_SHORTEST_PERIOD * max(1.0, landing.pitch))
    steps = math.ceil(math.log(max(1.0, shorter), _PERIOD_STEP))
    for _ in range(steps):
        period /= shorter ** (1 / steps)
        phase, strength = _phase(transform, image_size, axis, period)
        turns = np.rint(landing.place / period - phase / (2 * np.pi))
        landing = _landing((turns + phase / (2 * np.pi)) * period, strength)
    return landing


def stripes(image_size: Size, axis: int, period: float, quarter_turns: int = 0) -> Image.Image:
    """A grey RGB image that varies along `axis` as a cosine of `period` pixels, advanced by `quarter_turns`."""
    places = edge_from_index(np.arange(image_size[1 - axis]))
    wave = _MIDDLE + _AMPLITUDE * np.cos(2 * np.pi * places / period + quarter_turns * np.pi / 2)
    grey = np.rint(wave).astype(np.uint8)
    grey = np.broadcast_to(grey[None, :] if axis == 0 else grey[:, None], image_size)
    return Image.fromarray(np.repeat(grey[..., None], 3, axis=-1))


def planes(output: Any) -> Field:
    """What a transform returned, as channels (C, H, W) of floats.

    Taken are a tensor or array (C, H, W) with one or three channels, a PIL image, and either of these as the only entry
    of a batch or, as Hugging Face has it, under `"pixel_values"`. Raises `ValueError` for anything else.
    """
    if isinstance(output, Mapping) and "pixel_values" in output:
        output = output["pixel_values"]
    if isinstance(output, list | tuple) and len(output) == 1:
        output = output[0]
    if isinstance(output, Image.Image):
        output = np.moveaxis(np.atleast_3d(np.asarray(output)), -1, 0)
    if hasattr(output, "detach"):
        output = output.detach().cpu()
        output = output.float() if output.dtype.itemsize < 4 else output  # NumPy has no bfloat16
    try:
        channels = np.asarray(output, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"the transform must return a tensor (3, Hc, Wc), got {type(output).__name__}") from None
    if channels.ndim == 4 and len(channels) == 1:
        channels = channels[0]
    if channels.ndim != 3 or channels.shape[0] not in (1, 3) or channels.size == 0:
        raise ValueError(f"the transform must return a tensor (3, Hc, Wc), got shape {channels.shape}")
    return channels


def _phase(transform: Transform, image_size: Size, axis: int, period: float) -> tuple[Field, Field]:
    """Phase in radians and strength of the stripes at every crop pixel, from four quarter turns."""
    seen = [planes(transform(stripes(image_size, axis, period, step))).mean(axis=0) for step in range(4)]
    if len({image.shape for image in seen}) > 1:
        raise ValueError("the transform is random: the size of its output changes from call to call")
    cosine, sine = seen[0] - seen[2], seen[3] - seen[1]
    return np.arctan2(sine, cosine), np.hypot(sine, cosine)


def _landing(place: Field, strength: Field) -> Landing:
    if not np.isfinite(strength).all() or strength.max() == 0:
        raise ValueError("nothing of the image arrives in the crop: stripes come out flat or not finite")
    visible = strength > _VISIBLE * strength.max()
    return Landing(place, visible, _slopes(place, visible))


def _slopes(place: Field, visible: Mask) -> tuple[float, float]:
    """Differences over an eighth of the crop, so that a single pixel's noise does not count.

    Padding that repeats the rim stands still and is left out; padding that mirrors the image is outvoted.
    """
    lag_y, lag_x = (max(1, side // 8) for side in place.shape)
    if min(place.shape) < 2:
        raise ValueError(f"a crop of {place.shape} (height, width) is too small to measure")
    here = slice(-lag_y), slice(-lag_x)
    right, below = (here[0], slice(lag_x, None)), (slice(lag_y, None), here[1])
    seen = visible[here] & visible[right] & visible[below]
    to_right = (place[right] - place[here])[seen] / lag_x
    down = (place[below] - place[here])[seen] / lag_y
    speed = np.hypot(to_right, down)
    moving = speed > _MOVING * np.quantile(speed, 0.9) if speed.size else speed > 0
    if not moving.any():
        raise ValueError("too little of the image arrives in the crop to measure the transform")
    return agreement(to_right[moving]), agreement(down[moving])


def agreement(values: Field) -> float:
    """Median of the shortest interval that holds a tenth of the values: what most agree on, whatever the others are."""
    ordered = np.sort(values)
    count = max(1, ordered.size // 10)
    start = int(np.argmin(ordered[count - 1 :] - ordered[: ordered.size - count + 1]))
    return float(ordered[start + count // 2])

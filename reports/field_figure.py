"""The landing error all over an image: arrows from the place asked for to the place read, over the error's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from reports.places import AtSize, Floats, Frame, Record, frame_of
from reports.raster import Shades
from reports.rendering import px
from reports.svg import Canvas

_WIDTH, _HEIGHT, _AROUND = 640.0, 428.0, 4.0
_LONGEST = 0.12  # of the image's longer side: an arrow longer than that is drawn as it is
_FACTORS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_SEEN = 0.005  # source pixels: what two decimals show
_ARROWS = (7, 9)  # rows and columns at most


@dataclass(frozen=True)
class Field:
    """Errors in source pixels at image index points, (rows, columns, 2) each; NaN where nothing is read.

    judged: (rows, columns), which of them count. Beyond the outermost cells' centres a lift reads the rim, as it must.
    """

    points: Floats
    errors: Floats
    judged: NDArray[np.bool_]

    @property
    def sizes(self) -> Floats:
        """Lengths of the errors (rows, columns)."""
        return np.array(np.hypot(self.errors[..., 0], self.errors[..., 1]))

    @property
    def inside(self) -> Floats:
        """The errors that count, (N, 2)."""
        return np.asarray(self.errors[self.judged])

    @property
    def worst(self) -> float:
        """The longest of them, source pixels; 0 where there are none."""
        return float(np.hypot(*self.inside.T).max(initial=0.0))


def measured_field(at: AtSize) -> Field | None:
    """What was read on the lattice; None where nothing was."""
    lattice = at.record.get("lattice")
    if lattice is None:
        return None
    points = np.stack(np.meshgrid(lattice["u"], lattice["v"]), axis=-1)
    errors = np.stack([np.array(lattice[key], dtype=np.float64) for key in ("error_x", "error_y")], axis=-1)
    counted = [_between_centres(at, at.grid_from_image(points)), np.isfinite(errors).all(axis=-1)]
    if at.record.get("read_from_image") is not None:
        counted.append(_between_centres(at, at.read_from_image(points)))
    return Field(points, errors, np.all(counted, axis=0))


def own_field(at: AtSize, landing: Record) -> Field:
    """What a fault does alone, where points have their own places between the outermost cells' centres."""
    ends = np.sort(at.image_from_grid(np.stack([np.zeros(2), at.cells - 1])), axis=0)
    first, last = np.maximum(ends[0], 0), np.minimum(ends[1], at.image - 1)
    columns, rows = (np.linspace(low, high, count) for low, high, count in zip(first, last, _ARROWS[::-1], strict=True))
    points = np.stack(np.meshgrid(columns, rows), axis=-1)
    return Field(points, at.errors(points, landing), np.ones(points.shape[:2], dtype=bool))


def _between_centres(at: AtSize, places: Floats) -> NDArray[np.bool_]:
    return np.asarray(((places >= 0) & (places <= at.cells - 1)).all(axis=-1))


@dataclass(frozen=True)
class Look:
    """What figures that are to be compared share: the corners shown, the error of the darkest shade, arrows' factor."""

    shown: Floats
    darkest: float
    factor: int

    @property
    def words(self) -> str:
        """What a caption says of it."""
        if self.darkest < _SEEN:
            return "No arrow is long enough to be seen."
        length = "at true length" if self.factor == 1 else f"{self.factor} times as long as the error"
        return f"Arrows {length}; the darker, the farther, up to {px(self.darkest)} px."


def look_of(fields: Sequence[tuple[AtSize, Field]]) -> Look:
    """The look that suits all of them; what is read outside the crop may be anything and has no say."""
    corners = np.concatenate([np.concatenate([at.image_corners, at.crop_corners]) for at, _ in fields])
    worst = max(field.worst for _, field in fields)
    room = _LONGEST * max(float(at.image.max()) for at, _ in fields)
    factor = max(factor for factor in _FACTORS if factor == 1 or worst * factor <= room) if worst >= _SEEN else 1
    return Look(np.stack([corners.min(axis=0), corners.max(axis=0)]), worst, factor)


def draw_field(at: AtSize, field: Field, look: Look, alt: str, *, inspected: int | None = None) -> Markup:
    """The figure. inspected: the number of the image size, where a pointer over it is to be answered."""
    canvas = Canvas(_WIDTH, _HEIGHT)
    frame = frame_of(look.shown, [(_AROUND, _AROUND), (_WIDTH - _AROUND, _HEIGHT - _AROUND)])
    image, shades = frame.at(at.image_corners), Shades(0.0, look.darkest)
    canvas.rect(image, "surface")
    canvas.clip(image)
    _draw_tiles(canvas, frame, field, shades)
    canvas.close()
    canvas.rect(image, "frame")
    _draw_crop(canvas, at, frame)
    _draw_arrows(canvas, frame, field, look.factor)
    data = {}
    if inspected is not None:
        x, y = frame.origin
        data = {"inspect": inspected, "scale": frame.scale, "x": float(x), "y": float(y)}
    return canvas.svg(alt, "field", **data)


def _draw_tiles(canvas: Canvas, frame: Frame, field: Field, shades: Shades) -> None:
    """A tile around every point; tiles touch, so that the outermost reach beyond their points."""
    if shades.high >= _SEEN:
        low, high = field.points[0, 0], field.points[-1, -1]
        rows, columns = field.sizes.shape
        beyond = (high - low) / (2 * (np.array([columns, rows]) - 1))
        canvas.picture(shades.ink(field.sizes), frame.at(np.stack([low - beyond, high + beyond])))


def _draw_crop(canvas: Canvas, at: AtSize, frame: Frame) -> None:
    """The crop's outline, and the bounds of its cells."""
    columns, rows = (int(count) for count in at.cells)
    canvas.cells(frame.at(at.cell_corners), columns, rows)
    canvas.rect(frame.at(at.crop_corners), "crop")


def _draw_arrows(canvas: Canvas, frame: Frame, field: Field, factor: int) -> None:
    """A thinned lattice of them, `factor` times as long as the errors."""
    thin = tuple(slice(None, None, -(-count // most)) for count, most in zip(field.judged.shape, _ARROWS, strict=True))
    points, errors, judged = field.points[thin], field.errors[thin], field.judged[thin]
    known = np.isfinite(errors).all(axis=-1)
    canvas.clip([(0, 0), (_WIDTH, _HEIGHT)])
    for chosen, class_ in ((known & ~judged, "aside"), (judged, "")):
        starts, ends = frame.at(points[chosen]), frame.at(points[chosen] + factor * errors[chosen])
        canvas.arrows(starts, ends, class_)
        canvas.read(ends, class_=class_)
        canvas.asked(starts, class_)
    canvas.close()

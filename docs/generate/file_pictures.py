"""The pictures of files that are read wrongly: turned ones, and those of unusual modes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from diagnostics.probes_load import KnownFile, mode_files, turned_files
from diagnostics.verdict import Fault
from docs.generate.page import Picture
from docs.generate.svg import FAINT, Canvas

Load = Callable[[str], Any]
_POINT = (0.6, 0.25)  # of the upright image


def draw_turned(fault: Fault, load: Load) -> Picture:
    """A photograph with EXIF tag 6: upright, and as it is read."""
    with tempfile.TemporaryDirectory() as folder:
        file = next(file for file in turned_files(Path(folder)) if file.orientation == 6)
        upright, read = _quarters(file.picture), _quarters(load(str(file.path)))
        sizes = file.picture.size, load(str(file.path)).size
    canvas = Canvas(292)
    point = _POINT[0] * sizes[0][0], _POINT[1] * sizes[0][1]
    for x, (width, height), colours, words in (
        (40.0, sizes[0], upright, "upright"),
        (372.0, sizes[1], read, "as it is read"),
    ):
        scale = 200 / 640
        _draw_quarters(canvas, x, 44, width * scale, height * scale, colours)
        canvas.text(x, 32, f"{words}, {width}×{height}", "s")
        (canvas.asked if words == "upright" else canvas.read)(x + point[0] * scale, 44 + point[1] * scale)
    canvas.asked(46, 276)
    canvas.text(58, 280, f"the point ({point[0]:.0f}, {point[1]:.0f})", "s")
    canvas.read(378, 276)
    canvas.text(390, 280, "the same numbers", "s")
    names = [f"{width}×{height}" for width, height in sizes]
    alt = f"A file with EXIF orientation 6 is {names[0]} upright and read as {names[1]}: "
    alt += f"the point ({point[0]:.0f}, {point[1]:.0f}) lies in another quarter of the picture."
    return Picture(canvas.svg(f"{fault.id}: a turned file, upright and as it is read"), alt)


def draw_modes(fault: Fault, loads: Sequence[tuple[str, Load]]) -> Picture:
    """Files of unusual modes: the plain picture, and what arrives. loads: the label of a file and who reads it."""
    canvas = Canvas(250)
    with tempfile.TemporaryDirectory() as folder:
        files = {file.label: file for file in mode_files(Path(folder))}
        for k, (label, load) in enumerate(loads):
            x, file = 132.0 + 172 * k, files[label]
            canvas.text(x, 32, label, "s")
            _draw_quarters(canvas, x, 44, 128, 84, _quarters(file.picture))
            _draw_quarters(canvas, x, 148, 128, 84, _read(load, file))
    canvas.text(16, 90, "in the file", "s")
    canvas.text(16, 194, "as it arrives", "s")
    alt = f"Files of the modes {', '.join(label for label, _ in loads)} and the wrong colours that arrive of them."
    return Picture(canvas.svg(f"{fault.id}: files of unusual modes and what arrives of them"), alt)


def _read(load: Load, file: KnownFile) -> list[str]:
    return _quarters(load(str(file.path)))


def _quarters(image: Any) -> list[str]:
    """The colours in the middle of the four quarters, row by row."""
    array = np.asarray(image.convert("RGB"))
    height, width = array.shape[:2]
    places = [(height * row // 4, width * column // 4) for row in (1, 3) for column in (1, 3)]
    return ["#{:02x}{:02x}{:02x}".format(*(int(value) for value in array[place])) for place in places]


def _draw_quarters(canvas: Canvas, x: float, y: float, width: float, height: float, colours: list[str]) -> None:
    for k, colour in enumerate(colours):
        canvas.rect(
            x + k % 2 * width / 2, y + k // 2 * height / 2, width / 2, height / 2, fill=colour, fill_opacity="0.75"
        )
    canvas.rect(x, y, width, height, fill="none", stroke=FAINT)

"""Turns a data set on disk into frames: recognises its layout, and reads one frame at a time wherever that is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from diagnostics.command_line import InputError, blaming, shown
from diagnostics.dataset import colmap, manifest, nerfstudio, scannet, seven_scenes
from diagnostics.dataset.frame import Damaged, Dataset, Entry, Frame

__all__ = ["Damaged", "Dataset", "Entry", "Frame", "load", "open_dataset"]


class _Layout(Protocol):
    """A module that knows one layout."""

    LAYOUT: str
    LOOKED_FOR: str

    def fits(self, path: Path) -> bool: ...
    def opened(self, path: Path) -> Dataset: ...


_OTHERWISE = 'other frames can be listed in a manifest, {"image": ..., "depth": ..., "camera": ...} a line'
_LAYOUTS: tuple[_Layout, ...] = (manifest, seven_scenes, scannet, nerfstudio, colmap)


def open_dataset(path: Path) -> Dataset:
    """The data set at `path`, a folder or the file that lists it, by the one layout that it has.

    Raises `InputError`, saying what was looked for, where none fits or more than one does.
    """
    with blaming(str(path)):
        path.stat()
        fitting = [layout for layout in _LAYOUTS if layout.fits(path)]
        if not fitting:
            wanted = "; ".join(layout.LOOKED_FOR for layout in _LAYOUTS)
            raise InputError(f"{path}: no data set is recognised there; looked for: {wanted}; {_OTHERWISE}")
        if len(fitting) > 1:
            names = " and ".join(layout.LAYOUT for layout in fitting)
            raise InputError(f"{path}: it can be read as {names}; give the file or folder of the one that you mean")
        dataset = fitting[0].opened(path)
        if not dataset.entries:
            raise InputError(f"{path}: this {dataset.layout} data set has no frames; nothing can be measured")
        return dataset


def load(entry: Entry) -> Frame | Damaged:
    """The frame of `entry`, or what is wrong with it; whatever the data hold, nothing is raised."""
    try:
        return entry.frame()
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        return Damaged(entry.name, shown(f"{place}{error.strerror or error}"))
    except (TypeError, ValueError, ArithmeticError, MemoryError, RecursionError) as error:
        return Damaged(entry.name, shown(error))

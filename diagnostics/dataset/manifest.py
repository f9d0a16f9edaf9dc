"""Reads a manifest, our own list of frames: JSON lines or Parquet, one frame a row, paths relative to the manifest.

A row is `{"image": path, "camera": what Camera.to_dict() writes or the path of a camera.json}`, and may have `depth`
with `depth_unit`, metres a step, and `points`. Rows keep their order. Anything else in a row is a mistake of that row.
"""

from __future__ import annotations

import json
import re
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diagnostics.camera_file import read_camera
from diagnostics.dataset.files import existing
from diagnostics.dataset.frame import Dataset, Entry, Frame, UnreadableEntry
from diagnostics.dataset.manifest_rows import JsonLines, ParquetRows, Rows
from diagnostics.dataset.records import LazyEntries, path_given, plain_path
from diagnostics.strict_json import strict_json
from reference.camera import Camera
from reference.pose import as_number

LAYOUT = "manifest"
LOOKED_FOR = "a manifest.jsonl, .ndjson or .parquet with a frame a row (manifest; give the file itself)"

_LINES, _PARQUET = (".jsonl", ".ndjson"), (".parquet",)
_KEYS = ("image", "camera", "depth", "depth_unit", "points")
_MILLIMETRES = 0.001
_IMAGE = re.compile(rb'"image"\s*:\s*("(?:[^"\\]|\\.)*")')


def fits(path: Path) -> bool:
    """Whether `path` is a file with the suffix of a manifest."""
    return path.is_file() and path.suffix in (*_LINES, *_PARQUET)


def opened(path: Path) -> Dataset:
    """The rows of the manifest at `path`, in its order.

    Raises `OSError` or `ValueError` where nothing of it can be read.
    """
    rows: Rows = ParquetRows(path) if path.suffix in _PARQUET else JsonLines(path)
    entries = ManifestEntries(path, rows)
    told = (
        f"manifest {path.name}, {len(rows):,} frames: each row has its camera, world-to-camera in OpenCV axes, and its "
        "files relative to the manifest"
    )
    return Dataset(LAYOUT, told, LazyEntries(len(rows), entries.entry_at))


class ManifestEntries:
    """Makes the entry of a row, which carries the row along: who reads it needs no manifest."""

    def __init__(self, path: Path, rows: Rows) -> None:
        self._path, self._rows = path, rows
        self._first_of = dict(_repeats(rows))

    def entry_at(self, index: int) -> Entry:
        """The entry of row `index`, from 0; what is wrong with the row itself makes it one that cannot be read."""
        where = self._rows.where(index)
        try:
            row = _checked(self._rows[index])
            name = plain_path(row["image"])
        except (OSError, TypeError, ValueError) as error:
            return UnreadableEntry(where, f"{where}: {error}")
        if index in self._first_of:
            first = self._rows.where(self._first_of[index])
            return UnreadableEntry(f"{name} ({where})", f"{where}: the image is that of {first}; give it one row")
        return ManifestEntry(self._path.parent, where, name, row)


@dataclass(frozen=True)
class ManifestEntry:
    """A frame by its row, whose keys are known ones."""

    folder: Path
    where: str
    name: str
    row: Mapping[str, Any]

    def frame(self) -> Frame:
        """Check the row's values and files, and read the camera's file where it has one."""
        try:
            return self._frame()
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self.where}: {error}") from None

    def _frame(self) -> Frame:
        camera = self.row.get("camera")
        if camera is None:
            raise ValueError("it has no camera; give what Camera.to_dict() gives, or the path of a file of it")
        return Frame(
            self.name,
            existing(self.folder / self.row["image"]),
            self._camera_at(camera) if isinstance(camera, str) else Camera.from_dict(camera),
            self._file("depth"),
            self._depth_unit(),
            points=self._file("points"),
        )

    def _camera_at(self, name: str) -> Camera:
        path = existing(self.folder / path_given(name, "camera"))
        try:
            return read_camera(path)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from None

    def _file(self, key: str) -> Path | None:
        return existing(self.folder / path_given(self.row[key], key)) if key in self.row else None

    def _depth_unit(self) -> float:
        if "depth_unit" not in self.row:
            if str(self.row.get("depth", "")).endswith(".npy"):
                raise ValueError("depth is a .npy file, so it needs depth_unit: 1 where it is in metres")
            return _MILLIMETRES
        unit = as_number(self.row["depth_unit"], "depth_unit")
        if unit <= 0 or "depth" not in self.row:
            raise ValueError(f"depth_unit must be above 0 and stand beside depth, got {unit}")
        return unit


def _checked(content: bytes) -> dict[str, Any]:
    row = strict_json(content)
    if not isinstance(row, dict):
        raise TypeError(f"a row is an object, got {reprlib.repr(row)}")
    unknown = [key for key in row if key not in _KEYS]
    if unknown:
        raise ValueError(f"unknown key {', '.join(map(reprlib.repr, unknown))}; a row has {', '.join(_KEYS)}")
    path_given(row.get("image"), "image")
    return row


def _repeats(rows: Rows) -> Iterator[tuple[int, int]]:
    """Each row whose image an earlier one has, with the first that has it. Eight bytes a row are held meanwhile."""
    hashes = np.fromiter((hash(_glimpsed(content)) for content in rows.every()), dtype=np.int64)
    order = np.argsort(hashes, kind="stable")
    again = np.flatnonzero(np.diff(hashes[order]) == 0)
    first: dict[str, int] = {}
    # Equal hashes are no proof, so the rows that have one are read again.
    for index in sorted({int(order[i + step]) for i in again for step in (0, 1)}):
        name = _image_at(rows, index)
        if name is not None and first.setdefault(name, index) != index:
            yield index, first[name]


def _glimpsed(content: bytes) -> str | None:
    """The image of a row without reading all of it: in a row that is well, no other key has that name."""
    found = _IMAGE.search(content)
    try:
        return None if found is None else plain_path(json.loads(found[1]))
    except ValueError:
        return None


def _image_at(rows: Rows, index: int) -> str | None:
    try:
        return plain_path(_checked(rows[index])["image"])
    except (OSError, TypeError, ValueError):
        return None

"""Harnesses of the readers of data sets: manifests, matrices, transforms.json, COLMAP models, the audit's journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dataset_scenes as scenes
from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.flags import flags, usual
from diagnostics.auditing.journal import Journal
from diagnostics.auditing.verdict import Totals, diagnosis, judged
from diagnostics.dataset import Damaged, Dataset, load, open_dataset
from fuzz.files import hold_camera, holds
from fuzz.oracle import bounded, check_line, read_or_refused

FRAMES = 3
AUDITED = {"data": "scan", "frames": FRAMES, "grid": (2, 2)}


def made(folder: Path, layout: Callable[[Path], Path]) -> Path:
    """The data set of one frame in this layout, in a folder of its own, made once."""
    root = folder / layout.__name__
    if not root.exists():
        root.mkdir()
        layout(root)
    return root


def read_manifest(content: bytes, folder: Path) -> None:
    """A manifest of JSON lines."""
    _read(made(folder, scenes.manifest) / "frames.jsonl", content)


def read_parquet(content: bytes, folder: Path) -> None:
    """A manifest in Parquet."""
    _read(made(folder, scenes.manifest) / "frames.parquet", content)


def read_matrices(content: bytes, folder: Path) -> None:
    """A matrix in a text file, as each one of 7-Scenes and ScanNet."""
    root = made(folder, scenes.seven_scenes)
    for name in ("frame-000000.pose.txt", "camera-intrinsics.txt"):
        _read_within(root, name, content)
    root = made(folder, scenes.scannet)
    for name in ("pose/0.txt", "intrinsic/intrinsic_color.txt", "intrinsic/intrinsic_depth.txt"):
        _read_within(root, name, content)


def read_transforms(content: bytes, folder: Path) -> None:
    """nerfstudio's transforms.json."""
    _read_within(made(folder, scenes.nerfstudio), "transforms.json", content)


def read_colmap(content: bytes, folder: Path) -> None:
    """A file of a COLMAP model, as each of the four."""
    for layout, kind in ((scenes.colmap_text, "txt"), (scenes.colmap_binary, "bin")):
        for name in ("cameras", "images"):
            _read_within(made(folder, layout), f"sparse/0/{name}.{kind}", content)


def _read_within(root: Path, name: str, content: bytes) -> None:
    """Read the data set with one file of it replaced, which is put back."""
    kept = (root / name).read_bytes()
    (root / name).write_bytes(content)
    try:
        _hold_dataset(root)
    finally:
        (root / name).write_bytes(kept)


def _read(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _hold_dataset(path)


def _hold_dataset(path: Path) -> None:
    read_or_refused(lambda: _hold_frames(open_dataset(path)))


def _hold_frames(dataset: Dataset) -> None:
    holds(len(dataset.entries) < 1_000_000, "a small file has few frames")
    names = [entry.name for entry in dataset.entries]
    holds(len(set(names)) == len(names), "no two frames have one name")
    for entry in dataset.entries[:20]:
        frame = load(entry)
        if isinstance(frame, Damaged):
            check_line(f"error: {frame.reason}")
        else:
            holds(frame.image.is_file(), "the image of a frame exists")
            with bounded():
                hold_camera(frame.camera)
        read_or_refused(entry.frame)


def read_journal(content: bytes, folder: Path) -> None:
    """What a killed audit left behind: gone on with, or refused before anything is measured."""
    path = folder / "rows.csv.journal"
    path.write_bytes(content)
    try:
        records = read_or_refused(lambda: _journalled(path), [path])
        if records is None:
            holds(path.read_bytes() == content, "a journal that is refused is left as it was")
        else:
            with bounded():
                _told(records)
    finally:
        path.unlink()


def _journalled(path: Path) -> list[dict[str, Any]]:
    with Journal(path, AUDITED, FRAMES) as journal:
        records = list(journal.records())
        holds(journal.done == len(records) == FRAMES - len(list(journal.missing())), "each is there once")
        return records


def _told(records: list[dict[str, Any]]) -> None:
    """What an audit does with all its records once they are there."""
    totals = Totals()
    for record in records:
        totals.add(record)
    found = judged(totals, {})
    most = usual(records, Correction())
    for record in records:
        flags(record, most, found.best)
    diagnosis("scan", totals, found, {"command": ""})

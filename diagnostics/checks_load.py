"""Does a file become the picture that it shows? Upright, and in its own colours, whatever the file's mode."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from diagnostics.faults import named
from diagnostics.faults_preprocess import CATALOGUE
from diagnostics.probes_load import (
    KnownFile,
    difference,
    mode_files,
    plain_file,
    rgb_levels,
    turned_files,
    worst_turn,
)
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import Fault, Finding, SkipCheck, StageError

# Mean difference in parts of the picture's range. JPEG leaves under 0.01 on flat quarters; a quarter turn, an inverted,
# clipped or misread mode changes at least one quarter of the picture by half the range: 0.1 and more.
_DIFFERENT = 0.05


def check_load_upright(subject: Subject) -> Finding:
    """Files with an EXIF orientation arrive upright, because that is the frame in which the points live.

    Where there is a `preprocess`, its crops are compared, so that either stage may turn the image.
    """
    with tempfile.TemporaryDirectory() as folder:
        view = _view(subject, Path(folder))
        misses = {file: difference(view(file.path), view(file.plain)) for file in turned_files(Path(folder))}
    wrong = [file for file, miss in misses.items() if miss > _DIFFERENT]
    faults: tuple[Fault, ...] = ()
    if wrong:
        worst = max(worst_turn(file.orientation) for file in wrong)
        which = ", ".join(file.label for file in wrong)
        faults = (named(CATALOGUE, "exif-ignored", error_px=worst, where=which, files=which, worst=worst),)
    return _finding(misses, faults)


def check_load_colours(subject: Subject) -> Finding:
    """Palette, opaque RGBA, CMYK and 16-bit grey files have the colours of the plain RGB file of the same picture.

    A file that is refused with an error is remarked on, not judged: a loud refusal is no wrong colour.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain = plain_file(Path(folder))
        of_all = _plain_faults(rgb_levels(_loaded(subject, plain.path)), plain)
        if any(fault.id == "load-mode" for fault in of_all):
            return Finding(faults=of_all, worst=plain.label)
        view = _view(subject, Path(folder))
        misses, refused = {}, []
        for file in mode_files(Path(folder)):
            known = view(file.plain)
            try:
                misses[file] = difference(view(file.path), known)
            except StageError as error:
                refused.append(f"{file.label} is refused ({error})")
    wrong = ", ".join(file.label for file, miss in misses.items() if miss > _DIFFERENT)
    faults = (named(CATALOGUE, "load-mode", where=wrong, files=wrong),) if wrong else ()
    return _finding(misses, (*faults, *of_all), "; ".join(refused))


def _plain_faults(levels: Floats, plain: KnownFile) -> tuple[Fault, ...]:
    """What is wrong with how an ordinary RGB file is read, against which the other modes are compared."""
    known = rgb_levels(plain.picture)
    if difference(levels, known) <= _DIFFERENT:
        return ()
    if difference(levels[..., ::-1], known) <= _DIFFERENT:
        fault = named(CATALOGUE, "channels-bgr", where="every file", what="the image that load returns")
        return (replace(fault, stage="load"),)
    return (named(CATALOGUE, "load-mode", where=plain.label, files=plain.label),)


def _view(subject: Subject, folder: Path) -> Callable[[Path], Floats]:
    """What becomes of a file: its crop, or its RGB pixels where no `preprocess` makes repeatable crops."""

    def pixels(path: Path) -> Floats:
        return rgb_levels(_loaded(subject, path))

    def crop(path: Path) -> Floats:
        return subject.call_array("preprocess", _loaded(subject, path))

    subject.stage("load")
    if subject.pipeline.preprocess is None:
        return pixels
    plain = plain_file(folder).path
    first, second = crop(plain), crop(plain)
    repeatable = np.isfinite(first).all() and np.ptp(first) > 0 and np.array_equal(first, second)
    return crop if repeatable else pixels


def _loaded(subject: Subject, path: Path) -> Image.Image:
    """The image that `load` returns, read while its file still exists."""
    load = subject.stage("load")
    image = load(str(path))
    if not isinstance(image, Image.Image):
        raise StageError("load", f"must return a PIL image, got {type(image).__name__}; Image.fromarray makes one")
    try:
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise StageError("load", f"returned an image that cannot be read: {error}") from error
    return image


def _finding(misses: dict[KnownFile, float], faults: tuple[Fault, ...], note: str = "") -> Finding:
    if not misses and faults:
        return Finding(faults=faults, note=note)
    if not misses:
        raise SkipCheck(note)
    worst = max(misses, key=misses.__getitem__)
    return Finding(
        value=misses[worst],
        limit=_DIFFERENT,
        unit="mean difference from the plain file, parts of the range",
        worst=worst.label,
        faults=faults,
        note=note,
    )

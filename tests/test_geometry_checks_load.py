"""What the checks of a loader find, in numbers and words: files that are names alone, and a loader that knows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diagnostics import checks_load
from diagnostics.checks_load import check_load_colours, check_load_upright
from diagnostics.pipeline import Pipeline
from diagnostics.probes_load import KnownFile
from diagnostics.subject import Subject
from diagnostics.verdict import Finding, SkipCheck, StageError

UNIT = "mean difference from the plain file, parts of the range"
Loaded = Any  # levels (H, W, 3), or an exception that is raised
PLAIN = np.array([[[0, 50, 100], [200, 50, 100]]], dtype=np.uint8)  # a range of 200 levels


def off(levels: float) -> np.ndarray:
    """A picture of which every level differs by so many."""
    return (PLAIN + levels * np.array([[[1, 1, 1], [-1, 1, 1]]])).astype(np.uint8)


class Files:
    """Known files by name in place of those that are written, and what `load` makes of each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **loaded: Loaded) -> None:
        self.loaded = {"plain": PLAIN} | loaded
        self.folders: list[Path] = []
        self.known = [
            KnownFile(f"a {name}", Path(name), Path("plain"), Image.fromarray(PLAIN), int(name[-1]))
            for name in loaded
            if name != "plain"
        ]
        monkeypatch.setattr(checks_load, "plain_file", self.plain_file)
        monkeypatch.setattr(checks_load, "turned_files", self.files)
        monkeypatch.setattr(checks_load, "mode_files", self.files)

    def plain_file(self, folder: Path) -> KnownFile:
        self.folders.append(folder)
        assert folder.is_dir()
        return KnownFile("plain one", Path("plain"), Path("plain"), Image.fromarray(PLAIN))

    def files(self, folder: Path) -> list[KnownFile]:
        self.folders.append(folder)
        assert folder.is_dir()
        return self.known

    def load(self, path: str) -> Image.Image:
        assert isinstance(path, str)
        levels = self.loaded[path]
        if isinstance(levels, Exception):
            raise levels
        return Image.fromarray(levels)


def upright(files: Files, **stages: Any) -> Finding:
    return check_load_upright(Subject(Pipeline(load=files.load, **stages)))


def colours(files: Files, **stages: Any) -> Finding:
    return check_load_colours(Subject(Pipeline(load=files.load, **stages)))


CHECKS: tuple[Callable[..., Finding], ...] = (upright, colours)


# Both -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", CHECKS)
def test_the_file_that_differs_most_is_told_against_a_twentieth(
    check: Callable[..., Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the picture's 200 levels: 10 are allowed."""
    found = check(Files(monkeypatch, kind6=off(3), kind3=off(10), kind8=off(1)))
    assert found == Finding(10 / 200, 0.05, UNIT, "a kind3")


@pytest.mark.parametrize("check", CHECKS)
def test_the_files_are_in_a_folder_that_is_gone_afterwards(
    check: Callable[..., Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files(monkeypatch, kind6=off(1))
    check(files, preprocess=lambda image: np.moveaxis(np.asarray(image, dtype=float), -1, 0))
    assert len(set(files.folders)) == 1
    assert not files.folders[0].exists()


@pytest.mark.parametrize("check", CHECKS)
def test_crops_are_compared_where_there_is_a_preprocess(
    check: Callable[..., Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes good what the loader does; here it takes the range of what it is given for 0 to 1/2."""

    def stretched(image: Image.Image) -> np.ndarray:
        levels = np.asarray(image, dtype=float)
        return np.moveaxis((levels - levels.min()) / np.ptp(levels) / 2, -1, 0)

    dark = (PLAIN // 2).astype(np.uint8)
    assert check(Files(monkeypatch, kind6=dark)).faults
    assert check(Files(monkeypatch, kind6=dark), preprocess=stretched).value == 0


def unrepeatable() -> Callable[[Image.Image], np.ndarray]:
    calls = iter(range(1000))
    return lambda image: np.moveaxis(np.asarray(image, dtype=float), -1, 0) + next(calls)


@pytest.mark.parametrize(
    "preprocess",
    [
        unrepeatable(),
        lambda _: np.zeros((3, 4, 4)),
        lambda _: np.full((3, 4, 4), np.nan),
        lambda _: np.array([0.0, 1.0, np.inf]).reshape(3, 1, 1),
    ],
    ids=("random", "flat", "not a number", "infinite"),
)
@pytest.mark.parametrize("check", CHECKS)
def test_pixels_are_compared_where_crops_tell_nothing(
    check: Callable[..., Finding], preprocess: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check(Files(monkeypatch, kind6=off(4)), preprocess=preprocess).value == 4 / 200


def test_the_crop_of_a_wrong_file_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the pixels are read: 8 levels of 200 in red, none in green."""
    levels = PLAIN.copy()
    levels[0, 0, 0] = 8
    first = lambda image: np.moveaxis(np.asarray(image, dtype=float), -1, 0)[:2, :, :1]  # noqa: E731
    found = upright(Files(monkeypatch, kind6=levels), preprocess=first)
    assert found.value == (8 + 0) / 2 / 50


@pytest.mark.parametrize("check", [check_load_upright, check_load_colours])
def test_without_a_loader_nothing_is_judged(check: Any) -> None:
    with pytest.raises(SkipCheck) as raised:
        check(Subject(Pipeline()))
    assert str(raised.value) == "the pipeline gives no load"


@pytest.mark.parametrize("check", [check_load_upright, check_load_colours])
def test_what_is_no_image_is_an_error_of_the_loader(check: Any) -> None:
    with pytest.raises(StageError) as raised:
        check(Subject(Pipeline(load=lambda path: path)))
    assert str(raised.value) == "load: must return a PIL image, got str; Image.fromarray makes one"
    assert raised.value.stage == "load"


@pytest.mark.parametrize("error", [OSError, SyntaxError, ValueError])
def test_an_image_that_cannot_be_read_is_an_error_of_the_loader(error: type[Exception]) -> None:
    class Broken(Image.Image):
        def load(self) -> Any:
            raise error("cut off")

    with pytest.raises(StageError) as raised:
        check_load_upright(Subject(Pipeline(load=lambda _: Broken())))
    assert str(raised.value) == "load: returned an image that cannot be read: cut off"


def test_images_are_read_while_their_file_is_there() -> None:
    """Pillow reads pixels when they are asked for."""
    assert check_load_upright(Subject(Pipeline(load=Image.open), ((8, 8),))).faults


# Upright --------------------------------------------------------------------------------------------------------------


def test_files_that_are_not_upright_are_listed_with_the_worst_of_their_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter turn moves points by up to 639 and 479 pixels, a half turn, which is right here, by more."""
    found = upright(Files(monkeypatch, kind8=off(11), kind3=off(10), kind6=off(40)))
    (fault,) = found.faults
    assert (fault.id, fault.stage, fault.error_px) == ("exif-ignored", "load", 639)
    assert fault.where == "a kind8, a kind6"
    assert "These files do not arrive upright: a kind8, a kind6." in fault.explanation
    assert "up to 639 source pixels away" in fault.explanation
    assert (found.value, found.limit, found.unit, found.worst, found.note) == (40 / 200, 0.05, UNIT, "a kind6", "")


# Colours --------------------------------------------------------------------------------------------------------------


def test_files_of_other_colours_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = colours(Files(monkeypatch, kind1=off(11), kind2=off(10), kind3=off(40)))
    (fault,) = found.faults
    assert (fault.id, fault.stage, fault.error_px, fault.where) == ("load-mode", "load", None, "a kind1, a kind3")
    assert "plain RGB file of the very same picture: a kind1, a kind3." in fault.explanation
    assert (found.value, found.limit, found.unit, found.worst, found.note) == (40 / 200, 0.05, UNIT, "a kind3", "")


def test_each_file_is_compared_with_its_own_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files(monkeypatch, kind1=off(60), grey0=off(60))
    files.known = [KnownFile("a kind", Path("kind1"), Path("grey0"), Image.fromarray(off(60)))]
    assert colours(files).value == 0


def test_refused_files_are_remarked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files(monkeypatch, kind1=OSError("no"), kind2=off(2), kind3=OSError("never"))
    found = colours(files)
    assert (found.value, found.worst, found.faults) == (2 / 200, "a kind2", ())
    first, second = found.note.split("; a kind3")
    assert first.startswith("a kind1 is refused (load: raised OSError: no")
    assert second.startswith(" is refused (load: raised OSError: never")
    assert first.endswith(")")


def test_where_all_are_refused_nothing_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SkipCheck, match=r"^a kind1 is refused \(load: raised OSError: no"):
        colours(Files(monkeypatch, kind1=OSError("no")))


BGR = np.ascontiguousarray(PLAIN[..., ::-1])


def test_exchanged_channels_of_an_ordinary_file_are_told_beside_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another mode is compared with the plain file as the loader reads it."""
    found = colours(Files(monkeypatch, plain=BGR, kind1=BGR, kind2=PLAIN))
    mode, order = found.faults
    assert (mode.id, mode.where) == ("load-mode", "a kind2")
    assert (order.id, order.stage, order.where) == ("channels-bgr", "load", "every file")
    assert order.explanation.startswith("In the image that load returns red and blue are exchanged")


def test_exchanged_channels_are_told_where_every_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = colours(Files(monkeypatch, plain=BGR, kind1=OSError("no")))
    assert [fault.id for fault in found.faults] == ["channels-bgr"]
    assert (found.value, found.limit, found.worst) == (None, None, "")
    assert found.note.startswith("a kind1 is refused")


def test_a_plain_file_that_is_misread_is_told_and_no_other_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = colours(Files(monkeypatch, plain=off(11), kind1=RuntimeError("asked")))
    (fault,) = found.faults
    assert (fault.id, fault.where, found.worst) == ("load-mode", "plain one", "plain one")
    assert "the very same picture: plain one." in fault.explanation
    assert (found.value, found.note) == (None, "")


@pytest.mark.parametrize("order", [1, -1])
def test_a_twentieth_of_the_plain_file_may_be_lost_in_either_order_of_channels(
    order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for levels, ids in ((10, {"channels-bgr"} if order < 0 else set()), (11, {"load-mode"})):
        read = np.ascontiguousarray(off(levels)[..., ::order])
        assert {fault.id for fault in colours(Files(monkeypatch, plain=read, kind1=read)).faults} == ids

"""Every user error of the heatmap command: exit 2, one `error:` line that names the culprit, and nothing written."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diagnostics import heatmap
from diagnostics.heatmap import main
from diagnostics.points_file import PointsFile

GOOD = ["photo.png", "points.npy"]
WORLD = ["photo.png", "world.npy", "--camera", "camera.json"]
CAMERA = {"fx": 50, "fy": 50, "cx": 31.5, "cy": 23.5, "size": [48, 64], "world_to_camera": np.eye(4).tolist()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with good inputs and with outputs of an earlier run."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (64, 48), "teal").save("photo.png")
    np.save("points.npy", np.array([[3.0, 4.0]]))
    np.save("world.npy", np.array([[0.0, 0.0, 2.0]]))
    Path("camera.json").write_text(json.dumps(CAMERA))
    Path("photo.landing.png").write_bytes(b"an earlier picture")
    Path("earlier.json").write_text("earlier counts")
    Path("folder.png").mkdir()
    return tmp_path


# What goes wrong, by doing it to the folder ---------------------------------------------------------------------------


def file(name: str, content: bytes) -> Callable[[], None]:
    return lambda: Path(name).write_bytes(content) and None


def array(values: Any, **how: Any) -> Callable[[], None]:
    return lambda: np.save("bad.npy", values, **how)


def camera(**changes: Any) -> Callable[[], None]:
    return file("bad.json", json.dumps({**CAMERA, **changes}).encode())


def camera_without(name: str) -> Callable[[], None]:
    return file("bad.json", json.dumps({key: value for key, value in CAMERA.items() if key != name}).encode())


def camera_text(old: str, new: str) -> Callable[[], None]:
    return file("bad.json", json.dumps(CAMERA).replace(old, new, 1).encode())


def header(text: str, version: tuple[int, int] = (1, 0), data: bytes = b"") -> Callable[[], None]:
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return file("bad.npy", b"\x93NUMPY" + bytes(version) + length + text.encode() + data)


def shape(text: str, order: str = "False", points: int = 4) -> Callable[[], None]:
    return header(f"{{'descr': '<f8', 'fortran_order': {order}, 'shape': {text}}}", data=bytes(16 * points))


def archive() -> None:
    np.savez("bad.npz", points=np.zeros((3, 2)))


def loop() -> None:
    Path("bad.npy").symlink_to("bad.npy")


def pipe() -> None:
    os.mkfifo("bad.npy")


def hard_link_to_points() -> None:
    os.link("points.npy", "alias.png")


def symlink_to_photo() -> None:
    Path("alias.png").symlink_to("photo.png")


def png_of(width: int, height: int) -> Callable[[], None]:
    """A PNG whose header promises a size and whose data is next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return file("bad.png", content)


def truncated(source: str, target: str, keep: float) -> Callable[[], None]:
    def do() -> None:
        content = Path(source).read_bytes()
        Path(target).write_bytes(content[: int(len(content) * keep)])

    return do


def rotated(off: float) -> Callable[[], None]:
    pose = np.eye(4)
    pose[0, 1] = off
    return camera(world_to_camera=pose.tolist())


class Payload:
    """Whoever unpickles this has been had."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (Path("had.txt"), "had")


BAD_POINTS = ["photo.png", "bad.npy"]
BAD_IMAGE = ["bad.png", "points.npy"]
BAD_CAMERA = ["photo.png", "world.npy", "--camera", "bad.json"]


def nothing() -> None:
    pass


# name: (what goes wrong, the command's arguments, what the line must name, what it must say)
CASES: dict[str, tuple[Callable[[], object], list[str], str, str]] = {
    # the arguments
    "no arguments": (nothing, [], "IMAGE, POINTS", "required"),
    "no points": (nothing, ["photo.png"], "POINTS", "required"),
    "three arguments": (nothing, [*GOOD, "third"], "third", "unrecognized"),
    "unknown option": (nothing, [*GOOD, "--colour", "red"], "--colour", "unrecognized"),
    "abbreviated option": (nothing, [*GOOD, "--mod", "ViT-B-32"], "--mod", "unrecognized"),
    "option without its value": (nothing, [*GOOD, "--grid"], "--grid", "expected one argument"),
    "unknown mode": (nothing, [*GOOD, "--mode", "squash"], "--mode", "letterbox"),
    "unknown model": (nothing, [*GOOD, "--model", "ViT-Z"], "--model", "ViT-Z"),
    "model without patches": (nothing, [*GOOD, "--model", "RN50"], "--model", "RN50"),
    "model that is a path": (nothing, [*GOOD, "--model", "../photo"], "--model", "../photo"),
    "empty model": (nothing, [*GOOD, "--model", ""], "--model", "no model"),
    "grid without rows": (nothing, [*GOOD, "--grid", "0x14"], "--grid", "0x14"),
    "grid of one number": (nothing, [*GOOD, "--grid", "14"], "--grid", "14x14"),
    "grid of letters": (nothing, [*GOOD, "--grid", "axb"], "--grid", "axb"),
    "negative grid": (nothing, [*GOOD, "--grid=-1x3"], "--grid", "-1x3"),
    "three-dimensional grid": (nothing, [*GOOD, "--grid", "14x14x14"], "--grid", "14x14x14"),
    "grid with spaces": (nothing, [*GOOD, "--grid", "14 x 14"], "--grid", "14 x 14"),
    "grid in other digits": (nothing, [*GOOD, "--grid", "\u0661\u0664x\u0661\u0664"], "--grid", "14x14"),
    "empty grid": (nothing, [*GOOD, "--grid", ""], "--grid", "14x14"),
    "grid beyond reason": (nothing, [*GOOD, "--grid", "1e9x1e9"], "--grid", "1e9x1e9"),
    "grid too fine": (nothing, [*GOOD, "--grid", "999999999x14"], "--grid", "coarser"),
    "too many grids": (nothing, [*GOOD, *["--grid", "2x2"] * 13], "--grid", "fewer"),
    # the image
    "missing image": (nothing, ["gone.png", "points.npy"], "gone.png", "No such file"),
    "empty image name": (nothing, ["", "points.npy"], "IMAGE", "empty"),
    "null byte in a name": (nothing, ["a\0b.png", "points.npy", "-o", "new.png"], r"a\x00b.png", "null"),
    "empty image": (file("bad.png", b""), BAD_IMAGE, "bad.png", "image"),
    "image cut short": (truncated("photo.png", "bad.png", 0.6), BAD_IMAGE, "bad.png", "damaged"),
    "image that is text": (file("bad.png", b"hello"), BAD_IMAGE, "bad.png", "image"),
    "image that is a folder": (nothing, ["folder.png", "points.npy"], "folder.png", "directory"),
    "decompression bomb": (png_of(60_000, 60_000), BAD_IMAGE, "bad.png", "pixels"),
    "image too narrow to resize": (
        lambda: Image.new("RGB", (1, 5000)).save("bad.png"),
        [*BAD_IMAGE, "--mode", "letterbox"],
        "bad.png",
        "--mode",
    ),
    # the points
    "missing points": (nothing, ["photo.png", "gone.npy"], "gone.npy", "No such file"),
    "empty points": (file("bad.npy", b""), BAD_POINTS, "bad.npy", "empty"),
    "points that are text": (file("bad.npy", b"1 2\n3 4\n"), BAD_POINTS, "bad.npy", "numpy.save"),
    "points that are a folder": (nothing, ["photo.png", "folder.png"], "folder.png", "directory"),
    "points that are a loop of links": (loop, BAD_POINTS, "bad.npy", "symbolic links"),
    "points that are a pipe": (pipe, BAD_POINTS, "bad.npy", "not a file"),
    "points in an archive": (archive, ["photo.png", "bad.npz"], "bad.npz", ".npz"),
    "points cut short in the magic": (file("bad.npy", b"\x93NUM"), BAD_POINTS, "bad.npy", "numpy.save"),
    "points cut short in the header": (truncated("points.npy", "bad.npy", 0.4), BAD_POINTS, "bad.npy", "header"),
    "points cut short in the values": (truncated("points.npy", "bad.npy", 0.95), BAD_POINTS, "bad.npy", "cut short"),
    "points with more values than said": (shape("(1, 2)"), BAD_POINTS, "bad.npy", "damaged"),
    "unknown version": (header("{}", (9, 0)), BAD_POINTS, "bad.npy", "version"),
    "header that is no dictionary": (header("[1, 2]"), BAD_POINTS, "bad.npy", "header"),
    "header that is no literal": (header("__import__('os').getcwd()"), BAD_POINTS, "bad.npy", "header"),
    "header nested too deeply": (header("(" * 5000), BAD_POINTS, "bad.npy", "header"),
    "header of minus signs": (header("-" * 9000 + "1"), BAD_POINTS, "bad.npy", "header"),
    "header beyond reason": (shape("(4, 2)" + " " * 60_000), BAD_POINTS, "bad.npy", "header"),
    "header without a shape": (header("{'descr': '<f8', 'fortran_order': False}"), BAD_POINTS, "bad.npy", "header"),
    "header of odd order": (shape("(4, 2)", "'C'"), BAD_POINTS, "bad.npy", "header"),
    "objects": (array(np.array([[Payload(), 1]], dtype=object), allow_pickle=True), BAD_POINTS, "bad.npy", "pickled"),
    "pickle": (file("bad.npy", b"\x80\x04N."), BAD_POINTS, "bad.npy", "numpy.save"),
    "structured values": (array(np.zeros(3, dtype="f8,f8")), BAD_POINTS, "bad.npy", "numbers"),
    "complex values": (array(np.zeros((3, 2), complex)), BAD_POINTS, "bad.npy", "c16"),
    "truth values": (array(np.zeros((3, 2), bool)), BAD_POINTS, "bad.npy", "b1"),
    "strings": (array(np.full((3, 2), "x")), BAD_POINTS, "bad.npy", "U1"),
    "dates": (array(np.zeros((3, 2), "M8[s]")), BAD_POINTS, "bad.npy", "M8"),
    "long doubles": (array(np.zeros((3, 2), np.longdouble)), BAD_POINTS, "bad.npy", "64 bits"),
    "one axis": (array(np.zeros(6)), BAD_POINTS, "bad.npy", "(6,)"),
    "no axis": (array(np.zeros(())), BAD_POINTS, "bad.npy", "()"),
    "three axes": (array(np.zeros((2, 3, 2))), BAD_POINTS, "bad.npy", "(2, 3, 2)"),
    "four columns": (array(np.zeros((5, 4))), BAD_POINTS, "bad.npy", "(5, 4)"),
    "points on the second axis": (array(np.zeros((2, 50))), BAD_POINTS, "bad.npy", "transpose"),
    "bomb by rows": (shape("(4611686018427387904, 2)"), BAD_POINTS, "bad.npy", "4611686018427387904"),
    "bomb by columns": (shape("(9000000000000000000, 3)", "True"), [*BAD_POINTS, *WORLD[2:]], "bad.npy", "cut short"),
    "negative rows": (shape("(-4, 2)"), BAD_POINTS, "bad.npy", "(-4, 2)"),
    "rows that are true": (shape("(True, 2)", points=1), BAD_POINTS, "bad.npy", "impossible"),
    "rows that are fractional": (shape("(4.0, 2)"), BAD_POINTS, "bad.npy", "impossible"),
    "world points without a camera": (nothing, ["photo.png", "world.npy"], "world.npy", "--camera"),
    "image points with a camera": (nothing, [*GOOD, "--camera", "camera.json"], "points.npy", "--camera"),
    # the camera
    "missing camera": (nothing, [*WORLD[:3], "gone.json"], "gone.json", "No such file"),
    "camera that is a folder": (nothing, [*WORLD[:3], "folder.png"], "folder.png", "directory"),
    "camera cut short": (truncated("camera.json", "bad.json", 0.5), BAD_CAMERA, "bad.json", "JSON"),
    "camera that is no object": (file("bad.json", b"[1, 2]"), BAD_CAMERA, "bad.json", "object"),
    "camera that is null": (file("bad.json", b"null"), BAD_CAMERA, "bad.json", "object"),
    "camera that is no UTF-8": (file("bad.json", b'{"fx": "\xff"}'), BAD_CAMERA, "bad.json", "UTF-8"),
    "camera nested too deeply": (file("bad.json", b"[" * 200_000), BAD_CAMERA, "bad.json", "nested"),
    "camera beyond reason": (file("bad.json", b" " * 2_000_000), BAD_CAMERA, "bad.json", "bytes"),
    "camera with a field twice": (file("bad.json", b'{"fx": 1, "fx": 2}'), BAD_CAMERA, "bad.json", "twice"),
    "camera with an unknown field": (camera(zoom=2), BAD_CAMERA, "bad.json", "zoom"),
    "camera without focal length": (camera_without("fx"), BAD_CAMERA, "bad.json", "fx"),
    "camera without pose": (camera_without("world_to_camera"), BAD_CAMERA, "bad.json", "world_to_camera"),
    "camera with NaN": (camera(fx=float("nan")), BAD_CAMERA, "bad.json", "NaN"),
    "camera with a number out of range": (camera_text("50", "1e999"), BAD_CAMERA, "bad.json", "fx"),
    "camera with a number beyond floats": (camera(cx=10**400), BAD_CAMERA, "bad.json", "cx"),
    "camera with a number beyond reason": (camera_text("50", "9" * 5000), BAD_CAMERA, "bad.json", "digits"),
    "camera with a word for a number": (camera(fx="50"), BAD_CAMERA, "bad.json", "fx"),
    "camera with negative focal length": (camera(fy=-50), BAD_CAMERA, "bad.json", "fy"),
    "camera of fractional size": (camera(size=[48.5, 64]), BAD_CAMERA, "bad.json", "size"),
    "camera of another image": (camera(size=[64, 48]), BAD_CAMERA, "bad.json", "[48, 64]"),
    "camera with a 3x4 pose": (camera(world_to_camera=np.eye(4)[:3].tolist()), BAD_CAMERA, "bad.json", "4x4"),
    "camera with a rotation that is none": (rotated(0.05), BAD_CAMERA, "bad.json", "rotation"),
    "camera with three distortion numbers": (camera(distortion=[0, 0, 0]), BAD_CAMERA, "bad.json", "distortion"),
    "camera of unknown origin": (camera(origin="corner"), BAD_CAMERA, "bad.json", "origin"),
    # the outputs
    "output in a missing folder": (nothing, [*GOOD, "-o", "no/out.png"], "no/out.png", "folder"),
    "output that is a folder": (nothing, [*GOOD, "-o", "folder.png"], "folder.png", "folder"),
    "output below a file": (nothing, [*GOOD, "-o", "photo.png/out.png"], "photo.png/out.png", "folder"),
    "output of another format": (nothing, [*GOOD, "-o", "out.jpg"], "out.jpg", ".png"),
    "output without a suffix": (nothing, [*GOOD, "-o", "out"], "-o", ".png"),
    "output without a name": (nothing, [*GOOD, "-o", ""], "-o", "empty"),
    "output with a name too long": (nothing, [*GOOD, "-o", "x" * 300 + ".png"], "xxx", "too long"),
    "output over the image": (nothing, [*GOOD, "-o", "photo.png"], "photo.png", "IMAGE"),
    "output over the image by a link": (symlink_to_photo, [*GOOD, "-o", "alias.png"], "alias.png", "IMAGE"),
    "output over the points by a hard link": (hard_link_to_points, [*GOOD, "-o", "alias.png"], "alias.png", "POINTS"),
    "counts over the points": (nothing, [*GOOD, "--json", "points.npy"], "--json", "POINTS"),
    "counts over the camera": (nothing, [*WORLD, "--json", "camera.json"], "--json", "--camera"),
    "counts over the picture": (nothing, [*GOOD, "-o", "a.png", "--json", "./a.png"], "--json", "-o"),
    # A pipe stands for every device: a run of this test that goes wrong must not rename over a real one.
    "counts to a device": (pipe, [*GOOD, "--json", "bad.npy"], "bad.npy", "device"),
    "counts to a missing folder": (nothing, [*GOOD, "--json", "no/out.json"], "no/out.json", "folder"),
}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", CASES)
def test_a_user_error_is_one_line_that_names_the_culprit_and_writes_nothing(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, one line on stderr, nothing on stdout, the folder as it was: no output left, no earlier one touched."""
    go_wrong, arguments, culprit, says = CASES[name]
    go_wrong()
    before = contents(folder)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.endswith("\n")
    assert len(err.splitlines()) == 1, err
    assert culprit in err
    assert says in err
    assert contents(folder) == before


def test_at_least_forty_kinds_of_bad_input_are_covered() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("failing", [1, 2])
def test_a_disk_that_fails_leaves_no_output(
    failing: int, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written beside is taken away again, whichever file fails."""
    real, calls = Path.open, []

    def full(path: Path, mode: str = "r", *rest: Any, **how: Any) -> Any:
        if mode == "xb":
            calls.append(path)
            if len(calls) == failing:
                raise OSError(28, "No space left on device")
        return real(path, mode, *rest, **how)

    before = contents(folder)
    monkeypatch.setattr(Path, "open", full)
    assert main([*GOOD, "--json", "earlier.json"]) == 2
    monkeypatch.undo()
    assert "No space left" in capsys.readouterr().err
    assert len(calls) == failing
    assert contents(folder) == before


def test_points_that_are_cut_short_while_they_are_read_are_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else writes the file again: no count of what was left is shown for the whole."""
    checked = heatmap.points_at

    def then_cut_short(path: Path, camera: Path | None) -> PointsFile:
        points = checked(path, camera)
        path.write_bytes(path.read_bytes()[:-8])
        return points

    monkeypatch.setattr(heatmap, "points_at", then_cut_short)
    assert main([*GOOD, "--json", "earlier.json"]) == 2
    assert capsys.readouterr().err.startswith("error: points.npy: it was cut short while it was read; give a .npy file")
    assert Path("earlier.json").read_text() == "earlier counts"


def run(*arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-m", "diagnostics.heatmap", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, **how)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.png", "points.npy"], "error: gone.png: No such file or directory"),
        (["photo.png", "points.npy", "--grid", "14"], "error: argument --grid: '14'"),
        (["photo.png", "world.npy"], "error: world.npy: shape (N, 3)"),
    ],
)
def test_a_user_error_is_one_line_in_a_process_of_its_own(arguments: list[str], says: str, folder: Path) -> None:
    """The same contract through the interpreter: no traceback, no warning, exit 2."""
    done = run(*arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(says)
    assert len(done.stderr.splitlines()) == 1

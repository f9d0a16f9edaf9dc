"""Harnesses of results files, of `package.module:object` and of the arguments of all commands, run in this process."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from PIL import Image

from diagnostics import audit, check, heatmap
from diagnostics.pipeline import loaded
from fuzz.files import holds
from fuzz.oracle import command_kept, read_or_refused
from reports import __main__ as reports
from reports.compare import compare
from reports.compare_page import compare_page
from reports.page import page
from reports.results_file import read_results
from reports.summary import compare_summary, summary

COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "audit": audit.main,
    "check": check.main,
    "heatmap": heatmap.main,
    "reports": reports.main,
}
OUTPUTS = ("-o", "--json", "--summary")
# What a name may be: a file that is there or not, a folder, a device, a name that no file can have.
PLACES = (
    "", ".", "in", "in/scene.png", "in/points.npy", "in/camera.json", "in/results.json", "in/broken", "in/loop",
    "in/missing", "/dev/null", "/no/such/page.html", "out.png", "out.html", "out.csv", "out.parquet", "out.json",
    "out.md", "missing/out.html", "x" * 300, "x" * 300 + ".html", "a\0b.html", "\udcff.html", "\ud800.html", "é.png",
    "line\nend.html", "out.PNG", "out", "in/scene.png/x.html", "mine.py",
)  # fmt: skip
NAMES = (
    "mine:nothing", "mine:number", "mine:Raises", "mine:wants", "mine:exits", "mine:prints", "mine:a.b", "mine:a.c",
    "mine:", ":", ":nothing", "mine", "mine.inner:x", "mine.:x", ".mine:x", "..:x", "mine:nothing:x", "mine:nothing.x",
    "no_such_module:x", "no.such.module:x", "mine:__class__", "mine:a..b", "mine:\0", "\0:x", "mine :nothing",
    "mine:\ud800", "\ud800:x", "é:x", "mine:lies", "m" * 300 + ":x", "mine:" + "a." * 3000, "breaks:x", "leaves:x",
    "stops:x", "in/results.json", "a/b:c", "-:x",
)  # fmt: skip
_MODULES = {
    "mine": """
class Raises:
    def __init__(self): raise RuntimeError("one\\nline\\x1b[31m\\ud800")
class _Inner: b = 3
class _Lies:
    def __getattr__(self, name): raise KeyError(name)
    def __call__(self): raise BaseException
nothing, number, a, lies = None, 7, _Inner, _Lies()
def wants(argument): ...
def exits(): raise SystemExit(7)
def prints(): print("much", flush=True)
""",
    "breaks": "def (",
    "leaves": "raise SystemExit(3)",
    "stops": "class E(BaseException):\n    def __str__(self): raise ValueError\nraise E",
}


def read_results_file(content: bytes, folder: Path) -> None:
    """A results file, alone and compared with itself and with a good one, to the last page."""
    path = folder / "results.json"
    path.write_bytes(content)
    results = read_or_refused(lambda: read_results(path))
    if results is None:
        return
    _hold_page(read_or_refused(lambda: page(results)))
    read_or_refused(lambda: summary(results))
    comparison = read_or_refused(lambda: compare(results, results))
    _hold_page(read_or_refused(lambda: compare_page(comparison)))
    read_or_refused(lambda: compare_summary(comparison))


def _hold_page(text: str | None) -> None:
    holds(text is not None, "what was read can be shown")
    holds("<script>alert" not in str(text), "no text of a file is a script")


def read_name(content: bytes, folder: Path) -> None:
    """The text that names a pipeline; installed modules are left alone, for to import one is to run it."""
    text = content.decode("utf-8", "surrogateescape")
    if names_others(text):
        return
    write_modules(folder)
    with contextlib.chdir(folder), modules_kept():
        found = read_or_refused(lambda: loaded(text))
    holds(found is None, "there is no pipeline")


def read_arguments(content: bytes, folder: Path) -> None:
    """A command and its arguments as a JSON list of texts, in a folder with a few files."""
    try:
        arguments = json.loads(content)
    except (ValueError, RecursionError):
        return
    if not isinstance(arguments, list) or not all(isinstance(text, str) for text in arguments) or not arguments:
        return
    name, *arguments = arguments
    if name not in COMMANDS or any(map(_reaches_out, arguments)) or any(map(names_others, arguments)):
        return
    write_modules(folder)
    write_scene(folder / "in")
    outputs = [folder / text for text in outputs_of(arguments)]
    pictures = [folder / f"{Path(text).stem}.landing.png" for text in arguments if _is_name(text)]
    try:
        with modules_kept():
            code = command_kept(COMMANDS[name], arguments, folder, [*outputs, *pictures])
        if code in (0, 1):
            shutil.rmtree(folder / "in")  # what was asked for may be there
    finally:
        for path in folder.iterdir():
            if path.is_file() and path.suffix != ".py":
                path.unlink()


def outputs_of(arguments: list[str]) -> list[str]:
    """What follows an option that names an output, glued to it or not."""
    found = [value for option, value in pairwise(arguments) if option in OUTPUTS]
    found += [text.removeprefix("-o").removeprefix("=") for text in arguments if text.startswith("-o") and text != "-o"]
    found += [text.split("=", 1)[1] for text in arguments if text.startswith(("--json=", "--summary="))]
    return list(filter(_is_name, found))


def _is_name(text: str) -> bool:
    return bool(text) and not set(text) & {"\0", "\ud800"}


def _reaches_out(text: str) -> bool:
    """Whether a text may name a place outside the folder."""
    return text not in PLACES and ("/" in text or ".." in text) and not text.startswith(("a/b:", "tcp:"))


def names_others(text: str) -> bool:
    """Whether a text names a module that is there and is not one of those written here."""
    root = text.partition(":")[0].split(".")[0]
    if ":" not in text or root in _MODULES or not root.isidentifier():
        return False
    return importlib.util.find_spec(root) is not None


@contextlib.contextmanager
def modules_kept() -> Iterator[None]:
    """What a name makes Python import, and where it is looked for, is forgotten afterwards."""
    path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in _MODULES:
            sys.modules.pop(name, None)


def write_modules(folder: Path) -> None:
    """The modules that names may name, once."""
    for name, text in _MODULES.items():
        path = folder / f"{name}.py"
        if not path.exists():
            path.write_text(text)


def write_scene(folder: Path) -> None:
    """Files that arguments may name, once."""
    if folder.exists():
        return
    import numpy as np

    import results_made

    folder.mkdir()
    Image.new("RGB", (64, 48)).save(folder / "scene.png")
    np.save(folder / "points.npy", np.zeros((3, 2)))
    camera = {"fx": 40, "fy": 60, "cx": 30, "cy": 20, "size": [48, 64], "world_to_camera": np.eye(4).tolist()}
    (folder / "camera.json").write_text(json.dumps(camera))
    (folder / "results.json").write_text(json.dumps(results_made.faulty("half-cell-missing")))
    (folder / "broken").write_bytes(b"\x89PNG\r\n\x1a\n{")
    (folder / "loop").symlink_to("loop")

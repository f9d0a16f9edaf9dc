"""What must hold of any reader, whatever it is given: a value, or one line that says what is wrong; no side effects.

The side effects are told by Python's audit events (PEP 578): files opened for writing, renamed or removed outside the
places that are allowed, programs started, connections, names looked up for a pickle. C libraries that write by
themselves would go unseen; none here is asked to write.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from diagnostics.command_line import InputError, blaming, shown

MOST_CHARACTERS = 20_000  # of an error's one line: a path of 4,096 bytes may be in it, escaped
MOST_SECONDS = 10.0  # of CPU a call, looked at by the fuzzer alone: tests use no clock
MOST_GROWTH = 1 << 29  # bytes that one call may hold above what was held before it
_PRINTED = tempfile.TemporaryFile()  # noqa: SIM115 - held by the process as long as it lives
_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_NO_MATTER = (os.devnull, _CLEAR.name, ".pyc", "__pycache__")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"}
_NEVER = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "pickle.find_class")


class Finding(Exception):  # noqa: N818 - what a fuzzer calls it
    """A reader did what none may do."""


class _Watch:
    """Hears the audit events of this process while it is told to; a hook cannot be taken away again."""

    def __init__(self) -> None:
        self._heard: list[str] | None = None
        self._allowed: tuple[str, ...] = ()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self._heard is None:
            return
        if event.startswith(_NEVER):
            self._heard.append(f"{event} {args[:2]!r:.200}")
        elif (event == "open" and _writes(*args[1:3])) or event in _CHANGES:
            place = os.path.realpath(args[0]) if isinstance(args[0], str | bytes | os.PathLike) else ""
            place = os.fsdecode(place)
            if place and not place.startswith(self._allowed) and not place.endswith(_NO_MATTER):
                self._heard.append(f"{event} {place!r}")

    @contextlib.contextmanager
    def over(self, allowed: Collection[Path]) -> Iterator[None]:
        before = self._heard, self._allowed
        heard: list[str] = []
        self._heard, self._allowed = heard, tuple(os.path.realpath(path) for path in allowed)
        try:
            yield
        finally:
            self._heard, self._allowed = before
        if heard:
            raise Finding(f"it reached out: {'; '.join(heard[:5])}")


def _writes(mode: Any, flags: Any) -> bool:
    return bool(set(mode) & set("wax+")) if isinstance(mode, str) else bool(int(flags or 0) & _WRITING)


_watch = _Watch()


@contextlib.contextmanager
def bounded(allowed: Collection[Path] = ()) -> Iterator[None]:
    """No side effect outside the files and folders `allowed`, no memory or time beyond measure, no warning.

    Raises `Finding`, from what was raised where a reader's own error is none that it may raise.
    """
    held, start = _peak(fresh=True), time.process_time()
    with told_as_findings(), _watch.over(allowed), warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # as Python does, outside of tests
        yield
    if (grown := _peak() - held) > MOST_GROWTH:
        raise Finding(f"it took {grown >> 20} MB")
    if "atheris" in sys.modules and time.process_time() - start > MOST_SECONDS:
        raise Finding(f"it took {time.process_time() - start:.0f} s")


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Raise `Finding` where something is printed, by Python or by a C library to the process's stderr."""
    said, start, kept = io.StringIO(), os.lseek(_PRINTED.fileno(), 0, os.SEEK_END), os.dup(2)
    try:
        os.dup2(_PRINTED.fileno(), 2)
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    printed = said.getvalue() + os.pread(_PRINTED.fileno(), 300, start).decode(errors="replace")
    if printed:
        raise Finding(f"it printed: {printed[:300]!r}")


def _peak(*, fresh: bool = False) -> int:
    """The most memory that the process held, bytes; since the last `fresh` one. 0 where it is no Linux that tells."""
    try:
        if fresh:
            _CLEAR.write_text("5")  # proc(5): resets the peak, "VmHWM"
        return int(_STATUS.read_text().partition("VmHWM:")[2].split()[0]) << 10
    except OSError:
        return 0


@contextlib.contextmanager
def told_as_findings() -> Iterator[None]:
    """Whatever is raised is a finding, by its kind and place; but for what ends or steers the search itself."""
    try:
        yield
    except Finding:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) or type(error).__module__.startswith("hypothesis"):
            raise
        raise Finding(f"{type(error).__name__}{_place(error)}: {str(error)[:300]}") from error


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "contextlib" not in frame.filename]
    return f" at {Path(own[-1].filename).name}:{own[-1].name}" if own else ""


def read_or_refused(read: Callable[[], Any], allowed: Collection[Path] = ()) -> Any:
    """What `read` returns, or None where it raises what the commands turn into one `error:` line, which is looked at.

    Raises `Finding` for everything else that it does.
    """
    with bounded(allowed), silent():
        try:
            with blaming("FILE"):
                return read()
        except InputError as error:
            told = shown(error)
    check_line(f"error: {told.removeprefix('FILE:')}")
    return None


def check_line(line: str) -> None:
    """Raise `Finding` unless `line` is one line that says something and can be read at a glance."""
    if not line.startswith("error: ") or not line.removeprefix("error: ").strip() or len(line.splitlines()) != 1:
        raise Finding(f"no error line: {line!r:.300}")
    if len(line) > MOST_CHARACTERS:
        raise Finding(f"an error line of {len(line):,} characters: {line[:200]}")


def command_kept(
    main: Callable[[list[str]], int], arguments: list[str], folder: Path, outputs: Collection[Path]
) -> int | None:
    """Run a command in `folder`; its exit code, None where it printed its help.

    Raises `Finding` unless it keeps the manners: 0 or 1, or 2 with exactly one `error:` line and the folder as it was;
    `outputs` are the only files that it may make or change, and their folder holds no others afterwards.
    """
    before, said, told = contents_of(folder), io.StringIO(), io.StringIO()
    with bounded(allowed={path.parent for path in outputs}), contextlib.chdir(folder):
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
                code: int | None = main(arguments)
        except SystemExit as leaving:
            if leaving.code not in (0, None) or not {"-h", "--help"} & set(arguments):
                raise
            code = None
    after = contents_of(folder)
    made = {name for name in after if before.get(name) != after[name]} | (before.keys() - after.keys())
    wanted = {os.path.realpath(path) for path in outputs} if code in (0, 1) else set()
    if strange := [name for name in made if os.path.realpath(folder / name) not in wanted]:
        raise Finding(f"exit {code}, and files changed: {strange[:5]!r}")
    if code == 2:
        check_line(told.getvalue().removesuffix("\n"))
    elif code not in (0, 1, None):
        raise Finding(f"exit {code}: {told.getvalue()[-300:]!r}")
    elif told.getvalue():
        raise Finding(f"exit {code}, and on stderr: {told.getvalue()[:300]!r}")
    return code


def contents_of(folder: Path) -> dict[str, bytes | None]:
    """The files below `folder` and what is in them; None for a folder."""
    paths = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in paths}

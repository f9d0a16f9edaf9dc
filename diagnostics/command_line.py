"""The manners of every command: a user's mistake ends in exit 2 and one line on stderr that begins `error:`."""

from __future__ import annotations

import argparse
import functools
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, ParamSpec

from diagnostics.signals import stopped_by_signals, told_of_signal

Arguments = Sequence[str] | None
P = ParamSpec("P")
BROKE_DOWN = 3


class InputError(Exception):
    """A user's mistake; the message names the file or option and says what to do."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose own complaints are `InputError`s."""

    def parse_args(self, args: Arguments = None, namespace: Any = None) -> argparse.Namespace:  # type: ignore[override]
        """As argparse has it, but that a second `--` is refused, which Python 3.11 takes for a list of values."""
        given = sys.argv[1:] if args is None else list(args)
        if given.count("--") > 1:
            self.error("-- may be given once")
        asked: argparse.Namespace = super().parse_args(given, namespace)
        return asked

    def error(self, message: str) -> NoReturn:
        """Raise what argparse has to say."""
        raise InputError(f"{message}; see --help")


def command(body: Callable[P, int]) -> Callable[P, int]:
    """Let the `main` of a command end in order, with an exit code and one line on stderr, whatever happens.

    2: an `InputError`, or what the machine refuses: a full disk, memory, open files. 130: Ctrl-C; 143 and 129: SIGTERM
    and SIGHUP. 3: a mistake of ours, with its traceback, so that no break-down is taken for faults that were found.
    """

    @functools.wraps(body)
    def main(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            with stopped_by_signals():
                return body(*args, **kwargs)
        except InputError as error:
            return _ended(f"error: {shown(error)}", 2)
        except KeyboardInterrupt as stop:
            return _ended(*told_of_signal(stop))
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            return _ended(f"error: {shown(f'{where}{error.strerror or error}')}; nothing more was written", 2)
        except MemoryError:
            return _ended("error: memory ran out; give smaller input or fewer --workers, or more memory", 2)
        except Exception as error:
            traceback.print_exc()
            return _ended(
                f"error: this broke down, please report it ({type(error).__name__}: {shown(error)})", BROKE_DOWN
            )

    return main


def _ended(line: str, code: int) -> int:
    """Say it on stderr, where there is one that takes it, and return the exit code."""
    with suppress(OSError):
        if sys.stderr is not None:
            print(line, file=sys.stderr, flush=True)
    return code


@contextmanager
def blaming(name: str, remedy: str = "") -> Iterator[None]:
    """Turn the errors of reading and checking into an `InputError` that names the file or option.

    remedy: what to do, for an error whose own message does not say it.
    """
    try:
        yield
    except OSError as error:
        relative = "; a relative one starts in the current folder" if isinstance(error, FileNotFoundError) else ""
        raise InputError(f"{name}: {error.strerror or error}; check that path{relative}") from error
    except (TypeError, ValueError) as error:
        reason = str(error).removeprefix(f"{name}: ")
        raise InputError(f"{name}: {reason}; {remedy}" if remedy else f"{name}: {reason}") from error


def say(text: str) -> None:
    """Print to stdout at once; what its encoding does not have is written as an escape.

    Nothing is said where stdout is closed or its reader went away, as `head` does: the files are what counts. Raises
    `InputError` where it cannot be written for another reason, such as a full disk.
    """
    if sys.stdout is None:
        return
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except OSError as error:
        # Without this, Python would try to write what is left once more at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise InputError(f"stdout: {error.strerror}; send it to another place") from None


def watched() -> bool:
    """Whether somebody looks at stderr, so that progress is worth showing."""
    return sys.stderr is not None and sys.stderr.isatty()


def shown(text: object) -> str:
    """`text` on one line: line ends, control characters and undecodable bytes of file names are written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))

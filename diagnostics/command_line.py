"""The manners of every command: a user's mistake ends in exit 2 and one line on stderr that begins `error:`."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, ParamSpec

Arguments = Sequence[str] | None
P = ParamSpec("P")


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
    """Let the `main` of a command return the exit code 2 for an `InputError`, with its line, and 130 for Ctrl-C."""

    @functools.wraps(body)
    def main(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            code = body(*args, **kwargs)
            sys.stdout.flush()
        except InputError as error:
            print(f"error: {shown(error)}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130
        except BrokenPipeError:
            # The reader of stdout went away, as `head` does; without this, Python complains about it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        return code

    return main


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
    """Print to stdout; what its encoding does not have is written as an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def shown(text: object) -> str:
    """`text` on one line: line ends, control characters and undecodable bytes of file names are written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))

"""Ctrl-C and the other signals that end a command: one line, the exit code of the signal, and no file half written."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_OUR_PACKAGES = ("diagnostics", "reports")
# Signal -> what is said. SIGHUP, of a terminal that was closed, is not known to Windows.
_LINES = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
if hasattr(signal, "SIGHUP"):
    _LINES[signal.SIGHUP] = "hung up"


class Stopped(KeyboardInterrupt):
    """A signal that asks to end: whatever lets Ctrl-C through lets it through, too."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def answer_ctrl_c_while_starting() -> None:
    """End in one line on Ctrl-C from now on, for a process that Python was started for with `-m` one of our commands.

    To be called by the packages, before their commands import what takes seconds: until `main` runs, nobody could
    catch the exception, and libraries that are being imported make other errors of it. Nothing is open by then.
    """
    # Python sets this while it looks for the module (its documentation of `-m`).
    looking = sys.argv[:1] == ["-m"] and _module_asked_for().partition(".")[0] in _OUR_PACKAGES
    if looking and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def _module_asked_for() -> str:
    """What stands behind `-m`: another program that imports us answers Ctrl-C as it likes."""
    words = iter(sys.orig_argv)
    return next((word[2:] or next(words, "") for word in words if word.startswith("-m")), "")


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, f"{_LINES[signal.Signals(number)]}\n".encode())
    os._exit(128 + number)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Within, the signals raise `KeyboardInterrupt`: files that are half written are taken away on the way out.

    Those that the caller ignores, as `nohup` does, or answers stay as they are; so do all outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = {number: signal.getsignal(number) for number in _LINES}
    ours = {number: handler for number, handler in ours.items() if handler in (signal.SIG_DFL, _leave)}
    for number in ours:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


def told_of_signal(stop: KeyboardInterrupt) -> tuple[str, int]:
    """What is said of it, and the exit code."""
    number = signal.Signals(stop.number if isinstance(stop, Stopped) else signal.SIGINT)
    return _LINES[number], 128 + number

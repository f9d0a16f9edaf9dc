"""What a user's code raised, in one line: its message, however long, and where in their own code it happened."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

from diagnostics.command_line import shown
from reference.torch_pair import misfit

_LONGEST_MESSAGE, _LONGEST_LINE = 300, 80  # characters
_PACKAGE = Path(__file__).resolve().parent
_OURS = (str(_PACKAGE), str(_PACKAGE.parent / "reference"))
_LIBRARIES = ("site-packages", "dist-packages", *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib")))


def told(error: BaseException) -> str:
    """The message of an exception on one line, cut off where it gets long; empty where it has none."""
    try:
        return _cut(misfit(error) or str(error), _LONGEST_MESSAGE)
    except Exception:
        return "its message cannot be printed"


def users_line(error: BaseException) -> str:
    """Where the innermost line is that is the user's own, neither ours nor a library's: ` at FILE:LINE: CODE`.

    Files under the current directory are named from there. Empty where there is no such line.
    """
    theirs = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    if not theirs:
        return ""
    file = Path(theirs[-1].filename)
    here = Path.cwd()
    name = file.relative_to(here) if file.is_relative_to(here) else file
    return f" at {shown(name)}:{theirs[-1].lineno}: {_cut(theirs[-1].line or '', _LONGEST_LINE)}"


def our_line(error: BaseException) -> str:
    """Where the innermost line is, ours or not: ` at FILE:LINE`."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f" at {Path(frame.filename).name}:{frame.lineno}"


def _is_users(file: str) -> bool:
    # "<string>" is generated code, as a dataclass's __init__; a notebook's cell is a file or "<ipython-input-...>".
    return not file.startswith((*_OURS, "<frozen", "<string>")) and not any(part in file for part in _LIBRARIES)


def _cut(text: str, longest: int) -> str:
    line = shown(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[:longest].rstrip()} ..."

"""A journal is one audit's alone: the kernel keeps two runs apart, and forgets one that was killed."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, BinaryIO

from diagnostics.command_line import InputError

# Windows has no such locks: there, two audits into one output are not kept apart.
_fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None


def opened_alone(path: Path) -> BinaryIO:
    """The file at `path`, opened for reading and appending, and this process's alone until it is closed.

    The lock (flock(2)) goes with the process, however that ends; a file system without locks is used without. Raises
    `InputError` where another process has the file, `OSError` where it cannot be opened.
    """
    while True:
        file = path.open("a+b")
        if not _locked(file):
            file.close()
            raise InputError(
                f"{path}: another audit is writing to the same output; wait until it has ended, or give another -o"
            )
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()  # The audit that had it has ended since and removed it.


def removed(path: Path, file: BinaryIO) -> None:
    """Delete and close the file, in this order where there are locks: freed, it might be another audit's already."""
    if _fcntl is None:
        file.close()  # Windows deletes no file that is open.
    path.unlink(missing_ok=True)
    file.close()


def _locked(file: BinaryIO) -> bool:
    if _fcntl is None:
        return True
    try:
        _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True

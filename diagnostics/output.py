"""Writes the files of a command all or none: checked first, written beside, then renamed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from diagnostics.command_line import InputError, blaming

Content = bytes | Callable[[BinaryIO], Any]  # what a file holds, or what writes it: it need not fit into memory
_ELSEWHERE = "choose another place to write to"


def checked_output(option: str, path: Path, taken: Mapping[str, Path]) -> Path:
    """Where to write what `option` asks to be written at `path`, links resolved.

    taken: files, by name, that must not be written over. Raises `InputError` where one of them would be, where the
    folder is missing or cannot be written to, and where something that is no ordinary file is in the way.
    """
    name = f"{option} {path}"
    with blaming(name, _ELSEWHERE):
        target = Path(os.path.realpath(path))
        if not target.parent.is_dir():
            raise InputError(f"{name}: there is no folder {target.parent}; make it first, or {_ELSEWHERE}")
        if target.exists() and not target.is_file():
            raise InputError(f"{name}: it is a folder or a device; give the name of a file")
        if not os.access(target.parent, os.W_OK):
            raise InputError(f"{name}: the folder {target.parent} is not writable; {_ELSEWHERE}")
        for other, file in taken.items():
            if str(target) == os.path.realpath(file) or (target.exists() and file.exists() and target.samefile(file)):
                raise InputError(f"{name}: that is the file of {other} and would be overwritten; {_ELSEWHERE}")
    return target


def write_all(contents: Mapping[Path, Content]) -> None:
    """Write every file beside its place, then rename all: until all are whole, an existing file is untouched.

    Raises `InputError` where one cannot be written; nothing is left behind then.
    """
    beside = {path: path.with_name(f".{secrets.token_hex(8)}.part") for path in contents}
    try:
        for path, content in contents.items():
            with blaming(str(path)), beside[path].open("xb") as file:
                _ = file.write(content) if isinstance(content, bytes) else content(file)
                file.flush()
                os.fsync(file.fileno())  # or a power cut after the renaming leaves an empty file
        for path in contents:
            with blaming(str(path)):
                beside[path].replace(path)
    finally:
        for part in beside.values():
            with suppress(OSError):  # its folder may be gone
                part.unlink()

"""Holds the frames of a data set as packed bytes, and makes an entry of them only when it is asked for."""

from __future__ import annotations

import json
import os
import re
import reprlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

from diagnostics.dataset.frame import Entry, UnreadableEntry

LONGEST_PATH = 4_096  # bytes, as Linux has it
_DIGITS = re.compile("([0-9]+)")


@dataclass(frozen=True)
class LazyEntries(Sequence[Entry]):
    """`length` entries, each made by `entry_at` when it is asked for and not kept."""

    length: int
    entry_at: Callable[[int], Entry]

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, slice):
            return [self.entry_at(i) for i in range(self.length)[index]]
        return self.entry_at(range(self.length)[index])


class PackedRecords:
    """Records of any length, one after the other in one block: each costs its own length and eight bytes."""

    def __init__(self, records: Iterable[bytes]) -> None:
        self._block, self._ends = bytearray(), array("Q", [0])
        for record in records:
            self._block += record
            self._ends.append(len(self._block))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> bytes:
        return bytes(self._block[self._ends[index] : self._ends[index + 1]])


class Listed(NamedTuple):
    """A frame as a list of frames gives it: its name, JSON values that its entry is made of, and what is wrong."""

    name: str
    values: Any = None
    wrong: str | None = None


def entries_of(listed: Iterable[Listed], entry_of: Callable[[str, Any], Entry]) -> LazyEntries:
    """The entries `entry_of(name, values)` in natural order; one that is wrong or has a name again cannot be read."""
    records = PackedRecords(json.dumps(frame).encode() for frame in _once_each(sorted(listed, key=_in_order)))

    def entry_at(index: int) -> Entry:
        frame = Listed(*json.loads(records[index]))
        return entry_of(frame.name, frame.values) if frame.wrong is None else UnreadableEntry(frame.name, frame.wrong)

    return LazyEntries(len(records), entry_at)


def named_entries(suffixes: Mapping[str, Sequence[str]], entry_of: Callable[[str], Entry]) -> LazyEntries:
    """The entries of images found by listing folders, in natural order.

    suffixes: those of the images of each stem; a stem that has no image gets the suffix that another one has.
    """
    usual = next((suffix for some in suffixes.values() for suffix in some), "")
    names = (stem + suffix for stem, some in suffixes.items() for suffix in some or [usual])
    records = PackedRecords(name.encode() for name in sorted(names, key=natural_key))
    return LazyEntries(len(records), lambda index: entry_of(records[index].decode()))


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sorts names as people count, `frame2` before `frame10`; the name itself decides what the numbers leave open."""
    # A run of digits is compared by its length without leading zeros, then digit by digit: no number is too long.
    parts = [part.lstrip("0") if i % 2 else part for i, part in enumerate(_DIGITS.split(name))]
    return [(len(part) if i % 2 else 0, part) for i, part in enumerate(parts)], name


def plain_path(path: str) -> str:
    """`path` without empty and `.` parts, as pathlib has it; pathlib would keep every part that it ever saw."""
    start = "/" if path.startswith("/") else ""
    return start + "/".join(part for part in path.split("/") if part not in ("", "."))


def path_given(value: Any, key: str) -> str:
    """`value` as it is. Raises `ValueError` unless it is text that may be the path of a file."""
    if not isinstance(value, str) or not plain_path(value) or len(os.fsencode(value)) > LONGEST_PATH:
        raise ValueError(f"{key} must be the path of a file, got {reprlib.repr(value)}")
    return value


def _in_order(frame: Listed) -> tuple[list[tuple[int, str]], str]:
    return natural_key(frame.name)


def _once_each(in_order: Iterable[Listed]) -> Iterator[Listed]:
    last, times = None, 0
    for frame in in_order:
        last, times = frame.name, times + 1 if frame.name == last else 1
        if times == 1:
            yield frame
        else:
            yield Listed(f"{frame.name} ({times})", wrong=f"{frame.name} is listed {times} times or more; list it once")

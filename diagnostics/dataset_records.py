"""Holds the frames of a data set as packed bytes, and makes an entry of them only when it is asked for."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import overload

from diagnostics.dataset_frame import Entry

_DIGITS = re.compile("([0-9]+)")


class PackedRecords(Sequence[bytes]):
    """Records of any length, one after the other in one block: each costs its own length and eight bytes."""

    def __init__(self, records: Iterable[bytes]) -> None:
        self._block, self._ends = bytearray(), array("Q")
        for record in records:
            self._block += record
            self._ends.append(len(self._block))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        return bytes(self._block[self._ends[i - 1] if i else 0 : self._ends[i]])


@dataclass(frozen=True)
class LazyEntries(Sequence[Entry]):
    """One entry a record, made by `entry_of(index, record)` when it is asked for and not kept."""

    records: Sequence[bytes]
    entry_of: Callable[[int, bytes], Entry]

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        return self.entry_of(i, self.records[i])


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sorts names as people count, `frame2` before `frame10`; the name itself decides what the numbers leave open."""
    # A run of digits is compared by its length without leading zeros, then digit by digit: no number is too long.
    parts = [part.lstrip("0") if i % 2 else part for i, part in enumerate(_DIGITS.split(name))]
    return [(len(part) if i % 2 else 0, part) for i, part in enumerate(parts)], name

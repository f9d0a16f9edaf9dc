"""The rows of a manifest as JSON text, read from disk one at a time: JSON lines by offset, Parquet by row group."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol, cast

from diagnostics.dataset.files import existing

_MOST_BYTES = 1_000_000  # of a row; with a camera it has some 600
_MOST_ROWS = 100  # a byte of a Parquet file: names that differ take more, and nothing else bounds how far one expands


class Rows(Protocol):
    """Rows counted from 0; `where` names one as people count."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> bytes:
        """The row as JSON text. Raises `OSError` or `ValueError` where it cannot be read."""

    def where(self, index: int) -> str:
        """Where the row stands, counted from 1."""

    def every(self) -> Iterator[bytes]:
        """All rows in order, a row that is too long cut off."""


class JsonLines:
    """A file with one JSON object a line; empty lines count but are no rows. Held: eight bytes a row, or sixteen."""

    def __init__(self, path: Path) -> None:
        self.path = existing(path)
        self._offsets, self._numbers = array("Q"), array("Q")
        with path.open("rb") as file:
            for number, offset, line in _lines(file):
                if line.strip():
                    self._offsets.append(offset)
                    self._numbers.append(number)

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, index: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self._offsets[index])
            line = file.readline(_MOST_BYTES + 1)
        if len(line) > _MOST_BYTES:
            raise ValueError(f"it is longer than {_MOST_BYTES:,} bytes")
        return line

    def where(self, index: int) -> str:
        """As `Rows` has it."""
        return f"{self.path.name} line {self._numbers[index]}"

    def every(self) -> Iterator[bytes]:
        """As `Rows` has it."""
        with self.path.open("rb") as file:
            yield from (line for _, _, line in _lines(file) if line.strip())


class ParquetRows:
    """The rows of a Parquet file; held is one row group, the one that was last asked for."""

    def __init__(self, path: Path) -> None:
        try:
            from pyarrow import parquet
        except ImportError:
            raise ValueError(
                "a Parquet manifest needs pyarrow: pip install 'halfpixel[audit]', or give JSON lines"
            ) from None
        self.path = existing(path)
        with _parquet_errors():
            self._file: Any = parquet.ParquetFile(path)
            sizes = [self._file.metadata.row_group(i).num_rows for i in range(self._file.num_row_groups)]
        if min(sizes, default=0) < 0:
            raise ValueError("the Parquet file is damaged: it says that it has fewer rows than none")
        if sum(sizes) > _MOST_ROWS * (length := path.stat().st_size):
            raise ValueError(f"the Parquet file has {sum(sizes):,} rows: too many for its {length:,} bytes")
        self._starts = list(accumulate(sizes, initial=0))
        self._group, self._table = -1, cast(Any, None)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int) -> bytes:
        group = bisect_right(self._starts, index) - 1
        if group != self._group:
            self._group, self._table = -1, None  # One group at a time is held, also while the next is read.
            with _parquet_errors():
                self._group, self._table = group, self._file.read_row_group(group)
        with _parquet_errors():
            (row,) = self._table.slice(index - self._starts[group], 1).to_pylist()
        return _as_json(row)

    def where(self, index: int) -> str:
        """As `Rows` has it."""
        return f"{self.path.name} row {index + 1}"

    def every(self) -> Iterator[bytes]:
        """As `Rows` has it, of each row no more than its image."""
        read = 0
        with _parquet_errors():
            for batch in self._file.iter_batches(columns=["image"]):
                read += len(batch)
                yield from map(_as_json, batch.to_pylist())
        if read != len(self):
            raise ValueError(f"the Parquet file is damaged: it says that it has {len(self):,} rows, but has {read:,}")


@contextmanager
def _parquet_errors() -> Iterator[None]:
    """What Arrow says of a damaged file, as a `ValueError`."""
    from pyarrow import ArrowException

    try:
        yield
    except ArrowException as error:
        raise ValueError(f"the Parquet file is damaged or of an unknown kind: {error}") from None


def _lines(file: Any) -> Iterator[tuple[int, int, bytes]]:
    """Number from 1, offset and content of each line, cut where it is longer than a row may be."""
    number, offset = 0, 0
    while line := file.readline(_MOST_BYTES + 1):
        number += 1
        yield number, offset, line
        offset += len(line)
        while len(line) == _MOST_BYTES + 1 and not line.endswith(b"\n"):
            line = file.readline(_MOST_BYTES + 1)
            offset += len(line)


def _as_json(row: dict[str, Any]) -> bytes:
    """A row without its empty cells: a Parquet file has every column in every row."""
    return json.dumps(_without_none(row), default=repr).encode()


def _without_none(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_none(inner) for name, inner in value.items() if inner is not None}

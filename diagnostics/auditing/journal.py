"""The journal of an audit: one line a frame as it is measured, so that an interrupted run goes on where it was."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from diagnostics.auditing.lock import opened_alone, removed
from diagnostics.auditing.measured_record import refuse_other
from diagnostics.command_line import InputError, blaming
from diagnostics.strict_json import strict_json

_MOST_BYTES = 10_000_000  # of a line; a record takes some 2,000
_FORMAT = 2  # of its lines: one of another version is another audit's


class Journal:
    """A file of JSON lines beside the output: the first says what is audited, every other is one frame's record.

    Memory holds eight bytes a frame. A line that a killed run left unfinished is dropped. Raises `InputError` for a
    journal of another audit, for one that another run is writing, and where it cannot be written.
    """

    def __init__(self, path: Path, audited: Mapping[str, Any], frames: int) -> None:
        self.path = path
        self._places, self._grid = array("q", [-1]) * frames, audited.get("grid")
        header = json.dumps({"journal": _FORMAT, **audited}, sort_keys=True) + "\n"
        with blaming(str(path)):
            self._file = opened_alone(path)
            try:
                self._recover(header.encode())
            except OSError:
                with suppress(OSError):  # A full disk refuses the first line once more.
                    self._file.close()
                raise

    def _recover(self, header: bytes) -> None:
        self._file.seek(0)
        first = self._file.readline(len(header))
        if first != header and header.startswith(first):  # new, or killed while its first line was written
            self._file.truncate(0)
            self._file.write(header)
            self._file.flush()
            return
        if first != header:
            self._file.close()
            raise InputError(
                f"{self.path}: it is the journal of another audit, of other data or with other options; finish that "
                "one, or remove the file"
            )
        end = self._file.tell()
        for line in iter(partial(self._file.readline, _MOST_BYTES), b""):
            if not line.endswith(b"\n") and len(line) < _MOST_BYTES:
                break
            try:
                kept = strict_json(line)
                place = range(len(self._places)).index(kept["index"])
                refuse_other(kept["record"], self._grid)
            except (ValueError, KeyError, TypeError):
                self._file.close()
                raise InputError(f"{self.path}: the journal is damaged; remove the file and start again") from None
            self._places[place] = end
            end += len(line)
        self._file.truncate(end)

    def missing(self) -> Iterator[int]:
        """Indices of the frames that are not in it, in order."""
        return (index for index, place in enumerate(self._places) if place < 0)

    @property
    def done(self) -> int:
        """How many frames are in it."""
        return sum(place >= 0 for place in self._places)

    def add(self, index: int, record: str) -> None:
        """Keep the record of one frame, one line of JSON."""
        with blaming(str(self.path)):
            place = self._file.seek(0, 2)
            self._file.write(f'{{"index": {index}, "record": {record}}}\n'.encode())
            self._file.flush()
        self._places[index] = place

    def records(self) -> Iterator[dict[str, Any]]:
        """The records in the order of the data set, read one by one."""
        for place in self._places:
            if place >= 0:
                self._file.seek(place)
                yield json.loads(self._file.readline())["record"]

    def remove(self) -> None:
        """Delete the file: what it was kept for is written."""
        with blaming(str(self.path)):
            removed(self.path, self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with blaming(str(self.path)):  # A full disk refuses the last bytes once more.
            self._file.close()

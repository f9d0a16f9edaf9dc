"""The rows of an audit, one a frame, as CSV or Parquet, written one after the other however many there are."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, get_type_hints

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.flags import Usual, flags
from diagnostics.auditing.frame import Row
from diagnostics.command_line import InputError, shown

Rows = Iterable[dict[str, Any]]
_COLUMNS = tuple(column.name for column in fields(Row))
# What spreadsheets take for the beginning of one, full-width as well (OWASP, CSV Injection), and the apostrophe itself,
# so that whoever takes one off has the text as it was. Tabs and line ends are escapes by then.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20'")
_ROW_GROUP = 10_000  # rows held at a time


def rows_of(records: Iterable[dict[str, Any]], most: Usual, best: Correction) -> Iterator[dict[str, Any]]:
    """The rows with their flags, in the order given; their texts are single lines."""
    for record in records:
        row = record["row"] | {"flags": flags(record, most, best)}
        yield {name: shown(value) if isinstance(value, str) else value for name, value in row.items()}


def writer_for(path: Path) -> Callable[[BinaryIO, Rows], None]:
    """What writes rows to a file of that suffix. Raises `InputError` for another one, and where pyarrow is missing."""
    if path.suffix.lower() == ".csv":
        return _write_csv
    if path.suffix.lower() != ".parquet":
        raise InputError(f"-o {path}: the rows are CSV or Parquet; give their file the suffix .csv or .parquet")
    if importlib.util.find_spec("pyarrow") is None:
        raise InputError(f"-o {path}: Parquet needs pyarrow: pip install 'halfpixel[audit]', or write .csv")
    return _write_parquet


def _write_csv(file: BinaryIO, rows: Rows) -> None:
    """Texts that a spreadsheet would take for formulas begin with an apostrophe, and so do those that begin with one.

    All texts are quoted: a spreadsheet that takes semicolons for separators would begin a cell within them otherwise.
    """
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: f"'{value}" if _is_formula(value) else value for name, value in row.items()})
    text.detach()


def _is_formula(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_FORMULA)


def _write_parquet(file: BinaryIO, rows: Rows) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {str: pa.string(), int | None: pa.int64(), float | None: pa.float64()}
    hints = get_type_hints(Row)
    schema = pa.schema([(name, kinds[hints[name]]) for name in _COLUMNS])
    with parquet.ParquetWriter(file, schema) as writer:
        left = iter(rows)
        for group in iter(lambda: list(islice(left, _ROW_GROUP)), []):
            writer.write_table(pa.Table.from_pylist(group, schema))

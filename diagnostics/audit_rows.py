"""The rows of an audit as CSV, one a frame, whose texts no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from diagnostics.audit_flags import Usual, flags
from diagnostics.audit_frame import Row
from diagnostics.command_line import shown
from diagnostics.corrections import Correction

_FORMULA = ("=", "+", "-", "@")  # what Excel and LibreOffice take for the beginning of one


def csv_of(records: Iterable[dict[str, Any]], most: Usual, best: Correction) -> bytes:
    """All rows with their flags, in the order given."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.name for column in fields(Row)], lineterminator="\n")
    writer.writeheader()
    for record in records:
        row = record["row"] | {"flags": flags(record, most, best)}
        writer.writerow({name: _safe(value) if isinstance(value, str) else value for name, value in row.items()})
    return text.getvalue().encode()


def _safe(text: str) -> str:
    line = shown(text)
    return f"'{line}" if line.startswith(_FORMULA) else line

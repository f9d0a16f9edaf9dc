"""Rows are written one after the other: the same in CSV and Parquet, in memory that does not grow with their number."""

import csv
import importlib.util
import io
import tracemalloc
from dataclasses import asdict
from pathlib import Path

import pytest
from pyarrow import parquet

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.flags import Usual
from diagnostics.auditing.frame import Row
from diagnostics.auditing.rows import rows_of, writer_for
from diagnostics.command_line import InputError
from diagnostics.output import write_all

MOST = Usual((48, 64), 0.9, 0.01, 0.5, 0.1)


def records(count, **row):
    """Records as a journal gives them."""
    for k in range(count):
        yield {"row": asdict(Row(f"frame-{k:06d}", **row)), "counts": [], "tried": {}}


def written(suffix, *given):
    file = io.BytesIO()
    writer_for(Path(f"rows{suffix}"))(file, rows_of(*given))
    return file.getvalue()


def table(records):
    return list(csv.DictReader(io.StringIO(written(".csv", records, MOST, Correction()).decode())))


def test_both_kinds_hold_the_same_rows():
    row = {"image_height": 48, "image_width": 60, "readings": 0.5, "error": ""}
    lines = table(records(3, **row))
    kept = parquet.read_table(io.BytesIO(written(".parquet", records(3, **row), MOST, Correction()))).to_pylist()
    assert [{name: "" if value is None else str(value) for name, value in line.items()} for line in kept] == lines
    assert [line["name"] for line in lines] == ["frame-000000", "frame-000001", "frame-000002"]
    assert lines[0]["flags"] == "the image is 60x48, most are 64x48"


def test_columns_of_parquet_keep_their_kind_where_nothing_was_measured():
    bare = parquet.read_table(io.BytesIO(written(".parquet", records(2), MOST, Correction())))
    assert {str(kind) for kind in bare.schema.types} == {"string", "int64", "double"}
    assert parquet.read_table(io.BytesIO(written(".parquet", [], MOST, Correction()))).schema == bare.schema


@pytest.mark.parametrize("text", ["=1+2", "+1", "-1", "@SUM(A1)", "\uff1d1+2", "'=1", "'"])
def test_no_text_is_a_formula_to_a_spreadsheet(text):
    assert table(records(1, error=text))[0]["error"] == f"'{text}"
    (row,) = parquet.read_table(io.BytesIO(written(".parquet", records(1, error=text), MOST, Correction()))).to_pylist()
    assert row["error"] == text


def test_no_text_begins_a_cell_where_semicolons_do_and_numbers_are_numbers():
    line = written(".csv", records(1, error="a;=1+2", readings=-0.5), MOST, Correction())
    assert b'"a;=1+2"' in line
    assert b",-0.5," in line


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1"])
def test_no_text_begins_with_a_tab_or_a_line_end(text):
    assert table(records(1, error=text))[0]["error"] == text.encode("unicode_escape").decode()


def test_a_text_stays_on_its_line():
    assert table(records(1, error="one\ntwo\x1b[31m\udcff"))[0]["error"] == "one\\ntwo\\x1b[31m\\udcff"


def test_memory_does_not_grow_with_the_number_of_rows(tmp_path):
    def peak(count):
        tracemalloc.start()
        write_all({tmp_path / "rows.csv": lambda file: writer(file, rows_of(records(count), MOST, Correction()))})
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken

    writer = writer_for(tmp_path / "rows.csv")
    peak(4000)  # Python keeps some thousand freed tuples, which would count as growth
    assert peak(4000) < 1.5 * peak(400)


def test_rows_that_fail_half_way_leave_no_file_and_an_existing_one_untouched(tmp_path):
    def broken():
        yield from rows_of(records(1), MOST, Correction())
        raise ValueError("the journal is gone")

    (tmp_path / "rows.csv").write_text("kept")
    write = writer_for(tmp_path / "rows.csv")
    with pytest.raises(InputError, match="the journal is gone"):
        write_all({tmp_path / "rows.csv": lambda file: write(file, broken())})
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("rows.csv", "kept")]


def test_parquet_without_pyarrow_and_another_suffix_are_told(monkeypatch):
    with pytest.raises(InputError, match=r"\.csv or \.parquet"):
        writer_for(Path("rows.txt"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"halfpixel\[audit\]"):
        writer_for(Path("rows.parquet"))

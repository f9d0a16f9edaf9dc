"""Which data set a path is, what the user is told where it is none or two, the order of frames, and what they cost."""

from __future__ import annotations

import json
import pickle
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from dataset_scenes import (
    LAYOUTS,
    camera_json,
    colmap_text,
    manifest,
    nerfstudio,
    scannet,
    seven_scenes,
    write_image,
    write_text,
)
from diagnostics.command_line import InputError
from diagnostics.dataset import Frame, load, open_dataset
from diagnostics.dataset.records import LazyEntries, PackedRecords, natural_key


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        open_dataset(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


def test_nothing_there_is_told():
    wrong = "no/such/place: No such file or directory; check that path; a relative one starts in the current folder"
    assert refusal(Path("no/such/place")) == wrong


def test_a_folder_without_a_data_set_is_told_what_was_looked_for(tmp_path):
    """Every layout with its files, so that the user sees what is missing."""
    message = refusal(tmp_path)
    for sign in ("manifest.jsonl", "frame-000000.color.png", "intrinsic_color.txt", "transforms.json", "cameras.bin"):
        assert sign in message


def test_a_file_of_another_kind_is_told(tmp_path):
    write_image(tmp_path / "a.png")
    assert "no data set is recognised there" in refusal(tmp_path / "a.png")


def test_two_layouts_in_one_folder_are_the_users_to_choose(tmp_path):
    """Either can be named by its own file or folder."""
    colmap_text(nerfstudio(tmp_path))
    assert "it can be read as nerfstudio and COLMAP; give the file or folder" in refusal(tmp_path)
    assert open_dataset(tmp_path / "transforms.json").layout == "nerfstudio"
    assert open_dataset(tmp_path / "sparse/0").layout == "COLMAP"


NO_LISTS = {
    "[]": 'no list "frames"',
    '{"frames": []}': 'no list "frames"',
    '{"frames": 3}': 'no list "frames"',
    "{": "it is not valid JSON",
    "[" * 100_000: "it is nested too deeply",
    '{"frames": ' + "9" * 5000 + "}": "it holds a number of 5000 digits",
}


@pytest.mark.parametrize("text", NO_LISTS, ids=range(len(NO_LISTS)))
def test_a_json_file_of_something_else_is_told(text, tmp_path):
    assert NO_LISTS[text] in refusal(write_text(tmp_path / "x.json", text))


def test_an_empty_manifest_is_told(tmp_path):
    assert "this manifest data set has no frames" in refusal(write_text(tmp_path / "x.jsonl", "\n\n"))


def test_a_model_without_photographs_is_told(tmp_path):
    colmap_text(tmp_path)
    (tmp_path / "images").rename(tmp_path / "photos")
    assert "there is no folder images" in refusal(tmp_path)


def test_parquet_without_pyarrow_is_told(tmp_path, monkeypatch):
    """With what to install, or to give instead."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    message = refusal(write_text(tmp_path / "x.parquet", "PAR1"))
    assert "needs pyarrow: pip install 'halfpixel[audit]', or give JSON lines" in message


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_user_is_told_layout_files_and_count(layout, tmp_path):
    """In one sentence of one line."""
    told = open_dataset(LAYOUTS[layout](tmp_path)).told
    assert told.isprintable()
    assert "1 frames" in told


# Order ----------------------------------------------------------------------------------------------------------------


def test_frames_are_in_natural_order(tmp_path):
    """Frame 2 comes before frame 10, and sequence 2 before sequence 10."""
    for number in (10, 9, 2):
        scannet(tmp_path / "s", number)
    assert [entry.name for entry in open_dataset(tmp_path / "s").entries] == [f"color/{n}.jpg" for n in (2, 9, 10)]
    for sequence in ("seq-10", "seq-02"):
        seven_scenes(tmp_path / "7" / sequence, "frame-000001")
    names = [entry.name.split("/")[0] for entry in open_dataset(tmp_path / "7").entries]
    assert names == ["seq-02", "seq-10"]
    frames = [{"file_path": f"f{n}.png", "transform_matrix": 0} for n in (10, 2)]
    assert [entry.name for entry in open_dataset(nerfstudio(tmp_path / "n", *frames)).entries] == ["f2.png", "f10.png"]


def test_rows_of_a_manifest_keep_their_order(tmp_path):
    rows = [{"image": f"{n}.png", "camera": camera_json()} for n in (10, 2)]
    assert [entry.name for entry in open_dataset(manifest(tmp_path, *rows)).entries] == ["10.png", "2.png"]


def test_natural_order_is_total_and_reads_any_number_of_digits():
    """Equal numbers are told apart by the text; a number too long for Python's conversion is no trouble."""
    names = ["a1", "a01", "a2", "a10", "a" + "9" * 9_999, "b", "", "1", "²"]
    backwards = names[::-1]
    ordered = sorted(names, key=natural_key)
    assert ordered == sorted(backwards, key=natural_key)
    assert [name for name in ordered if name in ("a2", "a10", "a1", "a01")] == ["a01", "a1", "a2", "a10"]
    assert ordered.index("a10") < ordered.index("a" + "9" * 9_999)


# Cost -----------------------------------------------------------------------------------------------------------------

ROWS = 40_000
NUMBER = 8  # bytes
GROWTH = 1.25  # arrays are given room for more than they hold, and the rest is there once for all rows


def test_rows_of_a_manifest_are_not_held(tmp_path):
    """Held are an offset and a line's number, eight bytes each; while images are compared, another six numbers a row at
    most: hashes, their order, sorted, their differences, and what sorting needs. A row itself has 340 bytes."""
    template = json.dumps({"image": "NUMBER.png", "camera": camera_json()})
    path = tmp_path / "frames.jsonl"
    path.write_text("".join(template.replace("NUMBER", str(n)) + "\n" for n in range(ROWS)))
    length = path.stat().st_size / ROWS
    tracemalloc.start()
    try:
        entries = open_dataset(path).entries
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(entries) == ROWS
    assert held / ROWS < 2 * NUMBER * GROWTH
    assert peak / ROWS < 8 * NUMBER * GROWTH < length / 3
    assert entries[ROWS - 1].name == f"{ROWS - 1}.png"


def test_entries_are_small_to_send(tmp_path):
    """A pickled entry is at most some kilobytes: its row, or its name and where it is."""
    for name, write in LAYOUTS.items():
        (entry,) = open_dataset(write(tmp_path / name)).entries
        assert len(pickle.dumps(entry)) < 2_000, name


def test_packed_records_come_back(tmp_path):
    """Each as it was, the empty and the last ones, too."""
    records = [b"one", b"", b"three" * 100, b""]
    packed = PackedRecords(records)
    assert [packed[i] for i in range(len(packed))] == records


def test_entries_are_a_sequence():
    """Sliced, counted from either end, and at an end."""
    entries = LazyEntries(5, lambda index: index)
    assert (len(entries), entries[1:4:2], entries[-1], list(entries)) == (5, [1, 3], 4, [0, 1, 2, 3, 4])
    for index in (5, -6):
        with pytest.raises(IndexError):
            entries[index]


# Parquet --------------------------------------------------------------------------------------------------------------


def parquet(path: Path, rows, group=2) -> Path:
    arrow = pytest.importorskip("pyarrow", reason="the extra `audit` brings pyarrow")
    from pyarrow import parquet as file

    columns = dict.fromkeys(name for row in rows for name in row)  # a table has those of its first row
    file.write_table(arrow.Table.from_pylist([columns | row for row in rows]), path, row_group_size=group)
    return path


def test_parquet_rows_are_those_of_json_lines(tmp_path):
    """Across row groups, forwards and backwards; an empty cell is a key that is not there."""
    rows = [{"image": f"{n}.png", "camera": camera_json()} for n in range(5)]
    for row in rows:
        write_image(tmp_path / row["image"])
    write_image(tmp_path / "depth.png")
    rows[3] |= {"depth": "depth.png", "depth_unit": 0.5}
    packed, plain = open_dataset(parquet(tmp_path / "x.parquet", rows)), open_dataset(manifest(tmp_path, *rows))
    assert packed.layout == "manifest"
    assert [load(entry) for entry in packed.entries] == [load(entry) for entry in plain.entries]
    assert all(isinstance(load(entry), Frame) for entry in packed.entries[::-1])


def test_damaged_parquet_rows_are_told(tmp_path):
    rows = [{"image": "a.png", "camera": camera_json(fx=np.nan)}, {"image": None, "camera": None}]
    write_image(tmp_path / "a.png")
    first, second = (load(entry) for entry in open_dataset(parquet(tmp_path / "x.parquet", rows)).entries)
    assert first.reason.startswith("x.parquet row 1: it holds NaN")
    assert second.reason.startswith("x.parquet row 2: image must be the path of a file")


def test_a_file_that_is_no_parquet_is_told(tmp_path):
    pytest.importorskip("pyarrow", reason="the extra `audit` brings pyarrow")
    assert "x.parquet" in refusal(write_text(tmp_path / "x.parquet", "PAR1 and nothing"))


def test_parquet_rows_that_so_few_bytes_cannot_tell_apart_are_refused(tmp_path):
    """A run of one value takes a few bytes, however long it is; names that differ take more."""
    names = [{"image": f"frames/{n:06}.png", "camera": None} for n in range(50_000)]
    assert len(open_dataset(parquet(tmp_path / "names.parquet", names, 50_000)).entries) == 50_000
    same = parquet(tmp_path / "same.parquet", [{"image": "a.png"}] * 200_000, 200_000)
    assert f"200,000 rows: too many for its {same.stat().st_size:,} bytes" in refusal(same)

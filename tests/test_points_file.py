"""Chunks of a points file are the array that numpy.save wrote; what the header says is believed only once checked."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from diagnostics.points_file import PointsFile

DTYPES = ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "i1", "u1", "<i2", ">u2", "<i4", ">i4", "<i8", "<u8", ">i8"]


def saved(path: Path, values: np.ndarray) -> PointsFile:
    np.save(path, values)
    return PointsFile.open(path)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_chunks_are_the_array(dtype: str, columns: int, order: str, tmp_path: Path) -> None:
    """One after the other, whatever their length, they are what was saved, in any dtype, byte order and layout."""
    values = np.asarray(np.arange(7 * columns).reshape(7, columns), dtype=dtype, order=order)
    points = saved(tmp_path / "points.npy", values)
    assert (points.points, points.columns) == (7, columns)
    for length in (1, 3, 7, 100):
        chunks = list(points.chunks(length))
        assert [len(chunk) for chunk in chunks] == [min(length, 7 - start) for start in range(0, 7, length)]
        assert all(chunk.dtype.newbyteorder("=") == values.dtype.newbyteorder("=") for chunk in chunks)
        np.testing.assert_array_equal(np.concatenate(chunks), values)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("within", [range(7), range(2, 6), range(6, 7), range(3, 3)])
def test_the_chunks_of_a_range_are_that_part_of_the_array(within: range, order: str, tmp_path: Path) -> None:
    """Ranges that follow each other give every point once."""
    values = np.asarray(np.arange(14.0).reshape(7, 2), order=order)
    points = saved(tmp_path / "points.npy", values)
    for length in (1, 2, 100):
        chunks = list(points.chunks(length, within))
        assert all(len(chunk) <= length for chunk in chunks)
        np.testing.assert_array_equal(np.concatenate([np.zeros((0, 2)), *chunks]), values[within.start : within.stop])


def test_a_chunk_holds_itself_alone(tmp_path: Path) -> None:
    """Memory is that of the chunk, which stays as it is while later ones are read."""
    points = saved(tmp_path / "points.npy", np.arange(20_000.0).reshape(10_000, 2))
    chunks = list(points.chunks(1000))
    assert all(chunk.base is None and chunk.nbytes == 1000 * 16 for chunk in chunks)
    assert [chunk[0, 0] for chunk in chunks] == list(range(0, 20_000, 2000))


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_file_that_is_cut_short_after_it_was_opened_is_refused(order: str, tmp_path: Path) -> None:
    """Its points are those that are there; what is gone is an error that names the file, not zeros."""
    points = saved(tmp_path / "points.npy", np.asarray(np.ones((100, 2)), order=order))
    with points.path.open("r+b") as file:
        file.truncate(points.offset + 1000)
    chunks = points.chunks(25)
    if order == "C":
        assert [next(chunks).sum() for _ in range(2)] == [50, 50]
    with pytest.raises(ValueError, match=r"points.npy: it was cut short while it was read; give a"):
        list(chunks)


@pytest.mark.parametrize("columns", [2, 3])
def test_no_points_are_no_chunks(columns: int, tmp_path: Path) -> None:
    """Where there is nothing to read, nothing is read."""
    points = saved(tmp_path / "points.npy", np.zeros((0, columns)))
    assert points.points == 0
    assert list(points.chunks(10)) == []


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_format_is_read(version: tuple[int, int], tmp_path: Path) -> None:
    """The three versions differ in the header's length field; here its numbers are at byte 10 or 12."""
    path, values = tmp_path / "points.npy", np.array([[1.5, 2.5], [3.5, 4.5]])
    with path.open("wb") as file:
        np.lib.format.write_array(file, values, version=version)
    points = PointsFile.open(path)
    assert points.offset == 128
    np.testing.assert_array_equal(next(points.chunks(2)), values)


@pytest.mark.parametrize("shape", ["(2**70, 2)", f"({2**70}, 2)", f"({2**62}, 3)", "(10**18, 2)"])
def test_a_bomb_is_refused_before_anything_is_allocated(shape: str, tmp_path: Path) -> None:
    """A header of a few bytes that promises exabytes, or that computes, is told apart by the file's own length."""
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}".encode()
    path = tmp_path / "bomb.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(32))
    with pytest.raises(ValueError, match=r"cut short|damaged"):
        PointsFile.open(path)


def test_the_message_names_the_file_and_the_remedy(tmp_path: Path) -> None:
    """`path: what is wrong; what to do`."""
    path = tmp_path / "points.npy"
    np.save(path, np.zeros((2, 9)))
    with pytest.raises(ValueError, match=r"points.npy: its shape is \(2, 9\).*transpose it.*; give a .npy file"):
        PointsFile.open(path)
    with pytest.raises(FileNotFoundError):
        PointsFile.open(tmp_path / "gone.npy")

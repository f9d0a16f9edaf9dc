"""A file that lies about itself or breaks off is the error of its frame's row; no memory is asked for on its word."""

import json
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from diagnostics.audit_frame import Settings, measure_frame
from diagnostics.command_line import InputError
from diagnostics.dataset import Damaged, load, open_dataset
from diagnostics.depth_file import depth_values
from diagnostics.frame_pairs import pair_of
from scans import SIZE, pose, write_scan

_MEGABYTE = 1 << 20


def npy(shape, descr="<f4", body=b""):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


def png(width, height, body=b""):
    """A 16-bit grey image as far as its header goes."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", body) + chunk(b"IEND", b"")


LIES = {
    "a million rows of a million": (npy((1_000_000, 1_000_000)), "too many"),
    "sides below zero": (npy((-4, -4), body=bytes(64)), "damaged|shape"),
    "more than there is": (npy((1000, 1000)), "asks for 4,"),
    "less than there is": (npy((2, 2), body=bytes(64)), "asks for"),
    "three axes": (npy((2, 2, 3), body=bytes(48)), "shape"),
    "objects": (npy((2, 2), "|O", bytes(32)), "object"),
    "complex numbers": (npy((2, 2), "<c8", bytes(32)), "complex"),
    "no header": (b"\x93NUMPY\x01\x00\xff\xff{", "damaged"),
    "another version": (b"\x93NUMPY\x09\x00" + bytes(100), "damaged"),
    "an archive": (b"PK\x03\x04" + bytes(100), "damaged"),
    "nothing": (b"", "damaged"),
}


@pytest.mark.parametrize(("content", "told"), LIES.values(), ids=LIES)
def test_an_npy_that_lies_is_refused_before_memory_is_asked_for(tmp_path, content, told):
    path = tmp_path / "depth.npy"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=told):
            depth_values(path)
        assert tracemalloc.get_traced_memory()[1] < _MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_npy_that_is_well_is_read_as_it_was_written(tmp_path, order):
    values = np.asarray(np.arange(6.0).reshape(2, 3), order=order)
    np.save(tmp_path / "depth.npy", values)
    np.testing.assert_array_equal(depth_values(tmp_path / "depth.npy"), values)


@pytest.mark.parametrize("mode", ["RGB", "P", "LA"])
def test_an_image_with_more_than_one_number_a_pixel_is_no_depth(tmp_path, mode):
    Image.new(mode, (4, 3)).save(tmp_path / "depth.png")
    with pytest.raises(ValueError, match="no depth map"):
        depth_values(tmp_path / "depth.png")


BROKEN = {
    "breaks off": png(*SIZE[::-1], zlib.compress(bytes(100))),
    "is a bomb": png(60_000, 60_000),
    "is large": png(16_000, 11_000),
    "is empty": b"",
    "is text": b"=1+2\n",
}


@pytest.mark.parametrize("which", ["color", "depth"])
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_image_is_the_error_of_its_row_and_leaves_the_pair_out(tmp_path, which, content):
    scan = write_scan(tmp_path / "scan", 2)
    (scan / f"frame-000001.{which}.png").write_bytes(content)
    entries = open_dataset(scan).entries
    row = measure_frame(entries[1], entries[0], Settings()).row
    assert row.error
    assert row.asked is None or not row.compared
    if which == "depth":
        assert pair_of(entries[1], entries[0]) is None


def test_a_transposed_depth_map_is_told_as_such(tmp_path):
    scan = write_scan(tmp_path / "scan", 2)
    rows = []
    for index in range(2):
        values = np.asarray(Image.open(scan / f"frame-{index:06d}.depth.png")).T
        np.save(scan / f"{index}.npy", values)
        camera = {"fx": 150, "fy": 143, "cx": 82, "cy": 57, "size": list(SIZE)}
        camera["world_to_camera"] = np.linalg.inv(pose(index)).tolist()
        image = f"frame-{index:06d}.color.png"
        rows.append(json.dumps({"image": image, "depth": f"{index}.npy", "depth_unit": 0.001, "camera": camera}))
    (scan / "list.jsonl").write_text("\n".join(rows))
    entries = open_dataset(scan / "list.jsonl").entries
    assert "160 rows of 120" in measure_frame(entries[0], entries[1], Settings()).row.error


def test_links_that_go_round_and_folders_in_place_of_files_are_errors(tmp_path):
    scan = write_scan(tmp_path / "scan", 3)
    pose_file, color = scan / "frame-000000.pose.txt", scan / "frame-000001.color.png"
    pose_file.unlink()
    pose_file.symlink_to(pose_file.name)
    color.unlink()
    color.mkdir()
    frames = [load(entry) for entry in open_dataset(scan).entries]
    assert [isinstance(frame, Damaged) for frame in frames] == [True, True, False]
    round_about = tmp_path / "loop"
    round_about.symlink_to(round_about)
    with pytest.raises(InputError):
        open_dataset(round_about)

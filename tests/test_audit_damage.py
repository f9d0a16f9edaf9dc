"""A file that lies about itself or breaks off is the error of its frame's row; no memory is asked for on its word."""

import json
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_file import depth_values
from diagnostics.auditing.depth_pairs import Agreement
from diagnostics.auditing.frame import Settings, measure_frame
from diagnostics.auditing.frame_pairs import Pair, pair_of, source_of
from diagnostics.command_line import InputError
from diagnostics.dataset import Damaged, Frame, load, open_dataset
from reference import Camera
from scans import SIZE, pose, verdict, write_scan

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


def listed(scan, frames, world_to_camera=lambda k: np.linalg.inv(pose(k)), depth="frame-{:06d}.depth.png"):
    """A manifest of the frames of a scan."""
    rows = []
    for k in range(frames):
        camera = {"fx": 150, "fy": 143, "cx": 82.5, "cy": 57, "size": SIZE}
        camera["world_to_camera"] = world_to_camera(k).tolist()
        files = {"image": f"frame-{k:06d}.color.png", "depth": depth.format(k)}
        rows.append(json.dumps({**files, "depth_unit": 0.001, "camera": camera}))
    (scan / "list.jsonl").write_text("\n".join(rows))
    return scan / "list.jsonl"


def test_a_transposed_depth_map_is_told_as_such(tmp_path):
    scan = write_scan(tmp_path / "scan", 2)
    for index in range(2):
        np.save(scan / f"{index}.npy", np.asarray(Image.open(scan / f"frame-{index:06d}.depth.png")).T)
    entries = open_dataset(listed(scan, 2, depth="{}.npy")).entries
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


# One broken file is the error of one row ----------------------------------------------------------------------------


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_broken_depth_map_is_the_error_of_its_own_row_alone(tmp_path):
    """To its neighbours it is as if it had none: their rows are well, and have nothing to be compared with."""
    scan = write_scan(tmp_path / "scan", 6)
    cut_short(scan / "frame-000003.depth.png")
    entries = open_dataset(scan).entries
    own, *near = (measure_frame(entries[k], entries[other], Settings()).row for k, other in ((3, 5), (1, 3), (5, 3)))
    assert own.error.startswith("ValueError: frame-000003.depth.png: the image is damaged (")
    assert [(row.error, row.neighbour, row.asked) for row in near] == [("", "", None)] * 2


def test_a_broken_image_is_told_with_its_name(tmp_path):
    scan = write_scan(tmp_path / "scan", 2)
    cut_short(scan / "frame-000001.color.png")
    entries = open_dataset(scan).entries
    error = measure_frame(entries[1], entries[0], Settings()).row.error
    assert error.startswith("ValueError: frame-000001.color.png: the image is damaged (")


def test_a_row_that_fails_late_counts_nothing(tmp_path, monkeypatch):
    """Neither its points nor where they land: a sum of the one without the other would be of no frames."""

    def fails(pair, correction, tolerance):
        raise ArithmeticError("late")

    entries = open_dataset(write_scan(tmp_path / "scan", 2)).entries
    monkeypatch.setattr(Pair, "agreement", fails)
    found = measure_frame(entries[0], entries[1], Settings())
    assert found.row.error == "ArithmeticError: late"
    assert (found.counts, found.tried) == ([], {})
    counted = ("asked", "in_front", "in_image", "in_crop", "valid", "compared", "agreeing")
    assert [getattr(found.row, name) for name in counted] == [None] * len(counted)


# The points that are asked ------------------------------------------------------------------------------------------

MOST = 20_000


def frame(folder, **files):
    """A frame that looks along z, with such files."""
    for name, values in files.items():
        np.save(folder / f"{name}.npy", values)
    size = files["depth"].shape if "depth" in files else SIZE
    camera = Camera(100, 100, 79.5, 59.5, size, np.eye(4).tolist())
    return Frame("one", folder / "one.png", camera, **{name: folder / f"{name}.npy" for name in files})


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("points", "step"), [(0, 1), (20_000, 1), (20_001, 2), (39_999, 2), (200_001, 11)])
def test_of_many_points_as_many_are_asked_as_may_be(tmp_path, points, step, order):
    """In equal steps, which go on from one chunk of the file to the next."""
    values = np.asarray(np.arange(3.0 * points).reshape(-1, 3), order=order)
    asked = source_of(frame(tmp_path, points=values), None).fixed
    np.testing.assert_array_equal(asked, values[::step])
    assert len(asked) <= MOST


@pytest.mark.parametrize(("size", "asked"), [((480, 640), 19_200), ((210, 210), 11_025), ((120, 160), 19_200)])
def test_of_a_depth_map_no_more_pixels_are_asked(tmp_path, size, asked):
    assert source_of(frame(tmp_path), frame(tmp_path, depth=np.ones(size))).points == asked


def test_pixels_at_the_edge_are_counted_as_well(tmp_path):
    """Of 425 rows every third leaves 142: a step from the area alone would ask 142 x 141."""
    assert source_of(frame(tmp_path), frame(tmp_path, depth=np.ones((425, 423)))).points <= MOST


def test_no_more_of_the_points_is_kept_than_is_asked(tmp_path):
    few = frame(tmp_path, points=np.zeros((1_000_000, 3)))
    tracemalloc.start()
    try:
        source_of(few, None)
        assert tracemalloc.get_traced_memory()[1] < 6 * _MEGABYTE  # of 24: two chunks and twice the points that stay
    finally:
        tracemalloc.stop()


def test_points_of_an_image_are_no_world_points(tmp_path):
    with pytest.raises(ValueError, match=r"^points\.npy: world points are \(N, 3\), it has \(N, 2\)$"):
        source_of(frame(tmp_path, points=np.zeros((5, 2))), None)


# Corrections that make no camera ------------------------------------------------------------------------------------


def barely(world_to_camera):
    """Its rotation made so small that a camera just takes it, but not its inverse."""
    return np.diag([0.995, 0.995, 0.995, 1]) @ world_to_camera


def test_a_correction_that_makes_no_camera_says_nothing(tmp_path):
    path = listed(write_scan(tmp_path / "scan", 6), 6, lambda k: barely(np.linalg.inv(pose(k))))
    pair = pair_of(*open_dataset(path).entries[:2])
    with pytest.raises(ValueError, match="rotation"):
        Correction(inverted=True).of(pair.camera)
    assert pair.agreement(Correction(inverted=True), 0.05) == Agreement(asked=pair.source.points)
    totals, best, faults = verdict(path)
    assert (totals.damaged, best, faults) == (0, Correction(), ())


def test_one_camera_that_cannot_be_inverted_leaves_the_others_a_say(tmp_path):
    """A search goes on from the others' correction, though the first frame's camera does not take it."""
    path = listed(write_scan(tmp_path / "scan", 6), 6, lambda k: pose(k) if k else barely(pose(k)))
    assert [fault.id for fault in verdict(path)[2]] == ["pose-inverted"]

"""What is damaged in a data set becomes a frame with its reason, beside the frames that are well; nothing is raised."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_scenes import (
    CAMERA_TO_WORLD,
    IMAGE,
    NUMBERS,
    OPENGL_CAMERA_TO_WORLD,
    PINHOLE,
    camera_json,
    cameras_bin,
    colmap_binary,
    colmap_text,
    image_bin,
    images_bin,
    manifest,
    matrix_of_k,
    nerfstudio,
    scannet,
    seven_scenes,
    write_image,
    write_matrix,
    write_text,
)
from diagnostics.command_line import InputError
from diagnostics.dataset import Damaged, Frame, load, open_dataset
from diagnostics.strict_json import lenient_json, strict_json


def loaded(path: Path) -> dict[str, Frame | Damaged]:
    """All frames by name; each has the name of its entry, and each reason is one line."""
    entries = open_dataset(path).entries
    frames = [load(entry) for entry in entries]
    assert [frame.name for frame in frames] == [entry.name for entry in entries]
    for frame in frames:
        assert isinstance(frame, Frame) or frame.reason.isprintable()
    found = {frame.name: frame for frame in frames}
    assert len(found) == len(frames), "names are unique"
    return found


def reason(path: Path, name: str | None = None) -> str:
    """Why the frame of that name, or else the only one, cannot be read."""
    frames = loaded(path)
    frame = frames[name] if name else next(iter(frames.values()))
    assert isinstance(frame, Damaged), frame
    return frame.reason


def nan_at(matrix, row=0, column=3, value="nan"):
    return [[float(value) if (i, j) == (row, column) else n for j, n in enumerate(r)] for i, r in enumerate(matrix)]


# Folders of recordings ------------------------------------------------------------------------------------------------

POSES = {
    "": "must hold a 4x4 matrix, one row a line, got rows of nothing",
    "1 0 0 0\n0 1 0 0\n0 0 1 0\n": "got rows of 4, 4, 4",
    "1 0 0 0\n0 1 0\n0 0 1 0\n0 0 0 1\n": "got rows of 4, 3, 4, 4",
    "1 0 0 0\n0 1 0 x\n0 0 1 0\n0 0 0 1\n": "'0 1 0 x' is no row of numbers",
    "1 0 0 1_0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n": "'1 0 0 1_0' is no row of numbers",
    "1 0 0 nan\n0 1 0 0\n0 0 1 0\n0 0 0 1\n": "must be finite, got nan",
    "1 0 0 1e999\n0 1 0 0\n0 0 1 0\n0 0 0 1\n": "must be finite, got inf",
    "1e200 0 0 0\n0 1e200 0 0\n0 0 1e200 0\n0 0 0 1\n": "camera_to_world has no rotation",
    "0 0 0 0\n0 0 0 0\n0 0 0 0\n0 0 0 1\n": "camera_to_world has no rotation",
    "-1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n": "camera_to_world mirrors the world",
    "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 3 1\n": "must have the last row (0, 0, 0, 1)",
    "é": "it is not plain text",
    "1 " * 60_000: "it is longer than 100,000 bytes",
}


@pytest.mark.parametrize("text", POSES, ids=range(len(POSES)))
def test_a_damaged_pose_is_told_with_its_file(text, tmp_path):
    """What the matrix should be and what it is."""
    write_text(seven_scenes(tmp_path) / "frame-000000.pose.txt", text)
    assert f"{tmp_path}/frame-000000.pose.txt: " in reason(tmp_path)
    assert POSES[text] in reason(tmp_path)


def test_other_frames_are_read_beside_a_damaged_one(tmp_path):
    seven_scenes(tmp_path)
    seven_scenes(tmp_path, "frame-000001", nan_at(CAMERA_TO_WORLD))
    seven_scenes(tmp_path, "frame-000002")
    kinds = [type(frame) for frame in loaded(tmp_path).values()]
    assert kinds == [Frame, Damaged, Frame]


@pytest.mark.parametrize("ending", ["color.png", "depth.png", "pose.txt"])
def test_a_frame_that_lacks_a_file_says_which(ending, tmp_path):
    """Also the image: the rest of the frame tells that there was one. Depth, where other frames have it."""
    seven_scenes(tmp_path)
    seven_scenes(tmp_path, "frame-000001")
    (tmp_path / f"frame-000001.{ending}").unlink()
    expected = f"{tmp_path}/frame-000001.{ending}: No such file or directory"
    assert reason(tmp_path, "frame-000001.color.png") == expected


@pytest.mark.parametrize("part", ["color/1.jpg", "depth/1.png", "pose/1.txt"])
def test_a_scannet_frame_that_lacks_a_file_says_which(part, tmp_path):
    scannet(tmp_path)
    scannet(tmp_path, 1)
    (tmp_path / part).unlink()
    assert reason(tmp_path, "color/1.jpg") == f"{tmp_path}/{part}: No such file or directory"


def test_a_recording_without_depth_is_read_without(tmp_path):
    """Depth is missed only where another frame has it."""
    (seven_scenes(tmp_path / "7") / "frame-000000.depth.png").unlink()
    (scannet(tmp_path / "s") / "depth/0.png").unlink()
    for path in (tmp_path / "7", tmp_path / "s"):
        (frame,) = loaded(path).values()
        assert (frame.depth, frame.depth_camera) == (None, None)


@pytest.mark.parametrize("value", ["-inf", "nan"])
def test_lost_tracking_is_named(value, tmp_path):
    """ScanNet writes -inf where it lost the camera."""
    scannet(tmp_path, pose=[[float(value)] * 4] * 4)
    assert reason(tmp_path) == f"{tmp_path}/pose/0.txt: tracking was lost, the pose is not finite; leave this frame out"


@pytest.mark.parametrize("k", [[[40, 1, 30], [0, 60, 20], [0, 0, 1]], [[40, 0, 30], [0, 60, 20], [0, 0, 2]]])
def test_a_k_with_more_in_it_is_refused(k, tmp_path):
    """Skew and scale would be dropped silently otherwise."""
    assert "camera-intrinsics.txt: it must be K, finite and without skew" in reason(seven_scenes(tmp_path, k=k))


def test_a_k_that_is_not_finite_is_refused(tmp_path):
    k = matrix_of_k()
    k[0][2] = float("nan")
    assert "must be" in reason(seven_scenes(tmp_path, k=k))


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "not an image in a format"), (b"\x89PNG\r\n\x1a\n\0\0", "frame-000000.color.png: ")]
)
def test_a_damaged_image_is_told(content, why, tmp_path):
    (seven_scenes(tmp_path) / "frame-000000.color.png").write_bytes(content)
    assert why in reason(tmp_path)


def test_an_image_of_absurd_size_is_told(tmp_path):
    """From its header; the pixels are never allocated."""
    image = seven_scenes(tmp_path) / "frame-000000.color.png"
    content = image.read_bytes()
    header = b"IHDR" + struct.pack(">II", 2**20, 2**20) + content[24:29]
    image.write_bytes(content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:])
    assert reason(tmp_path) == f"{image}: too many pixels to be an image in good faith"


@pytest.mark.parametrize("ending", ["color.png", "depth.png", "pose.txt"])
def test_a_pipe_or_a_folder_in_place_of_a_file_is_not_waited_for(ending, tmp_path):
    seven_scenes(tmp_path)
    path = tmp_path / f"frame-000000.{ending}"
    path.unlink()
    os.mkfifo(path)
    assert reason(tmp_path) == f"{path}: it is a directory or a device, not a file"


def test_links_are_followed_and_named_as_links(tmp_path):
    """The frame's path is the one in the data set, not where its link leads."""
    seven_scenes(tmp_path / "store")
    path = tmp_path / "set"
    path.mkdir()
    for file in (tmp_path / "store").iterdir():
        (path / file.name).symlink_to(file)
    (frame,) = loaded(path).values()
    assert frame.image == path / "frame-000000.color.png"


# Manifests ------------------------------------------------------------------------------------------------------------


def row(**changes):
    return {"image": "a.png", "camera": camera_json()} | changes


ROWS = {
    "no JSON": ("{", "it is not valid JSON"),
    "a number": ("3", "a row is an object, got 3"),
    "a list": ("[" * 100_000, "frames.jsonl line 1: it is n"),
    "no image": ('{"camera": "c.json"}', "image must be the path of a file, got None"),
    "an empty image": (row(image=""), "image must be the path of a file, got ''"),
    "a list for an image": (row(image=["a.png"]), "image must be the path of a file"),
    "a lone surrogate": (row(image="\ud800.png"), "surrogates not allowed"),
    "NUL": (row(image="a\0.png"), "embedded null"),
    "missing image": (row(image="b.png"), "b.png: No such file or directory"),
    "a folder": (row(image="../x"), "x: No such file"),
    "unknown key": (row(poses=1), "unknown key 'poses'; a row has image, camera"),
    "twice": ('{"image": "a.png", "image": "a.png"}', "gives the same field twice"),
    "no camera": ({"image": "a.png"}, "frames.jsonl line 1: it has no camera"),
    "null camera": (row(camera=None), "it has no camera"),
    "a number for a camera": (row(camera=3), "Camera is read from a JSON object, got int"),
    "missing camera file": (row(camera="c.json"), "c.json: No such file or directory"),
    "camera key": (row(camera=camera_json(skew=0)), "Camera has no field 'skew'"),
    "NaN": (json.dumps(row(camera=camera_json(fx=float("nan")))), "it holds NaN"),
    "infinite": (json.dumps(row()).replace("40.0", "1e999"), "fx must be finite, got inf"),
    "huge": (json.dumps(row()).replace("40.0", "9" * 5000), "frames.jsonl line 1: "),
    "text for a number": (row(camera=camera_json(fx="40")), "fx must be a number, got '40'"),
    "missing depth": (row(depth="d.png"), "d.png: No such file or directory"),
    "unit alone": (row(depth_unit=1.0), "depth_unit must be above 0 and stand beside depth"),
    "unit 0": (row(depth="a.png", depth_unit=0), "depth_unit must be above 0"),
    "unit true": (row(depth="a.png", depth_unit=True), "depth_unit must be a number, got True"),
    "npy without unit": (row(depth="a.npy"), "so it needs depth_unit"),
    "endless path": (row(image="f" * 5000), "image must be the path of a file, got 'fff"),
    "endless path of a camera": (row(camera="c" * 5000), "camera must be the path of a file, got 'ccc"),
    "points": (row(points=[[1, 2, 3]]), "points must be the path of a file"),
    "long": ("[" + " " * 1_000_001 + "]", "it is longer than 1,000,000 bytes"),
}


@pytest.mark.parametrize("what", ROWS)
def test_a_damaged_row_is_told_with_its_line(what, tmp_path):
    """And the row after it is read."""
    line, why = ROWS[what]
    write_text(tmp_path / "a.npy", "")
    frames = list(loaded(manifest(tmp_path, line, row(image="./good.png"))).values())
    assert len(frames) == 2
    assert why in frames[0].reason
    write_image(tmp_path / "good.png")
    assert isinstance(loaded(tmp_path / "frames.jsonl")["good.png"], Frame)


def test_a_camera_file_that_is_damaged_is_named(tmp_path):
    write_text(tmp_path / "c.json", "{}")
    assert f"{tmp_path}/c.json: Camera needs the field 'fx'" in reason(manifest(tmp_path, row(camera="c.json")))


def test_lines_count_also_where_they_are_empty(tmp_path):
    """A line's number is what an editor shows, whatever lies before it."""
    path = manifest(tmp_path, "", "x" * 2_500_000, "", "nope")
    assert list(loaded(path)) == ["frames.jsonl line 2", "frames.jsonl line 4"]


def test_bytes_that_are_no_text_are_told(tmp_path):
    path = manifest(tmp_path)
    path.write_bytes(b'{"image": "\xff.png"}\n' + path.read_bytes())
    assert reason(path) == "frames.jsonl line 1: it is not UTF-8 text"


def test_an_image_in_two_rows_is_one_frame(tmp_path):
    """Names are unique, however the path was written; the second row says where the first is."""
    frames = loaded(manifest(tmp_path, row(), "nope", row(image="./a.png")))
    assert isinstance(frames["a.png"], Frame)
    second = frames["a.png (frames.jsonl line 3)"]
    assert second.reason == "frames.jsonl line 3: the image is that of frames.jsonl line 1; give it one row"


# transforms.json ------------------------------------------------------------------------------------------------------


def frame(**changes):
    return {"file_path": "images/a.png", "transform_matrix": OPENGL_CAMERA_TO_WORLD} | changes


FISHEYE = "camera model 'OPENCV_FISHEYE' is not read; SIMPLE_PINHOLE, PINHOLE"
TRANSFORMS = {
    "fisheye": ({"camera_model": "OPENCV_FISHEYE"}, {}, FISHEYE),
    "its own fisheye": ({}, {"camera_model": "OPENCV_FISHEYE"}, FISHEYE),
    "is_fisheye": ({"is_fisheye": True}, {}, "camera model 'is_fisheye' is not read"),
    "odd model": ({"camera_model": [1]}, {}, "camera model [1] is not read"),
    "k4": ({"k4": 0.1}, {}, "k4 must be 0"),
    "contradiction": ({}, {"fl_x": 41.0}, "fl_x is 41.0 in the frame but 40.0 at the top"),
    "no focal length": ({"fl_x": None}, {}, "neither the frame nor the top of the file gives fl_x"),
    "no centre": ({"cx": None, "cy": None}, {}, "gives cx, cy"),
    "text": ({"fl_x": "40"}, {}, "fl_x must be a number, got '40'"),
    "NaN": ({"fl_x": float("nan")}, {}, "fl_x must be finite, got nan"),
    "negative": ({"fl_x": -40.0}, {}, "fx must be above 0, got -40.0"),
    "angle": ({"fl_x": None, "camera_angle_x": 4.0}, {}, "camera_angle_x must be an angle in radians"),
    "half a pixel": ({"w": 64.5}, {}, "w and h must be whole pixels, got 64.5"),
    "w alone": ({"h": None}, {}, "h must be a number, got None"),
    "no pixels": ({"w": 0}, {}, "both sides at least 1"),
    "no pose": ({}, {"transform_matrix": None}, "transform_matrix: camera_to_world must be a 4x4 matrix, got None"),
    "3x4": ({}, {"transform_matrix": OPENGL_CAMERA_TO_WORLD[:3]}, "transform_matrix: camera_to_world must be 4x4"),
    "NaN in the pose": ({}, {"transform_matrix": nan_at(OPENGL_CAMERA_TO_WORLD)}, "must be finite, got nan"),
    "missing image": ({}, {"file_path": "images/b.png"}, "images/b.png: No such file"),
    "no path": ({}, {"file_path": 3}, "transforms.json: frames[0]: file_path must be the path of a file, got 3"),
    "surrogate": ({}, {"file_path": "\ud800.png"}, "surrogates not allowed"),
    "endless path": ({}, {"file_path": "f" * 5000}, "file_path must be the path of a file, got 'fff"),
    "missing depth": ({}, {"depth_file_path": "d.png"}, "d.png: No such file"),
    "unit": ({"depth_unit_scale_factor": 0}, {"depth_file_path": "images/a.png"}, "must be above 0, got 0"),
}


@pytest.mark.parametrize("what", TRANSFORMS)
def test_a_damaged_transform_is_told(what, tmp_path):
    """Of one frame; the file as a whole is read."""
    top, changes, why = TRANSFORMS[what]
    assert why in reason(nerfstudio(tmp_path, frame(**changes), **top))


def test_a_frame_of_transforms_that_is_no_object_stands_beside_the_others(tmp_path):
    frames = loaded(nerfstudio(tmp_path, frame(), 3, frame()))
    assert [type(found) for found in frames.values()] == [Frame, Damaged, Damaged]
    assert frames["images/a.png (2)"].reason == "images/a.png is listed 2 times or more; list it once"
    assert frames["transforms.json frames[1]"].reason.endswith("frames[1]: it is no object but 3")


# COLMAP ---------------------------------------------------------------------------------------------------------------

MODELS = {
    "other": (("FOV", (40.0, 40.0, 30.0, 20.0, 0.1)), IMAGE, "camera model FOV is not read; SIMPLE_PINHOLE, PINHOLE"),
    "unknown": (("MINE", ()), IMAGE, "camera model MINE is not read"),
    "too few": (("PINHOLE", (40.0,)), IMAGE, "camera 7: PINHOLE has 4 parameters, got 1"),
    "NaN": (("PINHOLE", (float("nan"), 1.0, 1.0, 1.0)), IMAGE, "fx must be finite, got nan"),
    "zero turn": (PINHOLE, (0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0), "the quaternion is zero"),
    "NaN turn": (PINHOLE, (float("nan"), 0.0, 0.0, 0.0, 1.0, 2.0, 3.0), "the quaternion[0] must be finite"),
    "far away": (PINHOLE, (1.0, 0.0, 0.0, 0.0, 1.0, float("inf"), 3.0), "the translation[1] must be finite"),
}


@pytest.mark.parametrize("what", MODELS)
def test_a_damaged_model_is_told_by_its_frames(what, tmp_path):
    camera, image, why = MODELS[what]
    assert why in reason(colmap_text(tmp_path, camera, image))


def test_a_binary_camera_of_another_model_is_told(tmp_path):
    assert NUMBERS["FOV"] == 7
    assert "camera model FOV is not read" in reason(colmap_binary(tmp_path, ("FOV", (1.0,) * 5)))


def test_a_huge_quaternion_is_still_a_direction(tmp_path):
    """Its square would overflow."""
    (found,) = loaded(colmap_text(tmp_path, image=(3e200, 1e200, 1e200, 1e200, 0.1, -0.4, 2.3))).values()
    assert isinstance(found, Frame)


def test_damaged_lines_of_images_stand_beside_the_others(tmp_path):
    """A line with a name of several words is none of them, and empty keypoints count as a line."""
    write_image(tmp_path / "images/b c.png")
    images = colmap_text(tmp_path) / "sparse/0/images.txt"
    with images.open("a") as file:
        file.write("4 1 0 0 0 0 0 0 7 b c.png\n\nnope\n\n5 1 0 0 0 0 0 0 8 d.png\n\n6 1 0 0 0 0 0 0 7 ../e.png\n\n")
        file.write(f"7 1 0 0 0 0 0 0 7 {5000 * 'f'}\n\n")
    frames = loaded(tmp_path)
    assert isinstance(frames["images/a.png"], Frame)
    assert isinstance(frames["images/b c.png"], Frame)
    assert "images.txt: line 6 is no image" in frames["images.txt damaged 1"].reason
    assert "is of camera 8, which is missing" in frames["images/d.png"].reason
    assert "../e.png is not in the folder images" in frames["images/../e.png"].reason
    assert "images.txt: line 12 is no image" in frames["images.txt damaged 2"].reason
    assert len(frames) == 6


def test_a_very_long_line_of_keypoints_is_skipped(tmp_path):
    images = colmap_text(tmp_path) / "sparse/0/images.txt"
    images.write_text(images.read_text().replace("1.5 2.5 -1", "1.5 2.5 -1 " * 30_000))
    (found,) = loaded(tmp_path).values()
    assert isinstance(found, Frame)


BROKEN_IMAGES = {
    "cut in a pose": (images_bin(image_bin(), image_bin(b"b.png")[:20], count=2), "it ends before all that it says"),
    "cut in keypoints": (
        images_bin(image_bin(), image_bin(b"b.png")[:-1], count=2),
        "within the 2 keypoints of image 3",
    ),
    "a lie": (images_bin(image_bin(), count=2**63), "it ends before all that it says"),
    "keypoints that lie": (
        images_bin(image_bin(), image_bin(b"b.png", keypoints=0)[:-8] + b"\xff" * 8, count=2),
        "within the 18446744073709551615 keypoints",
    ),
    "a name without end": (images_bin(image_bin(), image_bin(b"b" * 9_999), count=2), "a name has no end"),
    "more than it says": (images_bin(image_bin(), b"x", count=1), "it goes on after the 1 images"),
}


@pytest.mark.parametrize("what", BROKEN_IMAGES)
def test_a_broken_binary_gives_the_images_before_the_place(what, tmp_path):
    """And one frame for the rest, which says what is wrong; nothing is allocated by what the file claims."""
    content, why = BROKEN_IMAGES[what]
    frames = loaded(colmap_binary(tmp_path, images=content))
    assert isinstance(frames["images/a.png"], Frame)
    assert why in frames["images.bin"].reason
    assert len(frames) == 2


def test_a_binary_name_that_is_no_text_is_told(tmp_path):
    frames = loaded(colmap_binary(tmp_path, images=images_bin(image_bin(b"\xff.png"), image_bin())))
    assert "the name of image 3 is not UTF-8 text" in frames["images.bin damaged 1"].reason
    assert isinstance(frames["images/a.png"], Frame)


# Anything at all ------------------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(start=st.integers(0, 400), junk=st.binary(max_size=40))
def test_any_bytes_in_any_file_never_raise(start, junk, tmp_path):
    """Bytes of each file are overwritten somewhere: opening may refuse in one line, loading never raises."""
    for name, write in {
        "m": manifest,
        "7": seven_scenes,
        "n": nerfstudio,
        "t": colmap_text,
        "b": colmap_binary,
    }.items():
        if not (tmp_path / name).exists():
            write(tmp_path / name)
        path = tmp_path / name / "frames.jsonl" if name == "m" else tmp_path / name
        for file in sorted(f for f in (tmp_path / name).rglob("*") if f.is_file()):
            good = file.read_bytes()
            file.write_bytes(good[:start] + junk + good[start + len(junk) :])
            with contextlib.suppress(InputError):
                loaded(path)
            file.write_bytes(good)


def test_a_camera_file_of_the_model_that_is_cut_is_the_users_to_know(tmp_path):
    """Without cameras there is no frame to complain of: the command stops in one line that names the file."""
    file = colmap_binary(tmp_path) / "sparse/0/cameras.bin"
    for content, why in (
        (cameras_bin()[:-1], "cut short"),
        (struct.pack("<Q", 2**62), "cut short"),
        (struct.pack("<QIiQQ", 1, 7, 99, 64, 48), "camera 7 has the unknown model number 99"),
        (struct.pack("<Q", 2) + cameras_bin()[8:] * 2, "two cameras of number 7"),
    ):
        file.write_bytes(content)
        with pytest.raises(InputError, match=why):
            open_dataset(tmp_path)


def test_a_matrix_with_its_rows_on_odd_lines_is_read(tmp_path):
    """Blank lines, tabs and Windows line ends are how programs write."""
    lines = "\r\n\r\n".join("\t".join(map(str, map(float, line))) + "  " for line in CAMERA_TO_WORLD)
    seven_scenes(tmp_path)
    (tmp_path / "frame-000000.pose.txt").write_bytes(lines.encode())
    (found,) = loaded(tmp_path).values()
    write_matrix(tmp_path / "frame-000000.pose.txt", CAMERA_TO_WORLD)
    assert found == next(iter(loaded(tmp_path).values()))


def test_json_is_nested_a_hundred_deep_at_most():
    """Python's own limit depends on who calls: what could be read could then not be printed or compared."""
    for read in (strict_json, lenient_json):
        assert read(b"[" * 100 + b"]" * 100)
        for text in (b"[" * 101 + b"]" * 101, b'{"a":' * 101 + b"1" + b"}" * 101, b"[" * 10**5 + b"]" * 10**5):
            with pytest.raises(ValueError, match="nested too deeply"):
                read(text)


def test_a_frame_that_is_nested_deeply_is_told_with_its_file(tmp_path):
    root = nerfstudio(tmp_path)
    pose = "[" * 985 + "]" * 985  # fewer than what Python reads, more than what it writes
    (root / "transforms.json").write_text(f'{{"frames": [{{"file_path": "a.png", "transform_matrix": {pose}}}]}}')
    with pytest.raises(InputError, match=r"transforms\.json: it is nested too deeply"):
        open_dataset(root)

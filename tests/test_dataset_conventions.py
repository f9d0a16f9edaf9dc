"""Every layout's conventions as numbers: where one known point is seen, and that another would be noticed."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset_scenes import (
    CAMERA_TO_WORLD,
    CX,
    CY,
    DEPTH,
    DEPTH_SIZE,
    FX,
    FY,
    LAYOUTS,
    OPENGL_CAMERA_TO_WORLD,
    PIXEL,
    POINT,
    QUATERNION,
    ROUNDING,
    SIZE,
    TRANSLATION,
    WORLD_TO_CAMERA,
    camera_json,
    cameras_bin,
    colmap_binary,
    colmap_text,
    image_bin,
    images_bin,
    manifest,
    nerfstudio,
    scannet,
    seven_scenes,
    write_depth,
    write_image,
)
from diagnostics.dataset import Frame, load, open_dataset

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "rgbd"


def frame_of(path):
    """The one frame, read as a worker reads it: from an entry that was pickled."""
    (entry,) = open_dataset(path).entries
    frame = load(pickle.loads(pickle.dumps(entry)))  # noqa: S301 - our own bytes
    assert isinstance(frame, Frame), frame
    assert frame.name == entry.name
    return frame


def seen_by(camera):
    points, depth, in_front = camera.image_from_world(np.array(POINT))
    assert in_front
    assert depth == pytest.approx(DEPTH, abs=ROUNDING)
    return tuple(points.tolist())


def seen(path):
    return seen_by(frame_of(path).camera)


def at(pixel):
    return pytest.approx(pixel, abs=ROUNDING)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_scene_is_seen_alike_in_every_layout(layout, tmp_path):
    """The pinned point lands on the pinned pixel, whatever the file's axes, directions and origin."""
    dataset = open_dataset(LAYOUTS[layout](tmp_path))
    assert dataset.layout in layout
    assert dataset.layout in dataset.told
    frame = frame_of(LAYOUTS[layout](tmp_path / "again"))
    assert seen_by(frame.camera) == at(PIXEL)
    assert frame.camera.size == SIZE
    assert frame.image.is_file()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_frames_are_named_by_their_image(layout, tmp_path):
    """The name is the image's path relative to the data set's root, with forward slashes."""
    path = LAYOUTS[layout](tmp_path)
    frame = frame_of(path)
    assert tmp_path / frame.name == frame.image


def written_the_other_way(root):
    """Data sets that mean the other convention of one link, each of which must land elsewhere."""
    edge = (FX, FY, CX, CY)
    conjugate = (QUATERNION[0], -1.0, -1.0, -1.0)
    yield "7-Scenes, world-to-camera", seven_scenes(root / "1", pose=WORLD_TO_CAMERA)
    yield "7-Scenes, OpenGL axes", seven_scenes(root / "2", pose=OPENGL_CAMERA_TO_WORLD)
    yield "ScanNet, world-to-camera", scannet(root / "3", pose=WORLD_TO_CAMERA)
    yield (
        "nerfstudio, OpenCV axes",
        nerfstudio(root / "4", {"file_path": "images/a.png", "transform_matrix": CAMERA_TO_WORLD}),
    )
    yield (
        "nerfstudio, world-to-camera",
        nerfstudio(root / "5", {"file_path": "images/a.png", "transform_matrix": WORLD_TO_CAMERA}),
    )
    yield "nerfstudio, index origin", nerfstudio(root / "6", cx=CX, cy=CY)
    yield "COLMAP, index origin", colmap_text(root / "7", ("PINHOLE", edge))
    yield "COLMAP, conjugate quaternion", colmap_text(root / "8", image=(*conjugate, *TRANSLATION))
    yield "COLMAP, x y z w", colmap_text(root / "9", image=(1.0, 1.0, 1.0, 3.0, *TRANSLATION))
    yield "manifest, edge origin", manifest(root / "10", {"image": "a.png", "camera": camera_json(origin="edge")})


def test_the_other_convention_would_be_noticed(tmp_path):
    """By a fifth of a pixel at least: the smallest step, the origin's, is half a pixel."""
    for what, path in written_the_other_way(tmp_path):
        camera = frame_of(path).camera
        points, _, _ = camera.image_from_world(np.array(POINT))
        assert not np.max(np.abs(points - PIXEL)) < 0.2, what


def test_the_origin_is_half_a_pixel(tmp_path):
    """Of one K, 7-Scenes and ScanNet mean whole pixels, nerfstudio and COLMAP edges: half a pixel to the upper left."""
    origins = {
        name: frame_of(write(tmp_path / str(i))).camera.origin for i, (name, write) in enumerate(LAYOUTS.items())
    }
    assert origins == {
        "manifest": "index",
        "7-Scenes": "index",
        "ScanNet": "index",
        "nerfstudio": "edge",
        "COLMAP text": "edge",
        "COLMAP binary": "edge",
    }
    assert seen(nerfstudio(tmp_path / "n", cx=CX, cy=CY)) == at((PIXEL[0] - 0.5, PIXEL[1] - 0.5))
    assert seen(colmap_text(tmp_path / "c", ("PINHOLE", (FX, FY, CX, CY)))) == at((PIXEL[0] - 0.5, PIXEL[1] - 0.5))


@pytest.mark.parametrize("write", [seven_scenes, scannet])
def test_depth_of_a_recording_is_in_millimetres(write, tmp_path):
    """A step of 0.001 m; 0 and 65535 are no reading."""
    frame = frame_of(write(tmp_path))
    assert frame.depth.is_file()
    assert (frame.depth_unit, frame.no_reading) == (0.001, (0, 65535))


def test_scannet_depth_has_its_own_camera(tmp_path):
    """Of half the size, it sees the point at half the edge coordinates: (21 / 2 - 1/2, 35.5 / 2 - 1/2)."""
    frame = frame_of(scannet(tmp_path))
    assert frame.depth_camera.size == DEPTH_SIZE
    assert seen_by(frame.depth_camera) == at((10.0, 17.25))


def test_seven_scenes_without_a_k_file_has_the_published_one(tmp_path):
    """585 and (320, 240): the point at (-1/4, 1/4) lands at (320 - 146.25, 240 + 146.25)."""
    seven_scenes(tmp_path)
    (tmp_path / "camera-intrinsics.txt").unlink()
    assert seen(tmp_path) == at((173.75, 386.25))


def test_seven_scenes_depth_of_another_size_keeps_the_k_that_both_share(tmp_path):
    """A crop of the colour image that forgot K must not look as if depth had been resized."""
    seven_scenes(tmp_path)
    write_depth(tmp_path / "frame-000000.depth.png", (50, 70))
    frame = frame_of(tmp_path)
    assert frame.depth_camera.size == (50, 70)
    assert seen_by(frame.depth_camera) == at(PIXEL)


def test_seven_scenes_sequences_share_the_k_above_them(tmp_path):
    """A sequence's folder is part of the name; K may stand beside the sequences, or in one for itself."""
    seven_scenes(tmp_path / "seq-01")
    (tmp_path / "seq-01/camera-intrinsics.txt").rename(tmp_path / "camera-intrinsics.txt")
    frame = frame_of(tmp_path)
    assert frame.name == "seq-01/frame-000000.color.png"
    assert seen_by(frame.camera) == at(PIXEL)


def test_a_slightly_rounded_rotation_is_truly_inverted(tmp_path):
    """Poses are recorded with a few digits: a camera at its own centre is at its own centre after the inverse, too."""
    pose = [[round(number, 3) for number in row] for row in CAMERA_TO_WORLD]
    camera = frame_of(seven_scenes(tmp_path, pose=pose)).camera
    assert np.array(camera.world_to_camera) @ np.array(pose) == pytest.approx(np.eye(4), abs=ROUNDING)


# What lenses do to (-1/4, 1/4), where r² = 1/8, by hand --------------------------------------------------------------

K = (FX, FY, CX + 0.5, CY + 0.5)
LENSES = {
    "SIMPLE_PINHOLE": ((FX, *K[2:]), (20.5, 30.0)),
    "PINHOLE": (K, (20.5, 35.0)),
    "SIMPLE_RADIAL": ((FX, *K[2:], 0.8), (19.5, 31.0)),  # 1 + 0.8 / 8 = 1.1
    "RADIAL": ((FX, *K[2:], 0.8, 1.6), (19.25, 31.25)),  # 1.1 + 1.6 / 64 = 1.125
    "OPENCV": ((*K, 0.8, 0.0, 0.04, 0.08), (20.1, 36.5)),  # (-0.275 - 0.005 + 0.02, 0.275 + 0.01 - 0.01)
    "FULL_OPENCV": ((*K, 0.8, 1.6, 0.04, 0.08, 0.0, 1.0, 0.0, 0.0), (21.1, 35.0)),  # 1.125 / 1.125, then p1 and p2
}


@pytest.mark.parametrize("model", LENSES)
def test_colmap_models_are_opencvs_lenses(model, tmp_path):
    """Parameters in COLMAP's order bend the point as worked out by hand with OpenCV's formula."""
    parameters, pixel = LENSES[model]
    assert seen(colmap_text(tmp_path, (model, parameters))) == at(pixel)


def test_colmap_binary_models_are_those_of_the_text(tmp_path):
    """Model number 4 is OPENCV with eight parameters."""
    parameters, pixel = LENSES["OPENCV"]
    assert seen(colmap_binary(tmp_path, ("OPENCV", parameters))) == at(pixel)


def test_nerfstudio_lens_is_opencvs_in_another_order(tmp_path):
    """k1 k2 p1 p2 by name, k3 = 25.6 adds 25.6 / 512 = 0.05: (-0.2875 - 0.005 + 0.02, 0.2875)."""
    assert seen(nerfstudio(tmp_path, k1=0.8, k2=0.0, k3=25.6, p1=0.04, p2=0.08)) == at((19.6, 37.25))


def test_nerf_fields_of_view_are_in_radians_across_the_width(tmp_path):
    """32 / tan(angle / 2) = 40 both ways, the middle (32, 24) is at index (31.5, 23.5), and .png is understood."""
    write_image(tmp_path / "train/r_0.png")
    frame = {"file_path": "./train/r_0", "transform_matrix": OPENGL_CAMERA_TO_WORLD}
    nothing = dict.fromkeys(("fl_x", "fl_y", "cx", "cy", "w", "h"))
    nerfstudio(tmp_path, frame, **nothing, camera_angle_x=2 * math.atan2(32, 40))
    assert seen(tmp_path) == at((21.5, 33.5))
    assert frame_of(tmp_path).name == "train/r_0.png"


def test_nerfstudio_frames_may_have_their_own_intrinsics(tmp_path):
    """Each name is taken from wherever it stands."""
    frame = {"file_path": "images/a.png", "transform_matrix": OPENGL_CAMERA_TO_WORLD, "fl_x": FX, "cx": CX + 0.5}
    assert seen(nerfstudio(tmp_path, frame, fl_x=None, cx=None)) == at(PIXEL)


def test_nerfstudio_depth_counts_millimetres_unless_it_says_otherwise(tmp_path):
    """Only 0 is unknown there."""
    write_depth(tmp_path / "depth/a.png")
    frame = {"file_path": "images/a.png", "transform_matrix": OPENGL_CAMERA_TO_WORLD, "depth_file_path": "depth/a.png"}
    plain = frame_of(nerfstudio(tmp_path, frame))
    assert (plain.depth, plain.depth_unit, plain.no_reading) == (tmp_path / "depth/a.png", 0.001, (0,))
    assert frame_of(nerfstudio(tmp_path, frame, depth_unit_scale_factor=0.25)).depth_unit == 0.25


def test_sizes_are_those_of_the_files_where_the_layout_gives_none(tmp_path):
    """As stored: an EXIF turn is no business of the camera's here."""
    seven_scenes(tmp_path)
    image = Image.new("RGB", (SIZE[1], SIZE[0]))
    exif = image.getexif()
    exif[0x0112] = 6  # turned by 90 degrees when shown
    image.save(tmp_path / "frame-000000.color.png", exif=exif)
    assert frame_of(tmp_path).camera.size == SIZE


def test_a_manifest_camera_may_be_a_file(tmp_path):
    """Beside depth, its unit and points, all relative to the manifest."""
    (tmp_path / "camera.json").write_text(json.dumps(camera_json()))
    write_depth(tmp_path / "depth.png")
    np.save(tmp_path / "points.npy", np.zeros((2, 3)))
    row = {"image": "a.png", "camera": "camera.json", "depth": "depth.png", "depth_unit": 0.5, "points": "points.npy"}
    frame = frame_of(manifest(tmp_path, row))
    assert seen_by(frame.camera) == at(PIXEL)
    assert (frame.depth, frame.depth_unit) == (tmp_path / "depth.png", 0.5)
    assert frame.points == tmp_path / "points.npy"


def test_colmap_prefers_the_binary_model(tmp_path):
    """As COLMAP itself does where both are there."""
    colmap_text(tmp_path, ("PINHOLE", (1.0, 1.0, 0.0, 0.0)))
    model = tmp_path / "sparse/0"
    (model / "cameras.bin").write_bytes(cameras_bin())
    (model / "images.bin").write_bytes(images_bin(image_bin()))
    assert seen(tmp_path) == at(PIXEL)


@pytest.mark.parametrize("below", ["", "sparse/0"])
def test_a_colmap_model_finds_its_images_from_either_end(below, tmp_path):
    """Whether the whole or the model alone was named, frames are named from the whole."""
    assert frame_of(colmap_text(tmp_path) / below).name == "images/a.png"


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real frames are not at {REAL}")
def test_the_real_frames_agree_with_each_other():
    """The point at depth d of one frame's middle is seen by the other at that depth's reading, within 5 cm."""
    first, second, _ = (load(entry) for entry in open_dataset(REAL).entries)
    depths = [np.asarray(Image.open(frame.depth)) * frame.depth_unit for frame in (first, second)]
    v, u = np.mgrid[40:440:8, 40:600:8]
    world = second.camera.world_from_image(np.stack([u, v], -1).astype(float), depths[1][v, u])
    read = np.isfinite(world).all(-1) & (depths[1][v, u] < 60)
    points, z, _ = first.camera.image_from_world(world[read])
    columns, rows = np.rint(points).astype(int).T
    inside = (columns >= 0) & (columns < 640) & (rows >= 0) & (rows < 480)
    reading = depths[0][rows[inside], columns[inside]]
    has_one = (reading > 0) & (reading < 60)
    agree = np.abs(z[inside] - reading)[has_one] <= 0.05
    # The data's README measures 93.74 % over all pixels.
    assert agree.mean() > 0.9

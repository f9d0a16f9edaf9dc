"""An audit names mistakes that come together or in part of the frames, and lets right data of odd scenes pass."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from diagnostics.auditing.correction_words import named
from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_pairs import Agreement, agreement
from diagnostics.auditing.frame_pairs import pair_of
from diagnostics.auditing.hypotheses import all_for
from diagnostics.auditing.verdict import Totals
from diagnostics.dataset import open_dataset
from reference import Camera
from scans import OPENGL, SIZE, K, depth, exchanged, pose, scaled, verdict, write_scan

SQUARE = np.array([[118.0, 0, 61.5], [0, 118.0, 57.0], [0, 0, 1]])


def ids(found):
    return {fault.id for fault in found[2]}


def anisotropic(k):
    """K as it is of an image of 5/4 the width and 15/16 the height."""
    return np.diag([5 / 4, 15 / 16, 1]) @ k


# Right data pass ----------------------------------------------------------------------------------------------------


def sideways(k):
    """Along the wall, which fills the image."""
    place = np.eye(4)
    place[:3, 3] = (0.3 * k, 0.1 * np.sin(k), 0.05 * np.sin(2 * k))
    return place


def wall(place):
    return np.full(SIZE, 3.0 - place[2, 3])


def noisy(place):
    metres = depth(place)
    return metres * (1 + 0.03 * np.random.default_rng(int(1e6 * abs(place[0, 3]))).normal(size=metres.shape))


def closed_rooms(k):
    """Every second frame is in a room of its own: what its neighbours see lies behind its walls."""
    place = pose(k)
    place[0, 3] += 12 * (k % 2)
    return place


def in_either(place):
    moved = place.copy()
    moved[0, 3] -= 12 * (place[0, 3] > 6)
    return depth(moved)


RIGHT = {
    "a flat wall": {"path": sideways, "seen": wall},
    "noise of 3 %": {"seen": noisy},
    "two rooms": {"path": closed_rooms, "seen": in_either},
    "no movement": {"path": lambda k: pose(0), "noise": 0.02},
}


@pytest.mark.parametrize("change", RIGHT.values(), ids=RIGHT)
def test_right_data_of_an_odd_scene_pass(tmp_path, change):
    """A wider camera sees more of a wall, noise exceeds the tolerance, walls hide: none of it is a fault."""
    found = verdict(write_scan(tmp_path / "scan", 6, **change), apart=1)
    assert found[1:] == (Correction(), ())


def manifest(folder, scale=1.0, unit=None, wrong=None, frames=6, k=K):
    """A manifest of the room made `scale` times as large, depth as `.npy`; wrong: changes the camera of a frame."""
    folder.mkdir(parents=True)
    rows = []
    for index in range(frames):
        place = pose(index)
        place[:3, 3] *= scale
        np.save(folder / f"{index}.npy", (scale * depth(pose(index), k)).astype(np.float32))
        Image.new("L", SIZE[::-1]).save(folder / f"{index}.png")
        camera = Camera(k[0, 0], k[1, 1], k[0, 2], k[1, 2], SIZE, np.linalg.inv(place).tolist())
        camera = wrong(index, camera) if wrong else camera
        row = {"image": f"{index}.png", "depth": f"{index}.npy", "depth_unit": unit or 1.0, "camera": camera.to_dict()}
        rows.append(json.dumps(row))
    (folder / "list.jsonl").write_text("\n".join(rows))
    return folder / "list.jsonl"


def test_a_scene_no_larger_than_the_tolerance_passes(tmp_path):
    """Within 5 cm of a scene of 5 cm everything agrees: the tolerance shrinks with the middle depth."""
    totals, best, faults = verdict(manifest(tmp_path / "m", scale=0.02))
    assert (best, faults) == (Correction(), ())
    assert 0.8 < totals.corrections()[best].share < 0.98  # what is hidden does not agree


def test_what_was_tried_on_some_frames_only_is_not_compared_with_all():
    """One frame that agrees under a factor of its own says nothing of the others."""
    totals = Totals()
    totals.tried = {Correction(): Agreement(200, 200, 200, 200, 20, 180)}
    totals.tried[Correction(factor=(1.2, 1.2))] = Agreement(100, 100, 100, 100, 100, 0)
    totals.tried[Correction(swapped=True)] = Agreement(200, 200, 200, 200, 19, 181)
    assert list(totals.corrections()) == [Correction(), Correction(swapped=True)]


# Mistakes that come together ----------------------------------------------------------------------------------------

TOGETHER = {
    "intrinsics-not-rescaled pose-inverted": {"said_pose": np.linalg.inv, "said_k": scaled(0.5)},
    "camera-axes axes-swapped": {"said_pose": lambda m: m @ OPENGL, "said_k": exchanged},
    "pose-inverted principal-point-not-shifted": {"said_pose": np.linalg.inv, "crop": (18, 0)},
    "intrinsics-not-rescaled": {"said_k": anisotropic},
}


@pytest.mark.parametrize(("wanted", "change"), TOGETHER.items(), ids=TOGETHER)
def test_two_mistakes_at_once_are_both_named_and_no_other(tmp_path, wanted, change):
    assert ids(verdict(write_scan(tmp_path / "scan", 6, **change))) == set(wanted.split())


@pytest.mark.parametrize(("unit", "factor"), [(1000.0, "1000 times too large"), (0.001, "1000 times too small")])
def test_depth_in_another_unit_is_unexplained_with_the_factor_that_was_measured(tmp_path, unit, factor):
    (fault,) = verdict(manifest(tmp_path / "m", unit=unit))[2]
    assert fault.id == "unexplained"
    assert factor in fault.explanation
    assert "unit" in fault.remedy


def test_mistakes_of_half_the_frames_are_named_with_how_many(tmp_path):
    def wrong(index, camera):
        pose = np.linalg.inv(camera.world_to_camera) if index < 6 else np.array(camera.world_to_camera)
        return Camera(camera.fx, camera.fy, camera.cx, camera.cy, SIZE, pose.tolist())

    (fault,) = verdict(manifest(tmp_path / "m", wrong=wrong, frames=12))[2]
    assert fault.id == "pose-inverted"
    assert fault.where.startswith("at least")
    assert fault.where.endswith("of 12 frames")


def test_exchanged_rows_and_columns_of_images_are_named(tmp_path):
    scan = write_scan(tmp_path / "scan", 6)
    for path in scan.glob("*.png"):
        with Image.open(path) as image:
            image.transpose(Image.Transpose.TRANSPOSE).save(path)
    (fault,) = verdict(scan)[2]
    assert fault.id == "axes-swapped"
    assert "Rows and columns" in fault.explanation


def test_a_principal_point_exchanged_alone_is_no_crop(tmp_path):
    """With one focal length, exchanged axes are a shift as well: what is known goes before what is fitted."""
    scan = write_scan(tmp_path / "scan", 6, said_k=lambda k: exchanged(SQUARE), seen=lambda m: depth(m, SQUARE))
    assert ids(verdict(scan)) == {"axes-swapped"}


def test_inverted_poses_in_opengl_axes_are_inverted_and_no_more(tmp_path):
    """Inverting what a transforms.json holds leaves its axes as they were, though it is read as if they were not."""
    scan = write_scan(tmp_path / "scan", 6)
    frames = [
        {
            "file_path": f"frame-{k:06d}.color.png",
            "depth_file_path": f"frame-{k:06d}.depth.png",
            "transform_matrix": np.linalg.inv(pose(k) @ OPENGL).tolist(),
        }
        for k in range(6)
    ]
    shared = {"fl_x": K[0, 0], "fl_y": K[1, 1], "cx": K[0, 2] + 0.5, "cy": K[1, 2] + 0.5, "w": SIZE[1], "h": SIZE[0]}
    (scan / "transforms.json").write_text(json.dumps({**shared, "frames": frames}))
    assert ids(verdict(scan / "transforms.json")) == {"pose-inverted"}


def test_a_lens_that_is_not_given_is_named(tmp_path):
    def bent(place):
        camera = Camera(K[0, 0], K[1, 1], K[0, 2], K[1, 2], SIZE, np.eye(4).tolist(), (0.3, 0.0, 0.0, 0.0))
        v, u = np.indices(SIZE)
        rays = camera.world_from_image(np.stack([u, v], axis=-1).astype(float), 1.0)
        grid = 800
        fine = np.array([[400.0, 0, grid / 2], [0, 400.0, grid / 2], [0, 0, 1]])
        metres = depth(place, fine, (grid, grid))
        columns, rows = (np.rint(400 * rays[..., axis] + grid / 2).astype(int) for axis in (0, 1))
        return metres[rows, columns]

    (fault,) = verdict(write_scan(tmp_path / "scan", 6, seen=bent))[2]
    assert fault.id == "distortion-ignored"
    assert "do not have" in fault.explanation


# What is told of it -------------------------------------------------------------------------------------------------


def test_padding_is_told_as_padding():
    (fault,) = named(Correction(offset=(-12.0, 3.0)), "b", "a")
    assert "cropped by some 3 px at the top and padded by some 12 px at the left" in fault.explanation


def test_a_point_that_may_be_hidden_contradicts_nothing():
    """A wall at 3 m: a point at 2 m was looked through, one at 4 m is behind it, and noise of 5 % is excused."""
    world = np.array([[0.0, 0, 2], [0, 0, 4], [0, 0, 2.82], [0, 0, 3.04]])
    camera = Camera(100, 100, 79.5, 59.5, SIZE, np.eye(4).tolist())
    found = agreement(world, camera, np.full(SIZE, 3.0), 0.05)
    assert (found.compared, found.agreeing, found.contradicted) == (4, 1, 1)


def test_depth_beside_an_edge_is_either():
    """A point before its own pixel's reading but no nearer than the next pixel's is no contradiction."""
    metres = np.full(SIZE, 5.0)
    metres[:, 80:] = 2.0
    camera = Camera(100, 100, 79.5, 59.5, SIZE, np.eye(4).tolist())
    world = camera.world_from_image(np.array([[79.0, 60.0], [70.0, 60.0]]), np.array([2.0, 2.0]))
    found = agreement(world, camera, metres, 0.05)
    assert (found.compared, found.agreeing, found.contradicted) == (2, 0, 1)


def test_a_point_taken_at_the_middle_is_told_in_whole_pixels():
    (fault,) = named(Correction(offset=(0.0, 12.0), centred=True), "b", "a")
    assert "lies some 0, -12 pixels from it" in fault.explanation


def test_a_pair_with_a_damaged_file_is_left_out(tmp_path):
    scan = write_scan(tmp_path / "scan", 2)
    (scan / "frame-000001.depth.png").write_bytes((scan / "frame-000001.depth.png").read_bytes()[:200])
    entries = open_dataset(scan).entries
    assert pair_of(entries[1], entries[0]) is None
    assert pair_of(entries[0], entries[1]) is None


def test_a_correction_is_read_back_from_its_key():
    assert Correction().key == "{}"
    camera = Camera(500, 510, 319.5, 239.5, (480, 640), np.eye(4).tolist(), distortion=(0.1, 0, 0, 0))
    for correction in all_for(camera, True, (512, 512)):
        assert Correction.of_key(correction.key) == correction
        assert Correction.of_key(replace(correction, offset=(3.0, -4.5), bent=0.1).key).offset == (3.0, -4.5)

"""What describes a camera and what it is asked: taken in any form that means one thing, refused by name otherwise."""

import numpy as np
import pytest
import torch

from cameras_drawn import CAMERA, GOOD, POSE, SEEN, SEEN_AT, landing
from reference.camera import Camera


@pytest.mark.parametrize(
    "pose",
    [
        np.array(POSE),
        torch.tensor(POSE),
        torch.tensor(POSE, dtype=torch.float32, requires_grad=True),
        tuple(POSE),
        list(np.array(POSE)),
    ],
)
def test_a_pose_of_any_kind_is_kept_as_plain_numbers(pose):
    camera = Camera(**{**GOOD, "world_to_camera": pose, "fx": np.float32(400), "fy": torch.tensor(420)})
    assert camera == CAMERA
    assert {type(number) for row in camera.world_to_camera for number in row} == {float}


@pytest.mark.parametrize("off", [1e-3, 1e-2])
def test_a_rotation_slightly_off_is_used_as_it_is(off):
    pose = np.eye(4)
    pose[0, 1] = off
    camera = Camera(100, 100, 0, 0, (9, 9), pose)
    assert landing(camera, [0, 1, 1]) == [100 * off, 100]
    assert camera.world_from_image(np.array([100 * off, 100]), 1) == pytest.approx(np.array([0, 1, 1]), abs=1e-15)


@pytest.mark.parametrize("off", [5e-7, -1e-6])
def test_a_last_row_slightly_off_is_taken_and_plays_no_part(off):
    """What an inverse taken in float32 leaves."""
    camera = Camera(**{**GOOD, "world_to_camera": changed(3, 0, off)})
    assert landing(camera, SEEN) == SEEN_AT


def changed(row: int, column: int, value: float) -> list[list[float]]:
    pose = np.array(POSE, dtype=float)
    pose[row, column] = value
    return pose.tolist()


BAD = [
    ("fx", 0, ValueError, "fx must be above 0"),
    ("fx", -400, ValueError, "OpenGL"),
    ("fy", -420.0, ValueError, "y down.*OpenGL"),
    ("fx", float("nan"), ValueError, "fx must be finite"),
    ("fy", float("inf"), ValueError, "fy must be finite"),
    ("fx", 10**400, ValueError, "fx must be finite"),
    ("fx", True, TypeError, "fx must be a number, got True"),
    ("fx", "400", TypeError, "fx must be a number, got '400'"),
    ("fx", None, TypeError, "fx must be a number"),
    ("fx", [400], TypeError, "fx must be a number"),
    ("fx", 400j, TypeError, "fx must be a number"),
    ("fx", np.array([400.0]), TypeError, "fx must be a number"),
    ("cx", float("nan"), ValueError, "cx must be finite"),
    ("cy", np.float32("inf"), ValueError, "cy must be finite"),
    ("cy", np.bool_(True), TypeError, "cy must be a number"),
    ("cx", "centre", TypeError, "cx must be a number"),
    ("size", (0, 640), ValueError, "size must be"),
    ("size", (480.0, 640.0), TypeError, "size must be"),
    ("size", 640, TypeError, "size must be"),
    ("size", (3, 480, 640), ValueError, "size must be"),
    ("origin", "centre", ValueError, "index, edge"),
    ("origin", None, ValueError, "index, edge"),
    ("world_to_camera", None, TypeError, "^world_to_camera must be a 4x4 matrix, got None$"),
    ("world_to_camera", "identity", TypeError, "4x4 matrix, got 'identity'$"),
    ("world_to_camera", b"identity", TypeError, "4x4 matrix, got b'identity'$"),
    ("world_to_camera", 1.0, TypeError, "4x4"),
    ("world_to_camera", POSE[:3], ValueError, r"rows of 4, 4, 4; a 3x4 pose lacks its last row: append \(0, 0, 0, 1\)"),
    ("world_to_camera", np.eye(3), ValueError, r"rows of 3, 3, 3; that is a rotation alone: append the translation"),
    ("world_to_camera", [], ValueError, "^world_to_camera must be 4x4, got rows of nothing$"),
    ("world_to_camera", [[1]] * 9, ValueError, "got rows of 1, 1, 1, 1, 1, 1, 1, 1$"),
    ("world_to_camera", [*POSE[:3], [0, 0, 1]], ValueError, "rows of 4, 4, 4, 3"),
    ("world_to_camera", np.eye(4).ravel(), ValueError, r"16 values in one row: give it in rows, as reshape\(4, 4\)"),
    ("world_to_camera", np.eye(4)[:3].ravel(), ValueError, "^world_to_camera must be 4x4.*, got 12 values in one row$"),
    ("world_to_camera", [1, 0, 0, 0], ValueError, "4 values in one row: if that is a quaternion, make a 3x3 rotation"),
    ("world_to_camera", [1, 0, 0, 0, 1, 2, 3], ValueError, "7 values in one row: if that is a quaternion"),
    ("world_to_camera", np.eye(4)[None], TypeError, r"world_to_camera\[0\]\[0\] must be a number"),
    ("world_to_camera", np.eye(4, dtype=bool), TypeError, r"world_to_camera\[0\]\[0\] must be a number, got True"),
    ("world_to_camera", [["0", 1, 0, 1], *POSE[1:]], TypeError, r"world_to_camera\[0\]\[0\] must be a number, got '0'"),
    ("world_to_camera", changed(1, 3, float("nan")), ValueError, r"world_to_camera\[1\]\[3\] must be finite"),
    ("world_to_camera", changed(0, 0, float("inf")), ValueError, r"world_to_camera\[0\]\[0\] must be finite"),
    ("world_to_camera", np.transpose(POSE), ValueError, "transposed, the translation belongs in the last column$"),
    ("world_to_camera", changed(3, 3, 2), ValueError, r"last row \(0, 0, 0, 1\), got \(0.0, 0.0, 0.0, 2.0\)$"),
    ("world_to_camera", changed(3, 0, 2e-6), ValueError, r"last row \(0, 0, 0, 1\)"),
    ("world_to_camera", np.diag([1, -1, 1, 1]), ValueError, "^world_to_camera mirrors the world.*both y and z$"),
    ("world_to_camera", np.diag([0, 0, 0, 1]), ValueError, "no rotation"),
    (
        "world_to_camera",
        np.diag([2, 2, 2, 1]),
        ValueError,
        "^world_to_camera has no rotation.*off the identity by 3, at",
    ),
    ("world_to_camera", np.diag([1.006, 1.006, 1.006, 1]), ValueError, "no rotation"),
    ("world_to_camera", changed(0, 0, 0.011), ValueError, "no rotation"),
    ("world_to_camera", changed(0, 0, 1e200), ValueError, "no rotation"),
    ("distortion", (0.1,), ValueError, "0, 4, 5, 8, 12 or 14"),
    ("distortion", (0.1,) * 6, ValueError, "got 6"),
    ("distortion", (0.1,) * 15, ValueError, "got 15"),
    ("distortion", None, TypeError, "^distortion must be a sequence of numbers, got None$"),
    ("distortion", b"none", TypeError, "distortion must be a sequence of numbers, got b'none'"),
    ("distortion", 0.1, TypeError, "distortion must be a sequence"),
    ("distortion", "none", TypeError, "distortion must be a sequence"),
    ("distortion", np.zeros((1, 5)), TypeError, r"distortion\[0\] must be a number"),
    ("distortion", (0, 0, 0, float("nan")), ValueError, r"distortion\[3\] must be finite"),
    ("distortion", (0, 0, "0", 0), TypeError, r"distortion\[2\] must be a number"),
    ("distortion", (0.0,) * 12 + (5.0, 0.0), ValueError, "radians"),
]


@pytest.mark.parametrize(("field", "value", "error", "message"), BAD, ids=lambda value: str(value)[:24])
def test_what_describes_no_camera_is_refused(field, value, error, message):
    with pytest.raises(error, match=message):
        Camera(**{**GOOD, field: value})


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([], TypeError, "JSON object"),
        ({}, ValueError, "needs the field 'fx'"),
        ({**GOOD, "K": 1, "c2w": 1}, ValueError, r"no field 'K', 'c2w'; take .* cy = K\[1\]\[2\]; world_to_camera is "),
        ({**GOOD, "K": 1}, ValueError, r"no field 'K'; take fx = K\[0\]\[0\], .*; it has fx, "),
        ({**GOOD, "fx": "400"}, TypeError, "fx must be a number"),
    ],
)
def test_json_of_no_camera_is_refused(data, error, message):
    with pytest.raises(error, match=message):
        Camera.from_dict(data)


XYZ, PIXELS, DEPTH_MAP = np.ones((2, 3)), np.ones((2, 2)), np.ones(CAMERA.size)
BAD_CALLS = [
    (CAMERA.image_from_world, (np.ones((2, 2)),), ValueError, r"xyz must have shape \(\.\.\., 3\)"),
    (CAMERA.image_from_world, (np.ones((3, 2)),), ValueError, "xyz must have shape"),
    (CAMERA.image_from_world, (np.float64(1),), ValueError, "xyz must have shape"),
    (CAMERA.image_from_world, ([],), ValueError, "xyz must have shape"),
    (CAMERA.image_from_world, (XYZ > 0,), TypeError, "xyz must be real numbers"),
    (CAMERA.image_from_world, (XYZ + 1j,), TypeError, "xyz must be real numbers"),
    (CAMERA.image_from_world, ([["1", "2", "3"]],), TypeError, "xyz must be real numbers"),
    (CAMERA.image_from_world, ([[1, 2, 3], [4]],), ValueError, "xyz must be numbers in one regular shape"),
    (CAMERA.image_from_world, ("xyz",), TypeError, "xyz must be real numbers"),
    (CAMERA.image_from_world, (3.0,), ValueError, "xyz must have shape"),
    (CAMERA.image_from_world, (None,), TypeError, "xyz must be an array of real numbers, got NoneType"),
    (CAMERA.world_from_image, (XYZ, np.ones(2)), ValueError, r"points must have shape \(\.\.\., 2\)"),
    (CAMERA.world_from_image, (PIXELS, np.ones((2, 1))), ValueError, r"one number a point, shape \(2,\), got \(2, 1\)"),
    (CAMERA.world_from_image, (PIXELS, [1, 2, 3]), ValueError, "one number a point"),
    (CAMERA.world_from_image, (PIXELS, torch.ones(2)), TypeError, "array library of the points"),
    (CAMERA.world_from_image, (PIXELS, True), TypeError, "depth must be real numbers"),
    (CAMERA.world_from_image, (PIXELS, None), TypeError, "depth must be an array of real numbers"),
    (CAMERA.visible, (XYZ, DEPTH_MAP.T, 1), ValueError, r"size \(height, width\) = \(401, 643\), got \(643, 401\)"),
    (CAMERA.visible, (XYZ, DEPTH_MAP[None], 1), ValueError, "depth_map must have the camera's size"),
    (CAMERA.visible, (XYZ, torch.ones(CAMERA.size), 1), TypeError, "array library of the points"),
    (CAMERA.visible, (XYZ, DEPTH_MAP > 0, 1), TypeError, "depth_map must be real numbers"),
    (CAMERA.visible, (XYZ, DEPTH_MAP, -1), ValueError, "tolerance must be 0 or more"),
    (CAMERA.visible, (XYZ, DEPTH_MAP, float("nan")), ValueError, "tolerance must be finite"),
    (CAMERA.visible, (XYZ, DEPTH_MAP, float("inf")), ValueError, "tolerance must be finite"),
    (CAMERA.visible, (XYZ, DEPTH_MAP, None), TypeError, "tolerance must be a number"),
    (CAMERA.resized, ((0, 5),), ValueError, "size must be"),
    (CAMERA.resized, (0.5,), TypeError, "size must be"),
    (CAMERA.cropped, ((37.33, 0), (224, 224)), TypeError, r"offset must be \(dx, dy\)"),
    (CAMERA.cropped, ((37,), (224, 224)), ValueError, r"offset must be \(dx, dy\)"),
    (CAMERA.cropped, ((37, 0), (224, 0)), ValueError, "size must be"),
]


@pytest.mark.parametrize(("call", "arguments", "error", "message"), BAD_CALLS)
def test_what_is_no_point_depth_or_size_is_refused(call, arguments, error, message):
    with pytest.raises(error, match=message):
        call(*arguments)


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: CAMERA.visible(np.zeros(2), np.ones(CAMERA.size), 0), ValueError, r"^xyz must have shape \(..., 3\)"),
        (
            lambda: CAMERA.visible(np.zeros(3), np.ones((2, 3)), 0),
            ValueError,
            r"got \(2, 3\); use camera.resized\(...\) for a depth map of another size$",
        ),
        (lambda: CAMERA.world_from_image(np.zeros((2, 3, 2)), np.ones(4)), ValueError, r"shape \(2, 3\), got \(4,\)$"),
        (lambda: CAMERA.image_from_world(object()), TypeError, "^xyz must be an array of real numbers, got object$"),
        (lambda: CAMERA.world_from_image(np.zeros(2), torch.ones(())), TypeError, "library of the points, got Tensor$"),
    ],
    ids=["components", "another size", "shape", "no array", "another library"],
)
def test_what_does_not_fit_is_named_with_what_it_is(ask, error, says):
    with pytest.raises(error, match=says):
        ask()

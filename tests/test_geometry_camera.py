"""The camera: its conventions as pinned numbers with the wrong answer beside them, and its laws."""

import json
import subprocess
import sys
from pathlib import Path

import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import strategies
from cameras_drawn import (
    CAMERA,
    FLOAT64_PIXELS,
    GOOD,
    LENS,
    POSE,
    SEEN,
    SEEN_AT,
    about,
    cameras,
    cameras_with_worlds,
    landing,
    worlds_of,
)
from reference.camera import Camera
from reference.geometry import edge_from_index, index_from_edge

# Conventions as numbers -----------------------------------------------------------------------------------------------


def test_the_pose_takes_world_to_camera_and_points_are_index_coordinates():
    points, depth, in_front = CAMERA.image_from_world(np.array([SEEN]))
    assert points.tolist() == [SEEN_AT]
    assert (depth.tolist(), in_front.tolist()) == ([8.0], [True])
    inverted = Camera(**{**GOOD, "world_to_camera": np.linalg.inv(POSE)})
    assert landing(inverted, SEEN) == pytest.approx([400 * -2 / 3 + 301.25, 420 * 4 / 3 + 197.5])  # `pose-inverted`


def test_an_edge_origin_moves_the_principal_point_half_a_pixel_and_never_the_points():
    """COLMAP's cx = 301.25 is 300.75 in index coordinates (`principal-point-origin`: forgetting it gives 401.25)."""
    assert landing(Camera(**GOOD, origin="edge"), SEEN) == [400.75, 144.5]
    centred = Camera(500, 500, 320, 240, (480, 640), np.eye(4), origin="edge")
    assert landing(centred, [0, 0, 1]) == [319.5, 239.5]


def test_axes_are_opencv_s():
    """Right of the axis lands right, below it lands lower, ahead is z > 0 (`camera-axes` turns any of them round)."""
    camera = Camera(100, 100, 50, 40, (81, 101), np.eye(4))
    assert landing(camera, [1, 0, 4]) == [75, 40]
    assert landing(camera, [0, 1, 4]) == [50, 65]
    assert camera.image_from_world(np.array([0.0, 0.0, -4.0]))[2].tolist() is False


def test_x_goes_with_fx_cx_and_width():
    camera = Camera(100, 200, 10, 20, (30, 50), np.eye(4))
    assert landing(camera, [0.25, 0.125, 1]) == [35, 45]
    half = camera.resized((30, 25))
    assert (half.fx, half.fy, half.cx, half.cy, half.size) == (50, 200, 4.75, 20, (30, 25))


def test_a_resize_scales_the_principal_point_in_edge_coordinates():
    """1296x968 to 640x480: 323.5 is at edge 324, which becomes 160, index 159.5."""
    small = Camera(1296, 968, 323.5, 241.5, (968, 1296), np.eye(4)).resized((480, 640))
    assert (small.fx, small.fy, small.cx, small.cy) == (640, 480, 159.5, 119.5)
    assert small.cx != pytest.approx(323.5 * 640 / 1296, abs=0.2)  # `intrinsics-rescaled-half-pixel`
    assert small.fy != pytest.approx(968 * 640 / 1296, abs=1)  # `intrinsics-single-ratio`


def test_a_resize_keeps_the_origin():
    small = Camera(1296, 968, 324, 242, (968, 1296), np.eye(4), origin="edge").resized((480, 640))
    assert (small.cx, small.cy, small.origin) == (160, 120, "edge")


def test_a_crop_shifts_the_principal_point_and_padding_shifts_it_back():
    window = CAMERA.cropped(offset=(37, -5), size=(224, 230))
    assert (window.cx, window.cy, window.size) == (264.25, 202.5, (224, 230))
    assert (window.fx, window.fy, window.world_to_camera) == (CAMERA.fx, CAMERA.fy, CAMERA.world_to_camera)
    assert landing(window, SEEN) == [364.25, 150.0]  # `principal-point-not-shifted` stays at 401.25, 145


def test_the_lens_bends_in_opencv_s_order():
    """At (1/2, 1/4), r² = 5/16: k1 k2 p1 p2 = -1/4, 1/2, 1/8, -1/16, worked out by hand; all exact in binary."""
    camera = Camera(512, 256, 100, 50, (401, 643), np.eye(4), LENS)
    assert landing(camera, [2, 1, 4]) == [338.5, 122.125]
    ignored = Camera(512, 256, 100, 50, (401, 643), np.eye(4))
    assert landing(ignored, [2, 1, 4]) == [356, 114]  # `distortion-ignored`


@pytest.mark.parametrize("origin", ["index", "edge"])
def test_a_pixel_and_its_depth_are_a_world_point(origin):
    camera = Camera(**GOOD, origin=origin)
    points, depth, _ = camera.image_from_world(np.array(SEEN))
    assert camera.world_from_image(points, depth).tolist() == SEEN
    assert CAMERA.world_from_image([SEEN_AT], [8]).tolist() == [SEEN]
    assert CAMERA.world_from_image([SEEN_AT, SEEN_AT], 8).tolist() == [SEEN, SEEN]


# Not in front ---------------------------------------------------------------------------------------------------------

UNSEEN = [
    (-11.0, 1.0, 1.0),  # (2, -1, -8): the mirrored ray, which would land in the image (`behind-camera-kept`)
    (-3.0, 1.0, 1.0),  # z = 0
    (float("nan"), 1.0, 1.0),
    (5.0, float("nan"), 1.0),
    (5.0, 1.0, float("inf")),
    (float("-inf"), 1.0, 1.0),
    (float("inf"), 1.0, 1.0),  # z = inf, which is above 0 and would land on the principal point
]


@pytest.mark.parametrize("distortion", [(), LENS], ids=["pinhole", "lens"])
@pytest.mark.parametrize("xyz", UNSEEN, ids=str)
def test_what_is_not_in_front_lands_nowhere(xyz, distortion):
    camera = Camera(**GOOD, distortion=distortion)
    points, _, in_front = camera.image_from_world(np.array([xyz, SEEN]))
    assert in_front.tolist() == [False, True]
    assert np.isnan(points).tolist() == [[True, True], [False, False]]
    assert camera.visible(np.array([xyz, SEEN]), np.full(camera.size, 8.0), 1e9).tolist() == [False, True]


def test_depth_is_z_behind_the_camera_too_and_not_finite_for_what_is_not():
    depth = CAMERA.image_from_world(np.array(UNSEEN))[1]
    assert depth[:2].tolist() == [-8, 0]
    assert not np.isfinite(depth[2:]).any()


@pytest.mark.parametrize("depth", [0.0, -1.0, np.nan, np.inf])
def test_a_pixel_without_a_depth_is_no_world_point(depth):
    turned = np.eye(4)
    turned[:3, :3] = about(0, 0.5) @ about(1, 0.4) @ about(2, 0.3)
    camera = Camera(**{**GOOD, "world_to_camera": turned})
    corners = np.array([[0.0, 0.0], [642.0, 0.0], [0.0, 400.0], [642.0, 400.0]])
    assert np.isnan(camera.world_from_image(corners, depth)).all()


@pytest.mark.parametrize("distortion", [(), LENS], ids=["pinhole", "lens"])
@pytest.mark.parametrize("point", [(np.nan, 1.0), (1.0, np.inf)])
def test_a_pixel_that_is_not_finite_is_no_world_point(point, distortion):
    camera = Camera(**GOOD, distortion=distortion)
    assert np.isnan(camera.world_from_image(np.array([point]), np.array([1.0]))).all()


def test_a_point_grazing_the_camera_plane_leaves_the_dtype_in_silence():
    camera = Camera(100, 100, 50, 40, (81, 101), np.eye(4), LENS)
    xyz = np.array([[3, 3, 1e-30]], dtype=np.float32)
    points, _, in_front = camera.image_from_world(xyz)
    assert in_front.all()
    assert not np.isfinite(points).any()
    assert not camera.visible(xyz, np.ones(camera.size), 9).any()


# Laws -----------------------------------------------------------------------------------------------------------------


@given(cameras_with_worlds())
def test_world_to_image_to_world_is_the_identity(drawn):
    """1e-9 units: 2000 px over a focal length of 10 at depth 100 magnify a rounding of 1e-16 to 1e-11 at most."""
    camera, xyz = drawn
    points, depth, in_front = camera.image_from_world(xyz)
    assert in_front.all()
    np.testing.assert_allclose(camera.world_from_image(points, depth), xyz, rtol=0, atol=1e-9)


@given(cameras_with_worlds(), strategies.sizes(2000))
def test_a_resized_camera_sees_the_resized_points(drawn, size):
    camera, xyz = drawn
    ratios = np.array([size[1] / camera.size[1], size[0] / camera.size[0]])
    expected = index_from_edge(edge_from_index(camera.image_from_world(xyz)[0]) * ratios)
    np.testing.assert_allclose(camera.resized(size).image_from_world(xyz)[0], expected, rtol=0, atol=FLOAT64_PIXELS)


@given(cameras_with_worlds(), st.integers(-500, 500), st.integers(-500, 500))
def test_a_cropped_camera_sees_the_shifted_points(drawn, dx, dy):
    camera, xyz = drawn
    window = camera.cropped((dx, dy), (224, 225))
    assert window.size == (224, 225)
    expected = camera.image_from_world(xyz)[0] - [dx, dy]
    np.testing.assert_allclose(window.image_from_world(xyz)[0], expected, rtol=0, atol=FLOAT64_PIXELS)


@given(strategies.geometries(), st.data())
def test_resizing_and_cropping_the_camera_is_the_geometry_s_own_map(geometry, data):
    camera = data.draw(cameras(geometry.in_size))
    xyz = data.draw(worlds_of(camera))
    crop_camera = camera.resized(geometry.resized_size).cropped(geometry.offset, geometry.crop_size)
    expected = geometry.crop_from_image(camera.image_from_world(xyz)[0])
    np.testing.assert_allclose(
        crop_camera.image_from_world(xyz)[0], expected, rtol=0, atol=FLOAT64_PIXELS * max(1, *geometry.scale)
    )


@given(cameras())
def test_json_gives_the_same_camera_back(camera):
    assert Camera.from_dict(json.loads(json.dumps(camera.to_dict()))) == camera
    assert hash(Camera.from_dict(camera.to_dict())) == hash(camera)


def test_the_json_has_the_fields_of_the_constructor():
    assert Camera(**GOOD, distortion=LENS, origin="edge").to_dict() == {
        "fx": 400.0,
        "fy": 420.0,
        "cx": 301.25,
        "cy": 197.5,
        "size": [401, 643],
        "world_to_camera": POSE,
        "distortion": list(LENS),
        "origin": "edge",
    }
    assert Camera.from_dict(json.loads(json.dumps(GOOD))) == CAMERA


# Array libraries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("distortion", [(), (0.0,) * 4], ids=["pinhole", "lens"])
@pytest.mark.parametrize(
    ("library", "dtype"),
    [
        *[(np, dtype) for dtype in ("float16", "float32", "float64")],
        *[(torch, dtype) for dtype in ("float16", "bfloat16", "float32", "float64")],
        *[(array_api_strict, dtype) for dtype in ("float32", "float64")],
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_library_and_dtype_come_back(library, dtype, distortion):
    camera, dtype = Camera(**GOOD, distortion=distortion), getattr(library, dtype)
    xyz = library.asarray([[SEEN, [-11.0, 1.0, 1.0]]], dtype=dtype)
    points, depth, in_front = camera.image_from_world(xyz)
    world = camera.world_from_image(points, depth)
    assert {type(array) for array in (points, depth, in_front, world)} == {type(xyz)}
    assert [array.dtype for array in (points, depth, world)] == [dtype] * 3
    assert [tuple(array.shape) for array in (points, depth, in_front, world)] == [(1, 2, 2), (1, 2), (1, 2), (1, 2, 3)]
    assert np.asarray(in_front).tolist() == [[True, False]]
    eps = float(library.finfo(dtype).eps)
    assert [float(points[0, 0, axis]) for axis in (0, 1)] == pytest.approx(SEEN_AT, rel=eps)
    # A landing rounded by eps * 401 px at depth 8 and focal length 400 is 8 eps of the world.
    assert [float(world[0, 0, axis]) for axis in range(3)] == pytest.approx(SEEN, abs=16 * eps)
    depth_map = library.full(camera.size, 8.0, dtype=dtype)
    assert np.asarray(camera.visible(xyz, depth_map, 0.5)).tolist() == [[True, False]]


def test_half_precision_is_computed_in_float32():
    """In float16 itself the principal point 301.25 + 100 would be 401.25 rounded twice, 401.5 after 301.25 is 301.2."""
    xyz = np.array([[5.0, 1.0, 1.0], [4.3, 1.7, 2.9]], dtype=np.float16)
    single = CAMERA.image_from_world(xyz.astype(np.float32))[0]
    assert CAMERA.image_from_world(xyz)[0].tolist() == single.astype(np.float16).tolist()


@pytest.mark.parametrize("library", [np, torch], ids=["numpy", "torch"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64"])
def test_whole_numbers_become_the_default_float(library, dtype):
    points, depth, _ = CAMERA.image_from_world(library.asarray([[5, 1, 1]], dtype=getattr(library, dtype)))
    assert points.dtype == depth.dtype == library.empty(0).dtype
    assert points.tolist() == [SEEN_AT]
    pixels = library.asarray([[100, 200]], dtype=getattr(library, dtype))
    assert CAMERA.world_from_image(pixels, library.asarray([8])).dtype == library.empty(0).dtype


@pytest.mark.parametrize("distortion", [(), (0.0,) * 4], ids=["pinhole", "lens"])
def test_points_stay_on_their_device(distortion):
    """array-api-strict plays a second device and refuses every operation between two."""
    camera, elsewhere = Camera(**GOOD, distortion=distortion), array_api_strict.Device("device1")
    xyz = array_api_strict.asarray([SEEN], dtype=array_api_strict.float32, device=elsewhere)
    points, depth, in_front = camera.image_from_world(xyz)
    world = camera.world_from_image(points, 8.0)
    seen = camera.visible(xyz, array_api_strict.full(camera.size, 8, device=elsewhere), 0)
    assert {array.device for array in (points, depth, in_front, world, seen)} == {elsewhere}


@pytest.mark.parametrize("shape", [(3,), (0, 3), (2, 5, 3)])
def test_any_leading_shape_is_kept(shape):
    points, depth, in_front = CAMERA.image_from_world(np.ones(shape))
    assert (points.shape, depth.shape, in_front.shape) == ((*shape[:-1], 2), shape[:-1], shape[:-1])
    assert CAMERA.world_from_image(points, depth).shape == shape
    assert CAMERA.visible(np.ones(shape), np.ones(CAMERA.size), 1).shape == shape[:-1]


@pytest.mark.parametrize("distortion", [(), LENS], ids=["pinhole", "lens"])
def test_gradients_are_right(distortion):
    camera = Camera(**GOOD, distortion=distortion)
    xyz = torch.tensor([SEEN, [4.0, 0.5, 3.0]], dtype=torch.float64, requires_grad=True)
    points, depth, _ = camera.image_from_world(xyz.detach())
    assert torch.autograd.gradcheck(lambda world: camera.image_from_world(world)[:2], xyz)
    assert torch.autograd.gradcheck(camera.world_from_image, (points.requires_grad_(), depth.requires_grad_()))


@pytest.mark.parametrize("distortion", [(), LENS], ids=["pinhole", "lens"])
def test_unseen_points_do_not_poison_gradients(distortion):
    camera = Camera(**GOOD, distortion=distortion)
    xyz = torch.tensor([*UNSEEN, SEEN], dtype=torch.float64, requires_grad=True)
    points, depth, in_front = camera.image_from_world(xyz)
    world = camera.world_from_image(points, depth)
    (points[in_front].sum() + world[in_front].sum()).backward()
    assert xyz.grad is not None
    assert torch.isfinite(xyz.grad).all()
    assert xyz.grad[:-1].abs().max() == 0 < xyz.grad[-1].abs().min()


def test_the_camera_needs_no_torch():
    command = "import sys; sys.modules['torch'] = None; from reference import Camera"
    subprocess.run([sys.executable, "-c", command], check=True, cwd=Path(__file__).resolve().parents[1])

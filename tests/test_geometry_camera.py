"""The camera: its conventions as pinned numbers with the wrong answer beside them, its laws, and what it refuses."""

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
from PIL import Image

import strategies
from reference.camera import Camera
from reference.geometry import edge_from_index, index_from_edge

ROOT = Path(__file__).resolve().parents[1]
RGBD = ROOT.parent / "shared" / "data" / "rgbd"

# Turns the axes round, (X, Y, Z) to (Y, Z, X), and shifts: the world point (5, 1, 1) is (2, -1, 8) to the camera.
POSE = [[0, 1, 0, 1], [0, 0, 1, -2], [1, 0, 0, 3], [0, 0, 0, 1]]
GOOD = {"fx": 400, "fy": 420, "cx": 301.25, "cy": 197.5, "size": (401, 643), "world_to_camera": POSE}
CAMERA = Camera(**GOOD)
SEEN = [5.0, 1.0, 1.0]  # at u = 400 * 2/8 + 301.25 and v = 420 * -1/8 + 197.5
SEEN_AT = [401.25, 145.0]
LENS = (-0.25, 0.5, 0.125, -0.0625)
FLOAT64_PIXELS = 1e-8  # coordinates up to 1e6 pixels, some ten roundings of 1e-16 each, and room for a lens's slope


def about(axis: int, angle: float) -> np.ndarray:
    turn, others = np.eye(3), [other for other in range(3) if other != axis]
    turn[np.ix_(others, others)] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return turn


def rotations() -> st.SearchStrategy[np.ndarray]:
    angle = st.floats(-3.14, 3.14)
    return st.tuples(angle, angle, angle).map(lambda turn: about(0, turn[0]) @ about(1, turn[1]) @ about(2, turn[2]))


@st.composite
def poses(draw: st.DrawFn) -> np.ndarray:
    """World-to-camera: any turn, exact or as a text file with four decimals records it, and up to 10 units away."""
    pose = np.eye(4)
    pose[:3, :3] = draw(rotations())
    if draw(st.booleans()):
        pose = np.round(pose, 4)
    pose[:3, 3] = draw(st.tuples(*[st.floats(-10, 10)] * 3))
    return pose


def lenses() -> st.SearchStrategy[tuple[float, ...]]:
    """Lenses of every length that keep at least a third of their slope up to 38 degrees off the axis."""
    bounds = [0.2, 0.05, 0.004, 0.004, 0.02, 0.1, 0.02, 0.02, 0.004, 0.004, 0.004, 0.004, 0.1, 0.1]
    coefficients = st.tuples(*[st.floats(-bound, bound) for bound in bounds])
    return st.tuples(st.sampled_from([0, 4, 5, 8, 12, 14]), coefficients).map(lambda drawn: drawn[1][: drawn[0]])


@st.composite
def cameras(draw: st.DrawFn, size: tuple[int, int] | None = None) -> Camera:
    """Any pose, lens and origin, unequal focal lengths, the principal point anywhere in the image."""
    size = size or draw(strategies.sizes(2000))
    focal, inside = st.floats(10, 2000), st.floats(0, 1)
    return Camera(
        fx=draw(focal),
        fy=draw(focal),
        cx=draw(inside) * size[1],
        cy=draw(inside) * size[0],
        size=size,
        world_to_camera=draw(poses()),
        distortion=draw(lenses()),
        origin=draw(st.sampled_from(["index", "edge"])),
    )


@st.composite
def worlds_of(draw: st.DrawFn, camera: Camera, count: int = 8) -> np.ndarray:
    """World points `(count, 3)` in front of `camera`, up to 38 degrees off its axis, 0.1 to 100 units deep."""
    slope = st.floats(-0.55, 0.55)
    rays = draw(st.lists(st.tuples(slope, slope, st.floats(0.1, 100)), min_size=count, max_size=count))
    seen = np.array([(x * z, y * z, z, 1) for x, y, z in rays])
    return (seen @ np.linalg.inv(camera.world_to_camera).T)[:, :3]


def cameras_with_worlds() -> st.SearchStrategy[tuple[Camera, np.ndarray]]:
    return cameras().flatmap(lambda camera: st.tuples(st.just(camera), worlds_of(camera)))


# Conventions as numbers -----------------------------------------------------------------------------------------------


def landing(camera: Camera, xyz: list[float]) -> list[float]:
    return camera.image_from_world(np.array(xyz))[0].tolist()


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


# Visibility -----------------------------------------------------------------------------------------------------------

PLAIN = Camera(1, 1, 0, 0, (2, 3), np.eye(4))  # the point (u z, v z, z) is seen at (u, v)
READINGS = np.array([[1.0, 2, 4], [8, 16, 32]])  # powers of two, so that u z / z is u


def sees(u: float, v: float, z: float, readings: np.ndarray = READINGS, tolerance: float = 0) -> bool:
    return bool(PLAIN.visible(np.array([u * z, v * z, z]), readings, tolerance))


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_the_reading_is_that_of_the_nearest_pixel_with_halves_rounded_up(row, column):
    z = READINGS[row, column]
    for toward in (-0.5, 0, 0.499):
        assert sees(column + toward, row, z)
        assert sees(column, row + toward, z)
    assert not sees(column + 0.5, row, z)
    assert not sees(column, row + 0.5, z)


@pytest.mark.parametrize(("u", "v"), [(-0.501, 0), (2.5, 0), (0, -0.501), (0, 1.5), (1e30, 0), (-1e30, 0)])
def test_outside_the_image_nothing_is_visible(u, v):
    assert not sees(u, v, 4, np.full((2, 3), 4.0))


def test_outside_an_image_of_one_pixel_nothing_is_visible():
    camera = Camera(1, 1, 0, 0, (1, 1), np.eye(4))
    seen = camera.visible([[0, 0, 1], [1, 0, 1], [0, 1, 1], [-1, 0, 1], [0, -1, 1]], np.ones((1, 1)), 0)
    assert seen.tolist() == [True, False, False, False, False]


def test_the_last_number_below_the_far_edge_reads_the_last_pixel():
    """0.5 - 2**-54 + 0.5 rounds to 1, one past the only pixel."""
    camera = Camera(1, 1, 0, 0, (1, 1), np.eye(4))
    below = np.nextafter(0.5, 0)
    assert camera.visible(np.array([[below, below, 1]]), np.ones((1, 1)), 0).tolist() == [True]


@pytest.mark.parametrize("nothing", [0, -4, np.nan, np.inf])
def test_a_pixel_without_a_reading_confirms_nothing(nothing):
    assert sees(1, 1, 4, np.full((2, 3), 4.0), 1e9)
    assert not sees(1, 1, 4, np.full((2, 3), float(nothing)), 1e9)


def test_the_tolerance_counts_both_ways_and_its_bound_is_in():
    assert sees(1, 0, 2.25, tolerance=0.25)
    assert sees(1, 0, 1.75, tolerance=0.25)
    assert not sees(1, 0, 2.25, tolerance=0.2499)
    assert not sees(1, 0, 1.75, tolerance=0.2499)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("library", [np, torch], ids=["numpy", "torch"])
def test_depth_maps_may_hold_whole_numbers(library, dtype):
    readings = (
        library.asarray(READINGS.tolist()).to(getattr(torch, dtype)) if library is torch else READINGS.astype(dtype)
    )
    xyz = library.asarray([[16.0, 16.0, 16.0], [0.0, 0.0, 1.5]])
    assert PLAIN.visible(xyz, readings, 0.25).tolist() == [True, False]


def frame(name: str, poses: dict[str, np.ndarray]) -> tuple[Camera, np.ndarray]:
    """The camera of one recorded frame and its depth in metres, 0 where there is no reading."""
    millimetres = np.asarray(Image.open(RGBD / f"frame-{name}.depth.png")).astype(np.float64)
    intrinsics = np.loadtxt(RGBD / "camera-intrinsics.txt")
    (fx, _, cx), (_, fy, cy) = intrinsics[:2]
    camera = Camera(fx, fy, cx, cy, millimetres.shape, np.linalg.inv(poses[name]))
    return camera, np.where(millimetres == 65535, 0, millimetres) / 1000


@pytest.mark.skipif(not RGBD.is_dir(), reason="the recorded RGB-D frames are not beside this checkout")
@pytest.mark.parametrize(
    ("source", "target", "in_image", "agreeing"),
    [("000050", "000000", 92.65, 93.74), ("000000", "000050", 78.56, 95.58), ("000100", "000000", 63.88, 72.56)],
)
def test_recorded_frames_see_one_another(source, target, in_image, agreeing):
    """Back-project one frame, look from another: the percentages that the recording's own notes give."""
    recorded = {name: np.loadtxt(RGBD / f"frame-{name}.pose.txt") for name in (source, target)}
    (camera, depth), (other, other_depth) = frame(source, recorded), frame(target, recorded)
    rows, columns = np.nonzero(depth)
    xyz = camera.world_from_image(np.stack([columns, rows], axis=-1), depth[rows, columns])
    inside = other.visible(xyz, np.ones(other.size), 1e9)
    measured = other.visible(xyz, other_depth, 1e9)
    close = other.visible(xyz, other_depth, 0.05)
    assert 100 * inside.mean() == pytest.approx(in_image, abs=0.005)
    assert 100 * close.sum() / measured.sum() == pytest.approx(agreeing, abs=0.005)


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
    subprocess.run([sys.executable, "-c", command], check=True, cwd=ROOT)


# What it takes and refuses --------------------------------------------------------------------------------------------


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

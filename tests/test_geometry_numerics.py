"""Every map in every float dtype against exact rationals: never further off than its stated bound, up to 100,000 px."""

from fractions import Fraction

import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from cameras_drawn import cameras, worlds_of
from rationals import back_projected, exact, projected
from reference.camera import Camera
from reference.geometry import MAPS, GeomMeta
from reference.precision import Precision
from reference.rounding import image_error, map_error, world_error

HALVES = [torch.float16, torch.bfloat16]
DTYPES = [*HALVES, torch.float32, torch.float64]
KINDS = [
    *[(np, dtype) for dtype in (np.float16, np.float32, np.float64)],
    *[(torch, dtype) for dtype in DTYPES],
    *[(array_api_strict, dtype) for dtype in (array_api_strict.float32, array_api_strict.float64)],
]
KIND = pytest.mark.parametrize(("xp", "dtype"), KINDS, ids=lambda value: str(getattr(value, "__name__", value)))
STANDARD = GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0))


def plain(array):
    """The exact values of an array of any library and dtype, in float64."""
    array = array.double() if isinstance(array, torch.Tensor) else array
    return np.asarray(array).astype(np.float64)


def in_dtype(xp, dtype, values):
    """Float64 `values` rounded to a dtype, and what they have become."""
    with np.errstate(over="ignore"):
        kept = xp.astype(xp.asarray(values), dtype) if xp is array_api_strict else xp.asarray(values, dtype=dtype)
    return kept, plain(kept)


def assert_within(got, want, bound):
    """`want` is exact, so nothing is rounded in the comparison; an infinite bound promises nothing."""
    for value, truth, most in zip(got.flat, want, bound.flat, strict=True):
        assert np.isinf(most) or abs(Fraction(value) - truth) <= Fraction(most), (value, float(truth), most)


# The geometry ---------------------------------------------------------------------------------------------------------


@KIND
@settings(max_examples=30)
@given(data=st.data(), geometry=strategies.huge_geometries(), name=st.sampled_from(MAPS))
def test_no_map_errs_by_more_than_its_bound(xp, dtype, data, geometry, name):
    points, places = in_dtype(xp, dtype, data.draw(strategies.points_of(geometry, count=8)))
    finite = np.isfinite(places).all(axis=1)
    with np.errstate(over="ignore"):  # a float16 ends at 65,504
        got = plain(getattr(geometry, name)(points))[finite]
    bound = map_error(geometry, name, places[finite], Precision.of(xp, dtype))
    assert_within(
        got, [exact(geometry, name, axis, u) for point in places[finite] for axis, u in enumerate(point)], bound
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@settings(max_examples=30)
@given(data=st.data(), geometry=strategies.huge_geometries(), name=st.sampled_from(MAPS))
def test_the_bound_is_the_one_on_paper(dtype, data, geometry, name):
    """h (2 |s u| + |b| + |s u + b|), and for half precision their own rounding of the result, but for terms in h²."""
    places = data.draw(strategies.points_of(geometry, count=4))
    precision = Precision.of(torch, dtype)
    scale, shift = (
        np.array([float(getattr(axis, part)) for axis in geometry.exact(name)]) for part in ("scale", "shift")
    )
    result = np.abs(scale * places + shift)
    paper = max(2.0**-53, min(2.0**-24, precision.eps / 2)) * (2 * np.abs(scale * places) + np.abs(shift) + result)
    paper += precision.eps / 2 * result if precision.is_half else 0
    bound = map_error(geometry, name, places, precision)
    finite = np.isfinite(bound)
    assert (bound[finite] <= (paper * (1 + 1e-5) + 3 * precision.smallest * precision.eps)[finite]).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_bound_is_no_more_than_four_times_what_happens(dtype):
    """A bound that promises too little helps nobody: some point of an ordinary image comes near it."""
    points = torch.from_numpy(np.random.default_rng(0).uniform(-0.5, 479.5, (400, 2))).to(dtype)
    places = plain(points)
    for name in MAPS:
        got, bound = (
            plain(getattr(STANDARD, name)(points)),
            map_error(STANDARD, name, places, Precision.of(torch, dtype)),
        )
        truth = [exact(STANDARD, name, axis, u) for point in places for axis, u in enumerate(point)]
        errors = [float(abs(Fraction(value) - want)) for value, want in zip(got.flat, truth, strict=True)]
        assert max(error / most for error, most in zip(errors, bound.flat, strict=True)) > 0.25, name


def test_where_scale_and_shift_cancel_the_error_stays_that_of_the_large_numbers():
    """A pinned literal: the middle of 100,000 px, where the crop starts at pixel 49,888 of as many, in float32."""
    wide = GeomMeta("official", (224, 100_000), (224, 100_000), (224, 224), (14, 14), (49_888, 0))
    bound = map_error(wide, "crop_from_image", np.array([[49_888.0, 0.0]]), Precision.of(np, np.dtype("f4")))
    assert bound[0, 0] == pytest.approx(2**-24 * 49_888, rel=1e-6)  # s = 1 and b are exact: one product alone
    assert bound[0, 1] < 1e-37


def test_an_unknown_map_is_refused():
    says = f"^a map is one of {', '.join(MAPS)}, got 'image_from_sampler'$"
    with pytest.raises(ValueError, match=says):
        STANDARD.exact("image_from_sampler")


@settings(max_examples=50)
@given(geometry=strategies.huge_geometries())
def test_the_valid_ratio_is_the_float_nearest_to_the_exact_one(geometry):
    for rule, (name, first, last) in {
        "centre": ("image_from_grid", (0, 0), [cells - 1 for cells in geometry.feat_size[::-1]]),
        "crop": ("image_from_crop", (-0.5, -0.5), [side - 0.5 for side in geometry.crop_size[::-1]]),
    }.items():
        ratio = Fraction(1)
        for axis, side in enumerate(geometry.in_size[::-1]):
            start, end = (exact(geometry, name, axis, bounds[axis]) + Fraction(1, 2) for bounds in (first, last))
            ratio *= max(min(end, side) - max(start, 0), 0) / side
        assert geometry.valid_ratio(rule) == float(ratio)


# The camera -----------------------------------------------------------------------------------------------------------


def huge_cameras():
    return st.sampled_from([(1, 1), (480, 640), (65_535, 1), (75_000, 100_000)]).flatmap(cameras)


@KIND
@settings(max_examples=15)
@given(data=st.data(), camera=huge_cameras())
def test_no_projection_errs_by_more_than_its_bound(xp, dtype, data, camera):
    """Lenses of every length but without a tilt, whose sines are no rationals."""
    camera = Camera(**{**camera.to_dict(), "distortion": camera.distortion[:12]})
    xyz, world = in_dtype(xp, dtype, data.draw(worlds_of(camera, count=4)))
    points, depth, in_front = camera.image_from_world(xyz)
    bounds = image_error(camera, world, Precision.of(xp, dtype))
    seen = plain(in_front).astype(bool) & np.isfinite(bounds[0]).all(axis=-1) & np.isfinite(plain(points)).all(axis=-1)
    truth = [projected(camera, point) for point in world[seen]]
    assert_within(plain(points)[seen], [u for point in truth for u in point[:2]], bounds[0][seen])
    assert_within(plain(depth)[seen], [point[2] for point in truth], bounds[1][seen])


@KIND
@settings(max_examples=15)
@given(data=st.data(), camera=huge_cameras())
def test_no_world_point_errs_by_more_than_its_bound(xp, dtype, data, camera):
    """But for the inverse of the rotation, which is some roundings of float64 off."""
    camera = Camera(**{**camera.to_dict(), "distortion": ()})
    share, near = st.floats(0, 1), st.floats(0.125, 100)
    given_points = np.array([[data.draw(share) * side for side in camera.size[::-1]] for _ in range(4)])
    (points, places), (depth, z) = (
        in_dtype(xp, dtype, values) for values in (given_points, np.array([data.draw(near) for _ in range(4)]))
    )
    with np.errstate(over="ignore"):
        got = plain(camera.world_from_image(points, depth))
    bound = world_error(camera, places, z, Precision.of(xp, dtype))
    finite = np.isfinite(places).all(axis=1)
    truth = [back_projected(camera, *seen) for seen in zip(places[finite], z[finite], strict=True)]
    inverse = 8 * 2.0**-53 * (np.abs(got[finite]).sum(axis=-1, keepdims=True) + 20)  # translations of up to 10 units
    assert_within(got[finite], [axis for point in truth for axis in point], (bound[finite] + inverse))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_far_coordinates_cost_pixels(dtype):
    """A pinned literal: a world of map coordinates, 500 km from its origin, seen from 10 m. The bound says so."""
    far = np.eye(4)
    far[0, 3] = -500_000
    camera = Camera(1000, 1000, 319.5, 239.5, (480, 640), far)
    bound, _ = image_error(camera, np.array([[500_001.0, 0, 10]]), Precision.of(torch, dtype))
    per_unit = {torch.float32: 2.0**-24, torch.float64: 2.0**-53}[dtype] * 1000 / 10
    assert 500_000 * per_unit < bound[0, 0] < 5 * 500_000 * per_unit


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_bounds_have_the_shape_of_the_points(shape):
    single, camera = Precision.of(np, np.dtype("f4")), Camera(512, 256, 320, 240, (480, 640), np.eye(4))
    points, xyz, depth = (
        np.full((*shape, 2), [352.0, 304.0]),
        np.full((*shape, 3), [0.5, 2.0, 8.0]),
        np.full(shape, 8.0),
    )
    bounds = map_error(STANDARD, "crop_from_image", points, single), *image_error(camera, xyz, single)
    bounds = [*bounds, world_error(camera, points, depth, single)]
    alone = map_error(STANDARD, "crop_from_image", [352, 304], single), *image_error(camera, [0.5, 2, 8], single)
    for bound, one in zip(bounds, [*alone, world_error(camera, [352, 304], 8, single)], strict=True):
        np.testing.assert_array_equal(bound, np.broadcast_to(one, bound.shape))
    assert [bound.shape for bound in bounds] == [(*shape, 2), (*shape, 2), shape, (*shape, 3)]


@pytest.mark.parametrize("point", [[1], [1, 2, 3]])
def test_a_point_of_another_length_has_no_bound(point):
    with pytest.raises(ValueError, match=r"shorter than argument|longer than argument"):
        map_error(STANDARD, "crop_from_image", point, Precision.of(np, np.dtype("f4")))


def test_a_world_point_errs_by_some_roundings_of_its_coordinates():
    """Of two differences, a quotient, and a product and a sum for each number of the rotation's row."""
    camera = Camera(512, 256, 320, 240, (480, 640), np.eye(4))
    bound = world_error(camera, [352, 304], 8, Precision.of(np, np.dtype("f4")))
    assert (bound >= 2.0**-24 * np.array([0.5, 2, 8])).all()
    assert (bound <= 10 * 2.0**-24 * np.array([0.5, 2, 8])).all()


def test_a_lens_is_not_undone_within_a_bound_that_would_be_a_guess():
    camera = Camera(500, 500, 319.5, 239.5, (480, 640), np.eye(4), (-0.25, 0.5, 0.125, -0.0625))
    says = "^the error of world_from_image is bounded without distortion only; see world_error$"
    with pytest.raises(ValueError, match=says):
        world_error(camera, np.zeros((1, 2)), np.ones(1), Precision.of(np, np.dtype("f8")))


@settings(max_examples=50)
@given(camera=huge_cameras(), size=strategies.sizes(100_000), left=st.integers(-100_000, 100_000))
def test_a_camera_resized_and_cropped_is_right_to_a_few_roundings(camera, size, left):
    """A product and a quotient for the focal length; a sum before and after them for the principal point."""
    h = Fraction(1, 2**53)
    half = 0 if camera.origin == "edge" else Fraction(1, 2)
    resized = camera.resized(size)
    for focal, centre, new, old in (("fx", "cx", size[1], camera.size[1]), ("fy", "cy", size[0], camera.size[0])):
        want = Fraction(getattr(camera, focal)) * new / old
        assert abs(Fraction(getattr(resized, focal)) - want) <= h * (2 + h) * want
        edge = (Fraction(getattr(camera, centre)) + half) * new / old
        assert abs(Fraction(getattr(resized, centre)) - (edge - half)) <= h * (4 * abs(edge) + half) * (1 + 4 * h)
    cropped, want = camera.cropped((left, 0), size), Fraction(camera.cx) - left
    assert abs(Fraction(cropped.cx) - want) <= h * abs(want)

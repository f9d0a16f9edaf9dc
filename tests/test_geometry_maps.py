"""The laws of the maps: exactness against rationals, round trips, composition, the same in every array library."""

import json

import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import strategies
from rationals import exact
from reference.geometry import MAPS, GeomMeta


def rounding(geometry: GeomMeta, name: str, dtype: type = np.float64) -> float:
    """A few roundings of the largest number that a map passes through, in that map's own unit."""
    largest = 4 * max(*geometry.in_size, *geometry.resized_size, *geometry.crop_size, *geometry.feat_size)
    # image_from_* multiplies by source/resized and crop/cells, *_from_image by their inverses
    gain = max(1, *(max(a / b, b / a) for a, b in zip(geometry.in_size, geometry.resized_size, strict=True)))
    gain *= max(1, *(max(a / b, b / a) for a, b in zip(geometry.crop_size, geometry.feat_size, strict=True)))
    return 4 * float(np.finfo(dtype).eps) * largest * gain


@pytest.mark.parametrize("name", MAPS)
@given(data=st.data(), geometry=strategies.geometries())
def test_every_map_is_the_law_in_rationals(name, data, geometry):
    points = data.draw(strategies.points_of(geometry))
    got = getattr(geometry, name)(points)
    want = np.array([[float(exact(geometry, name, axis, value)) for axis, value in enumerate(p)] for p in points])
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=rounding(geometry, name))
    for axis, law in enumerate(geometry.exact(name)):
        assert law(3) == exact(geometry, name, axis, 3)


@given(data=st.data(), geometry=strategies.geometries())
def test_a_map_and_its_inverse_give_the_point_back(data, geometry):
    points = data.draw(strategies.points_of(geometry))
    for target in ("crop", "grid"):
        there = getattr(geometry, f"{target}_from_image")(points)
        back = getattr(geometry, f"image_from_{target}")(there)
        np.testing.assert_allclose(back, points, atol=rounding(geometry, target))


@given(data=st.data(), geometry=strategies.geometries(), grid=strategies.grids())
def test_another_grid_changes_nothing_before_the_grid(data, geometry, grid):
    """The sampler's coordinates and the crop's do not depend on the number of cells."""
    points = data.draw(strategies.points_of(geometry))
    other = geometry.with_grid(grid)
    assert other.feat_size == grid
    np.testing.assert_array_equal(other.crop_from_image(points), geometry.crop_from_image(points))
    np.testing.assert_allclose(
        other.sampler_from_image(points), geometry.sampler_from_image(points), atol=rounding(geometry, "sampler")
    )


@given(data=st.data(), size=strategies.sizes())
def test_no_resize_and_no_crop_is_the_identity(data, size):
    geometry = GeomMeta("official", size, size, size, size, (0, 0))
    points = data.draw(strategies.points_of(geometry))
    for name in ("crop_from_image", "grid_from_image", "image_from_crop", "image_from_grid"):
        np.testing.assert_array_equal(getattr(geometry, name)(points), points)


@given(geometry=strategies.geometries())
def test_json_gives_the_geometry_back(geometry):
    assert GeomMeta.from_dict(json.loads(json.dumps(geometry.to_dict()))) == geometry


@given(geometry=strategies.clip_geometries())
def test_whole_patches_have_the_stride_of_the_patch(geometry):
    """Cell k of a ViT starts k patches from the crop's left top, also where a remainder is left over."""
    patches = geometry.with_patches((13, 17))
    origin = geometry.image_from_crop(np.array([[-0.5, -0.5]]))
    two_right_one_down = geometry.image_from_crop(np.array([[2 * 17 - 0.5, 13 - 0.5]]))
    assert patches.grid_from_image(origin) == pytest.approx(np.array([[-0.5, -0.5]]), abs=1e-9)
    assert patches.grid_from_image(two_right_one_down) == pytest.approx(np.array([[1.5, 0.5]]), abs=1e-9)
    assert patches.feat_size == (geometry.crop_size[0] // 13, geometry.crop_size[1] // 17)


def test_384_pixels_hold_27_patches_of_14():
    siglip = GeomMeta("stretch", (480, 640), (384, 384), (384, 384), (24, 24), (0, 0)).with_patches((14, 14))
    assert (siglip.feat_size, siglip.crop_size) == ((27, 27), (378, 378))


def test_one_patch_may_fill_the_crop_and_each_side_has_its_own_count():
    wide = GeomMeta("stretch", (480, 640), (224, 336), (224, 336), (14, 21), (0, 0))
    assert wide.with_patches((224, 32)).feat_size == (1, 10)
    assert wide.with_patches((16, 336)).feat_size == (14, 1)


def test_json_of_sizes_and_offsets_is_lists():
    assert STANDARD.to_dict() == {
        "mode": "official",
        "in_size": [480, 640],
        "resized_size": [224, 298],
        "crop_size": [224, 224],
        "feat_size": [14, 14],
        "offset": [37, 0],
        "align_corners": False,
    }


@pytest.mark.parametrize("name", MAPS)
def test_points_stay_on_their_device(name):
    points = array_api_strict.asarray(PLACES, device=array_api_strict.Device("device1"))
    assert getattr(STANDARD, name)(points).device == points.device


STANDARD = GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0))
PLACES = [[0.0, 0.0], [319.5, 239.5], [100.25, 50.5]]


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("xp", [np, torch, array_api_strict], ids=["numpy", "torch", "strict"])
def test_library_and_dtype_come_back(xp, dtype, name):
    points = xp.asarray(PLACES, dtype=getattr(xp, dtype))
    result = getattr(STANDARD, name)(points)
    assert type(result) is type(points)
    assert result.dtype == points.dtype
    want = getattr(STANDARD, name)(np.array(PLACES))
    np.testing.assert_allclose(np.asarray(result), want, atol=rounding(STANDARD, name, np.dtype(dtype).type))
    assert np.asarray(STANDARD.valid(points)).tolist() == [False, True, True]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_mapped_in_single_and_rounded_once(dtype):
    points = torch.tensor(PLACES, dtype=dtype)
    result = STANDARD.grid_from_image(points)
    assert result.dtype == dtype
    assert torch.equal(result, STANDARD.grid_from_image(points.float()).to(dtype))


@pytest.mark.parametrize(
    "whole", [np.array([[100, 50]]), np.array([[100, 50]], dtype=np.uint16), [[100, 50]], (100, 50)]
)
def test_whole_numbers_and_lists_become_floats(whole):
    result = STANDARD.crop_from_image(whole)
    assert result.dtype == np.float64
    assert result.ravel().tolist() == STANDARD.crop_from_image(np.array([100.0, 50.0])).tolist()
    assert STANDARD.crop_from_image(torch.tensor([[100, 50]])).dtype == torch.float32


@pytest.mark.parametrize("shape", [(2,), (0, 2), (3, 2), (2, 3, 4, 2)])
def test_leading_axes_are_free(shape):
    points = np.random.default_rng(0).uniform(0, 480, shape)
    flat = STANDARD.grid_from_image(points.reshape(-1, 2)).reshape(shape)
    np.testing.assert_array_equal(STANDARD.grid_from_image(points), flat)
    assert STANDARD.valid(points).shape == shape[:-1]


def test_what_is_not_finite_stays_so_and_is_valid_nowhere():
    points = np.array([[np.nan, 240.0], [320.0, np.inf], [-np.inf, 240.0], [320.0, 240.0]])
    assert np.isfinite(STANDARD.grid_from_image(points)).all(axis=1).tolist() == [False, False, False, True]
    for rule in ("centre", "crop", "image"):
        assert STANDARD.valid(points, rule).tolist() == [False, False, False, True]


def test_points_are_not_changed_in_place():
    points = np.array(PLACES)
    for name in MAPS:
        getattr(STANDARD, name)(points)
    assert points.tolist() == PLACES


def test_gradients_are_the_scales():
    points = torch.tensor(PLACES, dtype=torch.float64, requires_grad=True)
    STANDARD.grid_from_image(points).sum().backward()
    assert points.grad == pytest.approx(np.array([[298 / 640 / 16, 224 / 480 / 16]] * 3))

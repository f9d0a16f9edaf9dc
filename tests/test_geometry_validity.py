"""Which points may read a feature: on, just inside and just outside every bound, and the ratio in closed form."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

import strategies
from reference.geometry import RULES, GeomMeta
from reference.precision import Precision

# Every bound of this geometry is a binary fraction, so that "exactly on" exists: crop pixels are half image pixels,
# the crop starts 16 image pixels from the left and ends 16 before the right, top and bottom are the image's own.
EXACT = GeomMeta("official", (64, 96), (32, 48), (32, 32), (4, 4), (8, 0))
MIDDLE = 31.5


def around(bound: float) -> list[float]:
    return [np.nextafter(bound, -np.inf), bound, np.nextafter(bound, np.inf)]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(
    ("rule", "first", "last"),
    [
        ("centre", (16 + 8 - 0.5, 8 - 0.5), (80 - 8 - 0.5, 64 - 8 - 0.5)),
        ("crop", (16 - 0.5, -0.5), (80 - 0.5, 64 - 0.5)),
        ("image", (-0.5, -0.5), (96 - 0.5, 64 - 0.5)),
    ],
)
def test_every_bound_is_exact(rule, first, last, axis):
    """`centre` includes both bounds; areas include the first and exclude the last; no margin on either side."""
    values = around(first[axis]) + around(last[axis])
    points = np.full((6, 2), MIDDLE)
    points[:, axis] = values
    on_last = rule == "centre"
    assert EXACT.valid(points, rule).tolist() == [False, True, True, True, on_last, False]


def test_a_point_outside_the_image_is_valid_under_no_rule():
    """Letterbox padding lies in the crop but not in the image, and a cell centre there is nobody's feature."""
    letterbox = GeomMeta("letterbox", (60, 80), (24, 32), (32, 32), (8, 8), (0, -4))
    padding = letterbox.image_from_grid(np.array([[4.0, 0.0], [4.0, 7.0]]))
    outside = np.array([[40.0, -0.51], [40.0, 59.51], [-0.51, 30.0], [79.51, 30.0]])
    for rule in RULES:
        assert letterbox.valid(padding, rule).tolist() == [False, False]
        assert letterbox.valid(outside, rule).tolist() == [False] * 4
        assert letterbox.valid(np.array([[40.0, 0.0]]), rule).tolist() == [True]


@given(geometry=strategies.geometries())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_cell_centre_inside_the_image_is_valid(dtype, geometry):
    """Bounds included: rounding never drops the outermost row of cells, in any dtype."""
    height, width = geometry.feat_size
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], dtype=dtype)
    points = geometry.image_from_grid(corners)
    assert points.dtype == dtype
    np.testing.assert_array_equal(geometry.valid(points, "centre"), geometry.valid(points, "image"))


@given(data=st.data(), geometry=strategies.geometries())
def test_the_rules_are_what_they_say_in_their_own_frames(data, geometry):
    """Away from rounding of the bounds: centre by grid index, crop by crop edges, image by image edges."""
    points = data.draw(strategies.points_of(geometry))
    grid, crop = geometry.grid_from_image(points), geometry.crop_from_image(points)
    (h0, w0), (hc, wc), (hf, wf) = geometry.in_size, geometry.crop_size, geometry.feat_size
    near = np.minimum(np.abs(grid), np.abs(grid - [wf - 1, hf - 1])).min(axis=1) < 1e-9
    near |= np.minimum(np.abs(crop + 0.5), np.abs(crop + 0.5 - [wc, hc])).min(axis=1) < 1e-9
    in_image = ((points >= -0.5) & (points < [w0 - 0.5, h0 - 0.5])).all(axis=1)
    in_crop = ((crop >= -0.5) & (crop < [wc - 0.5, hc - 0.5])).all(axis=1)
    in_grid = ((grid >= 0) & (grid <= [wf - 1, hf - 1])).all(axis=1)
    np.testing.assert_array_equal(geometry.valid(points, "image"), in_image)
    np.testing.assert_array_equal(geometry.valid(points, "crop")[~near], (in_crop & in_image)[~near])
    np.testing.assert_array_equal(geometry.valid(points)[~near], (in_grid & in_image)[~near])


@given(geometry=strategies.geometries())
def test_centre_implies_crop_implies_image(geometry):
    ratios = [geometry.valid_ratio(rule) for rule in RULES]
    assert 0 <= ratios[0] <= ratios[1] <= ratios[2] == 1


@pytest.mark.parametrize("rule", RULES)
@given(geometry=strategies.clip_geometries())
def test_the_ratio_is_what_counting_finds(rule, geometry):
    """Columns times rows of a fine lattice over the image: off by at most one line at each of two bounds an axis."""
    lines = 2000
    counted, exact = 1.0, geometry.valid_ratio(rule)
    middle = geometry.image_from_crop(np.array([(c - 1) / 2 for c in geometry.crop_size[::-1]]))
    assume(geometry.valid(middle, rule))
    for axis in (0, 1):
        side = geometry.in_size[1 - axis]
        points = np.tile(middle, (lines, 1))
        points[:, axis] = (np.arange(lines) + 0.5) * side / lines - 0.5
        counted *= geometry.valid(points, rule).mean()
    assert counted == pytest.approx(exact, abs=2 * 2 / lines)


@pytest.mark.parametrize(
    ("geometry", "centre", "crop"),
    [
        (
            GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0)),
            208 / 298 * 208 / 224,
            224 / 298,
        ),
        (
            GeomMeta("official", (480, 640), (224, 298), (224, 224), (30, 40), (37, 0)),
            39 / 40 * 29 / 30 * 224 / 298,
            224 / 298,
        ),
        (GeomMeta("letterbox", (480, 640), (168, 224), (224, 224), (14, 14), (0, -28)), 13 / 14, 1.0),
        (GeomMeta("stretch", (480, 640), (224, 224), (224, 224), (14, 14), (0, 0)), (13 / 14) ** 2, 1.0),
        (GeomMeta("official", (5, 5), (5, 5), (5, 5), (1, 1), (0, 0)), 0.0, 1.0),  # one cell has one centre, no area
        (GeomMeta("letterbox", (5, 5), (5, 5), (5, 5), (5, 5), (9, 0)), 0.0, 0.0),  # a crop beside the image
    ],
)
def test_pinned_ratios(geometry, centre, crop):
    assert geometry.valid_ratio() == pytest.approx(centre, abs=1e-15)
    assert geometry.valid_ratio("crop") == pytest.approx(crop, abs=1e-15)
    assert geometry.valid_ratio("image") == 1


def test_torch_points_give_a_torch_mask():
    mask = EXACT.valid(torch.tensor([[31.5, 31.5], [0.0, 0.0]]))
    assert mask.dtype == torch.bool
    assert mask.tolist() == [True, False]


# In every float dtype ----------------------------------------------------------------------------------------------


def neighbours(value: torch.Tensor) -> torch.Tensor:
    """Each finite number and the ones of its dtype before and after it."""
    whole = {2: torch.int16, 4: torch.int32, 8: torch.int64}[value.element_size()]
    nudged = torch.stack([value.view(whole) + step for step in (-1, 0, 1)]).view(value.dtype)
    return torch.where(value == 0, torch.stack([value - 1e-3, value, value + 1e-3]), nudged)


@given(geometry=strategies.geometries())
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_bounds_are_where_the_maps_take_them_in_the_points_own_dtype(dtype, rule, geometry):
    """Bound for bound what `image_from_grid` and `image_from_crop` give for an array of that dtype; the image's own."""
    height, width = {"centre": geometry.feat_size, "crop": geometry.crop_size, "image": geometry.in_size}[rule]
    corners = [[0, 0], [width - 1, height - 1]] if rule == "centre" else [[-0.5, -0.5], [width - 0.5, height - 0.5]]
    to_image = {"centre": geometry.image_from_grid, "crop": geometry.image_from_crop}.get(rule, lambda points: points)
    first, last = to_image(torch.tensor(corners, dtype=torch.float64 if rule == "image" else dtype))
    end = torch.tensor([geometry.in_size[1] - 0.5, geometry.in_size[0] - 0.5], dtype=torch.float64)
    around = torch.stack([bound.to(dtype) for bound in (first, last, end, torch.full_like(end, -0.5))])
    points = neighbours(around).reshape(-1, 2)
    points = torch.cartesian_prod(*points.unbind(-1))
    within = (points >= first) & ((points <= last) if rule == "centre" else (points < last))
    expected = (within & (points >= -0.5) & (points < end)).all(dim=-1)
    assert torch.equal(geometry.valid(points, rule), expected)


@given(geometry=strategies.geometries(), place=st.integers(-4096, 4096))
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_map_at_one_place_is_what_an_array_of_that_place_gives(dtype, place, geometry):
    precision = Precision.of(torch, dtype)
    array = geometry.image_from_grid(torch.full((2,), place + 0.25, dtype=dtype))
    assert [precision.at(image_from, place + 0.25) for image_from in geometry._image_from("centre")] == array.tolist()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_numbers_are_rounded_as_torch_rounds_them(dtype):
    """Half to even, subnormal numbers and overflow included."""
    precision = Precision.of(torch, dtype)
    values = torch.cat(
        [torch.logspace(-9, 4.9, 500), torch.arange(0, 5000, 0.25), torch.tensor([65504.0, 65520.0, 7e4, torch.inf])]
    )
    values = torch.cat([values, -values])
    assert [precision.rounded(value) for value in values.tolist()] == values.to(dtype).tolist()


@pytest.mark.parametrize("rule", RULES)
def test_an_image_wider_than_half_precision_ends_at_infinity(rule):
    """65,504 is the largest number of float16."""
    wide = GeomMeta("stretch", (70_000, 70_000), (224, 224), (224, 224), (14, 14), (0, 0))
    assert wide.valid(np.array([[60_000, 30_000]], dtype=np.float16), rule).tolist() == [True]
    assert wide.valid(np.array([[-1, 30_000]], dtype=np.float16), rule).tolist() == [False]


def test_half_is_what_has_less_bits_than_single():
    bits = {torch.float16: True, torch.bfloat16: True, torch.float32: False, torch.float64: False}
    assert {dtype: Precision.of(torch, dtype).is_half for dtype in bits} == bits


def test_maps_are_evaluated_in_single_precision_at_least():
    single, double = (Precision.of(np, np.dtype(name)) for name in ("float32", "float64"))
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        assert Precision.of(torch, dtype).working == single
    assert Precision.of(torch, torch.float64).working == double

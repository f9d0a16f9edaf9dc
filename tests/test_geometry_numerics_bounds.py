"""On a bound of validity and on the border of a cell, in every float dtype and at extreme sizes."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings

import strategies
from diagnostics.landing import count_landings
from neighbours import neighbours
from rationals import exact
from reference import sample_points
from reference.camera import Camera
from reference.closed_form import geometry_for
from reference.geometry import RULES, GeomMeta, edge_from_index
from reference.precision import Precision
from reference.rounding import map_error

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
SIZES = [(1, 1), (1, 7), (2049, 641), (1, 65_535), (65_535, 1), (75_000, 100_000)]
DTYPE = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def of(size):
    return geometry_for("official", size, (224, 224), (16, 16))


@DTYPE
@pytest.mark.parametrize("side", [1, 2, 257, 640, 641, 2049, 2050, 65_503])
def test_the_centres_of_the_first_and_last_pixel_are_in_the_image_wherever_the_dtype_holds_them(dtype, side):
    """640 of 641 pixels: bfloat16 rounds the end, 640.5, to 640 itself; so does float16 that of 2049 pixels."""
    ends = torch.tensor([0, side - 1], dtype=torch.float64)
    held = ends[ends.to(dtype).double() == ends].to(dtype)
    assert of((side, side)).valid(held[:, None].expand(-1, 2), "image").all()


@DTYPE
@settings(max_examples=40)
@given(geometry=strategies.huge_geometries())
def test_a_point_is_misjudged_only_within_the_rounding_of_the_bound_and_never_outside_the_image(dtype, geometry):
    precision = Precision.of(torch, dtype)
    for rule in RULES:
        name, sizes = {
            "centre": ("image_from_grid", geometry.feat_size),
            "crop": ("image_from_crop", geometry.crop_size),
        }.get(rule, (None, geometry.in_size))
        margin = 0 if rule == "centre" else Fraction(1, 2)
        for axis, side in enumerate(sizes[::-1]):
            ends = [-margin, side - 1 + margin]
            first, last = (exact(geometry, name, axis, end) if name else end for end in ends)
            bound = np.zeros(2)
            if name:
                held = np.array([precision.rounded(float(end)) for end in ends])
                bound = map_error(geometry, name, held[:, None].repeat(2, 1), precision)[:, axis]
                bound += (
                    float(geometry.exact(name)[axis].scale) * np.abs(held - np.array(ends, dtype=float)) * (1 + 1e-9)
                )
            image = geometry.in_size[1 - axis] - Fraction(1, 2)
            around = torch.tensor([float(first), float(last), -0.5, float(image)], dtype=torch.float64).to(dtype)
            around = around[around.isfinite()]
            values = torch.cat(
                [torch.nextafter(around, torch.full_like(around, way)) for way in (-torch.inf, torch.inf)]
            )
            values = torch.cat([around, values])
            interval = geometry._valid_intervals(rule, precision)[axis]
            for value, judged in zip(values.double().tolist(), interval.holds(values).tolist(), strict=True):
                if not np.isfinite(value):
                    assert not judged
                    continue
                place = Fraction(value)
                in_image = -Fraction(1, 2) <= place < image
                right = in_image and (first <= place <= last if rule == "centre" else first <= place < last)
                if judged != right:
                    assert in_image
                    near = zip((first, last), bound, strict=True)
                    assert any(np.isinf(most) or abs(place - end) <= Fraction(most) for end, most in near)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("side", [2, 640, 65_535, 100_000])
def test_visible_reads_the_pixel_that_a_point_lies_in_up_to_its_very_rim(side, dtype):
    """0.49999997, the float32 below 1/2, is in pixel 0, though 1/2 more is 1 in float32."""
    rims = np.unique(np.geomspace(1, side - 1, 40).astype(int)) - 0.5
    u = neighbours(rims, np.dtype(dtype))
    u = u[np.isfinite(u) & (u >= -0.5) & (u < side - 0.5)]
    camera = Camera(1, 1, 0, 0, (1, side), np.eye(4))
    pixel = np.array([int((Fraction(float(place)) + Fraction(1, 2)) // 1) for place in u])
    readings = np.where(np.arange(side) % 2, 1.0, 9.0)[None]
    seen = camera.visible(np.stack([u, np.zeros_like(u), np.ones_like(u)], axis=-1), readings, 0)
    np.testing.assert_array_equal(seen, pixel % 2 == 1)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_landings_at_cell_borders_are_those_of_the_values_in_float64(size, dtype):
    """Point for point valid and the floor of the edge coordinate, which differs from the exact cell by a rounding."""
    geometry = of(size).with_grid((5, 7))
    cells = [np.arange(-0.5, n + 1, 0.5) for n in (7, 5)]
    longest = max(map(len, cells))
    at = np.stack([np.resize(axis, longest) for axis in cells], axis=1)
    around = neighbours(geometry.image_from_grid(at).ravel(), np.dtype(dtype)).reshape(-1, 2)
    points = np.concatenate([around, around[:, ::-1], np.stack([around[:, 0], np.full(len(around), 0)], axis=1)])
    given_points = points.astype(dtype)
    known = given_points[np.isfinite(given_points).all(axis=1)].astype(np.float64)
    known = known[geometry.valid(known)]
    edges = edge_from_index(geometry.grid_from_image(known))
    wanted = np.zeros((5, 7), int)
    np.add.at(wanted, tuple(np.floor(edges).astype(int).T[::-1]), 1)
    counts = count_landings([given_points], geometry, [(5, 7)]).grids[0].counts
    np.testing.assert_array_equal(counts, wanted)
    bound = map_error(geometry, "grid_from_image", known, Precision.of(np, np.dtype("f8"))) + 2.0**-50
    for point, edge, most in zip(known, edges, bound, strict=True):
        for axis in (0, 1):
            truth = exact(geometry, "grid_from_image", axis, point[axis]) + Fraction(1, 2)
            assert truth // 1 == np.floor(edge[axis]) or abs(truth - round(truth)) <= Fraction(most[axis])


@DTYPE
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_points_are_read_at_places_in_float64_whatever_their_dtype(size, dtype):
    """A ramp says where it was read: to float64's bound, and a rounding or two of the read itself in float64."""
    geometry = of(size)
    rows, columns = geometry.feat_size
    ramp = torch.stack(torch.meshgrid(torch.arange(columns), torch.arange(rows), indexing="xy")).double()
    share = torch.rand(40, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 0.9 + 0.05
    crop = share * torch.tensor([float(side) for side in geometry.crop_size[::-1]])
    points = geometry.image_from_crop(crop).to(dtype)
    values, valid = sample_points(ramp, points, geometry)
    for value, point in zip(values[valid].tolist(), points[valid].double().tolist(), strict=True):
        for axis, cells in enumerate((columns, rows)):
            truth = min(max(exact(geometry, "grid_from_image", axis, point[axis]), Fraction(0)), Fraction(cells - 1))
            bound = map_error(geometry, "grid_from_image", point, Precision.of(torch, torch.float64))[axis]
            assert abs(Fraction(value[axis]) - truth) <= Fraction(bound) + Fraction(8 * cells, 2**53)


def test_a_wide_image_is_no_image_of_float16():
    """65,504 is the largest number of float16: what lies behind it in the crop is infinite, and valid nowhere."""
    wide = GeomMeta("stretch", (100_000, 100_000), (224, 224), (224, 224), (14, 14), (0, 0))
    crop = torch.tensor([[220.0, 220.0]], dtype=torch.float16)
    assert wide.image_from_crop(crop).isinf().all()
    assert not wide.valid(wide.image_from_crop(crop), "image").any()
    assert np.isinf(map_error(wide, "image_from_crop", crop.double(), Precision.of(torch, torch.float16))).all()

"""Landings are counted exactly as the geometry's own maps say, point by point, bounds included."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.landing import LandingCuts, Landings, count_landings
from diagnostics.tally import Tally
from neighbours import neighbours
from reference.camera import Camera
from reference.closed_form import geometry_for
from reference.geometry import GeomMeta, edge_from_index, index_from_edge
from strategies import clip_geometries, geometries, grids

VGA = geometry_for("official", (480, 640), (224, 224), (16, 16))


def cells_by_the_maps(points: np.ndarray, geometry: GeomMeta) -> np.ndarray:
    """The oracle: valid points by the floor of the edge coordinate of `grid_from_image`."""
    counts = np.zeros(geometry.feat_size, dtype=int)
    valid = points[geometry.valid(points)]
    x, y = np.floor(edge_from_index(geometry.grid_from_image(valid))).astype(int).T
    np.add.at(counts, (y, x), 1)
    return counts


def assert_counts_are_those_of_the_maps(landings: Landings, points: np.ndarray, geometry: GeomMeta) -> None:
    points = points.astype(np.float64)
    assert landings.points == len(points)
    assert landings.finite == np.isfinite(points).all(axis=1).sum()
    assert landings.in_image == geometry.valid(points, "image").sum() == landings.density.sum()
    assert landings.in_crop == geometry.valid(points, "crop").sum()
    for on in landings.grids:
        np.testing.assert_array_equal(on.counts, cells_by_the_maps(points, geometry.with_grid(on.grid)))
        assert on.valid == geometry.with_grid(on.grid).valid(points).sum()


DTYPES = ["f2", "f4", ">f4", "f8", ">f8", "i1", "u1", "i2", ">i4", "i8", "u8"]


@st.composite
def points_on_bounds(draw: st.DrawFn, geometry: GeomMeta, dtype: str) -> np.ndarray:
    """Points on, just before and just after everything that a coordinate is compared with, and far from it.

    Just before and after are the neighbours in the points' own dtype.
    """
    axes = []
    for axis in (0, 1):
        cells, side = geometry.feat_size[1 - axis], geometry.in_size[1 - axis]
        marks = np.zeros((2 * cells + 1, 2))
        marks[:, axis] = np.arange(2 * cells + 1) / 2
        bounds = geometry.image_from_grid(index_from_edge(marks))[:, axis]
        bounds = np.concatenate([bounds, index_from_edge(np.array([0, 1, 2, side // 2, side / 3, side]))])
        places = neighbours(bounds, np.dtype(dtype))
        axes.append(places[draw(st.lists(st.integers(0, len(places) - 1), min_size=16, max_size=16))])
    return np.array(axes, dtype).T


@given(st.data(), geometries() | clip_geometries(), grids(), st.integers(1, 30))
def test_counts_are_those_of_the_maps_point_by_point(
    data: st.DataObject, geometry: GeomMeta, grid: tuple[int, int], length: int
) -> None:
    """In any geometry and dtype, on any bound, in chunks of any length and layout: the fast count is the slow one."""
    own = geometry.feat_size
    dtype, order = data.draw(st.sampled_from(DTYPES)), data.draw(st.sampled_from("CF"))
    drawn = [data.draw(points_on_bounds(geometry.with_grid(size), dtype)) for size in (own, grid)]
    points = np.asarray(np.concatenate(drawn), dtype, order=order)
    chunks = [points[start : start + length] for start in range(0, len(points), length)]
    landings = count_landings(chunks, geometry, [own, grid, (1, 1)])
    assert_counts_are_those_of_the_maps(landings, points, geometry)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_every_bound_of_640x480_is_exact_in_every_bin_and_cell(dtype: str) -> None:
    """All 640 pixel bounds and all cell bounds of two grids, each with its two neighbours, along both axes."""
    places = []
    for axis in (0, 1):
        bounds = [index_from_edge(np.arange(VGA.in_size[1 - axis] + 1.0))]
        for rows, columns in ((14, 14), (30, 40)):
            halves = np.zeros((2 * max(rows, columns) + 1, 2))
            halves[:, axis] = np.arange(len(halves)) / 2
            bounds.append(VGA.with_grid((rows, columns)).image_from_grid(index_from_edge(halves))[:, axis])
        places.append(np.unique(neighbours(np.concatenate(bounds), np.dtype(dtype))))
    x, y = (np.full((len(places[axis]), 2), 240, dtype) for axis in (0, 1))
    x[:, 0], y[:, 1] = places
    points = np.concatenate([x, y])
    landings = count_landings([points], VGA, [(14, 14), (30, 40)])
    assert_counts_are_those_of_the_maps(landings, points, VGA)
    inside = points[VGA.valid(points.astype(np.float64), "image")].astype(np.float64)
    columns, rows = np.floor(edge_from_index(inside) / 2).astype(int).T
    density = np.zeros_like(landings.density)
    np.add.at(density, (rows, np.minimum(columns, 319)), 1)
    np.testing.assert_array_equal(landings.density, density)


def test_whole_pixels_of_640x480_land_in_known_cells() -> None:
    """The first pixel, by hand: x_crop = (u + 1/2) 298/640 - 37, crop from 0, valid from 8, cells of 16; y alike.

    Along the row of v = 240: in the crop from u = 79 to 560, valid from 97 to 542. Along u = 320: valid from v = 17.
    """

    def columns(*u: float) -> tuple[int, list[int]]:
        landings = count_landings([np.array([[at, 240.0] for at in u])], VGA, [(14, 14)])
        return landings.in_crop, np.flatnonzero(landings.grids[0].counts.sum(axis=0)).tolist()

    assert columns(78, 561) == (0, [])
    assert columns(79, 560) == (2, [])
    assert columns(96, 543) == (2, [])
    assert columns(97) == (1, [0])
    assert columns(542) == (1, [13])
    # Cell 1 begins where x_crop = 16: u = 53 * 640/298 - 1/2 = 113.3.
    assert columns(113) == (1, [0])
    assert columns(114) == (1, [1])
    rows = count_landings([np.array([[320.0, v] for v in (16, 17, 33, 34, 462, 463)])], VGA, [(14, 14)]).grids[0]
    assert rows.counts.sum(axis=1).tolist() == [2, 1] + [0] * 11 + [1]
    # (u + 1/2) 298/640 - 37 = 112 at u = 319.5: the very middle begins the eighth cell.
    middle = count_landings([np.array([[319.5, 239.5]])], VGA, [(14, 14)]).grids[0].counts
    assert np.argwhere(middle).tolist() == [[7, 7]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_points_of_any_dtype_are_counted_as_float64(dtype: str) -> None:
    """Counting is exact in float64: no dtype is rounded any further than it was stored."""
    random = np.random.default_rng(1)
    points = random.uniform(0, 120, (500, 2)).astype(dtype)
    geometry = geometry_for("official", (100, 90), (224, 224), (16, 16))
    landings = count_landings([points], geometry, [(14, 14), (30, 40)])
    assert landings.in_image > 100
    assert_counts_are_those_of_the_maps(landings, points, geometry)


def test_float32_points_are_not_rounded_to_float32_bounds() -> None:
    """The last centre of 14 cells is at u = 542.855..., below the float32 next to it: that float32 is outside."""
    last = VGA.image_from_grid(np.array([13.0, 6.0]))
    rounded = last.astype(np.float32)
    assert rounded[0] > last[0]
    assert count_landings([last[None]], VGA, [(14, 14)]).grids[0].valid == 1
    assert count_landings([rounded[None]], VGA, [(14, 14)]).grids[0].valid == 0


def test_points_that_are_not_finite_are_read_and_land_nowhere() -> None:
    """NaN, also a signalling one, and infinities count as points and as nothing else, without a warning."""
    for dtype, signalling in ((np.float16, 0x7D00), (np.float32, 0x7FA00000), (np.float64, 0x7FF4000000000000)):
        points = np.array([[np.nan, 3], [3, np.inf], [-np.inf, 3], [3, 3], [3, 3]], dtype=dtype)
        points.view(f"u{points.itemsize}")[3, 0] = signalling
        assert np.isnan(points[3, 0])
        landings = count_landings([points], VGA, [(14, 14)])
        assert (landings.points, landings.finite, landings.in_image) == (5, 1, 1)


def test_a_chunk_may_be_of_any_length() -> None:
    """One chunk of 100,000 points, more than are worked on at once, and the same points in crumbs."""
    points = np.random.default_rng(5).uniform(-20, 660, (100_000, 2))
    whole = count_landings([points], VGA, [(14, 14), (30, 40)])
    assert_counts_are_those_of_the_maps(whole, points, VGA)
    crumbs = count_landings(np.array_split(points, 33), VGA, [(14, 14), (30, 40)])
    assert crumbs.to_dict() == whole.to_dict()


def test_no_points_give_zero_counts() -> None:
    landings = count_landings([], VGA, [(14, 14), (2, 3)])
    assert (landings.points, landings.finite, landings.in_image, landings.in_crop) == (0, 0, 0, 0)
    assert [on.counts.tolist() for on in landings.grids] == [np.zeros((14, 14)).tolist(), np.zeros((2, 3)).tolist()]


def test_letterbox_padding_counts_nothing() -> None:
    """Points beyond the image that the crop's padding covers are in no cell; those at the image's rim are."""
    geometry = geometry_for("letterbox", (480, 640), (224, 224), (16, 16))
    v = np.array([-100.0, -0.51, -0.5, 479.49, 479.5, 580.0])
    landings = count_landings([np.stack([np.full(6, 320.0), v], axis=1)], geometry, [(14, 14)])
    assert (landings.in_image, landings.in_crop, landings.grids[0].valid) == (2, 2, 2)
    # 28 rows of padding: the image begins in the second cell, 28/16 = 1.75, and ends in the thirteenth.
    assert np.flatnonzero(landings.grids[0].counts.sum(axis=1)).tolist() == [1, 12]


def test_world_points_behind_the_camera_are_not_in_the_image() -> None:
    """A point in front lands; its mirror image behind, which projects to the same pixel, does not."""
    camera = Camera(500, 500, 319.5, 239.5, (480, 640), np.eye(4).tolist())
    world = np.array([[0.1, 0.2, 4.0], [-0.1, -0.2, -4.0], [0.0, 0.0, 0.0], [np.nan, 0, 1], [9.0, 0.0, 4.0]])
    landings = count_landings([world[:2], world[2:]], VGA, [(14, 14)], camera)
    assert (landings.points, landings.finite, landings.in_image) == (5, 4, 1)
    in_the_image = count_landings([camera.image_from_world(world[:1])[0]], VGA, [(14, 14)])
    np.testing.assert_array_equal(landings.grids[0].counts, in_the_image.grids[0].counts)


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "i2"])
def test_world_points_are_counted_where_the_camera_sees_them_in_float64(dtype: str) -> None:
    """20,000 points all around the camera, more than are projected at once, some not finite."""
    pose = [[0.36, 0.48, -0.8, 1.0], [-0.8, 0.6, 0.0, -2.0], [0.48, 0.64, 0.6, 3.0], [0, 0, 0, 1]]
    camera = Camera(500, 510, 319.5, 239.5, (480, 640), pose, (0.1, -0.05, 0, 0))
    world = np.random.default_rng(6).uniform(-9, 9, (20_000, 3)).astype(dtype)
    if world.dtype.kind == "f":
        world[::7, 1] = np.nan
    landings = count_landings(np.array_split(world, 3), VGA, [(14, 14), (30, 40)], camera)
    seen = camera.image_from_world(world.astype(np.float64))[0]
    assert landings.finite == np.isfinite(world).all(axis=1).sum()
    assert landings.in_image == VGA.valid(seen, "image").sum() > 500
    for on in landings.grids:
        np.testing.assert_array_equal(on.counts, cells_by_the_maps(seen, VGA.with_grid(on.grid)))


@pytest.mark.parametrize("count", [0, 1, 2**13 - 1, 2**13, 2**13 + 1, 20_000])
def test_a_camera_is_given_every_point_once_and_never_more_than_stay_in_the_cache(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8,192 points at a time: a camera makes some ten times their memory of them."""
    given: list[np.ndarray] = []

    def image_from_world(_: Camera, world: np.ndarray) -> tuple[np.ndarray, ...]:
        given.append(world)
        return world[:, :2], world[:, 2], world[:, 2] > 0

    monkeypatch.setattr(Camera, "image_from_world", image_from_world)
    world = np.arange(3.0 * count).reshape(count, 3)
    count_landings([world], VGA, [(14, 14)], Camera(500, 500, 319.5, 239.5, (480, 640), np.eye(4).tolist()))
    assert [len(part) for part in given] == [2**13] * (count // 2**13) + [count % 2**13] * (count % 2**13 > 0)
    np.testing.assert_array_equal(np.concatenate([np.empty((0, 3)), *given]), world)


@pytest.mark.parametrize(
    ("shape", "camera", "wanted"),
    [((5, 3), False, r"\(n, 2\)"), ((5, 2), True, r"\(n, 3\)"), ((5,), False, r"\(5,\)"), ((2, 5), False, "without")],
)
def test_chunks_of_another_shape_are_refused(shape: tuple[int, ...], camera: bool, wanted: str) -> None:
    seen_by = Camera(500, 500, 319.5, 239.5, (480, 640), np.eye(4).tolist()) if camera else None
    with pytest.raises(ValueError, match=wanted):
        count_landings([np.zeros(shape)], VGA, [(14, 14)], seen_by)


@pytest.mark.parametrize(("size", "side"), [((480, 640), 2), ((30, 40), 1), ((20_000, 30_000), 94), ((321, 7), 2)])
def test_the_density_has_at_most_320_bins_along_a_side(size: tuple[int, int], side: int) -> None:
    """Bins are whole pixels, so that points at pixel centres make no pattern; the last may be cut short."""
    geometry = geometry_for("official", size, (224, 224), (16, 16))
    height, width = size
    last = np.array([[width - 1.0, height - 1.0]])
    landings = count_landings([last, np.array([[0.0, 0.0]])], geometry, [(14, 14)])
    assert landings.bin_side == side
    assert landings.density.shape == (-(-height // side), -(-width // side))
    assert max(landings.density.shape) <= 320
    assert landings.density[-1, -1] == landings.density[0, 0] == 1


def test_landings_as_json_hold_what_the_contract_says() -> None:
    """`to_dict` survives JSON, its counts sum to `valid`, and its geometry is the one that was counted with."""
    random = np.random.default_rng(2)
    landings = count_landings([random.uniform(0, 640, (3000, 2))], VGA, [(14, 14), (30, 40)])
    data = json.loads(json.dumps(landings.to_dict()))
    assert set(data) == {"points", "finite", "in_image", "in_crop", "geometry", "grids"}
    assert GeomMeta.from_dict(data["geometry"]) == VGA
    assert [on["grid"] for on in data["grids"]] == [[14, 14], [30, 40]]
    for on in data["grids"]:
        assert np.shape(on["counts"]) == tuple(on["grid"])
        assert np.sum(on["counts"]) == on["valid"] > 1000


@pytest.mark.parametrize(
    ("dtype", "light"), [("f4", True), (">f4", True), ("f2", True), ("i2", True), ("f8", False), ("i8", False)]
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_points_are_counted_in_float32_where_that_holds_them(
    dtype: str, light: bool, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half the memory; each coordinate is contiguous, however the points came."""
    given = []
    monkeypatch.setattr(Tally, "add", lambda _, u, v: given.extend((u, v)))
    count_landings([np.asarray([[1, 2], [3, 4], [5, 6]], dtype, order=order)], VGA, [(14, 14)])
    assert {axis.dtype for axis in given} == {np.dtype("f4" if light else "f8")}
    assert all(axis.flags.c_contiguous for axis in given)
    assert [axis.tolist() for axis in given] == [[1, 3, 5], [2, 4, 6]]


def test_what_is_counted_is_said_where_a_chunk_has_another_shape() -> None:
    with pytest.raises(
        ValueError, match=r"^landings are counted of points \(n, 2\) without a camera, got shape \(5, 3\)$"
    ):
        count_landings([np.zeros((5, 3))], VGA, [(14, 14)])
    camera = Camera(500, 500, 319.5, 239.5, (480, 640), np.eye(4).tolist())
    with pytest.raises(
        ValueError, match=r"^landings are counted of world points \(n, 3\) with a camera, got shape \(5, 2\)$"
    ):
        count_landings([np.zeros((5, 2))], VGA, [(14, 14)], camera)


def test_landings_are_told_of_what_was_counted_and_leave_it_as_it_is() -> None:
    """The same counts give the same landings twice, and may be added to afterwards."""
    asked = LandingCuts.of(VGA, [(14, 14)])
    counted = asked.count([np.array([[320.0, 240.0]])])
    first = asked.landings(counted)
    counted.add(counted)
    assert asked.landings(counted).in_image == 2 * first.in_image == 2
    assert counted.points == counted.finite == 2
    total = asked.nothing()
    assert (total.points, total.finite, total.table.sum()) == (0, 0, 0)
    total.add(counted)
    assert asked.landings(total).to_dict() == asked.landings(counted).to_dict()

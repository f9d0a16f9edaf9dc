"""The measured landing of a lift: which points are asked, which of their places count, and the line through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from broken_cells import sample
from diagnostics import Pipeline
from diagnostics.chains import Chains, true_chains
from diagnostics.probes_lift import MeasuredLanding, lattice, measure_landing
from diagnostics.recipe import Landing
from diagnostics.steps import Raster
from diagnostics.subject import Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.closed_form import geometry_for

VGA = (480, 640)
Places = Callable[[Tensor], Tensor]


def law(points: Tensor) -> Tensor:
    """The grid index of VGA points, by hand: x_crop = x 298/640 - 37 and y 224/480, cells of 16."""
    return (points + 0.5) * torch.tensor([298 / 640, 224 / 480]) / 16 - torch.tensor([37 / 16 + 0.5, 0.5])


def subject_of(places: Places, sizes: Any = (VGA,), grid: tuple[int, int] = (14, 14), **declared: Any) -> Subject:
    """A lift that reads a map of 224 x 224 crop pixels where `places` says, nothing beyond the rim's half cell."""

    def lift(features: Tensor, points: Tensor, size: tuple[int, int]) -> Any:
        index = places(points.double())
        read = sample(features, index)
        read[((index < -0.5) | (index > torch.tensor(grid[::-1]) - 0.5)).any(1)] = 0
        return read if mask is None else (read, mask(points))

    mask = declared.pop("mask", None)
    return Subject(
        Pipeline(
            geometry=lambda size: geometry_for("official", size, (224, 224), (16, 16)).with_grid(grid),
            lift=lift,
            grid=grid,
            **declared,
        ),
        sizes,
    )


def measured(places: Places, *arguments: Any, **declared: Any) -> MeasuredLanding:
    subject = subject_of(places, *arguments, **declared)
    return measure_landing(subject, true_chains(subject)[0])


def used(chains: Chains, places: Places, rim: float, *, whole_image: bool = False) -> np.ndarray:
    """Of the lattice's points that read more than `rim` cells inside the outermost centres the ends, (2, 2)."""
    points = lattice(chains, 0, "index", whole_image=whole_image)
    read = places(torch.from_numpy(points)).numpy()
    inside = ((read > rim) & (read < chains.cells[0] - 1 - rim)).all(axis=1)
    assert inside.sum() >= 9
    return np.array([points[inside].min(axis=0), points[inside].max(axis=0)])


# The landing ----------------------------------------------------------------------------------------------------------


def test_the_landing_of_640x480_is_the_law() -> None:
    """Gain 298/640/16 and 224/480/16; shift (298/1280 - 37)/16 - 1/2 and 224/960/16 - 1/2."""
    found = measured(law)
    np.testing.assert_allclose(found.landing.gain, [[0.02910156, 0.02916667]], atol=1e-7)
    np.testing.assert_allclose(found.landing.shift, [[-2.79794922, -0.48541667]], atol=1e-5)
    assert (found.landing.swapped, found.raster, found.nearest, found.cut) == (False, None, False, False)
    np.testing.assert_array_equal(found.ripple, [[0, 0]])
    assert found.residual.shape == (1,)
    assert 0 < found.residual[0] < 2e-5
    assert found.chains.sizes == (VGA,)
    np.testing.assert_array_equal([found.low[0], found.high[0]], used(found.chains, law, 2.0))


def test_the_residual_is_that_of_the_worse_axis() -> None:
    """A bend of 0.0004 cells on y alone, below what is taken for the ripple of a kernel."""

    def bent(points: Tensor) -> Tensor:
        place = law(points)
        place[:, 1] += 0.0004 * torch.sign(torch.sin(points[:, 1]))
        return place

    assert measured(bent).residual[0] == pytest.approx(0.0004, rel=0.05)


def test_axes_that_are_exchanged_are_told_and_followed() -> None:
    """Whether the x read follows v: `at` then gives the same places as the lift."""
    turned = lambda points: law(points).flip(1) * torch.tensor([1.0, 0.9])  # noqa: E731
    found = measured(turned)
    assert found.landing.swapped
    points = np.array([[200.0, 100.0], [417.0, 333.0]])
    np.testing.assert_allclose(found.at(0, points), turned(torch.from_numpy(points)).numpy(), atol=1e-4)
    # The range is that of the coordinates by axis of the grid: x of the map follows v.
    np.testing.assert_array_equal([found.low[0], found.high[0]], used(found.chains, turned, 2.0)[:, ::-1])


@pytest.mark.parametrize(("across", "swapped"), [(1, False), (2, True)])
def test_axes_are_exchanged_where_most_sizes_say_so(across: int, swapped: bool) -> None:
    """Two of three, not one of two."""
    sizes = (VGA, (480, 641), (480, 637))[: across + 1]

    def lift(features: Tensor, points: Tensor, size: tuple[int, int]) -> Tensor:
        return sample(features, law(points.double()).flip(1) if size in sizes[:across] else law(points.double()))

    subject = Subject(Pipeline(geometry=lambda size: geometry_for("official", size, (224, 224), (16, 16)), lift=lift))
    subject.image_sizes = sizes
    assert measure_landing(subject, true_chains(subject)[0]).landing.swapped == swapped


def test_a_place_is_fitted_with_the_ripple_that_a_kernel_leaves() -> None:
    """`at` adds it: a t (1 - t) (1 - 2 t) within the cell, here with a = -1/2; the line alone stays the law's."""

    def cubic(points: Tensor) -> Tensor:
        place = law(points)
        t = place % 1
        return place - 0.5 * t * (1 - t) * (1 - 2 * t)

    found = measured(cubic)
    np.testing.assert_allclose(found.ripple, [[-0.5, -0.5]], atol=1e-3)
    np.testing.assert_allclose(found.landing.gain, [[0.02910156, 0.02916667]], atol=1e-6)
    points = np.array([[200.0, 100.0], [417.0, 333.0]])
    np.testing.assert_allclose(found.at(0, points), cubic(torch.from_numpy(points)).numpy(), atol=1e-4)


def test_a_ripple_repeats_with_the_cells_of_the_finer_map() -> None:
    """On a map twice as fine it is half as long, and half as large in cells of the encoder's."""
    places = law(torch.tensor([[200.0, 100.0]]).double()).numpy()
    chains = measured(law).chains
    finer = MeasuredLanding(
        Chains(**{**vars(chains), "fine": 2 * chains.cells}),
        Landing(np.ones((1, 2)), np.zeros((1, 2))),
        *np.zeros((2, 1, 2)),
        np.zeros(1),
        np.array([[0.5, 0.25]]),
        None,
    )
    t = ((places + 0.5) * 2 - 0.5) % 1
    stray = np.array([0.5, 0.25]) * t * (1 - t) * (1 - 2 * t) / 2
    np.testing.assert_allclose(finer.at(0, places), places + stray, atol=1e-12)


def test_a_ripple_is_looked_for_on_the_finer_map() -> None:
    def cubic(points: Tensor) -> Tensor:
        place = law(points)
        t = ((place + 0.5) * 2 - 0.5) % 1
        return place - 0.5 * t * (1 - t) * (1 - 2 * t) / 2

    subject = subject_of(cubic)
    chains = true_chains(subject)[0]
    found = measure_landing(subject, replace(chains, fine=2 * chains.cells))
    np.testing.assert_allclose(found.ripple, [[-0.5, -0.5]], atol=1e-3)


def test_a_lift_of_edge_points_is_asked_for_whole_edges() -> None:
    found = measured(lambda points: law(points - 0.5), origin="edge")
    np.testing.assert_array_equal([found.low % 1, found.high % 1], np.full((2, 1, 2), 0.5))
    np.testing.assert_allclose(found.landing.shift, [[-2.79794922, -0.48541667]], atol=1e-5)


# Which places count ---------------------------------------------------------------------------------------------------


def near_the_rim(least: float) -> Places:
    """Reads the outermost `least` cells of the map's left alone, along x, and the whole of it along y."""
    return lambda points: law(points) * torch.tensor([(least - 0.02) / 14, 1.0]) + torch.tensor([0.02 - least / 60, 0])


@pytest.mark.parametrize(("least", "rim"), [(5.0, 2.0), (1.9, 0.5)])
def test_a_rim_of_two_cells_is_left_out_or_less_where_nothing_else_is_read(least: float, rim: float) -> None:
    """Bicubic upsampling and bilinear sampling after it clamp so far; what reads nothing else, half a cell."""
    places = near_the_rim(least)
    found = measured(places)
    np.testing.assert_array_equal([found.low[0], found.high[0]], used(found.chains, places, rim))
    assert found.landing.gain[0, 0] == pytest.approx(0.02910156 * (least - 0.02) / 14, rel=1e-3)


@pytest.mark.parametrize(("grid", "rim"), [((5, 5), (1.0, 1.0)), ((14, 3), (0.5, 2.0))])
def test_on_small_maps_the_rim_is_a_quarter_of_the_map(grid: tuple[int, int], rim: tuple[float, float]) -> None:
    scale = torch.tensor([grid[1] / 14, grid[0] / 14])
    places = lambda points: (law(points) + 0.5) * scale - 0.5  # noqa: E731
    found = measured(places, grid=grid)
    np.testing.assert_array_equal([found.low[0], found.high[0]], used(found.chains, places, rim))


def test_what_a_mask_refuses_is_looked_at_only_where_nothing_else_is_read() -> None:
    """A mask that refuses the left half leaves the right one; one that refuses all is not asked."""
    left = law(torch.tensor([[320.0, 0.0]]))[0, 0]
    right_half = measured(law, mask=lambda points: law(points)[:, 0] > left)
    assert right_half.low[0, 0] == 321
    refused = measured(law, mask=lambda points: torch.zeros(len(points), dtype=torch.bool))
    np.testing.assert_array_equal([refused.low[0], refused.high[0]], used(refused.chains, law, 2.0, whole_image=True))


def test_where_the_crop_reads_nothing_the_whole_image_is_asked() -> None:
    """A lift that takes what lies left of the crop for the map: u from 0 to 79 alone."""
    places = lambda points: points * torch.tensor([14 / 78, 14 / 480]) - 0.5  # noqa: E731
    found = measured(places)
    np.testing.assert_array_equal([found.low[0], found.high[0]], used(found.chains, places, 2.0, whole_image=True))


def only(count: int, places: Places) -> Places:
    """Reads `places` for so many points of the lattice over the image, all along it, and nothing for others."""
    image = lattice(true_chains(subject_of(law))[0], 0, "index", whole_image=True)
    chosen = torch.from_numpy(image[np.linspace(300, 1100, count).astype(int)])

    def read(points: Tensor) -> Tensor:
        known = (points[:, None] == chosen).all(-1).any(1)
        return torch.where(known[:, None], places(points), -3.0)

    return read


def test_nine_places_make_a_map() -> None:
    places = only(9, lambda points: points * torch.tensor([8 / 640, 8 / 480]) + 2.5)
    assert measured(places).landing.gain[0] == pytest.approx([8 / 640, 8 / 480], abs=1e-5)


def test_nine_places_in_the_outermost_half_cell_make_a_map_where_there_are_no_others() -> None:
    """At either end: places from 0.1 to 12.9 cells that leave out the middle."""
    ends = lambda points: torch.where(points < torch.tensor([320, 240]), 0.1, 12.9) + points / 6400  # noqa: E731
    assert measured(only(9, ends)).chains.sizes == (VGA,)


def test_eight_places_make_none() -> None:
    """However well a line goes through them: so few are an accident."""
    with pytest.raises(StageError) as raised:
        measured(only(8, lambda points: points * torch.tensor([8 / 640, 8 / 480]) + 2.5))
    assert raised.value.stage == "lift"
    assert str(raised.value).endswith("reads inside the grid for 8 of 1500 points at most: no map can be fitted")


def test_eight_single_cells_make_none_either() -> None:
    with pytest.raises(StageError, match="for 8 of 1500 points at most"):
        measured(only(8, lambda points: torch.round(points * torch.tensor([8 / 640, 8 / 480]) + 2.5)))


def test_sizes_of_eight_places_are_left_out() -> None:
    few = only(8, law)
    subject = subject_of(law, sizes=((480, 641), VGA))
    lift = subject.pipeline.lift
    by_size = lambda m, p, size: lift(m, p, size) if size != VGA else subject_of(few).pipeline.lift(m, p, size)  # noqa: E731
    subject.pipeline = replace(subject.pipeline, lift=by_size)
    assert measure_landing(subject, true_chains(subject)[0]).chains.sizes == ((480, 641),)


def test_sizes_that_show_no_map_are_left_out() -> None:
    """At the first all read places within 0.46 cells: a line needs places half a cell apart on either axis."""
    sizes = (VGA, (480, 641), (480, 637))

    def lift(features: Tensor, points: Tensor, size: tuple[int, int]) -> Tensor:
        read = law(points.double())
        spread = {sizes[0]: 0.5, sizes[1]: 0.6, sizes[2]: 14}[size]
        return sample(features, (read + 0.5) * torch.tensor([spread / 14, 1]) + torch.tensor([6, -0.5]))

    subject = Subject(
        Pipeline(geometry=lambda size: geometry_for("official", size, (224, 224), (16, 16)), lift=lift), sizes
    )
    found = measure_landing(subject, true_chains(subject)[0])
    assert found.chains.sizes == sizes[1:]
    assert found.landing.gain.shape == (2, 2)


@pytest.mark.parametrize("grid", [(2, 5), (5, 2), (1, 1)])
def test_a_grid_of_two_cells_shows_no_map(grid: tuple[int, int]) -> None:
    with pytest.raises(SkipCheck) as raised:
        measured(law, grid=grid)
    words = f"a grid of {grid[0]}x{grid[1]} cells (height, width) is too small to show where a lift reads"
    assert str(raised.value) == words


# Lifts of single cells ------------------------------------------------------------------------------------------------


def test_a_lift_of_single_cells_is_fitted_to_its_steps() -> None:
    """To float32: between cells k and k + 1 the place is k + 1/2."""
    found = measured(lambda points: torch.round(law(points)))
    assert found.nearest
    assert not found.cut
    np.testing.assert_allclose(found.landing.gain, [[0.02910156, 0.02916667]], atol=1e-6)
    np.testing.assert_allclose(found.landing.shift, [[-2.79794922, -0.48541667]], atol=1e-4)


def test_a_few_steps_make_a_map() -> None:
    """Four, on five cells: each is known to float32."""
    scale = 5 / 14
    found = measured(lambda points: torch.round((law(points) + 0.5) * scale - 0.5), grid=(5, 5))
    np.testing.assert_allclose(found.landing.gain, [[0.02910156 * scale, 0.02916667 * scale]], atol=1e-6)


def test_steps_of_exchanged_axes_are_told() -> None:
    assert measured(lambda points: torch.round(law(points).flip(1))).landing.swapped


def test_single_cells_that_step_once_show_no_map() -> None:
    """From cell 0 to cell 1 along x over the whole crop: no line goes through one step."""
    with pytest.raises(SkipCheck) as raised:
        measured(lambda points: torch.round(law(points) * torch.tensor([1.5 / 14, 1.0])))
    words = "no image size shows more than one step from cell to cell on each axis: no map is fitted"
    assert str(raised.value) == words


@pytest.mark.parametrize(
    ("raster", "nearest", "cut"),
    [(None, False, False), (Raster(np.ones(2), 0.0, False), True, False), (Raster(np.ones(2), 0.0, True), False, True)],
)
def test_single_cells_are_no_places_cut_to_pixels(raster: Raster | None, nearest: bool, cut: bool) -> None:
    nothing = np.zeros((1, 2))
    chains = true_chains(subject_of(law))[0]
    found = MeasuredLanding(chains, Landing(nothing, nothing), nothing, nothing, nothing[0], nothing, raster)
    assert (found.nearest, found.cut) == (nearest, cut)


# The lattice ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whole_image", [False, True])
@pytest.mark.parametrize("origin", ["index", "edge"])
def test_the_lattice_is_of_whole_coordinates_as_the_lift_is_given_them(origin: str, whole_image: bool) -> None:
    """Spread evenly over the crop, u from 79.46 to 560.54, or over the image, a pixel off its rim."""
    points = lattice(true_chains(subject_of(law))[0], 0, origin, whole_image=whole_image)
    given = points + (0.5 if origin == "edge" else 0.0)
    np.testing.assert_array_equal(given, np.rint(given))
    if not whole_image:
        np.testing.assert_array_equal(lattice(true_chains(subject_of(law))[0], 0, origin), points)
    low, high = ((1, 1), (638, 478)) if whole_image else ((79, 1), (560, 478))
    np.testing.assert_array_equal(given.min(axis=0), low)
    np.testing.assert_array_equal(given.max(axis=0), high)
    assert 1480 < len(points) <= 1500
    assert len(np.unique(points, axis=0)) == len(points)
    # Even as a low-discrepancy sequence is: of 100 boxes none holds three points more or less than its share of 15.
    boxes, _, _ = np.histogram2d(*given.T, bins=10, range=list(zip(low, high, strict=True)))
    assert abs(boxes - len(points) / 100).max() <= 5
    assert boxes.std() < 1.5


def test_the_lattice_of_a_tiny_image_has_every_pixel_once() -> None:
    chains = true_chains(subject_of(law, sizes=((9, 12),)))[0]
    points = lattice(chains, 0, "index", whole_image=True)
    expected = np.stack(np.meshgrid(np.arange(1, 11), np.arange(1, 8), indexing="ij"), axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(points, expected)

"""`interpolate` and `grid_sample` agree only where both use one convention; each disagreement has a closed form."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from reference.geometry import GeomMeta, edge_from_index, index_from_edge

GRIDS = [((14, 14), (30, 40)), ((14, 14), (224, 224)), ((7, 9), (14, 18)), ((24, 24), (37, 50))]


def ramp_map(size):
    """A map (1, 2, H, W) whose cell holds its own index (x, y): a value read is the place it was read from."""
    y, x = torch.meshgrid(*(torch.arange(side, dtype=torch.float64) for side in size), indexing="ij")
    return torch.stack([x, y])[None]


def read(feature_map, sampler, align_corners):
    """Values (N, 2) at sampler coordinates (N, 2)."""
    return functional.grid_sample(feature_map, sampler[None, None], align_corners=align_corners, padding_mode="border")[
        0, :, 0
    ].T


def closed_form(asked, n, m, up, down):
    """Place read on n cells when asked for index `asked`, after upsampling to m with `up` and sampling with `down`.

    Sampling with True takes an edge-normalised place f/n to the index f (m-1)/n of m cells, with False to f m/n - 1/2;
    an upsampled map holds at index j the place j (n-1)/(m-1) with True and (j + 1/2) n/m - 1/2 with False.
    """
    f = edge_from_index(asked)
    index = f * (m - 1) / n if down else index_from_edge(f * m / n)
    return index * (n - 1) / (m - 1) if up else index_from_edge(edge_from_index(index) * n / m)


@pytest.mark.parametrize(("cells", "upsampled"), GRIDS)
@pytest.mark.parametrize("down", [False, True], ids=["sample False", "sample True"])
@pytest.mark.parametrize("up", [False, True], ids=["upsample False", "upsample True"])
def test_the_agreement_table(up, down, cells, upsampled):
    """Of the four pairs only False with False reads where it was asked; the others miss by their closed form."""
    geometry = GeomMeta("official", (480, 640), (224, 298), (224, 224), cells, (37, 0))
    fine = functional.interpolate(ramp_map(cells), upsampled, mode="bilinear", align_corners=up)
    sides = torch.tensor(cells[::-1], dtype=torch.float64)
    asked = torch.linspace(0.3, 0.7, 23, dtype=torch.float64)[:, None] * (sides - 1)
    got = read(fine, geometry.sampler_from_image(geometry.image_from_grid(asked)), down)
    for axis in (0, 1):
        n, m = cells[1 - axis], upsampled[1 - axis]
        want = closed_form(asked[:, axis], n, m, up, down)
        # Upsampling bends nothing, it interpolates a straight line: what is left is rounding.
        np.testing.assert_allclose(got[:, axis], want, atol=1e-9)
        agrees = np.allclose(got[:, axis], asked[:, axis], atol=1e-9)
        assert agrees == (not up and not down)


@pytest.mark.parametrize(("n", "m", "gain"), [(14, 224, 0.9327), (14, 28, 0.9630), (14, 30, 0.9606), (14, 40, 0.9524)])
def test_pinned_gains_of_an_upsampling_with_align_corners(n, m, gain):
    """(n-1) m / (n (m-1)): points contract towards the middle by up to 7 %."""
    gains = np.diff([closed_form(place, n, m, True, False) for place in (3.0, 4.0)])
    assert gains[0] == pytest.approx((n - 1) * m / (n * (m - 1)), abs=1e-12)
    assert gains[0] == pytest.approx(gain, abs=1e-4)


def test_one_feature_on_fourteen_cells_is_one_half_cell_off_at_the_rim_with_align_corners():
    """f (n-1)/n + 1/2 for f: half a cell at the left, none in the middle, half a cell back at the right."""
    geometry = GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0))
    asked = torch.tensor([[0.0, 6.5], [6.5, 6.5], [13.0, 6.5]], dtype=torch.float64)
    got = read(ramp_map((14, 14)), geometry.sampler_from_image(geometry.image_from_grid(asked)), True)
    assert (got - asked)[:, 0].tolist() == pytest.approx([13 / 28, 0, -13 / 28], abs=1e-9)


@pytest.mark.parametrize(("cells", "upsampled"), GRIDS)
def test_an_upsampled_map_reads_the_same_place_with_its_own_grid(cells, upsampled):
    """`with_grid` of the larger map changes the numbers given to nobody: the sampler's frame is the crop's."""
    geometry = GeomMeta("letterbox", (480, 640), (168, 224), (224, 224), cells, (0, -28))
    points = torch.tensor([[300.25, 200.5], [320.0, 240.0], [319.5, 239.5]], dtype=torch.float64)
    fine = functional.interpolate(ramp_map(cells), upsampled, mode="bilinear", align_corners=False)
    coarse_read = read(ramp_map(cells), geometry.sampler_from_image(points), False)
    fine_read = read(fine, geometry.with_grid(upsampled).sampler_from_image(points), False)
    np.testing.assert_allclose(coarse_read, fine_read, atol=1e-9)
    np.testing.assert_allclose(coarse_read, geometry.grid_from_image(points), atol=1e-9)

"""A ramp holds its own coordinates, and what is read from it says where."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diagnostics.ramp import places_in, ramp


def test_a_ramp_holds_x_y_one_and_what_makes_every_cell_of_one_norm() -> None:
    planes = ramp((3, 5), None)
    assert planes.shape == (1, 4, 3, 5)
    x, y, one, _ = planes[0]
    assert x.tolist() == [[-0.5, -0.25, 0, 0.25, 0.5]] * 3
    assert y.T.tolist() == [[-0.5, 0, 0.5]] * 5
    assert (one == 1).all()
    torch.testing.assert_close((planes**2).sum(1), torch.full((1, 3, 5), 2.0))


@pytest.mark.parametrize(
    ("cells", "x", "y"), [((1, 1), [0.0], [0.0]), ((2, 1), [0.0], [-0.5, 0.5]), ((1, 2), [-0.5, 0.5], [0.0])]
)
def test_one_cell_lies_in_the_middle(cells: tuple[int, int], x: list[float], y: list[float]) -> None:
    planes = ramp(cells, None)[0]
    assert planes[0, 0].tolist() == x
    assert planes[1, :, 0].tolist() == y


@pytest.mark.parametrize("channels", [3, 4, 5, 9])
def test_channels_repeat_the_four(channels: int) -> None:
    planes = ramp((3, 5), channels)[0]
    assert len(planes) == channels
    for k, plane in enumerate(planes):
        assert torch.equal(plane, ramp((3, 5), None)[0, k % 4])


@pytest.mark.parametrize("weight", [1.0, 2.0, -0.5, 2e-6])
def test_places_are_read_whatever_scales_a_points_feature(weight: float) -> None:
    values = np.moveaxis(ramp((3, 5), None)[0].double().numpy(), 0, -1) * weight
    y, x = np.indices((3, 5))
    np.testing.assert_allclose(places_in(values, (3, 5)), np.stack([x, y], axis=-1), atol=1e-9)


@pytest.mark.parametrize("weight", [0.0, 1e-6, np.nan])
def test_where_nothing_was_read_is_no_place(weight: float) -> None:
    """Without a warning."""
    assert np.isnan(places_in(np.array([[0.5, 0.0, weight, 1.0]]), (3, 5))).all()

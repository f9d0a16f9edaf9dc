"""`sample_points` reads where the geometry says, in plain NumPy and in torch, and invalid points leave no trace."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import grid_sample
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import strategies
from reference import sample_points
from reference.geometry import RULES, GeomMeta
from reference.sampling import _place_dtype

STANDARD = GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0))


def plain_read(features, points, geometry):
    """A bilinear read of (C, H, W) at image points, in NumPy and float64, clamped to the rim."""
    height, width = features.shape[-2:]
    x, y = np.clip(geometry.grid_from_image(points), 0, [width - 1, height - 1]).T
    left, top = np.minimum(x.astype(int), max(0, width - 2)), np.minimum(y.astype(int), max(0, height - 2))
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    fx, fy = x - left, y - top
    rows = [features[:, j, left] * (1 - fx) + features[:, j, right] * fx for j in (top, bottom)]
    return (rows[0] * (1 - fy) + rows[1] * fy).T


def random_features(geometry, channels=5, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(channels, *geometry.feat_size, generator=generator).to(dtype)


@pytest.mark.parametrize("rule", RULES)
@given(data=st.data(), geometry=strategies.clip_geometries())
def test_values_are_those_of_a_plain_bilinear_read(rule, data, geometry):
    """To 1e-5 on square and other grids, in all modes; a point beyond the outermost centres reads the rim."""
    points = data.draw(strategies.points_of(geometry))
    features = random_features(geometry, dtype=torch.float64)
    values, valid = sample_points(features, torch.from_numpy(points), geometry, rule=rule)
    np.testing.assert_array_equal(valid, geometry.valid(points, rule))
    want = np.where(np.asarray(valid)[:, None], plain_read(features.numpy(), points, geometry), 0)
    np.testing.assert_allclose(values, want, atol=1e-5)


@pytest.mark.parametrize("grid", [(14, 14), (30, 40), (1, 1), (1, 9), (5, 2)])
def test_single_precision_is_good_to_1e_5(grid):
    geometry = STANDARD.with_grid(grid)
    points = np.random.default_rng(0).uniform([-20, -20], [660, 500], (4000, 2)).astype(np.float32)
    features = random_features(geometry)
    values, valid = sample_points(features, torch.from_numpy(points), geometry, rule="crop")
    want = plain_read(features.numpy().astype(np.float64), points.astype(np.float64), geometry)
    np.testing.assert_allclose(values[valid], want[np.asarray(valid)], atol=1e-5)
    assert valid.any()
    assert not values[~valid].any()


@pytest.mark.parametrize("grid", [(14, 14), (30, 40), (1, 9), (5, 2)])
def test_values_and_gradients_are_those_of_grid_sample(grid):
    """At all valid points, rim included, in features and in points: torch's own read is the oracle."""
    geometry = STANDARD.with_grid(grid)
    points = torch.rand(2, 500, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 480
    maps = torch.stack([random_features(geometry, seed=seed, dtype=torch.float64) for seed in range(2)])
    valid = geometry.valid(points, "crop")

    def by_grid_sample(features, points):
        places = geometry.sampler_from_image(points)[:, None]
        values = grid_sample(features, places, align_corners=False, padding_mode="border")
        return values[:, :, 0].mT * valid[..., None]

    results = []
    for read in (by_grid_sample, lambda f, p: sample_points(f, p, geometry, rule="crop")[0]):
        features, places = maps.clone().requires_grad_(), points.clone().requires_grad_()
        values = read(features, places)
        values.square().sum().backward()
        results.append((values, features.grad, places.grad))
    assert valid.any()
    torch.testing.assert_close(*results, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("grid", [(1, 5), (5, 1), (4, 5)])
def test_a_point_on_the_rim_reads_cells_beside_it_alone(grid):
    """What lies elsewhere, across the rim or in the next map of the batch, may even be not a number."""
    geometry = STANDARD.with_grid(grid)
    right_bottom = geometry.image_from_grid(torch.tensor([grid[1], grid[0]], dtype=torch.float64) - 0.75)
    maps = torch.full((2, 3, *grid), torch.nan)
    maps[0, :, -2:, -2:] = 1
    values, valid = sample_points(maps, right_bottom.expand(2, 1, 2), geometry, rule="crop")
    assert valid.all()
    assert values[0].tolist() == [[1, 1, 1]]


class Results(TorchDispatchMode):
    """Keeps all tensors that torch's operations make."""

    def __init__(self):
        super().__init__()
        self.kept = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        results = func(*args, **kwargs or {})
        self.kept.extend(result for result in tree_leaves(results) if isinstance(result, torch.Tensor))
        return results


@pytest.mark.parametrize("learns", [False, True])
def test_values_are_written_once_and_each_point_in_one_piece(learns):
    """Nothing else in memory is even a quarter of them: not four rows a point, no mask over channels, no transpose."""
    features = random_features(STANDARD, 64).requires_grad_(learns)
    points = torch.rand(3000, 2, generator=torch.Generator().manual_seed(3)) * 480
    with Results() as results:
        values, _ = sample_points(features, points, STANDARD)
    storages = {result.untyped_storage().data_ptr(): result.untyped_storage().nbytes() for result in results.kept}
    assert values.is_contiguous()
    assert [size for size in storages.values() if size > values.nbytes / 4] == [values.nbytes]


def test_the_centre_of_a_cell_reads_that_cell_alone():
    """A pinned literal: row 3, column 11 of 14, at image point (37 + 184)*640/298 - 1/2, 56*480/224 - 1/2."""
    features = torch.zeros(1, 14, 14)
    features[0, 3, 11] = 1
    point = torch.tensor([[474.1308724832215, 119.5]], dtype=torch.float64)
    values, valid = sample_points(features, point, STANDARD)
    assert valid.tolist() == [True]
    assert values.item() == pytest.approx(1, abs=1e-6)


def test_a_batch_reads_each_map_at_its_own_points():
    features = torch.stack([random_features(STANDARD, seed=seed) for seed in range(3)])
    points = torch.rand(3, 50, 2, generator=torch.Generator().manual_seed(0)) * 480
    values, valid = sample_points(features, points, STANDARD, normalize=True)
    assert (values.shape, valid.shape) == ((3, 50, 5), (3, 50))
    for index in range(3):
        one, mask = sample_points(features[index], points[index], STANDARD, normalize=True)
        torch.testing.assert_close(values[index], one, atol=1e-6, rtol=0)
        assert torch.equal(valid[index], mask)


def test_gradients_are_right_in_features_and_points():
    geometry = STANDARD.with_grid((4, 5))
    features = random_features(geometry, 2, dtype=torch.float64).requires_grad_()
    points = torch.tensor([[200.3, 100.7], [320.1, 240.2], [5.0, 5.0]], dtype=torch.float64, requires_grad=True)
    for normalize in (False, True):
        assert torch.autograd.gradcheck(
            lambda f, p, normalize=normalize: sample_points(f, p, geometry, normalize=normalize)[0], (features, points)
        )


@pytest.mark.parametrize("bad", [[float("nan"), 240.0], [float("inf"), 0.0], [-50.0, 240.0], [10.0, 10.0]])
def test_an_invalid_point_is_zeros_without_gradient(bad):
    """Not-a-number and infinite ones included."""
    features = random_features(STANDARD).requires_grad_()
    points = torch.tensor([[320.0, 240.0], bad], requires_grad=True)
    values, valid = sample_points(features, points, STANDARD, normalize=True)
    assert valid.tolist() == [True, False]
    assert not values[1].any()
    values.sum().backward()
    assert features.grad.isfinite().all()
    assert points.grad[1].tolist() == [0, 0]
    alone = features.detach().clone().requires_grad_()
    sample_points(alone, points.detach()[:1], STANDARD, normalize=True)[0].sum().backward()
    assert torch.equal(alone.grad, features.grad)


def test_an_invalid_point_reads_nothing_of_a_map_that_is_not_a_number():
    """Its value is zero and its gradient none, whatever the map holds."""
    features = torch.full((5, 14, 14), torch.nan, requires_grad=True)
    points = torch.tensor([[-50.0, 240.0], [float("nan"), 0.0]], requires_grad=True)
    values, valid = sample_points(features, points, STANDARD)
    values.sum().backward()
    assert not valid.any()
    for zeros in (values, points.grad, features.grad):
        assert not zeros.any()


def test_normalising_is_per_point_and_after_the_read():
    """Unit norm at every valid point: a map normalised cell by cell would give less between cells."""
    features = random_features(STANDARD)
    points = torch.rand(200, 2, generator=torch.Generator().manual_seed(1)) * 480
    plain, valid = sample_points(features, points, STANDARD)
    unit, _ = sample_points(features, points, STANDARD, normalize=True)
    assert torch.allclose(unit[valid].norm(dim=-1), torch.ones(int(valid.sum())), atol=1e-6)
    assert torch.allclose(unit[valid] * plain[valid].norm(dim=-1, keepdim=True), plain[valid], atol=1e-5)
    assert not unit[~valid].any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_values_have_the_features_dtype_and_places_keep_theirs(dtype):
    """Half-precision features are read at full-precision places and rounded once, under autocast too."""
    features = random_features(STANDARD).to(dtype)
    points = torch.rand(100, 2, generator=torch.Generator().manual_seed(2)) * 480
    want, _ = sample_points(features.to(torch.float64), points, STANDARD, normalize=True)
    values, _ = sample_points(features, points, STANDARD, normalize=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        under_autocast, _ = sample_points(features, points, STANDARD, normalize=True)
    assert values.dtype == under_autocast.dtype == dtype
    assert torch.equal(values, under_autocast)
    # One rounding to the dtype; 1e-5 for the float32 arithmetic of the read.
    assert torch.allclose(values.double(), want, atol=1e-5, rtol=torch.finfo(dtype).eps)


@pytest.mark.parametrize("shape", [(14, 14, 0), (14, 14, 3)])
def test_no_points_and_whole_points(shape):
    features = random_features(STANDARD)
    none, mask = sample_points(features, torch.zeros(0, 2), STANDARD)
    assert (none.shape, mask.shape) == ((0, 5), (0,))
    whole, _ = sample_points(features, torch.tensor([[320, 240]]), STANDARD)
    same, _ = sample_points(features, torch.tensor([[320.0, 240.0]]), STANDARD)
    assert torch.equal(whole, same)


BATCH = torch.zeros(2, 5, 14, 14)
ONE = torch.zeros(5, 14, 14)


@pytest.mark.parametrize(
    ("features", "points", "error", "says"),
    [
        (ONE[0], torch.zeros(3, 2), ValueError, r"features must be \(C, Hf, Wf\)"),
        (ONE, torch.zeros(3, 3), ValueError, r"points for features"),
        (ONE, torch.zeros(1, 3, 2), ValueError, r"must be \(N, 2\)"),
        (BATCH, torch.zeros(3, 2), ValueError, r"must be \(B, N, 2\) with the features' B, got"),
        (BATCH, torch.zeros(3, 4, 2), ValueError, r"must be \(B, N, 2\)"),
        (
            ONE[:, :13],
            torch.zeros(3, 2),
            ValueError,
            r"\(13, 14\) cells but the geometry is \(14, 14\); give the geometry of this map, geometry.with_grid",
        ),
        (ONE.int(), torch.zeros(3, 2), TypeError, "features must be floats"),
        (ONE.numpy(), torch.zeros(3, 2), TypeError, "features must be a torch tensor, got ndarray"),
        (ONE, np.zeros((3, 2)), TypeError, "points must be a torch tensor, got ndarray"),
        (ONE, torch.zeros(3, 2, dtype=torch.bool), TypeError, "points must be real numbers"),
        (ONE.to("meta"), torch.zeros(3, 2), ValueError, "features are on meta and points on cpu"),
    ],
)
def test_what_does_not_fit_is_refused(features, points, error, says):
    with pytest.raises(error, match=says):
        sample_points(features, points, STANDARD)


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="rule must be one of"):
        sample_points(ONE, torch.zeros(1, 2), STANDARD, rule="center")


@pytest.mark.parametrize("batch", [(), (2,)])
def test_all_work_is_done_on_the_device_of_the_features(batch):
    """On torch's meta device, which refuses to be mixed with another."""
    features, points = torch.empty(*batch, 3, 14, 14, device="meta"), torch.empty(*batch, 5, 2, device="meta")
    values, valid = sample_points(features, points, STANDARD, normalize=True)
    assert (values.shape, valid.shape) == ((*batch, 5, 3), (*batch, 5))
    assert values.device == valid.device == features.device


def test_places_are_double_where_the_device_has_it():
    assert _place_dtype(torch.device("cpu")) == _place_dtype(torch.device("cuda")) == torch.float64
    assert _place_dtype(torch.device("mps")) == torch.float32


def test_a_map_of_a_batch_is_read_from_itself_alone():
    """Maps of 1 x 2 cells: at the centre of the last cell, the next map's not-a-number has no share, not even of 0."""
    geometry = GeomMeta("stretch", (1, 2), (1, 2), (1, 2), (1, 2), (0, 0))
    features = torch.tensor([[[[1.0, 2.0]]], [[[torch.nan, torch.nan]]]])
    values, valid = sample_points(features, torch.tensor([[[1.0, 0.0]]] * 2), geometry)
    assert valid.all()
    assert values[0, 0, 0] == 2

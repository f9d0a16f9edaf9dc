"""Laws of BiFusion: a learned gate, closed where a point has no valid 2-D feature."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reference import BiFusion

DIM = 6
# Sums of at most 12 products of order one, twice, in float32.
FLOAT32 = 1e-5


def points(valid, dtype=torch.float32):
    """Random 2-D and 3-D features, the 2-D ones NaN where not valid, and the mask."""
    generator = torch.Generator().manual_seed(0)
    valid = torch.tensor(valid, dtype=torch.bool)
    features_2d, features_3d = (torch.randn(len(valid), DIM, generator=generator).to(dtype) for _ in range(2))
    features_2d[~valid] = math.nan
    return features_2d, features_3d, valid


@pytest.fixture
def fusion():
    torch.manual_seed(0)
    return BiFusion(DIM)


def test_fusion_equals_its_formula_written_out(fusion):
    """alpha = sigmoid(MLP([2d, 3d])), fused = alpha * 2d + (1 - alpha) * 3d, against NumPy float64."""
    features_2d, features_3d, valid = points([True] * 5)
    fused, alpha = fusion(features_2d, features_3d, valid)
    weights = {name: value.detach().double().numpy() for name, value in fusion.gate.state_dict().items()}
    flat, deep = features_2d.double().numpy(), features_3d.double().numpy()
    hidden = np.concatenate([flat, deep], axis=-1) @ weights["0.weight"].T + weights["0.bias"]
    hidden = hidden * 0.5 * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2)))
    gate = 1 / (1 + np.exp(-(hidden @ weights["2.weight"].T + weights["2.bias"])))
    np.testing.assert_allclose(alpha.detach().numpy(), gate, atol=FLOAT32)
    np.testing.assert_allclose(fused.detach().numpy(), gate * flat + (1 - gate) * deep, atol=FLOAT32)


def test_a_gate_of_one_takes_the_2d_feature_and_a_gate_of_zero_the_3d_one(fusion):
    """Pins which side alpha weighs: a bias of +-100 saturates the gate in float32."""
    features_2d, features_3d, valid = points([True, True])
    with torch.no_grad():
        fusion.gate[2].bias.fill_(100)
        assert torch.equal(fusion(features_2d, features_3d, valid)[0], features_2d)
        fusion.gate[2].bias.fill_(-200)
        assert torch.equal(fusion(features_2d, features_3d, valid)[0], features_3d)


@given(valid=st.lists(st.booleans(), max_size=8))
def test_a_point_without_a_2d_feature_keeps_its_3d_one_exactly(valid):
    """alpha is exactly 0 there and strictly between 0 and 1 elsewhere; NaN in an unused 2-D feature is not felt."""
    torch.manual_seed(0)
    features_2d, features_3d, mask = points(valid)
    fused, alpha = BiFusion(DIM)(features_2d, features_3d, mask)
    assert fused.shape == (len(valid), DIM)
    assert alpha.shape == (len(valid), 1)
    assert torch.equal(fused[~mask], features_3d[~mask])
    assert (alpha[~mask] == 0).all()
    assert ((alpha[mask] > 0) & (alpha[mask] < 1)).all()
    assert torch.isfinite(fused).all()


def test_nan_behind_the_mask_reaches_no_gradient(fusion):
    """Invalid points: no gradient to the 2-D feature, 1 to the 3-D one, and finite, equal gradients in the gate."""
    features_2d, features_3d, valid = points([True, False, True, False])
    features_2d.requires_grad_()
    features_3d.requires_grad_()
    fusion(features_2d, features_3d, valid)[0].sum().backward()
    assert (features_2d.grad[~valid] == 0).all()
    assert (features_3d.grad[~valid] == 1).all()
    masked = [parameter.grad.clone() for parameter in fusion.parameters()]
    fusion.zero_grad()
    fusion(features_2d[valid], features_3d[valid], valid[valid])[0].sum().backward()
    for gradient, parameter in zip(masked, fusion.parameters(), strict=True):
        torch.testing.assert_close(gradient, parameter.grad, rtol=0, atol=FLOAT32)


def test_gradients_are_the_derivatives_of_the_values(fusion):
    """gradcheck in float64, a masked point included."""
    fusion.double()
    features_2d, features_3d, valid = points([True, False, True], dtype=torch.float64)
    features_2d[~valid] = 0.0  # finite differences cannot step from NaN
    inputs = features_2d.requires_grad_(), features_3d.requires_grad_()
    assert torch.autograd.gradcheck(lambda flat, deep: fusion(flat, deep, valid), inputs)


def test_points_do_not_see_each_other(fusion):
    """The fused feature of a point is the same alone and among others."""
    features_2d, features_3d, valid = points([True, False, True])
    together, _ = fusion(features_2d, features_3d, valid)
    for point in range(3):
        row = slice(point, point + 1)
        alone, _ = fusion(features_2d[row], features_3d[row], valid[row])
        torch.testing.assert_close(alone, together[row], rtol=0, atol=FLOAT32)


def test_runs_under_autocast(fusion):
    """Under bfloat16 autocast, values are finite and a point without a 2-D feature still keeps its 3-D one exactly."""
    features_2d, features_3d, valid = points([True, False])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        fused, alpha = fusion(features_2d, features_3d, valid)
    assert fused.dtype == torch.float32
    assert torch.isfinite(fused).all()
    assert torch.equal(fused[1], features_3d[1])
    assert alpha[1] == 0


def test_default_width_is_that_of_the_encoder():
    """dim = 256: 512*256 + 256 + 256 + 1 numbers."""
    assert sum(parameter.numel() for parameter in BiFusion().parameters()) == 131_585


@pytest.mark.parametrize(
    ("shape_2d", "shape_3d", "valid", "error", "message"),
    [
        ((3, 5), (3, DIM), torch.ones(3) > 0, ValueError, r"features_2d must have shape \(N, 6\), got \(3, 5\)"),
        ((3, DIM), (DIM,), torch.ones(3) > 0, ValueError, "features_3d must have shape"),
        ((1, 3, DIM), (1, 3, DIM), torch.ones(3) > 0, ValueError, "features_2d must have shape"),
        ((3, DIM), (4, DIM), torch.ones(3) > 0, ValueError, "3 2-D and 4 3-D rows"),
        ((3, DIM), (3, DIM), torch.ones(3), TypeError, "valid must be boolean, got torch.float32"),
        ((3, DIM), (3, DIM), torch.ones(3, dtype=torch.uint8), TypeError, "valid must be boolean"),
        ((3, DIM), (3, DIM), torch.ones(3, 1) > 0, ValueError, r"valid must have shape \(3,\)"),
        ((3, DIM), (3, DIM), torch.ones(4) > 0, ValueError, r"valid must have shape \(3,\)"),
    ],
)
def test_refuses_inputs_that_are_not_one_row_a_point(fusion, shape_2d, shape_3d, valid, error, message):
    with pytest.raises(error, match=message):
        fusion(torch.zeros(shape_2d), torch.zeros(shape_3d), valid)


@pytest.mark.parametrize(("dim", "error"), [(0, ValueError), (2.5, TypeError)])
def test_refuses_an_impossible_width(dim, error):
    with pytest.raises(error, match=r"^dim must be"):
        BiFusion(dim)

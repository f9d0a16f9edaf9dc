"""Laws of the projection head and the gated residual."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reference import GatedResidual, ProjectionHead
from reference.heads import as_count, as_dropout

# Sums of at most 64 products of order one, in float32: 64 roundings of 6e-8, with room for the two layers.
FLOAT32 = 1e-5


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def plain_head(head, features):
    """Linear, exact GELU, LayerNorm, Linear, written out in NumPy float64."""
    weights = {name: value.detach().double().numpy() for name, value in head.layers.state_dict().items()}
    hidden = features.double().numpy() @ weights["0.weight"].T + weights["0.bias"]
    hidden = hidden * 0.5 * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2)))
    deviation = hidden - hidden.mean(-1, keepdims=True)
    hidden = deviation / np.sqrt((deviation**2).mean(-1, keepdims=True) + 1e-5)
    hidden = hidden * weights["2.weight"] + weights["2.bias"]
    return hidden @ weights["4.weight"].T + weights["4.bias"]


def test_head_equals_its_formula_written_out():
    """Linear -> GELU -> LayerNorm -> Dropout -> Linear, in this order."""
    torch.manual_seed(0)
    head = ProjectionHead(12, hidden_dim=32, out_dim=5).eval()
    with torch.no_grad():
        head.layers[2].weight.uniform_(0.5, 2.0)
        head.layers[2].bias.uniform_(-1.0, 1.0)
    features = torch.randn(7, 12, generator=seeded())
    np.testing.assert_allclose(head(features).detach().numpy(), plain_head(head, features), atol=FLOAT32)


def test_head_has_the_sizes_of_the_contract():
    """512 hidden and 256 out by default: 768*512 + 512 + 2*512 + 512*256 + 256 numbers."""
    head = ProjectionHead(768)
    assert [type(layer).__name__ for layer in head.layers] == ["Linear", "GELU", "LayerNorm", "Dropout", "Linear"]
    assert sum(parameter.numel() for parameter in head.parameters()) == 526_080
    assert head.layers[3].p == 0.1


@given(leading=st.lists(st.integers(0, 3), max_size=4))
def test_head_acts_on_the_last_axis_alone(leading):
    """Leading axes of any number and size, none and empty ones included, only hold the vectors."""
    torch.manual_seed(0)
    head = ProjectionHead(6, hidden_dim=8, out_dim=3).eval()
    features = torch.randn(*leading, 6, generator=seeded())
    one_by_one = [head(vector) for vector in features.reshape(-1, 6)]
    expected = torch.stack(one_by_one).reshape(*leading, 3) if one_by_one else torch.empty(*leading, 3)
    torch.testing.assert_close(head(features), expected, rtol=0, atol=FLOAT32)


def test_head_does_not_normalise_to_unit_length():
    """A last layer twice as large gives features twice as long."""
    torch.manual_seed(0)
    head = ProjectionHead(6).eval()
    features = torch.randn(4, 6, generator=seeded())
    before = head(features)
    with torch.no_grad():
        head.layers[4].weight.mul_(2)
        head.layers[4].bias.mul_(2)
    torch.testing.assert_close(head(features), 2 * before)


def test_head_drops_out_in_training_only():
    """Two passes differ in `train()` and agree in `eval()`."""
    torch.manual_seed(0)
    head, features = ProjectionHead(6, dropout=0.5), torch.ones(4, 6)
    assert not torch.equal(head(features), head(features))
    head.eval()
    assert torch.equal(head(features), head(features))


@pytest.mark.parametrize("shape", [(), (5,), (2, 7), (1, 6, 14, 14)])
def test_head_refuses_features_of_another_width(shape):
    with pytest.raises(
        ValueError, match=r"\(\.\.\., 6\).*; a map \(B, C, H, W\) goes in as features.permute\(0, 2, 3, 1\)$"
    ):
        ProjectionHead(6)(torch.zeros(shape))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"in_dim": 0}, ValueError, "in_dim must be at least 1, got 0"),
        ({"in_dim": 6, "hidden_dim": -1}, ValueError, "hidden_dim must be at least 1"),
        ({"in_dim": 6, "out_dim": 2.0}, TypeError, "out_dim must be a whole number, got 2.0"),
        ({"in_dim": True}, TypeError, "in_dim must be a whole number, got True"),
        ({"in_dim": 6, "dropout": 1.0}, ValueError, r"dropout must be in \[0, 1\), got 1.0"),
        ({"in_dim": 6, "dropout": -0.1}, ValueError, "dropout"),
        ({"in_dim": 6, "dropout": math.nan}, ValueError, "dropout"),
        ({"in_dim": 6, "dropout": "0.1"}, TypeError, "dropout must be a number"),
        ({"in_dim": 6, "dropout": False}, TypeError, "dropout must be a number"),
    ],
)
def test_head_refuses_impossible_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        ProjectionHead(**arguments)


def test_bounds_of_counts_and_dropout_are_included_where_they_should_be():
    """least and most are allowed, dropout 0 is, NumPy's whole numbers are whole numbers."""
    assert as_count(1, "n", least=1, most=3) == 1
    assert as_count(np.int64(3), "n", least=1, most=3) == 3
    assert as_dropout(0) == 0.0
    with pytest.raises(ValueError, match=r"n must be in 1\.\.3, got 4"):
        as_count(4, "n", least=1, most=3)


@pytest.fixture
def maps():
    generator = seeded()
    return torch.randn(2, 5, 3, 4, generator=generator), torch.randn(2, 7, 3, 4, generator=generator)


def test_gate_starts_closed(maps):
    """A fresh GatedResidual gives back x, bit for bit."""
    x, early = maps
    assert torch.equal(GatedResidual(7, 5)(x, early), x)


def test_closed_gate_can_learn(maps):
    """At the start the gate's gradient is the convolution's output; the convolution's own follows a step later."""
    torch.manual_seed(0)
    residual, (x, early) = GatedResidual(7, 5), maps
    residual(x, early).sum().backward()
    expected = residual.conv(early).sum(dim=(0, 2, 3))
    torch.testing.assert_close(residual.gate.grad, expected, rtol=0, atol=FLOAT32)
    assert residual.conv.weight.grad.abs().max() == 0
    torch.optim.SGD(residual.parameters(), lr=0.1).step()
    residual(x, early).sum().backward()
    assert residual.conv.weight.grad.abs().min() > 0


def test_open_gate_adds_the_gated_convolution_channel_by_channel(maps):
    """x + tanh(gate) * (W early + b), against a plain einsum."""
    torch.manual_seed(0)
    residual, (x, early) = GatedResidual(7, 5), maps
    gate = torch.tensor([0.0, 1.0, -1.0, 0.5, 2.0])
    with torch.no_grad():
        residual.gate.copy_(gate)
        projected = torch.einsum("oc,bchw->bohw", residual.conv.weight[:, :, 0, 0], early)
        projected += residual.conv.bias[None, :, None, None]
        expected = x + torch.tanh(gate)[None, :, None, None] * projected
        torch.testing.assert_close(residual(x, early), expected, rtol=0, atol=FLOAT32)


def test_gate_keeps_the_dtype_of_x(maps):
    """Under autocast a half-precision map stays one."""
    x, early = maps
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert GatedResidual(7, 5)(x.bfloat16(), early).dtype == torch.bfloat16
        assert GatedResidual(7, 5)(x, early).dtype == torch.float32


@pytest.mark.parametrize(
    ("x_shape", "early_shape", "message"),
    [
        ((2, 4, 3, 4), (2, 7, 3, 4), r"x must have shape \(B, 5, H, W\)"),
        ((5, 3, 4), (7, 3, 4), "x must have shape"),
        ((2, 5, 3, 4), (2, 5, 3, 4), r"early must have shape \(2, 7, 3, 4\)"),
        ((2, 5, 3, 4), (2, 7, 6, 8), "early must have shape"),
        ((2, 5, 3, 4), (1, 7, 3, 4), "early must have shape"),
    ],
)
def test_gate_refuses_shapes_that_do_not_go_together(x_shape, early_shape, message):
    with pytest.raises(ValueError, match=message):
        GatedResidual(7, 5)(torch.zeros(x_shape), torch.zeros(early_shape))


@pytest.mark.parametrize(("sizes", "name"), [((0, 5), "early_dim"), ((7, 0), "dim")])
def test_gate_names_the_size_that_is_none(sizes, name):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        GatedResidual(*sizes)

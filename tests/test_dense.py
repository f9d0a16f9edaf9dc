"""Laws of the dense layers: nn.Linear in all but the library that multiplies, and that only where nothing trains."""

import copy

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from reference.dense import DenseLinear, with_dense_layers

needs_onednn = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN")


class Calls(TorchDispatchMode):
    """Keeps the names of torch's operations."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(func.__name__)
        return func(*args, **(kwargs or {}))


def pair(bias=True):
    """The same layer twice, 300 numbers to 20: torch's, and the one to be tested."""
    torch.manual_seed(0)
    plain = nn.Linear(300, 20, bias=bias)
    dense = copy.deepcopy(plain)
    with_dense_layers(dense)
    return plain, dense


def by_onednn(layer, values, grad=False):
    with torch.set_grad_enabled(grad), Calls() as calls:
        layer(values)
    return any(name.startswith("mkldnn_linear") for name in calls.names)


@pytest.mark.parametrize("shape", [(300,), (1, 300), (7, 300), (2, 5, 300), (2, 3, 5, 300), (0, 300), (2, 0, 300)])
@pytest.mark.parametrize("bias", [True, False])
@torch.no_grad()
def test_values_are_those_of_torch(shape, bias):
    """To the rounding of a float32 sum of 300 products, each below 4 * 0.06: 300 * 0.24 * 2**-24."""
    plain, dense = pair(bias)
    values = torch.randn(shape).clamp(-4, 4)
    torch.testing.assert_close(dense(values), plain(values), rtol=0, atol=300 * 0.24 * 2**-24)


@torch.no_grad()
def test_values_in_any_memory_order_are_read():
    plain, dense = pair()
    values = torch.randn(300, 6, 2).permute(2, 1, 0)
    torch.testing.assert_close(dense(values), plain(values), rtol=0, atol=1e-5)


@needs_onednn
@pytest.mark.filterwarnings("ignore:TF32 acceleration on top of oneDNN")  # torch's own flags() asks for it
def test_onednn_multiplies_where_nothing_trains_and_nowhere_else(monkeypatch):
    _, dense = pair()
    values = torch.randn(2, 300)
    assert by_onednn(dense, values)
    assert not by_onednn(dense, values, grad=True)
    dense.requires_grad_(False)
    assert by_onednn(dense, values, grad=True)
    assert not by_onednn(dense, values.requires_grad_(), grad=True)
    with torch.autocast("cpu"):
        assert not by_onednn(dense, values)
    assert not by_onednn(copy.deepcopy(dense).double(), values.double())
    assert not by_onednn(copy.deepcopy(dense).to("meta"), values.to("meta"))
    with torch.backends.mkldnn.flags(enabled=False):
        assert not by_onednn(dense, values)
    for name, answer in (("torch.compiler.is_compiling", True), ("torch.backends.mkldnn.is_available", False)):
        with monkeypatch.context() as patch:
            patch.setattr(name, lambda answer=answer: answer)
            assert not by_onednn(dense, values)


def test_gradients_are_those_of_torch():
    plain, dense = pair()
    values = torch.randn(4, 300)
    for layer in (plain, dense):
        layer(values).square().sum().backward()
    torch.testing.assert_close(dense.weight.grad, plain.weight.grad, rtol=0, atol=0)


def test_a_change_of_the_weights_is_a_change_of_the_values():
    """Nothing is kept from one call to the next: weights that are loaded, moved or trained count at once."""
    plain, dense = pair()
    with torch.no_grad():
        dense(torch.randn(2, 300))
        other = {name: torch.randn_like(value) for name, value in plain.state_dict().items()}
        values = torch.randn(2, 300)
        for layer in (plain, dense):
            layer.load_state_dict(other)
        torch.testing.assert_close(dense(values), plain(values), rtol=0, atol=1e-3)


def test_only_plain_linear_layers_become_dense():
    """What is made of nn.Linear may mean something else by it, as the attention's projection does."""
    module = nn.Sequential(nn.Linear(8, 8), nn.MultiheadAttention(8, 2), nn.LayerNorm(8))
    names = list(module.state_dict())
    with_dense_layers(module)
    assert list(module.state_dict()) == names
    assert type(module[0]) is DenseLinear
    assert type(module[1].out_proj) is not DenseLinear

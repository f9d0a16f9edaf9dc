"""Dense layers that multiply by oneDNN where nothing trains: twice as fast on some CPUs, with the same parameters."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class DenseLinear(nn.Linear):
    """As `nn.Linear`, in its parameters and, to float32 rounding, in its values.

    torch multiplies float32 matrices on a CPU by MKL, which leaves half of an AMD's vector units idle; oneDNN, which
    torch brings along for convolutions, does not (`python -m benchmarks.encoder`). Layouts are converted on the way in
    and out and weights are kept once. Gradients, other devices and dtypes, autocast and compilation take torch's way,
    and so does everything under `torch.backends.mkldnn.flags(enabled=False)`.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name of nn.Linear
        """`(..., in_features)` to `(..., out_features)`."""
        if not self._may_use_onednn(input):
            return super().forward(input)
        bias = None if self.bias is None else self.bias.to_mkldnn()
        product: Tensor = functional.linear(input.to_mkldnn(), self.weight.to_mkldnn(), bias).to_dense()
        return product

    def _may_use_onednn(self, values: Tensor) -> bool:
        trains = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (values, *self.parameters()))
        return (
            all(tensor.dtype == torch.float32 and tensor.device.type == "cpu" for tensor in (values, self.weight))
            and not trains
            and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
            and bool(torch.backends.mkldnn.enabled)
            and not torch.is_autocast_enabled("cpu")
            and not torch.compiler.is_compiling()
        )


def with_dense_layers(module: nn.Module) -> None:
    """Make every plain `nn.Linear` in `module` a `DenseLinear`, in place: parameters, names and hooks stay."""
    for layer in module.modules():
        if type(layer) is nn.Linear:  # what is made of it may override forward
            layer.__class__ = DenseLinear

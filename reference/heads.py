"""The trainable parts on top of frozen features: the projection head and the gated way in for an earlier stage."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import Tensor, nn


def as_count(value: Any, name: str, least: int = 1, most: int | None = None) -> int:
    """Return `value` as a whole number in `least..most`, or raise naming the argument `name`.

    Raises `TypeError` for what is no whole number (a bool and a float are none), `ValueError` for one out of range.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    count = operator.index(value)
    if count < least or (most is not None and count > most):
        allowed = f"at least {least}" if most is None else f"in {least}..{most}"
        raise ValueError(f"{name} must be {allowed}, got {count}")
    return count


def as_dropout(value: Any) -> float:
    """Return `value` as a dropout probability in [0, 1). Raises `TypeError` for no number, `ValueError` outside."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"dropout must be a number in [0, 1), got {value!r}")
    if not 0 <= value < 1:
        raise ValueError(f"dropout must be in [0, 1), got {value!r}")
    return float(value)


class ProjectionHead(nn.Module):
    """Linear -> GELU -> LayerNorm -> Dropout -> Linear on the last axis: `(..., in_dim)` to `(..., out_dim)`.

    The same class serves 2-D patch tokens and 3-D features. Nothing is normalised to unit length: L2 belongs to the
    points, after sampling, because the norms of neighbouring cells are part of what bilinear sampling mixes.

    Raises `TypeError` or `ValueError` for a size below one, a dropout outside [0, 1), and features of another width.
    """

    def __init__(self, in_dim: int, hidden_dim: int = 512, out_dim: int = 256, dropout: float = 0.1) -> None:
        super().__init__()
        self.in_dim = as_count(in_dim, "in_dim")
        hidden_dim, out_dim = as_count(hidden_dim, "hidden_dim"), as_count(out_dim, "out_dim")
        self.layers = nn.Sequential(
            nn.Linear(self.in_dim, hidden_dim),
            nn.GELU(),
            nn.LayerNorm(hidden_dim),
            nn.Dropout(as_dropout(dropout)),
            nn.Linear(hidden_dim, out_dim),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Features `(..., in_dim)` to `(..., out_dim)`; each vector on its own, leading axes of any number and size."""
        if features.ndim == 0 or features.shape[-1] != self.in_dim:
            raise ValueError(
                f"features must have shape (..., {self.in_dim}), got {tuple(features.shape)}; "
                "a map (B, C, H, W) goes in as features.permute(0, 2, 3, 1)"
            )
        projected: Tensor = self.layers(features)
        return projected


class GatedResidual(nn.Module):
    """`x + tanh(gate) * conv(early)`: brings an earlier stage of `early_dim` channels into a map of `dim` channels.

    conv is a 1x1 convolution, gate one number per channel that starts at zero: at first the output is `x` exactly, and
    training opens what helps. Closed, only the gate has a gradient; the convolution follows once it has moved. (The
    tanh gate that starts at zero is Flamingo's, Alayrac et al. 2022, section 2.2.)

    Raises `TypeError` or `ValueError` for a size below one, and for maps whose shapes do not go together.
    """

    def __init__(self, early_dim: int, dim: int) -> None:
        super().__init__()
        self.early_dim, self.dim = as_count(early_dim, "early_dim"), as_count(dim, "dim")
        self.conv = nn.Conv2d(self.early_dim, self.dim, kernel_size=1)
        self.gate = nn.Parameter(torch.zeros(self.dim))

    def forward(self, x: Tensor, early: Tensor) -> Tensor:
        """Maps `x` `(B, dim, H, W)` and `early` `(B, early_dim, H, W)` to one of `x`'s shape and dtype.

        A stage of another size is resized by the caller, who alone knows its geometry.
        """
        if x.ndim != 4 or x.shape[1] != self.dim:
            raise ValueError(f"x must have shape (B, {self.dim}, H, W), got {tuple(x.shape)}")
        expected = (x.shape[0], self.early_dim, *x.shape[2:])
        if tuple(early.shape) != expected:
            raise ValueError(f"early must have shape {expected} to go with x, got {tuple(early.shape)}")
        opened: Tensor = torch.tanh(self.gate)[:, None, None] * self.conv(early)
        return x + opened.to(x.dtype)

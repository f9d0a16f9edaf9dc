"""Joins the 2-D feature that a point read from an image with its 3-D feature, by a learned gate."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reference.heads import as_count


class BiFusion(nn.Module):
    """`fused = alpha * features_2d + (1 - alpha) * features_3d`, with `alpha = sigmoid(MLP([2d, 3d]))` per point.

    A point without a valid 2-D feature has alpha exactly 0 and keeps its 3-D feature bit for bit. What `features_2d`
    holds there, NaN included, reaches neither a value nor a gradient: it is replaced before it is used, because zero
    times NaN is NaN.

    Raises `TypeError` or `ValueError` for `dim` below one and for inputs that are not one row a point.
    """

    def __init__(self, dim: int = 256) -> None:
        super().__init__()
        self.dim = as_count(dim, "dim")
        self.gate = nn.Sequential(nn.Linear(2 * self.dim, self.dim), nn.GELU(), nn.Linear(self.dim, 1))

    def forward(self, features_2d: Tensor, features_3d: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Features `(N, dim)`, `(N, dim)` and a boolean `(N,)` to `fused` `(N, dim)` and `alpha` `(N, 1)`.

        `fused` has the dtype that the two features promote to, `alpha` that of the gate. N may be zero.
        """
        self._check(features_2d, features_3d, valid)
        has_2d = valid[:, None]
        features_2d = torch.where(has_2d, features_2d, 0)
        learned = torch.sigmoid(self.gate(torch.cat([features_2d, features_3d], dim=-1)))
        alpha = torch.where(has_2d, learned, 0)
        blended = alpha * features_2d + (1 - alpha) * features_3d
        return torch.where(has_2d, blended, features_3d), alpha

    def _check(self, features_2d: Tensor, features_3d: Tensor, valid: Tensor) -> None:
        for name, features in (("features_2d", features_2d), ("features_3d", features_3d)):
            if features.ndim != 2 or features.shape[1] != self.dim:
                raise ValueError(f"{name} must have shape (N, {self.dim}), got {tuple(features.shape)}")
        if features_2d.shape != features_3d.shape:
            raise ValueError(
                f"both features must have one row a point, got {len(features_2d)} 2-D and {len(features_3d)} 3-D rows"
            )
        if valid.dtype != torch.bool:
            raise TypeError(f"valid must be boolean, got {valid.dtype}; write the rule out, say `depth > 0`")
        if valid.shape != features_2d.shape[:1]:
            raise ValueError(f"valid must have shape ({len(features_2d)},), one a point, got {tuple(valid.shape)}")

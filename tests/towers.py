"""Image towers for the tests of the encoder: small ones in every shape of open_clip's own ViT, and random input."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from reference import EnhancedCLIPEncoder

SMALL_TEXT = {"context_length": 4, "vocab_size": 8, "width": 32, "heads": 1, "layers": 1}
SMALL_VISION = {"image_size": 64, "patch_size": 16, "layers": 4, "width": 64, "head_width": 32}
SMALL: dict[str, dict[str, Any]] = {
    "small": {},
    "small-oblong": {"image_size": [64, 96]},
    "small-remainder": {"image_size": 78},
    "small-attentional-pool": {"attentional_pool": True, "attn_pooler_heads": 2},
    "small-patch-dropout": {"patch_dropout": 0.5},
    "small-average-pool": {"no_ln_pre": True, "pool_type": "avg", "final_ln_after_pool": True},
    "small-layer-scale": {"ls_init_value": 0.1},
}


@contextmanager
def known_to_open_clip() -> Iterator[None]:
    """While it lasts, open_clip has the small models, too; `open_clip.add_model_config` would leave them for good."""
    with pytest.MonkeyPatch.context() as patch:
        for name, vision in SMALL.items():
            config = {"embed_dim": 32, "vision_cfg": SMALL_VISION | vision, "text_cfg": SMALL_TEXT}
            patch.setitem(open_clip.factory._MODEL_CONFIGS, name, config)
        yield


def build(model: str = "small", seed: int = 0, **arguments: Any) -> EnhancedCLIPEncoder:
    """A fresh encoder in `eval()`, three blocks and eight features unless told."""
    torch.manual_seed(seed)
    return EnhancedCLIPEncoder(model, **{"num_layers": 3, "out_dim": 8, "trainable_blocks": 1} | arguments).eval()


@functools.cache
def built(model: str, num_layers: int) -> EnhancedCLIPEncoder:
    """One encoder for every test that only reads or copies it: timm's towers take seconds to make."""
    return build(model, num_layers=num_layers)


def full_model(model: str, layers: int) -> nn.Module:
    """open_clip's model with all that its image tower has after the blocks; its own ViTs have `layers` blocks."""
    vision = open_clip.get_model_config(model)["vision_cfg"] | {"layers": layers}
    return open_clip.create_model(model, vision_cfg=vision, text_cfg=SMALL_TEXT).eval()


def blocks_of(visual: Any) -> nn.ModuleList:
    """The blocks of an open_clip image tower, native or timm's."""
    return visual.trunk.blocks if hasattr(visual, "trunk") else visual.transformer.resblocks


def count(module: nn.Module) -> int:
    """How many numbers the module's parameters hold."""
    return sum(parameter.numel() for parameter in module.parameters())


def random_crops(encoder: EnhancedCLIPEncoder, count: int = 2) -> Tensor:
    """Normally distributed crops of the encoder's size, always the same."""
    return torch.randn(count, 3, *encoder.crop_size, generator=torch.Generator().manual_seed(0))


def random_picture(height: int, width: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """A PIL image of uniform noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)

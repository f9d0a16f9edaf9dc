"""Crop and patch size of open_clip's models, read from open_clip's own model files without importing torch."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reference.fields import Size


def model_names() -> list[str]:
    """Names of the models that the installed open_clip has built in, sorted."""
    return sorted(path.stem for path in _folder().glob("*.json"))


def vision_sizes(model: str) -> tuple[Size, Size]:
    """`(crop_size, patch_size)` of an open_clip model, each `(height, width)` in crop pixels.

    Raises `ValueError` for a name that open_clip does not have and for an image tower that is no plain grid of patches.
    """
    path = _folder() / f"{model.replace('/', '-')}.json"
    if model not in model_names() and path.stem not in model_names():
        raise ValueError(f"open_clip has no model {model!r}; it has {', '.join(model_names())}")
    vision = json.loads(path.read_text(encoding="utf-8"))["vision_cfg"]
    patch = _patch_size(vision)
    if patch is None:
        raise ValueError(f"the image tower of {model} is no plain grid of patches, so it has no patch size")
    return _pair(vision.get("image_size", 224)), _pair(patch)


@cache
def _folder() -> Path:
    spec = find_spec("open_clip")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("open_clip is not installed: pip install open_clip_torch")
    return Path(spec.origin).parent / "model_configs"


def _patch_size(vision: dict[str, Any]) -> Any:
    """The patch size that the model file gives, else the one in the name of the timm tower; None for neither."""
    if "timm_model_name" in vision:
        # Only timm's ViT and EVA towers keep their first patch grid to the end; Swin's name has a patch size, too.
        named = re.fullmatch(r"(?:vit|eva|eva02)_.*patch(\d+).*", vision["timm_model_name"])
        return int(named[1]) if named else None
    # A native tower whose `layers` is a list is a ResNet; 16 is open_clip's default patch size.
    return None if isinstance(vision.get("layers"), list) else vision.get("patch_size", 16)


def _pair(value: Any) -> Size:
    height, width = value if isinstance(value, list) else (value, value)
    return height, width

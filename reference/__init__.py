"""The geometry that is right: maps, camera, transforms, encoder, sampling, fusion. PEP 562 loads names on first use."""

import importlib
from typing import Any

_HOME = {
    "GeomMeta": "geometry",
    "geometry_of": "preprocess",
    "official_preprocess": "preprocess",
    "load_image": "image",
    "Camera": "camera",
    "EnhancedCLIPEncoder": "encoder",
    "ProjectionHead": "heads",
    "GatedResidual": "heads",
    "sample_points": "sampling",
    "BiFusion": "fusion",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

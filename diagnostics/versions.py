"""The versions that a measurement was made with."""

from __future__ import annotations

import platform
from importlib import metadata

_PACKAGES = ("halfpixel", "torch", "torchvision", "open_clip_torch", "numpy", "pillow")


def versions() -> dict[str, str]:
    """Python's and those of the packages that results depend on, by name."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found

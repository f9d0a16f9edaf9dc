"""Says in one line that torch and torchvision do not fit together, which otherwise shows as an error deep in either."""

from __future__ import annotations

import sys
import traceback
from importlib import metadata
from pathlib import Path


def misfit(error: BaseException) -> str | None:
    """What to tell a user in place of `error` where it comes of an import of torchvision that failed; None elsewhere.

    Python takes a module whose import failed out of `sys.modules`: an error that torchvision raises when it is called
    leaves it there, and is none of these. torchvision's compiled part fits one release of torch, or a few.
    """
    if "torchvision" in sys.modules:
        return None
    seen: BaseException | None = error
    while seen is not None:
        if any("torchvision" in Path(frame.filename).parts for frame in traceback.extract_tb(seen.__traceback__)):
            return (
                f"torch {_version('torch')} and torchvision {_version('torchvision')} do not fit together; install a "
                f"pair: pip install --upgrade --force-reinstall torch torchvision ({' '.join(str(seen).split())})"
            )
        seen = seen.__cause__ or seen.__context__
    return None


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "of no known version"

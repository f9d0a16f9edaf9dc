"""The pipeline while it is being checked: calls its stages with care and keeps what several checks need."""

from __future__ import annotations

import contextlib
import io
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diagnostics.pipeline import Pipeline
from diagnostics.verdict import SkipCheck, StageError
from reference.fields import Size
from reference.geometry import GeomMeta
from reference.measure import MeasuredMap, measure_map
from reference.snapping import snap

Floats = NDArray[np.float64]

# Sizes that tell crop rounding, odd pads, swapped sides and nominal scales apart; 640x480 alone is blind to them.
IMAGE_SIZES: tuple[Size, ...] = ((480, 640), (480, 641), (480, 637), (480, 643), (640, 480), (968, 1296), (400, 400))


@dataclass
class Subject:
    """One pipeline under test at several image sizes `(height, width)`; `seed` is for what the probes draw."""

    pipeline: Pipeline
    image_sizes: Sequence[Size] = IMAGE_SIZES
    seed: int = 0
    kept: dict[str, Any] = field(default_factory=dict)  # what one check measured and another needs
    _maps: dict[Size, MeasuredMap | ValueError] = field(default_factory=dict)

    def stage(self, name: str) -> Callable[..., Any]:
        """The stage `name` of the pipeline, wrapped: what it raises becomes a `StageError` with the user's line.

        Raises `SkipCheck` where the pipeline does not have it.
        """
        function = getattr(self.pipeline, name)
        if function is None:
            raise SkipCheck(f"the pipeline gives no {name}")

        def call(*arguments: Any) -> Any:
            with _as_stage_error(name):
                return function(*arguments)

        return call

    def call_array(self, name: str, *arguments: Any) -> Floats:
        """The stage's output as a float64 NumPy array, whatever library, dtype or device it came from."""
        return as_array(self.stage(name)(*arguments), name)

    def preprocess_map(self, size: Size) -> MeasuredMap:
        """The measured map of `preprocess` for one image size; measured once. Raises `ValueError` if it has none."""
        if size not in self._maps:
            transform = self.stage("preprocess")
            try:
                self._maps[size] = measure_map(lambda image: as_array(transform(image.copy()), "preprocess"), size)
            except ValueError as error:
                self._maps[size] = error
        known = self._maps[size]
        if isinstance(known, ValueError):
            raise known
        return known

    @cached_property
    def claims(self) -> dict[Size, GeomMeta]:
        """The geometry that the pipeline claims at every size, over its own grid."""
        claim = self.stage("geometry")
        found = {}
        for size in self.image_sizes:
            meta = claim(size)
            if not isinstance(meta, GeomMeta):
                raise StageError("geometry", f"must return a reference.GeomMeta, got {type(meta).__name__}")
            found[size] = meta
        return found

    def whole_geometry(self, size: Size) -> GeomMeta | None:
        """The exact geometry of `preprocess` in whole numbers over the pipeline's grid; None where it has none."""
        try:
            return snap(self.preprocess_map(size)).with_grid(self.pipeline.grid)
        except ValueError:
            return None


def as_array(value: Any, stage: str) -> Floats:
    """`value` as a float64 array, detached, on the CPU. Raises `StageError` for what is no array of numbers."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = value.float() if value.dtype == torch.bfloat16 else value
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise StageError(stage, f"must return a tensor or array, got {type(value).__name__}") from None


@contextlib.contextmanager
def _as_stage_error(stage: str) -> Iterator[None]:
    """Turn whatever a stage raises into a `StageError`; what it prints is swallowed, and no gradient is kept."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
            yield
    except (StageError, SkipCheck):
        raise
    except Exception as error:
        raise StageError(stage, f"raised {type(error).__name__}: {error}{users_line(error)}") from error


def users_line(error: BaseException) -> str:
    """Where the innermost line is that is the user's own, neither ours nor an installed library's; empty for none."""
    ours = str(Path(__file__).resolve().parent)
    theirs = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in frame.filename and not frame.filename.startswith((ours, sys.prefix, sys.base_prefix))
    ]
    return f" at {theirs[-1].filename}:{theirs[-1].lineno}: {theirs[-1].line}" if theirs else ""

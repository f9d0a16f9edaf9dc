"""The pipeline while it is being checked: calls its stages with care and keeps what several checks need."""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from diagnostics import surroundings
from diagnostics.pipeline import GIVEN, Pipeline
from diagnostics.users_code import told, users_line
from diagnostics.verdict import SkipCheck, StageError
from reference.fields import Size
from reference.geometry import GeomMeta
from reference.measure import MeasuredMap, measure_map
from reference.snapping import snap

Floats = NDArray[np.float64]
Measured = TypeVar("Measured")

# Sizes that tell crop rounding, odd pads, swapped sides and nominal scales apart; 640x480 alone is blind to them.
IMAGE_SIZES: tuple[Size, ...] = ((480, 640), (480, 641), (480, 637), (480, 643), (640, 480), (968, 1296), (400, 400))
_MOST = 2**28  # numbers, 2 GiB as float64: ten times the largest map that anybody lifts from
_THREADED = ("encode",)  # the only stage whose tensors are large enough for threads to bring more than they cost
_ASKED_TWICE = ("upsample", "lift", "project")  # the others' randomness has checks of its own
_MAKE_META = "reference.geometry_of(preprocess, image_size, grid) makes one"
_RANDOM = "is random: two calls with the same arguments give different results; put its modules in eval()"
# What is raised by code that expects other arguments than it gets: then they are told.
_MISTAKEN = (TypeError, AttributeError, IndexError, ValueError, RuntimeError)
_REPEATS = 1e-5  # of the largest number: float32 sums in another order, as a GPU makes them, change less


@dataclass
class Subject:
    """One pipeline under test at several image sizes `(height, width)`; `seed` is for what the probes draw.

    theirs: the process's global state in which its stages run; as it is at each call where none is given.
    """

    pipeline: Pipeline
    image_sizes: Sequence[Size] = IMAGE_SIZES
    seed: int = 0
    _kept: dict[str, tuple[Any, Exception | None]] = field(default_factory=dict)
    theirs: surroundings.State = field(default_factory=dict)
    _repeats: set[str] = field(default_factory=set)

    def stage(self, name: str) -> Callable[..., Any]:
        """The stage `name` of the pipeline, wrapped: what it raises becomes a `StageError` with the user's line.

        What it prints, logs and warns of is swallowed, no gradient is kept, and no global state that it changes lasts.
        Raises `SkipCheck` where the pipeline does not have it.
        """
        function = getattr(self.pipeline, name)
        if function is None:
            raise SkipCheck(f"the pipeline gives no {name}")

        def call(*arguments: Any) -> Any:
            threads = {} if name in _THREADED else {"threads": 1}
            quiet = {"log": logging.CRITICAL, "gradients": False}
            with _as_stage_error(name), surroundings.within(self.theirs | quiet | threads):
                return function(*arguments)

        return self._repeating(name, call) if name in _ASKED_TWICE else call

    def _repeating(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, asked twice until it has once given the same answer: no law can be measured on one that is random."""

        def checked(*arguments: Any) -> Any:
            if name not in self._repeats:
                first, second = (_arrays(call(*copy.deepcopy(arguments)), name) for _ in range(2))
                if not _same(first, second):
                    raise StageError(name, _RANDOM)
                self._repeats.add(name)
            return call(*arguments)

        return checked

    def call_array(self, name: str, *arguments: Any) -> Floats:
        """The stage's output as a float64 NumPy array, whatever library, dtype or device it came from."""
        return as_array(self.stage(name)(*arguments), name)

    def once(self, what: str, measure: Callable[[], Measured]) -> Measured:
        """What `measure` returns, or the error that it raises, measured for the first check that asks and then kept."""
        if what not in self._kept:
            try:
                self._kept[what] = measure(), None
            except (StageError, SkipCheck, ValueError) as error:
                self._kept[what] = None, error
        found, raised = self._kept[what]
        if raised is not None:
            raise raised
        measured: Measured = found
        return measured

    def measured(self, what: str) -> Any:
        """What `once` keeps under that name; None where no check asked for it and where measuring it failed."""
        return self._kept.get(what, (None, None))[0]

    def preprocess_map(self, size: Size) -> MeasuredMap:
        """The measured map of `preprocess` for one image size; measured once. Raises `ValueError` if it has none."""
        transform = self.stage("preprocess")
        asked = lambda image: as_array(transform(image.copy()), "preprocess")  # noqa: E731
        return self.once(f"preprocess map {size}", lambda: measure_map(asked, size))

    @cached_property
    def claims(self) -> dict[Size, GeomMeta]:
        """The geometry that the pipeline claims at every size, over its own grid."""
        claim = self.stage("geometry")
        found = {}
        for size in self.image_sizes:
            meta = claim(size)
            if not isinstance(meta, GeomMeta):
                raise StageError("geometry", f"must return a reference.GeomMeta, got {_kind(meta)}; {_MAKE_META}")
            found[size] = meta
        return found

    def whole_geometry(self, size: Size) -> GeomMeta | None:
        """The exact geometry of `preprocess` in whole numbers over the pipeline's grid; None where it has none."""
        try:
            return snap(self.preprocess_map(size)).with_grid(self.pipeline.grid)
        except ValueError:
            return None


def as_array(value: Any, stage: str) -> Floats:
    """A copy of `value` as a float64 array on the CPU. Raises `StageError` for what is no array of real numbers.

    A copy, because a stage may write its next result into the same memory.
    """
    try:
        array = _numpy(value, stage) if isinstance(value, torch.Tensor) else np.asarray(value)
    except StageError:
        raise
    except Exception as error:  # whatever somebody's `__array__` raises
        why = "" if isinstance(value, list | tuple) else f" ({told(error)})"  # NumPy's words on sequences help nobody
        raise StageError(
            stage, f"must return a tensor or array, got {_kind(value)}{why}{_alone(value, stage)}"
        ) from None
    _refuse_too_many(array.size, stage)
    if array.dtype.kind in "biuf":
        return np.array(array, dtype=np.float64)
    if isinstance(value, np.ndarray | torch.Tensor):
        raise StageError(stage, f"must return real numbers, got {_kind(value)} of {array.dtype}")
    raise StageError(stage, f"must return a tensor or array, got {_kind(value)}{_alone(value, stage)}")


def _alone(value: Any, stage: str) -> str:
    """What to change of an output that holds more than the one array that is wanted."""
    if value is None:
        return "; end the function with return and the result"
    if stage == "lift" and isinstance(value, list) and len(value) == 2:
        return "; return a tuple, (values, valid)"
    return "; return the tensor alone" if isinstance(value, list | tuple | dict) else ""


def _arrays(output: Any, stage: str) -> list[Floats]:
    """The arrays that a stage returned, one or two; none where they are no arrays, which is told elsewhere."""
    parts = output if isinstance(output, list | tuple) and len(output) == 2 else (output,)
    try:
        return [as_array(part, stage) for part in parts]
    except StageError:
        return []


def _same(first: Sequence[Floats], second: Sequence[Floats]) -> bool:
    if [array.shape for array in first] != [array.shape for array in second]:
        return False
    for one, other in zip(first, second, strict=True):
        most = np.abs(one[np.isfinite(one)]).max(initial=0.0)
        if not np.allclose(one, other, rtol=0, atol=_REPEATS * most, equal_nan=True):
            return False
    return True


def _numpy(tensor: torch.Tensor, stage: str) -> NDArray[Any]:
    """The tensor's values; raises `StageError` for a tensor that has none to read."""
    if tensor.layout != torch.strided:
        raise StageError(stage, f"must return a dense tensor, got one of layout {tensor.layout}; call .to_dense()")
    if tensor.is_meta:
        raise StageError(stage, "must return a tensor that holds values, got one on the device 'meta'")
    _refuse_too_many(tensor.numel(), stage)
    if tensor.is_floating_point() and tensor.dtype.itemsize < 4:
        tensor = tensor.float()  # NumPy has no bfloat16
    return np.asarray(tensor.numpy(force=True))


def _refuse_too_many(count: int, stage: str) -> None:
    if count > _MOST:
        raise StageError(stage, f"returned {count:,} numbers, more than any crop or map of features has")


def _kind(value: Any) -> str:
    """What `value` is, in words."""
    name = type(value).__name__
    return f"{name} of {len(value)}" if isinstance(value, list | tuple | dict) else name


@contextlib.contextmanager
def _as_stage_error(stage: str) -> Iterator[None]:
    """Turn whatever a stage raises into a `StageError`, also what is meant to end the program; Ctrl-C passes."""
    try:
        yield
    except (StageError, SkipCheck, KeyboardInterrupt):
        raise
    except BaseException as error:
        what, line = f"raised {type(error).__name__}", users_line(error)
        message, given = told(error), f"; {GIVEN[stage]}" if isinstance(error, _MISTAKEN) else ""
        raise StageError(stage, f"{what}{message and f': {message}'}{line}{given}", f"{what}{line}") from error

"""A system under test: the stages of somebody's feature lift, as callables, and what they mean to do."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from diagnostics.command_line import InputError
from diagnostics.users_code import told, users_line
from reference.fields import Size, as_size
from reference.geometry import RULES

INTERPOLATIONS = ("bilinear", "nearest")
NORMALIZATIONS = ("clip", "imagenet", "half", "none")
ORIGINS = ("index", "edge")
_MOST_NAMES = 5  # of pipelines that a message offers
STAGES = ("load", "preprocess", "encode", "upsample", "lift", "project", "geometry")

# What every stage is called with, in the words of a report on one that raises.
GIVEN = {
    "load": "it is given the path of an image file, a string",
    "preprocess": "it is given one PIL image",
    "encode": "it is given crops (B, 3, Hc, Wc)",
    "upsample": "it is given a map (1, C, Hf, Wf), of few channels unless Pipeline(channels=...) says else",
    "lift": "it is given a map of few channels unless Pipeline(channels=...) says else, points (N, 2) and "
    "(height, width)",
    "project": "it is given world points (N, 3) and a reference.Camera",
    "geometry": "it is given the image size (height, width)",
}

Stage = Callable[..., Any] | None


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A pipeline to check. Every stage is optional; a check whose stage is missing is skipped with that reason.

    name: for the report.
    load: path -> PIL image.
    preprocess: PIL image -> tensor (3, Hc, Wc).
    encode: crops (B, 3, Hc, Wc) -> map (B, C, Hf, Wf).
    upsample: map (1, C, Hf, Wf) -> map (1, C, Hu, Wu), applied before `lift`.
    lift: map (1, C, H, W) of `grid` cells (after `upsample`), points (N, 2) float32 `(u, v)`, image size (H0, W0) ->
        values (N, C), or (values, valid (N,)). Without a mask, what it returns outside is not judged.
    project: world points (N, 3), Camera -> points (N, 2), valid (N,); false behind the camera.
    geometry: image size (H0, W0) -> GeomMeta that the pipeline claims.
    module, trainable: an nn.Module and the glob patterns of the parameters that are meant to train.
    grid: (height, width) of the encoder's map, cells.
    channels: C that `lift` insists on, if any; probes are tiled to it.
    interpolation: what `lift` means to do, "bilinear" or "nearest".
    normalization: the statistics that `preprocess` means to use, "clip", "imagenet", "half" or "none".
    validity: the rule that the mask of `lift` means to follow, see `GeomMeta.valid`.
    origin: "index", or "edge" where `lift` is to be given edge coordinates.

    Callables get torch tensors on the CPU and may return torch tensors or NumPy arrays.

    Raises `TypeError` or `ValueError` for what is no callable and for an unknown choice.
    """

    name: str = "pipeline"
    load: Stage = None
    preprocess: Stage = None
    encode: Stage = None
    upsample: Stage = None
    lift: Stage = None
    project: Stage = None
    geometry: Stage = None
    module: Any = None
    trainable: Sequence[str] | None = None
    grid: Size = (14, 14)
    channels: int | None = None
    interpolation: str = "bilinear"
    normalization: str = "clip"
    validity: str = "centre"
    origin: str = "index"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise TypeError(f"name must be a non-empty string, got {self.name!r}")
        for stage in STAGES:
            if getattr(self, stage) is not None and not callable(getattr(self, stage)):
                raise TypeError(f"{stage} must be callable or None, got {type(getattr(self, stage)).__name__}")
        object.__setattr__(self, "grid", as_size(self.grid, "grid"))
        choices = {
            "interpolation": INTERPOLATIONS,
            "normalization": NORMALIZATIONS,
            "validity": RULES,
            "origin": ORIGINS,
        }
        for field, known in choices.items():
            if getattr(self, field) not in known:
                raise ValueError(f"{field} must be one of {', '.join(known)}, got {getattr(self, field)!r}")
        channels = self.channels
        if channels is not None and (isinstance(channels, bool) or not isinstance(channels, int) or channels < 1):
            raise ValueError(f"channels must be a whole number of at least 1 or None, got {channels!r}")
        if isinstance(self.trainable, str):
            raise TypeError(f"trainable must be a list of glob patterns; write [{self.trainable!r}]")
        if self.trainable is not None and not _are_texts(self.trainable):
            raise TypeError(f"trainable must be a list of glob patterns, strings, got {self.trainable!r}")

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages that are given, in pipeline order."""
        given = tuple(stage for stage in STAGES if getattr(self, stage) is not None)
        return given if self.module is None else (*given, "module")


def _are_texts(values: Any) -> bool:
    return isinstance(values, Sequence) and all(isinstance(value, str) for value in values)


def load_pipeline(path: str) -> Pipeline:
    """The pipeline at `"package.module:object"`: an instance, or a callable without arguments that returns one.

    The current directory is searched first, as `python -m` does. Raises `ValueError` that says which part of the path
    was not found or what was found instead; what the module itself raises on import is passed on.
    """
    module_name, colon, attribute = path.partition(":")
    if not colon or not attribute or not all(part.isidentifier() for part in module_name.split(".")):
        raise ValueError(f"{path!r} is no package.module:object; {_advice(path)}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise ValueError(f"{path}: there is no module {error.name}; {_where_to_run(path)}") from None
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise ValueError(f"{path}: {module_name} has no {attribute}{_what_it_has(vars(found), attribute)}")
        found = getattr(found, name)
    pipeline = found if isinstance(found, Pipeline) else found() if callable(found) else found
    if not isinstance(pipeline, Pipeline):
        what = "it" if pipeline is found else "what it returns"
        raise ValueError(
            f"{path}: {what} is of type {type(pipeline).__name__}, not a Pipeline; write {attribute} = "
            "diagnostics.Pipeline(name=..., preprocess=..., lift=...), or a function without arguments that returns one"
        )
    return pipeline


def _advice(path: str) -> str:
    """How to write what somebody gave in place of a `package.module:object`."""
    file, _, attribute = path.partition(":")
    if file.endswith(".json"):
        return "python -m reports makes a page of a results file"
    dotted = file.removesuffix(".py").removeprefix("./").replace("/", ".")
    known = all(part.isidentifier() for part in dotted.split("."))
    written = f"{dotted if known else 'mine'}:{attribute or 'pipeline'}"
    return f"write {written}, with the name of the Pipeline in that module after the colon"


def _where_to_run(path: str) -> str:
    module = path.partition(":")[0]
    if module.endswith(".py"):
        return f"write {module.removesuffix('.py')}, without .py"
    return f"run in the folder that holds {module.split('.')[0]}, or add that folder to PYTHONPATH"


def _what_it_has(names: Mapping[str, Any], wanted: str) -> str:
    """The pipelines among the `names` of a module, or else a name like the `wanted` one."""
    pipelines = [name for name, value in names.items() if isinstance(value, Pipeline)]
    alike = pipelines or difflib.get_close_matches(wanted, names, n=1)
    return f"; did you mean {' or '.join(alike[:_MOST_NAMES])}?" if alike else "; give the name of the Pipeline in it"


def loaded(path: str) -> Pipeline:
    """What `load_pipeline` gives, for a command: all that goes wrong is an `InputError`, one line that says where.

    What the user's module prints on import is swallowed; Ctrl-C passes.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return load_pipeline(path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module that ends the program, too
        line = users_line(error)
        if isinstance(error, ValueError) and not line:  # what load_pipeline itself has to say
            raise InputError(str(error)) from error
        raise InputError(f"{path}: {type(error).__name__}: {told(error)}{line}{_remedy(error)}") from error


def _remedy(error: BaseException) -> str:
    """What to do about an error of the user's module, where that does not depend on the module."""
    if isinstance(error, ModuleNotFoundError):
        return "; install it, or run where it can be imported"
    if isinstance(error, ImportError) and "relative import" in str(error):
        return "; run in the folder above the package and write package.module:object"
    if isinstance(error, SystemExit):
        return '; put what must not run on import under if __name__ == "__main__"'
    if isinstance(error, TypeError) and "Pipeline.__init__()" in str(error):
        return f"; its fields, each given by name, are {', '.join(field.name for field in fields(Pipeline))}"
    if isinstance(error, TypeError) and "required positional argument" in str(error):
        return "; a function is called without arguments and has to return the Pipeline"
    return ""

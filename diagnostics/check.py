"""Runs every check on a pipeline and says what is wrong: `python -m diagnostics.check package.module:object`."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import torch

from diagnostics.checks import CHECKS, Check
from diagnostics.command_line import Arguments, InputError, Parser, command, say, shown
from diagnostics.output import checked_output, write_all
from diagnostics.pipeline import Pipeline, load_pipeline
from diagnostics.subject import IMAGE_SIZES, Subject, users_line
from diagnostics.verdict import Diagnosis, Fault, Finding, Result, SkipCheck, StageError, in_order
from diagnostics.wording import report
from reference.fields import Size, as_size

FAULTS_FOUND, COULD_NOT_RUN = 1, 2
_VERSIONS = ("halfpixel", "torch", "torchvision", "open_clip_torch", "numpy", "pillow")


def check_pipeline(
    pipeline: Pipeline,
    image_sizes: Sequence[Size] | None = None,
    checks: Sequence[str] | None = None,
    seed: int = 0,
    expected_failures: Mapping[str, str] | None = None,
) -> Diagnosis:
    """Measure `pipeline`, black box, and name what is wrong with it; no check stops at another's failure.

    image_sizes: `(height, width)` to probe; by default a set that tells the known faults apart.
    checks: names of the checks to run, in any order; by default all.
    seed: for what the probes draw, and for torch's generator at the start.
    expected_failures: check name -> reason. A check that fails as expected has the status `expected` and its faults are
    not reported; one that passes is an error, so that the list cannot go stale.

    Raises `TypeError` or `ValueError` for what is no pipeline, an unknown check and an impossible size.
    """
    if not isinstance(pipeline, Pipeline):
        raise TypeError(f"pipeline must be a diagnostics.Pipeline, got {type(pipeline).__name__}")
    expected = dict(expected_failures or {})
    chosen = [check for check in CHECKS if checks is None or check.name in checks]
    for name in [*(checks or ()), *expected]:
        if name not in {check.name for check in CHECKS}:
            raise ValueError(f"there is no check {name!r}; there are {', '.join(check.name for check in CHECKS)}")
    sizes = IMAGE_SIZES if image_sizes is None else tuple(as_size(size, "image_sizes") for size in image_sizes)
    if not sizes:
        raise ValueError("image_sizes is empty; give at least one (height, width)")
    torch.manual_seed(seed)
    subject = Subject(pipeline, sizes, seed)
    results: list[Result] = []
    faults: list[Fault] = []
    for check in chosen:
        result, found = _run(check, subject, expected)
        results.append(result)
        faults.extend(found)
    conditions = {"image_sizes": [list(size) for size in sizes], "seed": seed, "versions": _versions()}
    return Diagnosis(pipeline.name, in_order(faults), tuple(results), conditions)


def _run(check: Check, subject: Subject, expected: Mapping[str, str]) -> tuple[Result, tuple[Fault, ...]]:
    try:
        finding = check.measure(subject)
    except SkipCheck as skip:
        return Result(check.name, "skipped", reason=str(skip)), ()
    except StageError as error:
        return Result(check.name, "error", reason=str(error)), ()
    if finding.passed and check.name in expected:
        stale = f"expected to fail ({expected[check.name]}) but it passes: take it off the list"
        return _result(check, finding, "error", stale), ()
    if finding.passed:
        return _result(check, finding, "passed", finding.note), ()
    if check.name in expected:
        return _result(check, finding, "expected", expected[check.name]), ()
    return _result(check, finding, "failed", finding.note), finding.faults


def _result(check: Check, finding: Finding, status: str, reason: str) -> Result:
    return Result(check.name, status, finding.value, finding.limit, finding.unit, finding.worst, check.command, reason)


@command
def main(argv: Arguments = None) -> int:
    """Check a pipeline and say what was found; see `--help`."""
    asked = _parser().parse_args(argv)
    pipeline = _loaded(asked.pipeline)
    taken = None if asked.json is None else checked_output("--json", asked.json, {})
    diagnosis = check_pipeline(pipeline, checks=asked.check, seed=asked.seed)
    say("\n".join(shown(line) for line in report(diagnosis).split("\n")))
    if taken is not None:
        write_all({taken: (json.dumps(diagnosis.to_dict(), indent=1) + "\n").encode()})
    if any(result.status == "error" for result in diagnosis.results):
        return COULD_NOT_RUN
    if diagnosis.passed or any(result.status == "expected" for result in diagnosis.results):
        return 0 if not diagnosis.faults else FAULTS_FOUND
    return FAULTS_FOUND if diagnosis.faults else COULD_NOT_RUN


def _loaded(path: str) -> Pipeline:
    """The user's pipeline; whatever their module raises on import becomes one line that says where."""
    try:
        return load_pipeline(path)
    except ValueError as error:
        raise InputError(str(error)) from error
    except Exception as error:
        raise InputError(f"{path}: {type(error).__name__}: {error}{users_line(error)}") from error


def _parser() -> Parser:
    parser = Parser(
        prog="python -m diagnostics.check",
        description="Measure a pipeline, black box, and name what is wrong with it.",
        epilog="exit 0: clean; 1: faults found; 2: could not run, or nothing to measure",
        allow_abbrev=False,
    )
    parser.add_argument("pipeline", metavar="package.module:object", help="a diagnostics.Pipeline or a maker of one")
    parser.add_argument("--json", type=Path, metavar="F", help="write the diagnosis as JSON, too")
    parser.add_argument("--check", action="append", choices=[check.name for check in CHECKS], help="repeatable")
    parser.add_argument("--seed", type=int, default=0, help="of what the probes draw (default: %(default)s)")
    return parser


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


if __name__ == "__main__":
    sys.exit(main())

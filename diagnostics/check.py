"""Runs every check on a pipeline and says what is wrong: `python -m diagnostics.check package.module:object`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from diagnostics.checks import CHECKS
from diagnostics.command_line import Arguments, InputError, Parser, command, say
from diagnostics.examination import Examination
from diagnostics.help_text import SAID, parser_with
from diagnostics.output import checked_output, write_all
from diagnostics.pipeline import Pipeline, loaded
from diagnostics.scene_counts import Scene, add_scene_options, heatmaps, scenes_of, sizes_of
from diagnostics.subject import IMAGE_SIZES
from diagnostics.verdict import Diagnosis
from diagnostics.wording import report
from reference.fields import Size

FAULTS_FOUND = 1
_EXAMPLES = ["python -m diagnostics.check examples.written_recipe:pipeline --json results.json"]
_EXITS = {0: "clean", FAULTS_FOUND: "faults found", 2: f"could not run, or nothing to measure: {SAID}"}
_SEE = '"Could not run" in the report says why, and what to change'
_GIVE = "the report says what is missing; give Pipeline(...) at least preprocess or lift and geometry"


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
    seed: for what the probes draw, and for the generators of torch, NumPy and Python at the start of every check.
    expected_failures: check name -> reason. A check that fails or raises as expected has the status `expected` and its
    faults are not reported; one that passes is an error, so that the list cannot go stale.

    Raises `TypeError` or `ValueError` for what is no pipeline, an unknown check, an impossible size and seed.
    """
    return Examination(pipeline, image_sizes, seed, expected_failures).diagnosis(checks)


def check_path(
    path: str, checks: Sequence[str] | None = None, seed: int = 0, scenes: Sequence[Scene] = ()
) -> Diagnosis:
    """Check the pipeline at `"package.module:object"`; the commands in its results are for a shell.

    scenes: images, of whose sizes the pipeline is measured, too, and whose points are counted in the evidence.

    Raises `InputError` where there is no pipeline to be had from there, and for files that are no scene.
    """
    sizes = tuple(dict.fromkeys((*IMAGE_SIZES, *sizes_of(scenes))))
    # The sizes of the images change what is measured, and so belong to what measures it again.
    options = [option for scene in scenes for option in scene.options] if sizes != IMAGE_SIZES else []
    diagnosis = Examination(loaded(path), sizes, seed, path=path, options=options).diagnosis(checks)
    counted = heatmaps(scenes, diagnosis.evidence, path) if checks is None or diagnosis.evidence["sizes"] else []
    return replace(diagnosis, evidence={**diagnosis.evidence, "heatmaps": counted})


@command
def main(argv: Arguments = None) -> int:
    """Check a pipeline and say what was found; see `--help`."""
    asked = _parser().parse_args(argv)
    taken = None if asked.json is None else checked_output("--json", asked.json, {})
    diagnosis = check_path(asked.pipeline, asked.check, asked.seed, scenes_of(asked))
    if taken is not None:  # first: whoever reads the report may close the pipe
        write_all({taken: (json.dumps(diagnosis.to_dict(), allow_nan=False) + "\n").encode()})
    say(report(diagnosis))
    statuses = [result.status for result in diagnosis.results]
    if stuck := statuses.count("error"):
        raise InputError(f"{asked.pipeline}: {stuck} of {len(statuses)} checks could not run; {_SEE}")
    if not {"passed", "failed"} & {*statuses}:
        raise InputError(f"{asked.pipeline}: nothing was measured; {_GIVE}")
    return FAULTS_FOUND if "failed" in statuses else 0


def _parser() -> Parser:
    parser = parser_with(
        _EXAMPLES,
        _EXITS,
        prog="python -m diagnostics.check",
        description="Measure a pipeline, black box, and name what is wrong with it.",
    )
    parser.add_argument("pipeline", metavar="package.module:object", help="a Pipeline, or a function that makes one")
    parser.add_argument("--json", type=Path, metavar="F", help="write the diagnosis as JSON, too")
    names = [check.name for check in CHECKS]
    parser.add_argument(
        "--check",
        action="append",
        choices=names,
        metavar="NAME",
        help=f"it alone, repeatable: {', '.join(names)}",
    )
    parser.add_argument("--seed", type=_seed, default=0, help="of what the probes draw (default: %(default)s)")
    add_scene_options(parser)
    return parser


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

"""Asks a whole data set what the checks ask a pipeline: `python -m diagnostics.audit DATA -o rows.csv`."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from diagnostics.audit_flags import usual
from diagnostics.audit_frame import Settings, measure_frame
from diagnostics.audit_journal import Journal
from diagnostics.audit_rows import rows_of, writer_for
from diagnostics.audit_verdict import Totals, diagnosis, explained
from diagnostics.command_line import Arguments, Parser, blaming, command, say, shown
from diagnostics.corrections import Correction
from diagnostics.crop_search import searched
from diagnostics.dataset import Dataset, Entry, open_dataset
from diagnostics.engines import cores, engine, results
from diagnostics.output import Content, checked_output, write_all
from diagnostics.versions import versions
from diagnostics.wording import report
from reference.geometry import MODES
from reference.model_sizes import vision_sizes

FAULTS_FOUND = 1
_MOST_APART = 20  # frames: neighbours must have moved, or a wrong pose goes unnoticed
_EXAMPLE = """example:
  python -m diagnostics.audit scans/office -o office.csv --json office.json
  python -m reports office.json -o office.html

exit 0: nothing wrong; 1: faults found; 2: could not run. An interrupted run goes on where it was.
"""


@command
def main(argv: Arguments = None) -> int:
    """Measure every frame, write one row each and say what is wrong with the data; see `--help`."""
    asked = _parser().parse_args(argv)
    outputs = _outputs(asked)
    dataset = open_dataset(asked.data)
    say(f"{shown(dataset.told)}\n")
    with blaming(f"--model {asked.model}", "name an open_clip model with a ViT image tower"):
        crop, patch = vision_sizes(asked.model)
    settings = Settings(asked.tolerance, asked.mode, crop, patch, (crop[0] // patch[0], crop[1] // patch[1]))
    apart = asked.apart or max(1, min(_MOST_APART, len(dataset.entries) // 3))
    audited = {"data": str(asked.data.resolve()), "frames": len(dataset.entries), "apart": apart, **asdict(settings)}
    with Journal(outputs[0].with_name(f"{outputs[0].name}.journal"), audited, len(dataset.entries)) as journal:
        _measure(asked, dataset, journal, settings, apart)
        found = _finish(asked, outputs, journal, audited, dataset, settings)
        journal.remove()
    return FAULTS_FOUND if found else 0


def _measure(asked: argparse.Namespace, dataset: Dataset, journal: Journal, settings: Settings, apart: int) -> None:
    """Measure the frames that the journal does not have."""
    from tqdm import tqdm  # a mistake in the arguments need not wait for it

    indices = list(journal.missing())
    tasks = ((dataset.entries[index], neighbour(dataset.entries, index, apart), settings) for index in indices)
    hidden = not sys.stderr.isatty()
    workers = max(1, min(asked.workers or cores(), len(indices)))
    with (
        engine(asked.engine, workers, asked.address) as (executor, ahead),
        tqdm(total=len(dataset.entries), initial=journal.done, unit=" frames", disable=hidden) as bar,
    ):
        for index, measured in zip(indices, results(executor, ahead, measure_frame, tasks), strict=True):
            journal.add(index, measured.to_dict())
            bar.update()


def neighbour(entries: Any, index: int, apart: int) -> Entry | None:
    """The frame that many further on, or back where the data set ends; None where there is no other."""
    other = index + apart if index + apart < len(entries) else index - apart
    return entries[other] if 0 <= other < len(entries) and other != index else None


def _finish(
    asked: argparse.Namespace,
    outputs: list[Path],
    journal: Journal,
    audited: dict[str, Any],
    dataset: Dataset,
    settings: Settings,
) -> bool:
    """Write the rows and the diagnosis, say it, and tell whether anything is wrong."""
    totals = Totals()
    for record in journal.records():
        totals.add(record)
    best, faults = explained(totals.corrections())
    apart = audited["apart"]
    near = partial(neighbour, dataset.entries, apart=apart)
    around = searched(dataset.entries, near, dict.fromkeys([Correction(), best]), settings)
    cropped = best
    if around:
        cropped, faults = explained(around)
    options = ["-o", asked.output.name, "--tolerance", asked.tolerance, "--apart", apart]
    options += ["--model", asked.model, "--mode", asked.mode]
    conditions = {
        "audited": audited,
        "versions": versions(),
        "command": shlex.join(["python", "-m", "diagnostics.audit", *map(str, [asked.data, *options])]),
    }
    found = diagnosis(asked.data.resolve().name, totals, faults, around, conditions)
    # Frames were measured without a crop: what they say under the rest of the correction is the nearest there is.
    like = replace(cropped, offset=(0.0, 0.0))
    rows = rows_of(journal.records(), usual(journal.records(), like), like)
    write = writer_for(asked.output)
    contents: dict[Path, Content] = {outputs[0]: lambda file: write(file, rows)}
    if asked.json is not None:
        counts = None if totals.counts is None else totals.counts.tolist()
        whole = found.to_dict() | {"landings": {"points": dict(totals.points), "counts": counts}}
        contents[outputs[1]] = (json.dumps(whole, allow_nan=False) + "\n").encode()
    write_all(contents)
    say(report(found))
    for path in contents:
        say(f"wrote {shown(path)}")
    return not found.passed


def _outputs(asked: argparse.Namespace) -> list[Path]:
    writer_for(asked.output)
    outputs = [checked_output("-o", asked.output, {"DATA": asked.data})]
    if asked.json is not None:
        outputs.append(checked_output("--json", asked.json, {"DATA": asked.data, "-o": outputs[0]}))
    return outputs


def _parser() -> Parser:
    parser = Parser(
        prog="python -m diagnostics.audit",
        description="Ask a whole data set: do sizes, poses and intrinsics agree with its images and depth?",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("data", metavar="DATA", type=Path, help="a manifest, or a folder of a layout that is known")
    parser.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="rows.csv", help="one row a frame, CSV or .parquet"
    )
    parser.add_argument("--json", type=Path, metavar="F", help="write the diagnosis as JSON, for python -m reports")
    parser.add_argument("--tolerance", type=_positive, default=0.05, help="metres (default: %(default)s)")
    parser.add_argument(
        "--apart", type=_count, help=f"frames between neighbours (a third of all, {_MOST_APART} at most)"
    )
    parser.add_argument("--model", default="ViT-B-16", help="open_clip model whose crop counts (default: %(default)s)")
    parser.add_argument("--mode", default=MODES[0], choices=MODES, help="how the image gets to the crop's size")
    parser.add_argument("--engine", default="processes", choices=("processes", "dask"), help="(default: %(default)s)")
    parser.add_argument("--workers", type=_count, help="processes (default: one a core)")
    parser.add_argument("--address", metavar="tcp://HOST:PORT", help="of a Dask scheduler")
    return parser


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

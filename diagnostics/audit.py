"""Asks a whole data set what the checks ask a pipeline: `python -m diagnostics.audit DATA -o rows.csv`."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.flags import usual
from diagnostics.auditing.frame import Settings, record_of
from diagnostics.auditing.journal import Journal
from diagnostics.auditing.mistake_search import searched
from diagnostics.auditing.record import Flagged, audit_record
from diagnostics.auditing.rows import rows_of, writer_for
from diagnostics.auditing.verdict import Totals, diagnosis, explained, judged
from diagnostics.command_line import Arguments, InputError, Parser, blaming, command, say, shown, watched
from diagnostics.dataset import Dataset, Entry, open_dataset
from diagnostics.engines import cores, engine, results
from diagnostics.help_text import parser_with
from diagnostics.output import Content, checked_output, write_all
from diagnostics.verdict import Diagnosis
from diagnostics.versions import versions
from diagnostics.wording import report
from reference.geometry import MODES
from reference.model_sizes import vision_sizes

FAULTS_FOUND = 1
_MOST_APART = 20  # frames: neighbours must have moved, or a wrong pose goes unnoticed
_EXAMPLES = [
    "python -m diagnostics.audit scans/office -o office.csv --json office.json",
    "python -m reports office.json -o office.html",
]
_EXITS = {0: "nothing wrong", FAULTS_FOUND: "faults found"}


@dataclass(frozen=True)
class _Audit:
    """One run: what was asked for, where its outputs go, and, as the journal's first line has it, what is measured."""

    asked: argparse.Namespace
    outputs: list[Path]
    dataset: Dataset
    settings: Settings
    audited: dict[str, Any]

    def neighbour(self, index: int) -> Entry | None:
        """The frame that this one is compared with."""
        return neighbour(self.dataset.entries, index, self.audited["apart"])


@command
def main(argv: Arguments = None) -> int:
    """Measure every frame, write one row each and say what is wrong with the data; see `--help`."""
    audit = _audit(_parser().parse_args(argv))
    with Journal(_journal_of(audit.outputs[0]), audit.audited, len(audit.dataset.entries)) as journal:
        _measure(audit, journal)
        found = _finish(audit, journal)
        journal.remove()
    return 0 if found.passed else FAULTS_FOUND


def _audit(asked: argparse.Namespace) -> _Audit:
    outputs = _outputs(asked)
    dataset = open_dataset(asked.data.absolute())  # Workers of a cluster are somewhere else.
    say(f"{shown(dataset.told)}\n")
    with blaming(f"--model {asked.model}", "name an open_clip model with a ViT image tower"):
        crop, patch = vision_sizes(asked.model)
    settings = Settings(asked.tolerance, asked.mode, crop, patch, (crop[0] // patch[0], crop[1] // patch[1]))
    frames = len(dataset.entries)
    apart = asked.apart or max(1, min(_MOST_APART, frames // 3))
    if 1 < frames <= apart:
        raise InputError(f"--apart {apart}: of {frames} frames, none is so far from another; at most {frames - 1}")
    audited = {"data": str(asked.data.resolve()), "frames": frames, "apart": apart, **asdict(settings)}
    return _Audit(asked, outputs, dataset, settings, audited)


def _measure(audit: _Audit, journal: Journal) -> None:
    """Measure the frames that the journal does not have."""
    from tqdm import tqdm  # a mistake in the arguments need not wait for it

    asked, entries, indices = audit.asked, audit.dataset.entries, list(journal.missing())
    tasks = ((entries[index], audit.neighbour(index), audit.settings) for index in indices)
    hidden = not watched()
    workers = max(1, min(asked.workers or cores(), len(indices)))
    with (
        engine(asked.engine, workers, asked.address) as (executor, ahead),
        tqdm(total=len(entries), initial=journal.done, unit=" frames", disable=hidden) as bar,
    ):
        for index, record in zip(indices, results(executor, ahead, record_of, tasks), strict=True):
            journal.add(index, record)
            bar.update()


def neighbour(entries: Any, index: int, apart: int) -> Entry | None:
    """The frame that many further on, or back where the data set ends; None where there is no other."""
    other = index + apart if index + apart < len(entries) else index - apart
    return entries[other] if 0 <= other < len(entries) else None


def _finish(audit: _Audit, journal: Journal) -> Diagnosis:
    """Name what is wrong, write the rows and the diagnosis, and say it."""
    totals = Totals()
    for record in journal.records():
        totals.add(record)
    best, _ = explained(totals.corrections())
    around = searched(audit.dataset.entries, audit.neighbour, dict.fromkeys([Correction(), best]), audit.settings)
    wrong = judged(totals, around)
    found = diagnosis(audit.asked.data.resolve().name, totals, wrong, _conditions(audit))
    counted = partial(audit_record, audit.dataset.told, audit.audited, totals, wrong)
    contents = dict(zip(audit.outputs, _writers(audit, journal, wrong.best, found, counted), strict=False))
    write_all(contents)
    say(report(found))
    for path in contents:
        say(f"wrote {shown(path)}")
    return found


def _writers(
    audit: _Audit, journal: Journal, best: Correction, found: Diagnosis, counted: Callable[[Flagged], dict[str, Any]]
) -> Iterator[Content]:
    """Of the rows and, after them because only they tell which frames to look at, of the diagnosis."""
    flagged = Flagged()
    rows = flagged.noting(rows_of(journal.records(), usual(journal.records(), best), best))
    write = writer_for(audit.asked.output)
    yield lambda file: write(file, rows)
    yield lambda file: file.write(
        (json.dumps(found.to_dict() | {"audit": counted(flagged)}, allow_nan=False) + "\n").encode()
    )


def _conditions(audit: _Audit) -> dict[str, Any]:
    asked = audit.asked
    options = ["-o", asked.output.name, "--tolerance", asked.tolerance, "--apart", audit.audited["apart"]]
    options += ["--model", asked.model, "--mode", asked.mode]
    command = shlex.join(["python", "-m", "diagnostics.audit", *map(str, [asked.data, *options])])
    return {"audited": audit.audited, "versions": versions(), "command": command}


def _outputs(asked: argparse.Namespace) -> list[Path]:
    if asked.engine == "dask" and asked.workers is not None:
        raise InputError("--workers: a Dask cluster has its own; leave the option out")
    if asked.engine != "dask" and asked.address is not None:
        raise InputError("--address: it is that of a Dask scheduler; give --engine dask, too")
    writer_for(asked.output)
    outputs = [checked_output("-o", asked.output, {"DATA": asked.data})]
    if asked.json is not None:
        taken = {"DATA": asked.data, "-o": outputs[0], "the journal of -o": _journal_of(outputs[0])}
        outputs.append(checked_output("--json", asked.json, taken))
    return outputs


def _journal_of(rows: Path) -> Path:
    return rows.with_name(f"{rows.name}.journal")


def _parser() -> Parser:
    parser = parser_with(
        _EXAMPLES,
        _EXITS,
        prog="python -m diagnostics.audit",
        description="Ask a whole data set: do sizes, poses and intrinsics agree with its images and depth?",
        notes="An interrupted run goes on where it was.",
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
    parser.add_argument("--mode", default=MODES[0], choices=MODES, help="how the image gets to the crop (%(default)s)")
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

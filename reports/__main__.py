"""The command that makes pages: `python -m reports results.json -o report.html`, `python -m reports compare ...`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from diagnostics.command_line import Arguments, InputError, Parser, blaming, command, say, shown
from diagnostics.help_text import parser_with
from diagnostics.output import checked_output, write_all
from diagnostics.scene_counts import Scene, add_scene_options, heatmaps, scenes_of
from reports.results_file import Results, checked, read_results

_EXAMPLES = [
    "python -m reports results.json -o report.html  # of what diagnostics.check --json wrote",
    "python -m reports examples.written_recipe:pipeline -o report.html  # check and render in one step",
]
_COMPARE_EXAMPLES = ["python -m reports compare base.json head.json -o diff.html"]
_EXITS = {0: "the page was written, whatever it says"}
_MODULE = re.compile(r"[A-Za-z_][\w.]*(?<!\.json)(:[\w.]*)?")


@command
def main(argv: Arguments = None) -> int:
    """Write the page of one diagnosis, or of a comparison of two; see `--help`."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return _compare(arguments[1:]) if arguments[:1] == ["compare"] else _report(arguments)


def _report(arguments: list[str]) -> int:
    asked = _report_parser().parse_args(arguments)
    scenes = scenes_of(asked)
    taken = {option: file for scene in scenes for option, file in scene.files.items()}
    if not _is_pipeline(asked.results):
        taken["RESULTS"] = _results_file(Path(asked.results))
    page_path, summary_path = _outputs(asked, taken)
    results = _results(asked.results, scenes)
    from reports.page import page  # Drawing needs matplotlib: no mistake has to wait for its import.
    from reports.summary import summary

    contents = {page_path: page(results)}
    if summary_path is not None:
        contents[summary_path] = summary(results)
    return _written(contents)


def _compare(arguments: list[str]) -> int:
    asked = _compare_parser().parse_args(arguments)
    given = {"BASE": _results_file(asked.base), "HEAD": _results_file(asked.head)}
    page_path, summary_path = _outputs(asked, given)
    base, head = read_results(asked.base), read_results(asked.head)
    from reports.compare import compare
    from reports.compare_page import compare_page
    from reports.summary import compare_summary

    comparison = compare(base, head)
    contents = {page_path: compare_page(comparison)}
    if summary_path is not None:
        contents[summary_path] = compare_summary(comparison)
    return _written(contents)


def _report_parser() -> Parser:
    parser = parser_with(
        _EXAMPLES,
        _EXITS,
        prog="python -m reports",
        description="Make one HTML page of what a check found.",
        notes="python -m reports compare --help explains how two of them are compared.",
    )
    parser.add_argument(
        "results", metavar="RESULTS", help="what diagnostics.check --json wrote, or package.module:object"
    )
    _add_outputs(parser)
    add_scene_options(parser)
    return parser


def _compare_parser() -> Parser:
    parser = parser_with(
        _COMPARE_EXAMPLES,
        _EXITS,
        prog="python -m reports compare",
        description="Make one HTML page of what changed from one diagnosis to another.",
    )
    parser.add_argument("base", metavar="base.json", type=Path, help="what diagnostics.check --json wrote before")
    parser.add_argument("head", metavar="head.json", type=Path, help="and after the change")
    _add_outputs(parser)
    return parser


def _add_outputs(parser: Parser) -> None:
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="page.html", help="the page to write")
    parser.add_argument("--summary", type=Path, metavar="F.md", help="write a short Markdown summary, too")


def _is_pipeline(text: str) -> bool:
    """Whether what is asked for is a `package.module:object`, and no file of that name is there."""
    try:
        return ":" in text and not Path(text).exists()
    except OSError:  # of a name that is too long for a file
        return True


def _results_file(path: Path) -> Path:
    """`path` itself, where it may be a results file. Raises `InputError` for what is plainly meant as a pipeline."""
    with blaming(str(path)):
        there = path.exists()
    if path.suffix == ".py" or (_MODULE.fullmatch(str(path)) and not there):
        raise InputError(
            f"{path}: it is no results file; write one with `python -m diagnostics.check mine:pipeline --json FILE`, "
            "or give python -m reports the pipeline itself, as mine:pipeline"
        )
    return path


def _outputs(asked: argparse.Namespace, taken: Mapping[str, Path]) -> tuple[Path, Path | None]:
    if asked.output.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"-o {asked.output}: the page is HTML; give its file the suffix .html")
    page = checked_output("-o", asked.output, taken)
    if asked.summary is None:
        return page, None
    return page, checked_output("--summary", asked.summary, {**taken, "-o": page})


def _results(text: str, scenes: list[Scene]) -> Results:
    if _is_pipeline(text):
        from diagnostics.check import check_path  # Needs torch, which a file does not.

        return checked(check_path(text, scenes=scenes).to_dict(), text)
    results = read_results(Path(text))
    return checked({**results, "heatmaps": [*results["heatmaps"], *heatmaps(scenes, results, text)]}, text)


def _written(contents: Mapping[Path, str]) -> int:
    write_all({path: text.encode("utf-8", "backslashreplace") for path, text in contents.items()})
    for path in contents:
        say(f"wrote {shown(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

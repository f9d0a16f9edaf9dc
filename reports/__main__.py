"""The command that makes a page of a diagnosis: `python -m reports results.json -o report.html`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from diagnostics.command_line import Arguments, InputError, Parser, command, say, shown
from diagnostics.output import checked_output, write_all
from reports.results_file import Results, checked, read_results

_EXAMPLES = """examples:
  python -m reports results.json -o report.html           what diagnostics.check --json wrote
  python -m reports mine:pipeline -o report.html          check and render in one step
  python -m reports compare base.json head.json -o diff.html

exit 0 whenever the page was written, 2 where it was not
"""


@command
def main(argv: Arguments = None) -> int:
    """Write the page; see `--help`."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    asked = _parser().parse_args(arguments)
    taken = {} if _is_pipeline(asked.results) else {"RESULTS": Path(asked.results)}
    output = _page_output(asked.output, taken)
    results = _results(asked.results)
    from reports.page import page  # Drawing needs matplotlib: no mistake has to wait for its import.

    contents = {output: page(results).encode()}
    write_all(contents)
    for path in contents:
        say(f"wrote {shown(path)}")
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m reports",
        description="Make one HTML page of what a check found.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "results", metavar="RESULTS", help="a file of diagnostics.check --json, or package.module:object"
    )
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="report.html", help="the page to write")
    return parser


def _is_pipeline(text: str) -> bool:
    """Whether what is asked for is a `package.module:object`, and no file of that name is there."""
    return ":" in text and not Path(text).exists()


def _page_output(path: Path, taken: dict[str, Path]) -> Path:
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"-o {path}: the page is HTML; give its file the suffix .html")
    return checked_output("-o", path, taken)


def _results(text: str) -> Results:
    if not _is_pipeline(text):
        return read_results(Path(text))
    from diagnostics.check import check_path  # Needs torch, which a file does not.

    return checked(check_path(text).to_dict(), text)


if __name__ == "__main__":
    sys.exit(main())

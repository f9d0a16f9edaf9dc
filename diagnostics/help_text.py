"""What the `--help` of every command ends with: examples that run as they stand, and all of its exit codes."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from diagnostics.command_line import Parser

SAID = "a line on stderr that begins error: says why"
_EVERYWHERE = {
    2: f"could not run: {SAID}",
    3: "broke down, a mistake of this program: please report it",
    129: "ended by SIGHUP, its terminal went away",
    130: "interrupted, as by Ctrl-C",
    143: "ended by SIGTERM",
}


def parser_with(
    examples: Sequence[str], exits: Mapping[int, str], prog: str, description: str, notes: str = ""
) -> Parser:
    """A parser whose help ends with the examples, one a line, the exit codes, and notes.

    exits: code -> when, beside or in place of those that all commands share.
    """
    shown = [("example:" if len(examples) == 1 else "examples:", [f"  {example}" for example in examples])]
    codes = sorted({**_EVERYWHERE, **exits}.items())
    shown.append(("exit codes:", [f"  {code:<5}{when}" for code, when in codes]))
    parts = ["\n".join([title, *lines]) for title, lines in shown]
    return Parser(
        prog=prog,
        description=description,
        epilog="\n\n".join([*parts, *([notes] if notes else [])]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )

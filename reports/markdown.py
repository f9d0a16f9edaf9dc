r"""Fills Markdown templates so that no text of others does anything: whatever is printed stands in a code span.

Not escaped, because no escape is enough. A backslash or an entity keeps a character from the Markdown parser, but
GitHub and GitLab read the rendered text once more, and whatever of `@name`, `#12`, `GH-12`, commit ids, `:tada:`, `$x$`
and bare addresses they find there takes effect; cmark-gfm itself makes a link of `a\@b.com`. Only invisible characters
between the letters would stop that, and whoever copies a formula or a command copies those with it. Code is what both
leave alone, and what a reader can copy as it was.

HTML's own escaping, and so Jinja's autoescape, is of no use here: in a code span `&lt;` is shown as just that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any
from unicodedata import bidirectional

from jinja2 import Environment, PackageLoader, StrictUndefined

from diagnostics.command_line import shown
from reports.outcomes import counted

_TEXT, _NAME = 320, 64  # bytes of UTF-8 of one text and one name
_NAMES = 6  # in one list
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


class Markdown(str):
    """Markdown that was written here, to be printed as it is."""

    __slots__ = ()


@dataclass(frozen=True)
class Lines:
    """Lines of a list or a table, and how many more there are."""

    kept: tuple[Markdown, ...]
    left: int


def filled(template: str, **values: Any) -> str:
    """The Markdown template of this name, filled: numbers and `Markdown` as they are, any other text as code.

    Raises `jinja2.UndefinedError` for a value that it lacks, `TypeError` for what is neither text nor number.
    """
    return _environment().get_template(template).render(**values)


def code(text: str, most: int = _TEXT) -> Markdown:
    """`text` as a code span on one line, of at most `most` bytes; where it is longer, how much is missing is said.

    Control, bidirectional and undecodable characters are written as escapes, as everywhere: a line end would end the
    table row or begin a block. The backticks around it are as many as nowhere stand together in it: cmark-gfm knows up
    to 80, and 320 bytes need 24. Letters that are written right to left would carry digits and brackets beside them
    along, so they are isolated.
    """
    kept, left = _beginning(text, most)
    runs = {len(run) for run in re.findall("`+", kept)}
    fence = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    inside = kept or " "
    # A parser takes one space off either end where both have one, so there is one to spare beside backticks and spaces.
    pad = " " if inside.strip(" ") and {inside[0], inside[-1]} & {"`", " "} else ""
    span = f"{fence}{pad}{inside}{pad}{fence}"
    if _RIGHT_TO_LEFT & set(map(bidirectional, kept)):
        span = f"\N{FIRST STRONG ISOLATE}{span}\N{POP DIRECTIONAL ISOLATE}"
    return Markdown(f"{span} (and {counted(left, 'character')} more)" if left else span)


def name(text: str) -> Markdown:
    """A name as a code span: it is cut earlier than a sentence is."""
    return code(text, _NAME)


def listed(texts: Sequence[str]) -> Markdown:
    """Names one after the other, and how many more there are."""
    left = len(texts) - _NAMES
    return Markdown(", ".join(map(name, texts[:_NAMES])) + (f" and {left:,} more" if left > 0 else ""))


def row(*cells: Any) -> Markdown:
    """A row of a table. A pipe would end its cell, in a code span, too, unless there is a backslash before it."""
    texts = (_printed(cell).replace("|", r"\|") for cell in cells)
    return Markdown(f"| {' | '.join(texts)} |")


def fitting(lines: Iterable[Markdown], most: int) -> Lines:
    """The first of `lines` that `most` bytes hold."""
    every = list(lines)
    ends = accumulate(len(line.encode()) for line in every)
    kept = tuple(line for line, end in zip(every, ends, strict=True) if end <= most)
    return Lines(kept, len(every) - len(kept))


def _beginning(text: str, most: int) -> tuple[str, int]:
    """As much of `text` as `most` bytes hold, as it is shown, and how many of its characters that leaves out."""
    told = [shown(character) for character in text[:most]]
    ends = accumulate(len(part.encode()) for part in told)
    kept = [part for part, end in zip(told, ends, strict=True) if end <= most]
    return "".join(kept), len(text) - len(kept)


def _printed(value: Any) -> str:
    if isinstance(value, Markdown):
        return value
    if isinstance(value, StrictUndefined):
        return str(value)  # which raises
    if isinstance(value, str):
        return code(value)
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not to be printed")


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - `finalize` does what autoescape does for HTML
        loader=PackageLoader("reports"),
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"name": name, "listed": listed}
    environment.globals["counted"] = lambda count, noun: Markdown(counted(count, noun))
    return environment

"""Edits of JSON that leave it JSON, most of the time: values, fields, nesting, and what stands around it."""

from __future__ import annotations

import contextlib
import json
from random import Random
from typing import Any

from fuzz.edits import NUMBERS, edited_bytes

_TEXTS = (
    "",
    "x",
    "..",
    "/",
    "a\0b",
    "\ud800",
    "\udcff",
    "\u202e",
    "é",
    "x" * 300,
    "nan",
    "-1",
    "{}",
    "line\nend",
    "a.png",
)


class Raw(str):
    """JSON text that stands for itself."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """A JSON object with its fields in order, also those that come twice."""


def edited_json(content: bytes, random: Random) -> bytes:
    """One edit of a JSON text: of a value in it, of a field, of its nesting, seldom of its bytes."""
    if random.randrange(12) == 0:
        return _framed(content, random)
    try:
        value = json.loads(content, object_pairs_hook=Pairs, parse_int=Raw, parse_float=Raw, parse_constant=Raw)
        holders = _holders(value)
        if not holders:
            return _written(_hostile(random)).encode()
        _edit(*random.choice(holders), random, holders)
        return _written(value).encode()
    except (ValueError, RecursionError):
        return edited_bytes(content, random)


def edited_lines(content: bytes, random: Random) -> bytes:
    """One edit of JSON lines: of one line as JSON, or of the order and number of lines."""
    lines = content.split(b"\n")
    at, kind = random.randrange(len(lines)), random.randrange(6)
    if kind == 0:
        lines.insert(random.randrange(len(lines) + 1), lines[at])
    elif kind == 1:
        del lines[at]
    elif kind == 2:
        return edited_bytes(content, random)
    else:
        lines[at] = edited_json(lines[at], random)
    return b"\n".join(lines)


def _holders(value: Any) -> list[tuple[Any, int]]:
    found, left = [], [value]
    while left:
        now = left.pop()
        if isinstance(now, list):
            found += [(now, index) for index in range(len(now))]
            left += [each[1] for each in now] if isinstance(now, Pairs) else now
    return found


def _edit(holder: Any, at: int, random: Random, holders: list[tuple[Any, int]]) -> None:
    named = isinstance(holder, Pairs)
    kind = random.randrange(8)
    if kind == 0:
        del holder[at]
    elif kind == 1:
        holder.insert(at, holder[at])
    elif kind == 2 and named:
        holder[at] = (random.choice(_TEXTS), holder[at][1])
    elif kind == 3:
        other, place = random.choice(holders)
        taken = other[place][1] if isinstance(other, Pairs) else other[place]
        holder[at] = (holder[at][0], Raw(_written(taken))) if named else Raw(_written(taken))
    else:
        holder[at] = (holder[at][0], _hostile(random)) if named else _hostile(random)


def _hostile(random: Random) -> Any:
    kind = random.randrange(6)
    if kind == 0:
        return random.choice(_TEXTS)
    if kind == 1:
        depth = random.choice((2, 50, 400, 900, 940, 960, 975, 990, 2000))
        opening, closing = random.choice((("[", "]"), ('{"a":', "}")))
        return Raw(opening * depth + "1" + closing * depth)
    if kind == 2:
        return random.choice(([], Pairs(), [[]], [Raw("1")] * random.choice((1, 3, 5, 300))))
    return Raw(random.choice(NUMBERS))


def _written(value: Any) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{_text(name)}: {_written(inner)}" for name, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    return json.dumps(text)


def _framed(content: bytes, random: Random) -> bytes:
    """The text in another encoding, with a mark before it or something after it, or with one byte edited."""
    kind = random.randrange(4)
    if kind == 0:
        return b"\xef\xbb\xbf" + content
    if kind == 1:
        with contextlib.suppress(UnicodeError):
            return content.decode().encode(random.choice(("utf-16", "utf-32", "latin-1")))
    if kind == 2:
        return content + random.choice((b"x", b"\0", b"{}", b"\n\n"))
    return edited_bytes(content, random)

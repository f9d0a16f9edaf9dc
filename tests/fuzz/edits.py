"""Edits of bytes and of words, each drawn from a `random.Random`: the fuzzer's own or Hypothesis', which can shrink."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from random import Random

Edit = Callable[[bytes, Random], bytes]

_WIDTHS = {1: "B", 2: "H", 4: "I", 8: "Q"}
NUMBERS = (
    "0", "-0", "1", "-1", "2", "0.5", "1e-320", "5e-324", "1e308", "-1e308", "1e400", "-1e400", "1e15", "1e16", "255",
    "65535", "65536", "2147483647", "2147483648", "4294967296", "9007199254740993", "9223372036854775808",
    "18446744073709551616", "1" + "0" * 400, "1" + "0" * 5000, "1.0", "3.0", "0.1e1", "3.14159265358979", "NaN",
    "Infinity", "-Infinity", "true", "false", "null",
)  # fmt: skip
_WORDS = (
    *NUMBERS,
    "nan",
    "inf",
    "-inf",
    "1_0",
    "0x10",
    "1,5",
    "\u0661",
    "",
    "-",
    "1e",
    "#",
    "OPENCV",
    "FULL_OPENCV",
    "RADIAL",
)


def edited_bytes(content: bytes, random: Random) -> bytes:
    """One edit of bytes that knows nothing of their form."""
    data, at = bytearray(content), random.randrange(len(content) + 1)
    kind = random.randrange(7)
    if kind == 0 and at < len(data):
        data[at] ^= 1 << random.randrange(8)
    elif kind == 1:
        del data[at : at + random.choice((1, 2, 4, 16, 1000))]
    elif kind == 2:
        data[at:at] = bytes(random.randrange(256) for _ in range(random.randrange(1, 9)))
    elif kind == 3:
        start = random.randrange(len(content) + 1)
        data[at:at] = content[start : start + random.choice((1, 8, 40, 300))]
    elif kind == 4:
        del data[at:]
    elif kind == 5:
        width = random.choice(tuple(_WIDTHS))
        value = random.choice((0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1))
        data[at : at + width] = struct.pack(random.choice("<>") + _WIDTHS[width], value & ((1 << 8 * width) - 1))
    else:
        data[at : at + 1] = bytes((random.randrange(256),))
    return bytes(data)


def edited_words(content: bytes, random: Random) -> bytes:
    """One edit of a text of words and numbers: a word replaced, a line left out or repeated, or a byte."""
    kind = random.randrange(6)
    if kind == 0:
        return edited_bytes(content, random)
    if kind == 1:
        lines = content.splitlines(keepends=True) or [b""]
        at = random.randrange(len(lines))
        lines[at : at + 1] = [lines[at]] * random.choice((0, 2))
        return b"".join(lines)
    words = list(re.finditer(rb"\S+", content))
    if not words:
        return random.choice(_WORDS).encode()
    word = random.choice(words)
    return content[: word.start()] + random.choice(_WORDS).encode() + content[word.end() :]

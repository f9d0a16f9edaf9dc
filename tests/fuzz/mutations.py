"""Edits of good files that keep what a reader looks at first: JSON stays JSON, PNG keeps its checksums, `.npy` its form.

Every edit draws from a `random.Random`: the fuzzer's own, or Hypothesis', which then shrinks what it finds.
"""

from __future__ import annotations

import contextlib
import json
import re
import struct
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

Edit = Callable[[bytes, Random], bytes]

_WIDTHS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_TEXTS = ("", "x", "..", "/", "a\0b", "\ud800", "\udcff", "\u202e", "é", "x" * 300, "nan", "-1", "{}", "line\nend", "a.png")
_NUMBERS = (
    "0", "-0", "1", "-1", "2", "0.5", "1e-320", "5e-324", "1e308", "-1e308", "1e400", "-1e400", "1e15", "1e16", "255",
    "65535", "65536", "2147483647", "2147483648", "4294967296", "9007199254740993", "9223372036854775808",
    "18446744073709551616", "1" + "0" * 400, "1" + "0" * 5000, "1.0", "3.0", "0.1e1", "3.14159265358979", "NaN",
    "Infinity", "-Infinity", "true", "false", "null",
)  # fmt: skip
_WORDS = (*_NUMBERS, "nan", "inf", "-inf", "1_0", "0x10", "1,5", "١", "", "-", "1e", "#", "OPENCV", "FULL_OPENCV", "RADIAL")


class Raw(str):
    """JSON text that stands for itself."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """A JSON object with its fields in order, also those that come twice."""


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


# JSON ---------------------------------------------------------------------------------------------------------------


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
    return Raw(random.choice(_NUMBERS))


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


# Other forms --------------------------------------------------------------------------------------------------------


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


_FIELDS = {
    b"descr": ("'<f4'", "'|O'", "'<f2'", "'>f8'", "'<c8'", "'<i8'", "'|u1'", "'<f16'", "'f4,f4'", "[('a', '<f4')]", "()",
               "('<f4',)", "('<f4', (2,))", "[]", "None", "'<M8[s]'", "'<U9'", "'|V8'", "''", "'<f4'*9", "{}", "7", "[[]]"),
    b"fortran_order": ("True", "False", "1", "None", "'x'"),
    b"shape": ("(3, 2)", "(2, 3)", "()", "(6,)", "(0, 2)", "(-1, 2)", "(3, 2, 1)", "(3L, 2L)", "(True, 2)", "[3, 2]",
               "(1.0, 2)", "(9223372036854775808, 2)", "(4294967296, 4294967296)", "(3, 0x" + "f" * 5000 + ")", "(0, 0)"),
}  # fmt: skip


def edited_npy(content: bytes, random: Random) -> bytes:
    """One edit of a `.npy` file: of a field of its header, which keeps its right length, or of its bytes."""
    kind, start = random.randrange(5), 10 if content[6:7] in (b"\1", b"") else 12
    end = start + int.from_bytes(content[8:start], "little")
    header, body = content[start:end], content[end:]
    if kind == 0 or not content.startswith(b"\x93NUMPY"):
        return edited_bytes(content, random)
    if kind == 1:
        body = edited_bytes(body, random)
    elif kind == 2:
        header = edited_bytes(header, random)
    elif kind == 3:
        text = random.choice((b"(", b"'", b"\\", b"\0", b"-" * 3000, b"(" * 150, b"\t", b"\n", b"3L", b"1_0", b"#", b"\xff"))
        at = random.randrange(len(header) + 1)
        header = header[:at] + text + header[at:]
    else:
        name = random.choice(tuple(_FIELDS))
        value = random.choice(_FIELDS[name]).encode()
        found = re.search(rb"'%s': (?:'[^']*'|\([^)]*\)|[^,]*)," % name, header)
        if found:
            header = header[: found.start()] + b"'%s': %s," % (name, value) + header[found.end() :]
    version = random.choice((1, 1, 1, 2, 3))
    return b"\x93NUMPY%c\0" % version + struct.pack("<H" if version == 1 else "<I", len(header) & 0xFFFF) + header + body


def edited_image(content: bytes, random: Random) -> bytes:
    """One edit of an image: a PNG's chunks keep their checksums, other formats are bytes."""
    chunks = _chunks(content)
    if not chunks or random.randrange(8) == 0:
        return edited_bytes(content, random)
    at, kind = random.randrange(len(chunks)), random.randrange(6)
    name, body = chunks[at]
    if kind == 0:
        chunks.insert(random.randrange(len(chunks) + 1), chunks[at])
    elif kind == 1:
        del chunks[at]
    elif kind == 2 and name == b"IDAT":
        with contextlib.suppress(zlib.error):
            chunks[at] = name, zlib.compress(edited_bytes(zlib.decompress(body), random))
    elif kind == 3:
        chunks.insert(at, random.choice(_CHUNKS))
    else:
        chunks[at] = name, edited_bytes(body, random)
    return content[:8] + b"".join(struct.pack(">I", len(body)) + _checked(name + body) for name, body in chunks)


_CHUNKS = (
    (b"tRNS", b"\0\1"), (b"gAMA", b"\0\0\0\0"), (b"pHYs", b"\xff" * 9), (b"tEXt", b"a\0b"), (b"zTXt", b"a\0\0x"),
    (b"iTXt", b"a\0\1\0\0\0x"), (b"iCCP", b"a\0\0x"), (b"PLTE", b"\1\2\3"), (b"eXIf", b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6"),
    (b"acTL", b"\0\0\0\2\0\0\0\0"), (b"fcTL", bytes(26)), (b"fdAT", b"\0\0\0\1x"), (b"sRGB", b""), (b"cHRM", b"\0"),
    (b"IDAT", b""), (b"IHDR", b"\0"), (b"abcd", b""),
)  # fmt: skip


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while content.startswith(b"\x89PNG") and at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        found.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def _checked(chunk: bytes) -> bytes:
    return chunk + struct.pack(">I", zlib.crc32(chunk))


# Texts of a command line ----------------------------------------------------------------------------------------------

_OPTIONS = (
    "-o", "--json", "--summary", "--image", "--points", "--camera", "--grid", "--model", "--mode", "--seed", "--check",
    "--tolerance", "--apart", "--workers", "--engine", "--address", "--help", "-h", "--", "compare", "--unknown", "-o=x", "-oout.html",
)  # fmt: skip
_VALUES = (
    "14x14", "0x1", "1x", "1x1x1", "999999999x999999999", "2000x1", "٣x٣", "ViT-B-16", "RN50", "../ViT-B-16", "hf-hub:x/y", "x" * 300,
    "official", "stretch", "0", "-1", "٣", "1" * 25, "1" * 5000, "1e400", "nan", "inf", "5e-324", "0.05", "dask", "processes",
    "tcp://localhost:1", "%s %(prog)s", "{}", "@in/broken", "\x1b[31m", "line\nend", "",
)  # fmt: skip


def edited_name(content: bytes, random: Random) -> bytes:
    """One edit of a text that might name a pipeline: a part replaced, or a byte."""
    if random.randrange(3) == 0:
        return edited_bytes(content, random)
    parts = re.split(rb"([.:])", content)
    parts[random.randrange(len(parts))] = random.choice(
        (b"", b".", b":", b"mine", b"a", b"x", b"number", b"inner", b"__class__", b"\0", b"\xff", b"\xc3\xa9", b"a" * 300, b" ")
    )
    return b"".join(parts)


def edited_arguments(content: bytes, random: Random) -> bytes:
    """One edit of a JSON list of arguments: one left out, repeated, moved or replaced."""
    from fuzz.commands import NAMES, PLACES

    try:
        texts = json.loads(content)
        at = random.randrange(1, len(texts))
    except (ValueError, TypeError, RecursionError):
        return b'["heatmap", "in/scene.png"]'
    kind = random.randrange(6)
    fresh = random.choice(random.choice((_OPTIONS, _VALUES, PLACES, NAMES)))
    if kind == 0:
        del texts[at]
    elif kind == 1:
        texts.insert(at, texts[random.randrange(1, len(texts))])
    elif kind == 2:
        texts.insert(random.randrange(1, len(texts) + 1), fresh)
    elif kind == 3 and isinstance(texts[at], str) and texts[at].startswith("--"):
        texts[at] = f"{texts[at]}={fresh}"
    else:
        texts[at] = fresh
    return json.dumps(texts).encode()

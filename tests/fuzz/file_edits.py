"""Edits of `.npy` files and images that get past what a reader looks at first: lengths and checksums stay right."""

from __future__ import annotations

import contextlib
import re
import struct
import zlib
from random import Random

from fuzz.edits import edited_bytes

_FIELDS = {
    b"descr": (
        "'<f4'", "'|O'", "'<f2'", "'>f8'", "'<c8'", "'<i8'", "'|u1'", "'<f16'", "'f4,f4'", "[('a', '<f4')]", "()",
        "('<f4',)", "('<f4', (2,))", "[]", "None", "'<M8[s]'", "'<U9'", "'|V8'", "''", "'<f4'*9", "{}", "7", "[[]]",
    ),
    b"fortran_order": ("True", "False", "1", "None", "'x'"),
    b"shape": (
        "(3, 2)", "(2, 3)", "()", "(6,)", "(0, 2)", "(-1, 2)", "(3, 2, 1)", "(3L, 2L)", "(True, 2)", "[3, 2]", "(0, 0)",
        "(1.0, 2)", "(9223372036854775808, 2)", "(4294967296, 4294967296)", "(3, 0x" + "f" * 5000 + ")",
    ),
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
        text = random.choice(
            (b"(", b"'", b"\\", b"\0", b"-" * 3000, b"(" * 150, b"\t", b"\n", b"3L", b"1_0", b"#", b"\xff")
        )
        at = random.randrange(len(header) + 1)
        header = header[:at] + text + header[at:]
    else:
        name = random.choice(tuple(_FIELDS))
        value = random.choice(_FIELDS[name]).encode()
        found = re.search(rb"'%s': (?:'[^']*'|\([^)]*\)|[^,]*)," % name, header)
        if found:
            header = header[: found.start()] + b"'%s': %s," % (name, value) + header[found.end() :]
    version = random.choice((1, 1, 1, 2, 3))
    return (
        b"\x93NUMPY%c\0" % version + struct.pack("<H" if version == 1 else "<I", len(header) & 0xFFFF) + header + body
    )


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
    (b"iTXt", b"a\0\1\0\0\0x"), (b"iCCP", b"a\0\0x"), (b"PLTE", b"\1\2\3"), (b"eXIf",
    b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6"),
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

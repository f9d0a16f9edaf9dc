"""Edits of command lines and of texts that name a pipeline."""

from __future__ import annotations

import json
import re
from random import Random

from fuzz.edits import edited_bytes

_OPTIONS = (
    "-o", "--json", "--summary", "--image", "--points", "--camera", "--grid", "--model", "--mode", "--seed", "--check",
    "--tolerance", "--apart", "--workers", "--engine", "--address", "--help", "-h", "--", "compare", "--unknown",
    "-o=x", "-oout.html",
)  # fmt: skip
_VALUES = (
    "14x14", "0x1", "1x", "1x1x1", "999999999x999999999", "2000x1", "\u0663x\u0663", "ViT-B-16", "RN50", "../ViT-B-16",
    "hf-hub:x/y", "x" * 300,
    "official", "stretch", "0", "-1", "\u0663", "1" * 25, "1" * 5000, "1e400", "nan", "inf", "5e-324", "0.05", "dask",
    "processes",
    "tcp://localhost:1", "%s %(prog)s", "{}", "@in/broken", "\x1b[31m", "line\nend", "",
)  # fmt: skip


def edited_name(content: bytes, random: Random) -> bytes:
    """One edit of a text that might name a pipeline: a part replaced, or a byte."""
    if random.randrange(3) == 0:
        return edited_bytes(content, random)
    parts = re.split(rb"([.:])", content)
    parts[random.randrange(len(parts))] = random.choice(
        (
            b"",
            b".",
            b":",
            b"mine",
            b"a",
            b"x",
            b"number",
            b"inner",
            b"__class__",
            b"\0",
            b"\xff",
            b"\xc3\xa9",
            b"a" * 300,
            b" ",
        )
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

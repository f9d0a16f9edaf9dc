"""Fuzzes one reader with atheris, for a stated time: `python -m fuzz.fuzzer READER SECONDS FOLDER`.

A finding does not end the search: the input that shows it first is kept below FOLDER, with what happened beside it.
"""

from __future__ import annotations

import hashlib
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random

import atheris

_ADDRESSES = 12 << 30  # bytes of address space; what is really taken is bounded by libFuzzer and the oracle
_LONGEST = 20_000  # bytes of an input
_OWN = ("reference", "diagnostics", "reports")


def main(name: str, seconds: int, folder: Path) -> None:
    """Search until the time is over; libFuzzer ends the process."""
    from fuzz.readers import BY_NAME

    reader = BY_NAME[name]
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    with atheris.instrument_imports(include=[*_OWN, *reader.instrumented]):
        read = reader.read()
    corpus, found = folder / "corpus" / name, folder / "found" / name
    for place in (corpus, found):
        place.mkdir(parents=True, exist_ok=True)
    for seed in reader.seeds():
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    _limit_images()
    scratch = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))

    def edited(content: bytes, longest: int, seed: int) -> bytes:
        random = Random(seed)  # noqa: S311 - a fuzzer's choices
        for _ in range(random.choice((1, 1, 2, 4))):
            content = reader.edit(content, random) if random.randrange(8) else atheris.Mutate(content, longest)
        return content[:longest]

    options = [
        f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=3000", f"-max_len={_LONGEST}",
        "-print_final_stats=1",
        "-len_control=0", f"-artifact_prefix={found}/", "-verbosity=1", str(corpus),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], _noting(read, found, scratch), custom_mutator=edited)
    atheris.Fuzz()


def _noting(read: Callable[[bytes, Path], None], found: Path, scratch: Path) -> Callable[[bytes], None]:
    from fuzz.oracle import Finding

    known: set[str] = set()

    def once(content: bytes) -> None:
        start = time.process_time()
        try:
            read(content, scratch)
        except Finding as finding:
            kind = str(finding).split(": ")[0]
            if kind not in known:
                known.add(kind)
                path = found / hashlib.sha256(kind.encode()).hexdigest()[:12]
                path.write_bytes(content)
                path.with_suffix(".txt").write_text(
                    f"{time.process_time() - start:.2f} s\n{traceback.format_exc()}", errors="backslashreplace"
                )
                print(f"FOUND {path}: {str(finding)[:200]!r}", flush=True)

    return once


def _limit_images() -> None:
    """Bombs are refused from two million pixels on, so that an input is decoded in milliseconds."""
    from PIL import Image

    from diagnostics.auditing import depth_file

    Image.MAX_IMAGE_PIXELS = 1 << 20
    depth_file._MOST_PIXELS = 1 << 21


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))

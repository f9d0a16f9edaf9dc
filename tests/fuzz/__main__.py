"""Fuzzes readers one after the other: `python -m fuzz [READER ...] [SECONDS]`, all of them for ten minutes by default.

What it searched from stays in ./corpus, what it found is in ./found; exit 1 where it found something.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from fuzz.readers import BY_NAME

_TEN_MINUTES = 600


def main(arguments: list[str]) -> int:
    """Fuzz, print a line a reader, and say what was found."""
    seconds = int(arguments.pop()) if arguments and arguments[-1].isdecimal() else _TEN_MINUTES
    if unknown := [name for name in arguments if name not in BY_NAME]:
        print(f"error: no reader {', '.join(unknown)}; there are {', '.join(BY_NAME)}", file=sys.stderr)
        return 2
    found = [name for name in arguments or BY_NAME if not _clean(name, seconds)]
    print(f"found something: {', '.join(found)}; see ./found" if found else "nothing found")
    return 1 if found else 0


def _clean(name: str, seconds: int) -> bool:
    """Whether nothing was found in one reader; the process of the fuzzer is gone afterwards, whatever it held."""
    command = [sys.executable, "-m", "fuzz.fuzzer", name, str(seconds), str(Path.cwd())]
    ran = subprocess.run(command, capture_output=True, check=False)
    said = (ran.stdout + ran.stderr).decode(errors="replace")
    done = re.search(r"Done (\d+) runs in (\d+) second", said)
    kinds = re.findall(r"^FOUND (.*)$", said, re.MULTILINE)
    told = f"{int(done[1]):,} inputs in {done[2]} s" if done else f"ended early, exit {ran.returncode}: {said[-2000:]}"
    print(f"{name:<12} {told}, {len(kinds)} found", *kinds, sep="\n  ", flush=True)
    return done is not None and not kinds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

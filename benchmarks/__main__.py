"""Runs every benchmark of this folder and writes what they claim as one table, `docs/benchmarks.md`.

A script's line is a claim where it holds a ratio, ours over theirs, as `0.93x` or as `0.93  (limit 1.3)`, at most the
limit. All else that a script prints goes to the terminal alone, as do the messages of a script that fails.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TABLE = FOLDER.parent / "docs" / "benchmarks.md"
CLAIM = re.compile(r"(?P<before>.*?)\s*\b(?P<ratio>\d+(?:\.\d+)?)(?:x\b|\s*\(limit (?P<limit>[\d.]+)\))(?P<after>.*)")
HEAD = """# Benchmarks

Each row is a ratio that one script of `benchmarks/` measured in one run, ours over what a user would use instead; the
limit, where a claim has one, is the most that it may be. `python -m benchmarks` writes this file.

{date}, {machine}.

| script | claim | ratio | limit | |
|---|---|---|---|---|
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the named scripts, or all, and write the table; 1 where one fails."""
    names = sorted(file.stem for file in FOLDER.glob("[!_]*.py"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("scripts", nargs="*", metavar="SCRIPT", help=f"of {', '.join(names)}; all if none is given")
    parser.add_argument("-o", type=Path, default=TABLE, metavar="FILE", help="where the table goes")
    options = parser.parse_args(argv)
    unknown = sorted(set(options.scripts) - set(names))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(names)}")
    table = HEAD.format(date=f"{datetime.now(UTC):%Y-%m-%d}", machine=machine())
    failed = False
    for name in options.scripts or names:
        print(f"benchmarks.{name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True)
        print(done.stdout, flush=True)
        table += "".join(rows(name, done.stdout)) if not done.returncode else row(name, "failed", "", "", "no")
        failed |= bool(done.returncode)
    written = options.o.with_name(f".{options.o.name}.part")
    written.write_text(table, encoding="utf-8")
    written.replace(options.o)
    return int(failed)


def rows(name: str, printed: str) -> Iterator[str]:
    """A row for every claim that the script printed."""
    for line in printed.splitlines():
        claim = CLAIM.fullmatch(line)
        if claim:
            ratio, limit = claim["ratio"], claim["limit"] or ""
            held = ("yes" if float(ratio) <= float(limit) else "no") if limit else ""
            said = ", ".join(filter(None, (claim["before"].rstrip(" ,:"), claim["after"].lstrip(" ,"))))
            yield row(name, said, ratio, limit, held)


def row(*cells: str) -> str:
    """One row of Markdown."""
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |\n"


def machine() -> str:
    """The kind of this machine: model of the processor, cores, system, versions; nothing that names it."""
    model = platform.machine()
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
        model = found[1] if found else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())

"""Mutates modules one at a time, runs the tests that judge them and writes `docs/mutation.md`.

`python -m mutation` takes every module in scope, `python -m mutation reference/geometry.py` that one. With
`--survivors`, only the mutants that survived the last run are tried again. Exit 1 where a survivor has no reason.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from mutation import page, record
from mutation.selection import TESTS
from mutation.stage import bring_tests, configure, lay_out


def main(argv: list[str] | None = None) -> int:
    """Run the mutation tests of the modules named, or of all; print what is left without a reason."""
    parser = argparse.ArgumentParser(prog="python -m mutation", description="Mutation tests of the modules in scope.")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="path of a module in scope; all if none is given")
    parser.add_argument("--survivors", action="store_true", help="only the survivors of the last run")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="mutants tried at a time")
    arguments = parser.parse_args(argv)
    for module in arguments.modules:
        if module not in TESTS:
            parser.error(f"{module} is not in scope; tests/mutation/selection.py lists the modules that are")
    unexplained = 0
    for module in arguments.modules or TESTS:
        unexplained += _judge(module, arguments.survivors, arguments.workers)
        page.write()
    return 1 if unexplained else 0


def _judge(module: str, survivors_only: bool, workers: int) -> int:
    """Mutate one module, record what became of it; the number of survivors without a reason."""
    folder = bring_tests(module) if survivors_only else None
    if folder is None:
        folder = lay_out(module)
        _run(module, folder, "fork", [], workers)
    doubtful = [name for name, status in record.statuses(folder).items() if status != "killed"]
    if (
        doubtful
    ):  # once more: without the caches that tests have filled, and in case the machine was too busy for a while
        _run(module, folder, "forkserver", doubtful, workers)
    result = record.write(module, folder)
    print(f"{module}: {result['killed']} of {result['mutants']} mutants killed")
    unexplained = [survivor for survivor in result["survivors"] if not survivor["reason"]]
    for survivor in unexplained:
        print(f"  {survivor['where']} ({survivor['status']})")
        print(
            "\n".join(
                f"    {sign} {line}"
                for sign, key in (("-", "was"), ("+", "became"))
                for line in survivor[key].splitlines()
            )
        )
    return len(unexplained)


def _run(module: str, folder: Path, isolation: str, names: list[str], workers: int) -> None:
    """Let mutmut try the mutants `names`, or all of them."""
    configure(module, folder, isolation)
    command = [Path(sys.executable).with_name("mutmut"), "run", "--max-children", str(workers), *names]
    log = folder / f"{isolation}.log"
    with log.open("w", encoding="utf-8") as out:
        environment = os.environ | {"HYPOTHESIS_PROFILE": "mutation"}
        done = subprocess.run(command, cwd=folder, env=environment, stdout=out, stderr=out, check=False)
    if done.returncode:
        sys.exit(f"error: mutmut stopped with exit code {done.returncode}, see {log}")


if __name__ == "__main__":
    sys.exit(main())

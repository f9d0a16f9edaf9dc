"""Runs where the reports of tests arrive: gathers what their geometry checks found and writes it as pages."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from diagnostics.command_line import InputError, shown
from diagnostics.output import checked_output, write_all
from diagnostics.users_code import our_line, told
from reports.carrying import FOUND, MEASURED, Carrying
from reports.pytest_plugin import OPTION

if TYPE_CHECKING:
    from reports.results_file import Results  # which imports jsonschema

_SUFFIXES = (".html", ".htm")
_LONGEST = 60  # characters of a pipeline's name in the name of a file


class Gathering:
    """A plugin for the process that has the results of all tests.

    given: where to write. taken: files of other options. carrying: the plugin of the tests that run in this process.
    Raises `InputError` where nothing can be written at `given`.
    """

    def __init__(self, given: Path, taken: Mapping[str, Path], carrying: Carrying) -> None:
        if given.suffix.lower() not in _SUFFIXES:
            raise InputError(f"{OPTION} {given}: it is a page; give a name that ends in .html, such as report.html")
        checked_output(OPTION, given, taken)
        self._given, self._taken, self._carrying = given, taken, carrying
        self._found: dict[str, dict[str, Results]] = {}  # examination -> check -> what was recorded of it last
        self._measured: dict[str, dict[str, Any]] = {}  # worker -> examination -> its evidence
        self._lines: list[str] = []
        self._failure = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what the report of a test carries."""
        for record in json.loads(getattr(report, FOUND, "[]")):
            self._found.setdefault(record["examination"], {})[record["check"]] = record

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Keep what a worker of pytest-xdist measured; one that crashed has nothing to tell."""
        self._measured[node.gateway.id] = json.loads(getattr(node, "workeroutput", {}).get(MEASURED, "{}"))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write a page an examination. Nothing is raised here, so that other reports of the run are written, too."""
        if not self._found:
            self._lines = [f"no geometry check ran, so {self._given} is not written"]
            return
        try:
            self._write(session)
        except InputError as error:
            self._fail(session, pytest.ExitCode.USAGE_ERROR, str(error))
        except Exception as error:
            what = f"{type(error).__name__}: {told(error)}{our_line(error)}"
            told_where = f"{OPTION} {self._given}: making the page broke down, please report it ({what})"
            self._fail(session, pytest.ExitCode.INTERNAL_ERROR, told_where)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was written, or why not."""
        for line in self._lines:
            terminalreporter.write_line(f"geometry report: {shown(line)}")
        if self._failure:
            terminalreporter.write_line(f"ERROR: {shown(self._failure)}", red=True)
            self._failure = ""

    def pytest_unconfigure(self) -> None:
        """Say on stderr what went wrong where there was no summary to say it in."""
        if self._failure:
            print(f"ERROR: {shown(self._failure)}", file=sys.stderr)

    def _write(self, session: pytest.Session) -> None:
        # Only now, because they import torch and jinja2, and no geometry check may run at all.
        from reports.merged import merged
        from reports.page import page
        from reports.results_file import checked

        measured = [self._carrying.measured(session), *(self._measured[worker] for worker in sorted(self._measured))]
        contents, lines = {}, []
        keys = sorted(self._found)
        names = [next(iter(self._found[key].values()))["diagnosis"]["pipeline"] for key in keys]
        for key, file in zip(keys, files_for(self._given, names), strict=True):
            parts = [part[key] for part in measured if key in part]
            results = merged(self._found[key], [part for part in parts if isinstance(part, dict)])
            target = checked_output(OPTION, file, self._taken)
            contents[target] = page(checked(results, f"{OPTION} {file}")).encode("utf-8", "backslashreplace")
            lines.append(f"wrote {file}{_lacking(parts)}")
        write_all(contents)
        self._lines = lines

    def _fail(self, session: pytest.Session, code: pytest.ExitCode, line: str) -> None:
        """Keep `line` for the summary, and end a run that was well with `code`: CI reads nothing else."""
        self._failure = line
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = code


def _lacking(parts: Sequence[Any]) -> str:
    """What a page has no pictures for, in words."""
    if broken := [part for part in parts if isinstance(part, str)]:
        return f"; what its pictures show could not all be sampled, please report it ({broken[0]})"
    return "" if parts else "; the run was cut short, so nothing was sampled for its pictures"


def files_for(given: Path, names: Sequence[str]) -> list[Path]:
    """Where the page of each pipeline goes: `given` for a single one, `report.NAME.html` for several, all different.

    What is no letter, digit, `.`, `_` or `-` of ASCII in a name becomes `-`; letters of either case count as the same.
    """
    if len(names) == 1:
        return [given]
    taken: dict[str, str] = {}
    for name in names:
        safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_LONGEST].strip("-.") or "pipeline"
        numbered = itertools.chain([safe], (f"{safe}-{number}" for number in itertools.count(2)))
        free = next(one for one in numbered if one.lower() not in taken)
        taken[free.lower()] = free
    return [given.with_name(f"{given.stem}.{free}{given.suffix}") for free in taken.values()]

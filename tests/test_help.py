"""`--help` of every command: its examples run as they stand, and its exit codes are those of docs/exit-codes.md."""

import contextlib
import functools
import io
import itertools
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics import audit, check, heatmap
from reports import __main__ as reports
from scans import write_scan

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
MAINS = {
    "python -m diagnostics.heatmap": heatmap.main,
    "python -m diagnostics.check": check.main,
    "python -m diagnostics.audit": audit.main,
    "python -m reports compare": lambda arguments: reports.main(["compare", *arguments]),
    "python -m reports": reports.main,
}
FOUND = {"python -m diagnostics.check": 1}  # its example has a fault; so the others end with 0


def help_of(command):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as left:
        MAINS[command](["--help"])
    assert left.value.code == 0
    return said.getvalue()


def examples(text):
    return re.findall(r"^  (python -m .*?)(?:  #.*)?$", text, flags=re.MULTILINE)


def codes(text):
    return {int(code): when for code, when in re.findall(r"^  (\d+) +(.+)$", text, flags=re.MULTILINE)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The repository's examples, a scan of a data set, and results to compare."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "examples").symlink_to(ROOT / "examples")
    write_scan(folder / "scans" / "office", 2)
    return folder


def test_every_example_runs_as_it_stands(folder, monkeypatch):
    """One after the other in one folder, the check first: the others read what it writes."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    for command in ("python -m diagnostics.check", *(each for each in MAINS if each not in FOUND)):
        shown = examples(help_of(command))
        assert shown
        for example in shown:
            program = next(name for name in MAINS if example.startswith(f"{name} "))
            arguments = shlex.split(example.removeprefix(program))
            assert MAINS[program](arguments) == FOUND.get(program, 0), example
            outputs = [value for option, value in itertools.pairwise(arguments) if option in ("-o", "--json")]
            assert all(Path(output).is_file() for output in outputs)
        if command in FOUND:
            for name in ("base.json", "head.json"):
                Path(name).write_bytes(Path("results.json").read_bytes())


@pytest.mark.parametrize("command", MAINS)
def test_help_lists_the_exit_codes_of_the_page(command):
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")][1:]
    listed, current = {}, ""
    for row in rows:
        current = row.pop(0).strip("`") if len(row) == 3 else current
        listed.setdefault(current, {})[int(row[0])] = row[1]
    said = {code: when.partition(": a line on stderr")[0] for code, when in codes(help_of(command)).items()}
    assert said == listed[command] | listed["all of them"]
    assert listed.keys() == {*MAINS, "all of them"}


@functools.cache
def help_of_pytest():
    plugins = ["-p", "diagnostics.pytest_plugin", "-p", "reports.pytest_plugin"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "1000"}
    command = [sys.executable, "-m", "pytest", *plugins, "--help"]
    return subprocess.run(
        command, cwd=ROOT / "docs", env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("option", ["--pipeline", "--geometry-report"])
def test_the_help_of_pytest_has_an_example_of_each_option(option):
    """The spellings are the README's and docs/ci.md's, which are run elsewhere."""
    (said,) = re.findall(rf"^  {option}=.*(?:\n {{10,}}.*)*", help_of_pytest(), flags=re.MULTILINE)
    (example,) = re.findall(r"pytest -.*", " ".join(said.split()))
    pages = (ROOT / "README.md").read_text("utf-8") + (ROOT / "docs" / "ci.md").read_text("utf-8")
    assert option in example
    assert example in " ".join(pages.split())

"""The README's commands and code do what the README says; the set-up that only a bare machine can run is CI's own."""

import functools
import re
import shlex
import sys

import numpy as np
import pytest

import fences
from fences import ROOT, run, words
from scans import write_scan

README = (ROOT / "README.md").read_text(encoding="utf-8")
SET_UP = re.compile(r"python3 -m venv \.venv && \.venv/bin/pip install --quiet \S+ && \.venv/bin/python ")
blocks = functools.partial(fences.blocks, README)


def test_the_first_two_commands_set_themselves_up():
    commands = blocks("bash")
    assert [bool(SET_UP.match(command)) for command in commands] == [True, True]
    assert all(command.count("\n") == 1 for command in commands)


def test_the_first_command_draws_the_example_and_says_where(tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    arguments = shlex.split(SET_UP.sub("", blocks("bash")[0]))
    done = run([sys.executable, *arguments], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "scene.landing.png" in done.stdout
    assert (tmp_path / "scene.landing.png").read_bytes().startswith(b"\x89PNG")


def test_ci_runs_the_second_command_as_the_readme_has_it():
    extract = next(line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("test_command="))
    done = run(["bash", "-c", f'{extract}; printf %s "$test_command"'], ROOT)
    assert done.stdout == blocks("bash")[1].rstrip("\n")


ADAPTER, USERS_TEST, GEOMETRY, READ = blocks("python")


def test_the_code_that_reads_features_runs(tmp_path):
    done = run([sys.executable, "-c", READ], tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_code_of_the_geometry_runs_and_the_numbers_beside_it_are_true(tmp_path):
    done = run([sys.executable, "-c", GEOMETRY], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "resized_size=(224, 298)" in done.stdout
    assert "offset=(37, 0)" in done.stdout


def test_checking_the_adapter_says_what_the_readme_shows(tmp_path):
    (tmp_path / "mine.py").write_text(ADAPTER)
    done = run([sys.executable, "-m", "diagnostics.check", "mine:pipeline"], tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    for line in filter(None, blocks("text")[0].splitlines()):
        assert words(line) in words(done.stdout)


def test_the_spelling_without_a_test_file_is_the_one_that_is_tested():
    """`test_geometry_pytest.py` runs it."""
    assert "pytest --pyargs diagnostics.conformance -k geometry --pipeline mine:pipeline" in words(README)


def test_the_users_test_fails_on_the_adapter_and_names_the_fault(tmp_path):
    (tmp_path / "mine.py").write_text(ADAPTER)
    (tmp_path / "test_mine.py").write_text(USERS_TEST)
    done = run([sys.executable, "-m", "pytest", "-q", "-k", "geometry", "-p", "no:cacheprovider"], tmp_path)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "recipe-half-cell" in done.stdout


def commands_in_prose(start):
    """The commands written between back quotes that begin so, with their line ends as spaces."""
    found = [" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", README)]
    return [code for code in found if code.startswith(start)]


def test_the_reports_are_made_as_the_readme_says(tmp_path):
    """Check to a file, a page of either, and the comparison of two files; mine.py is the adapter above."""
    (tmp_path / "mine.py").write_text(ADAPTER)
    check, *_ = commands_in_prose("python -m diagnostics.check mine:pipeline --json")
    assert run([sys.executable, *shlex.split(check)[1:]], tmp_path).returncode == 1
    results = (tmp_path / "results.json").read_bytes()
    for name in ("before.json", "after.json"):
        (tmp_path / name).write_bytes(results)
    for command in commands_in_prose("python -m reports"):
        if "office" in command:  # of an audit, below
            continue
        done = run([sys.executable, *shlex.split(command)[1:]], tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), command
    options = ["-o", "again.html", "--summary", "summary.md"]
    done = run([sys.executable, "-m", "reports", "results.json", *options], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "report.html").read_bytes()
    assert "recipe-half-cell" in (tmp_path / "summary.md").read_text()


def test_a_data_set_is_audited_and_shown_as_the_readme_says(tmp_path):
    write_scan(tmp_path / "scans" / "office", 3, said_pose=np.linalg.inv)
    (audit,) = commands_in_prose("python -m diagnostics.audit scans")
    done = run([sys.executable, *shlex.split(audit)[1:]], tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "pose-inverted" in done.stdout
    (show,) = (command for command in commands_in_prose("python -m reports") if "office" in command)
    done = run([sys.executable, *shlex.split(show)[1:]], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pose-inverted" in (tmp_path / "office.html").read_text()


def test_the_figures_are_those_of_the_table_of_benchmarks():
    table = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    measured = {tuple(line.split(" | ")[1:3]) for line in table.splitlines() if line.startswith("| ")}
    section = README.split("## How fast")[1].split("\n## ")[0]
    quoted = [tuple(line.strip("| ").split(" | ")) for line in section.splitlines() if line.startswith("| ")][1:]
    assert len(quoted) >= 5
    assert set(quoted) <= measured
    when = re.search(r"^\d{4}-\d\d-\d\d, .+$", table, flags=re.MULTILINE)[0].rstrip(".")
    assert when in words(section)


def test_every_file_that_is_linked_is_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target

"""Checks as tests of a user's own: the decorator, the option `--pipeline`, and both through the installed package."""

import os
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from diagnostics import Pipeline, check_pipeline, parametrize_with_checks
from diagnostics.checks import CHECKS
from diagnostics.examination import Examination
from diagnostics.parametrize import bound_checks
from reference import GeomMeta, sample_points

ROOT = Path(__file__).resolve().parents[1]
NAMES = [check.name for check in CHECKS]
SIZES = [(60, 80), (90, 70)]
LANDING = "lift_reads_the_place_it_is_asked_for"


def installed():
    """Whether pytest finds the plugin by itself, as it does wherever the package is installed."""
    return any(entry.name == "halfpixel" for entry in metadata.entry_points(group="pytest11"))


def claim(size):
    return GeomMeta("stretch", size, (64, 64), (64, 64), (4, 4), (0, 0))


def right(features, points, size):
    return sample_points(features[0], points, claim(size))


RIGHT = Pipeline(name="right", geometry=claim, lift=right, grid=(4, 4))
WRONG = replace(RIGHT, name="wrong", lift=lambda features, points, size: right(features.mT, points, size))


# The decorator ------------------------------------------------------------------------------------------------------


def outcome_of(check):
    """How the test `check` ends, and what it says."""
    try:
        check()
    except pytest.skip.Exception as skip:
        return "skipped", str(skip)
    except pytest.xfail.Exception as expected:
        return "expected", str(expected)
    except pytest.fail.Exception as failure:
        return "failed without a traceback" if not failure.pytrace else "failed", str(failure)
    return "passed", ""


def bound(*arguments, **options):
    return parametrize_with_checks(*arguments, **options).args[1]


def test_the_decorator_names_its_checks_and_measures_nothing_yet():
    mark = parametrize_with_checks(replace(RIGHT, lift=lambda *_: 1 / 0), SIZES)
    assert mark.kwargs["ids"] == NAMES
    assert [check.name for check in mark.args[1]] == NAMES


def test_every_check_is_a_test_that_ends_as_the_check_does():
    outcomes = {check.name: outcome_of(check) for check in bound(WRONG, SIZES)}
    results = check_pipeline(WRONG, SIZES).results
    statuses = {name: status.removesuffix(" without a traceback") for name, (status, _) in outcomes.items()}
    assert statuses == {one.name: one.status for one in results}
    assert all(outcomes[one.name][1] == one.reason for one in results if one.status == "skipped")
    status, says = outcomes[LANDING]
    assert (status, says.splitlines()[0]) == ("failed without a traceback", "wrong: 1 fault: axes-swapped")
    assert f"Reproduce with: check_pipeline(pipeline, image_sizes={SIZES}, checks=['{LANDING}'])" in says


def test_an_expected_failure_is_an_xfail():
    outcomes = {check.name: outcome_of(check) for check in bound(WRONG, SIZES, expected_failures={LANDING: "known"})}
    assert outcomes[LANDING] == ("expected", "known")


def test_what_makes_no_sense_is_refused_where_it_is_written():
    with pytest.raises(ValueError, match="there is no check 'nothing'"):
        parametrize_with_checks(RIGHT, expected_failures={"nothing": ""})


def test_the_checks_of_one_pipeline_measure_once_what_several_need():
    """All of them, one after the other, make as many calls as one run of all that samples nothing to be drawn."""

    def counted(calls):
        stages = ("geometry", "lift")
        wrapped = {
            stage: lambda *arguments, stage=stage: calls.update([stage]) or getattr(RIGHT, stage)(*arguments)
            for stage in stages
        }
        return replace(RIGHT, **wrapped)

    whole, alone = Counter(), Counter()
    Examination(counted(whole), SIZES).diagnosis(evidence=False)
    for check in bound(counted(alone), SIZES):
        outcome_of(check)
    assert alone == whole


def test_checks_are_listed_in_pipeline_order():
    assert [check.name for check in bound_checks(bound(RIGHT)[0].examination)] == NAMES


# The plugin ---------------------------------------------------------------------------------------------------------

MINE = """
    from diagnostics import Pipeline
    from reference import GeomMeta, sample_points

    def claim(size):
        return GeomMeta("stretch", size, (64, 64), (64, 64), (4, 4), (0, 0))

    def lift(features, points, size):
        return sample_points(features[0].mT, points, claim(size))

    pipeline = Pipeline(name="mine", geometry=claim, lift=lift, grid=(4, 4))
"""


@pytest.fixture
def folder(tmp_path):
    """A fresh directory with a module `mine`, the ini file of its own project, and a folder to run from."""
    (tmp_path / "mine.py").write_text(textwrap.dedent(MINE))
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "raising.py").write_text("raise RuntimeError('no weights here')\n")
    (tmp_path / "inside").mkdir()
    return tmp_path


def run_pytest(cwd, *arguments, path=(str(ROOT),)):
    """pytest as a user runs it, with the source tree in reach and the plugin loaded if it is not installed."""
    plugin = () if installed() else ("-p", "diagnostics.pytest_plugin")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_no_test_file_is_needed(folder):
    """`pytest --pyargs diagnostics.conformance -k geometry --pipeline mine:pipeline`: a test a check, failures told."""
    done = run_pytest(folder, "--pyargs", "diagnostics.conformance", "-k", "geometry", "--pipeline", "mine:pipeline")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert f"test_geometry[{LANDING}]" in done.stdout
    assert "1 failed, " in done.stdout
    assert "mine: 1 fault: axes-swapped" in done.stdout
    assert f"Reproduce with: python -m diagnostics.check mine:pipeline --check {LANDING}" in done.stdout
    assert "Traceback" not in done.stdout
    assert "parametrize.py" not in done.stdout


def test_the_ini_key_serves_from_any_folder_of_the_project(folder):
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\ngeometry_pipeline = mine:pipeline\n")
    done = run_pytest(folder / "inside", "--collect-only", "--pyargs", "diagnostics.conformance")
    assert done.returncode == 0, done.stdout
    assert [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line] == [
        f"test_geometry[{name}]" for name in NAMES
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "no pipeline to check: give --pipeline package.module:object, or geometry_pipeline in the ini file"),
        (("--pipeline", "raising:it"), "raising:it: RuntimeError: no weights here at raising.py:1: raise RuntimeError"),
        (("--pipeline", "nowhere:pipeline"), "nowhere:pipeline: there is no module nowhere"),
    ],
)
def test_without_a_pipeline_the_run_ends_with_one_line(folder, given, says):
    done = run_pytest(folder, "--pyargs", "diagnostics.conformance", *given)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, done.stderr.splitlines())
    assert line.startswith(f"ERROR: {says}")
    assert "Traceback" not in done.stdout


def test_the_option_alone_does_nothing_to_other_tests(folder):
    (folder / "test_other.py").write_text("def test_other():\n    pass\n")
    done = run_pytest(folder, "--pipeline", "nowhere:pipeline")
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_the_plugin_costs_other_runs_of_pytest_nothing(folder):
    """It is loaded in every run of every user who has the package installed."""
    (folder / "test_other.py").write_text(
        "import sys\n"
        "def test_other():\n"
        "    ours = {name for name in sys.modules if name.partition('.')[0] in ('diagnostics', 'reference', 'torch')}\n"
        "    assert ours == {'diagnostics', 'diagnostics.pytest_plugin', 'diagnostics.signals'}\n"
    )
    done = run_pytest(folder)
    assert done.returncode == 0, done.stdout


# The installed package ----------------------------------------------------------------------------------------------

TEN_LINES = '''"""My lift reads the right places."""

from dataclasses import replace

from diagnostics import parametrize_with_checks
from mine import pipeline

@parametrize_with_checks(replace(pipeline, name="my own"), image_sizes=[(60, 80)])
def test_geometry(check):
    check()
'''


def outside_the_source_tree():
    """Where the installed distribution's packages are; None where it is not installed, or installed in place."""
    try:
        place = Path(str(metadata.distribution("halfpixel").locate_file("diagnostics"))).resolve()
    except metadata.PackageNotFoundError:
        return None
    return place if place.is_dir() and not place.is_relative_to(ROOT / "diagnostics") else None


@pytest.mark.skipif(
    outside_the_source_tree() is None, reason="halfpixel is not installed here, as in CI: pip install ."
)
def test_a_ten_line_file_is_enough_with_the_installed_package(folder):
    """In a fresh directory, `pytest -k geometry` with nothing but the user's own files and the installation."""
    (folder / "test_mine.py").write_text(TEN_LINES)
    done = run_pytest(folder, "-k", "geometry", path=())
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert f"test_mine.py::test_geometry[{LANDING}]" in done.stdout
    assert "my own: 1 fault: axes-swapped" in done.stdout
    assert "1 failed, " in done.stdout

"""The option `--geometry-report` where a page cannot be written or a run ends early, and what it costs other runs."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics.examination import Examination
from report_runs import (
    NAMES,
    PLUGINS,
    REPORT,
    SIZES,
    TESTS,
    Calls,
    examined,
    page_of,
    prepared,
    reports_in,
    run,
    written,
)
from reports import carrying

ROOT = Path(__file__).resolve().parents[1]
UNTOUCHED = "an older report"
pytest_plugins = ["pytester"]


@pytest.fixture
def folder(pytester):
    return prepared(pytester)


# Where nothing can be written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("report.json", "report.json: it is a page; give a name that ends in .html, such as report.html"),
        ("", ".: it is a page; give a name that ends in .html, such as report.html"),
        ("nowhere/report.html", "nowhere/report.html: there is no folder *nowhere; make it first, or choose another *"),
        ("folder.html", "folder.html: it is a folder or a device; give the name of a file"),
        ("same.html", "same.html: that is the file of --junitxml and would be overwritten; choose another place *"),
    ],
)
def test_a_place_that_cannot_be_written_ends_the_run_before_it_begins(folder, given, says):
    folder.makepyfile(test_mine="raise RuntimeError('collected')")
    folder.mkdir("folder.html")
    done = run(folder, f"--geometry-report={given}", "--junitxml=same.html")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: --geometry-report {says}"])
    assert len(done.errlines) - done.errlines.count("") == 1
    assert "collected" not in done.stdout.str()


GONE = """
    import shutil

    def test_last():
        shutil.rmtree("out")
"""


@pytest.mark.parametrize("name", ["clean", "pipeline"])
@pytest.mark.parametrize("terminal", [(), ("-p", "no:terminal")], ids=["summary", "no terminal"])
def test_a_page_that_cannot_be_written_at_the_end_fails_the_run(folder, name, terminal):
    """It is told, on stderr where there is no summary; a run whose tests failed keeps its own exit status."""
    folder.mkdir("out")
    folder.makepyfile(test_mine=TESTS.format(name), test_then=GONE)
    done = run(folder, "--geometry-report=out/report.html", "--junitxml=junit.xml", *terminal)
    assert done.ret == (pytest.ExitCode.USAGE_ERROR if name == "clean" else pytest.ExitCode.TESTS_FAILED)
    told = done.stderr if terminal else done.stdout
    told.fnmatch_lines(["ERROR: --geometry-report out/report.html: there is no folder *"])
    assert (done.stdout.str() + done.stderr.str()).count("ERROR: ") == 1
    assert (folder.path / "junit.xml").exists()
    assert "wrote" not in done.stdout.str()


class Damage:
    """Cuts a part out of what the reports of tests carry."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        if hasattr(report, carrying.FOUND):
            setattr(report, carrying.FOUND, getattr(report, carrying.FOUND).replace('"diagnosis"', '"gone"'))


def test_a_mistake_of_ours_is_told_and_costs_no_other_report(folder):
    folder.makepyfile(test_mine=TESTS.format("clean"))
    done = run(folder, REPORT, "--junitxml=junit.xml", plugins=[Damage()])
    assert done.ret == pytest.ExitCode.INTERNAL_ERROR
    done.stdout.fnmatch_lines(["ERROR: * making the page broke down, please report it (KeyError: 'diagnosis' at *)"])
    assert reports_in(folder) == []
    assert (folder.path / "junit.xml").exists()


@pytest.mark.parametrize("arguments", [("test_other.py",), ("--collect-only",)], ids=["no check", "only collected"])
def test_where_no_check_ran_nothing_is_written(folder, arguments):
    folder.makepyfile(test_mine=TESTS.format("clean"), test_other="def test_other(): pass")
    (folder.path / "report.html").write_text(UNTOUCHED)
    done = run(folder, REPORT, *arguments)
    assert done.ret == pytest.ExitCode.OK
    done.stdout.fnmatch_lines(["geometry report: no geometry check ran, so report.html is not written"])
    assert written(folder) == UNTOUCHED


# Runs that end early, and other reports -----------------------------------------------------------------------------

STOPPED = """
    import pytest

    def test_stop():
        raise {}
"""


@pytest.mark.parametrize("stop", ["KeyboardInterrupt", "pytest.exit.Exception('enough')"])
def test_after_an_interruption_what_was_found_is_written_and_no_stage_called_again(folder, stop):
    folder.makepyfile(test_mine=TESTS.format("clean"), test_stop=STOPPED.format(stop))
    with_page, without = Calls(), Calls()
    done = run(folder, REPORT, plugins=[with_page])
    run(folder, plugins=[without])
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(["geometry report: wrote report.html; the run was cut short, so nothing was sampled*"])
    clean = importlib.import_module("mine").clean
    assert written(folder) == page_of(Examination(clean, SIZES).diagnosis(evidence=False))
    assert with_page.count == without.count


def test_a_run_that_stops_by_itself_is_no_interruption(folder):
    """As `--stepwise` does it; `-x` ends otherwise."""
    folder.makepyfile(test_mine=TESTS.format("pipeline"))
    folder.makeconftest(f"""
        def pytest_runtest_teardown(item):
            if item.name == "test_geometry[{NAMES[-1]}]":
                item.session.shouldstop = "enough"
    """)
    done = run(folder, REPORT)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    assert written(folder) == examined("pipeline")


def test_an_interruption_while_pictures_are_sampled_ends_in_order(folder):
    folder.makepyfile(test_mine=TESTS.format("clean"))
    folder.makeconftest("""
        import mine
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish():
            def interrupted(*arguments):
                raise KeyboardInterrupt
            mine.sample_points = interrupted
    """)
    done = run(folder, REPORT)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(["geometry report: wrote report.html; the run was cut short, so nothing was sampled*"])


def test_pictures_that_cannot_be_sampled_cost_the_page_nothing_else(folder):
    folder.makepyfile(test_mine=TESTS.format("clean"))
    folder.makeconftest("""
        import mine
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish():
            object.__setattr__(mine.clean, "grid", None)
    """)
    done = run(folder, REPORT)
    assert done.ret == pytest.ExitCode.OK
    done.stdout.fnmatch_lines(["geometry report: wrote report.html; * could not all be sampled, * (TypeError: * at *)"])
    clean = importlib.import_module("mine").clean
    assert written(folder) == page_of(Examination(clean, SIZES).diagnosis(evidence=False))


def test_a_run_without_a_terminal_writes_the_page(folder):
    folder.makepyfile(test_mine=TESTS.format("pipeline"))
    run(folder, REPORT, "-p", "no:terminal")
    assert written(folder) == examined("pipeline")


def test_junit_xml_is_as_without_the_option(folder):
    def of_a_run(*arguments):
        run(folder, "--junitxml=junit.xml", *arguments)
        return re.sub(r' (time|timestamp)="[^"]*"', "", (folder.path / "junit.xml").read_text())

    folder.makepyfile(test_mine=TESTS.format("pipeline"))
    assert of_a_run(REPORT) == of_a_run()


# What it costs ------------------------------------------------------------------------------------------------------

HEAVY = """
    import sys

    def test_other():
        heavy = {"torch", "numpy", "jinja2", "jsonschema", "diagnostics.examination", "reports.page"}
        assert heavy.isdisjoint(sys.modules)
        ours = {name for name in sys.modules if name.partition(".")[0] in ("diagnostics", "reference", "reports")}
        assert EXPECTED is None or ours == EXPECTED
"""
LOADED = {"diagnostics", "diagnostics.pytest_plugin", "diagnostics.signals", "reports", "reports.pytest_plugin"}


@pytest.mark.parametrize(("arguments", "loaded"), [((), LOADED), ((REPORT,), None)], ids=["not asked", "asked"])
def test_runs_without_a_check_import_nothing_heavy(tmp_path, arguments, loaded):
    (tmp_path / "test_other.py").write_text(
        "\n".join(line[4:] for line in HEAVY.replace("EXPECTED", repr(loaded)).splitlines())
    )
    plugins = [argument for plugin in PLUGINS for argument in ("-p", plugin.__name__)]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugins, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

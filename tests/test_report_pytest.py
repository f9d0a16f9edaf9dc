"""The option `--geometry-report`: the page of a test run is that of a check, in whatever order its tests ran."""

import importlib
from dataclasses import replace
from pathlib import Path

import pytest

from diagnostics.check import check_path, check_pipeline
from diagnostics.verdict import Diagnosis, Fault, Result
from report_runs import MINE, NAMES, REPORT, SIZES, TESTS, Calls, examined, page_of, prepared, reports_in, run, written
from reports.gathering import files_for
from reports.merged import merged

LANDING = "lift_reads_the_place_it_is_asked_for"
BACKWARDS = """
    def pytest_collection_modifyitems(items):
        items.reverse()
"""

pytest_plugins = ["pytester"]


@pytest.fixture
def folder(pytester):
    return prepared(pytester)


# What the page says -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["whole", "clean", "stuck"])
@pytest.mark.parametrize("order", [None, BACKWARDS], ids=["in order", "backwards"])
def test_the_page_of_a_run_is_that_of_a_check_in_whatever_order_tests_ran(folder, name, order):
    folder.makepyfile(test_mine=TESTS.format(name))
    if order:
        folder.makeconftest(order)
    done = run(folder, REPORT)
    assert done.ret == (pytest.ExitCode.OK if name == "clean" else pytest.ExitCode.TESTS_FAILED)
    done.stdout.fnmatch_lines(["geometry report: wrote report.html"])
    assert written(folder) == examined(name)


def test_a_fault_that_two_checks_find_is_told_once_where_data_meets_it_first():
    early, late = (Fault("one", stage, None, "", "", "") for stage in ("preprocess", "lift"))
    found = {NAMES[14]: (late,), NAMES[12]: (replace(early, where="again"), late), NAMES[6]: (early,)}
    records = {
        name: {"diagnosis": Diagnosis("mine", faults, (Result(name, "failed"),)).to_dict(), "cause": None}
        for name, faults in found.items()
    }
    assert merged(records, [])["faults"] == Diagnosis("mine", (early, late), ()).to_dict()["faults"]


def test_no_test_file_is_needed(folder):
    """`pytest --pyargs diagnostics.conformance --pipeline mine:pipeline`: commands on the page are for a shell."""
    done = run(folder, REPORT, "--pyargs", "diagnostics.conformance", "--pipeline", "mine:pipeline")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert written(folder) == page_of(check_path("mine:pipeline"))


def test_stages_are_called_as_often_as_by_a_check_and_less_without_the_option(folder):
    folder.makepyfile(test_mine=TESTS.format("clean"))
    with_page, without = Calls(), Calls()
    run(folder, REPORT, plugins=[with_page])
    run(folder, plugins=[without])
    mine = importlib.import_module("mine")
    check_pipeline(mine.clean, SIZES)
    assert with_page.count == mine.calls["lift"]
    assert without.count < with_page.count


def test_a_check_whose_test_fails_before_it_has_not_passed(folder):
    """A fixture that breaks down stops every check, for one reason, which is told once."""
    source = TESTS.format("clean").replace("(check)", "(check, camera)")
    folder.makepyfile(test_mine=source)
    folder.makeconftest("""
        import pytest

        @pytest.fixture
        def camera():
            raise OSError("no camera <here>")
    """)
    done = run(folder, REPORT)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    text = written(folder)
    assert "its test failed before the check ran: OSError: no camera &lt;here&gt; at conftest.py:5" in text
    assert "No fault found" not in text


@pytest.mark.parametrize("selected", [("-k", LANDING), ("-x",)])
def test_checks_that_no_test_completed_are_skipped_with_that_reason(folder, selected):
    folder.makepyfile(test_mine=TESTS.format("pipeline"))
    done = run(folder, REPORT, *selected)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert "axes-swapped" in written(folder)
    assert "no test of this run completed it" in written(folder)


# Several pipelines --------------------------------------------------------------------------------------------------

TWICE = """
    from dataclasses import replace

    from diagnostics import parametrize_with_checks
    from mine import clean, pipeline

    @parametrize_with_checks(clean, image_sizes=[(60, 80), (90, 70)])
    def test_clean(check):
        check()

    @parametrize_with_checks(pipeline, image_sizes=[(60, 80), (90, 70)])
    def test_geometry(check):
        check()

    @parametrize_with_checks(pipeline, image_sizes=[(64, 48)])
    def test_small(check):
        check()
"""


def test_every_examination_has_a_page_of_its_own(folder):
    folder.makepyfile(test_mine=TWICE)
    done = run(folder, REPORT)
    files = ["report.clean.html", "report.mine-2.html", "report.mine.html"]
    assert reports_in(folder) == files
    done.stdout.fnmatch_lines_random([f"geometry report: wrote {file}" for file in files])
    mine = importlib.import_module("mine")
    assert written(folder, "report.clean.html") == examined("clean")
    assert written(folder, "report.mine.html") == examined("pipeline")
    assert written(folder, "report.mine-2.html") == page_of(check_pipeline(mine.pipeline, [(64, 48)]))


def test_two_tests_of_one_examination_have_one_page(folder):
    folder.makepyfile(
        test_mine="""
        from diagnostics import parametrize_with_checks
        from mine import pipeline

        checks = parametrize_with_checks(pipeline, image_sizes=[(60, 80), (90, 70)])

        @checks
        def test_one(check):
            check()

        @checks
        def test_other(check):
            check()
    """
    )
    run(folder, REPORT)
    assert written(folder) == examined("pipeline")


MIXED = """
    import pytest

    from diagnostics.examination import Examination
    from diagnostics.parametrize import bound_checks
    from mine import clean, pipeline

    examinations = [Examination(clean, [(60, 80), (90, 70)]), Examination(pipeline, [(60, 80), (90, 70)])]
    checks = [(f"{check.name}-{number}", check) for number in (0, 1) for check in bound_checks(examinations[number])]

    @pytest.mark.parametrize("check", [check for _, check in checks], ids=[name for name, _ in checks])
    def test_both(check):
        check()
"""
LATE_FIRST = """
    def pytest_collection_modifyitems(items):
        items.sort(key=lambda item: item.name != "test_both[encode_batch-1]")
"""


@pytest.mark.parametrize("order", ["", LATE_FIRST], ids=["in order", "another order"])
def test_two_pipelines_of_one_name_have_the_same_files_in_whatever_order_tests_ran(folder, order):
    folder.makepyfile(test_mine=MIXED, mine=MINE.replace('name="clean"', 'name="mine"'))
    folder.makeconftest(order)
    run(folder, REPORT)
    assert written(folder, "report.mine.html") == examined("clean")
    assert written(folder, "report.mine-2.html") == examined("pipeline")


def test_names_of_files_are_safe_and_unique():
    names = ["mine", "Mine", "mine-2", "../../etc/passwd", "<script>", "日本", "🙂", "v1.2", "x" * 10_000]
    files = files_for(Path("out/report.html"), names)
    assert [file.parent for file in files] == [Path("out")] * len(names)
    assert [file.name for file in files] == [
        "report.mine.html",
        "report.Mine-2.html",
        "report.mine-2-2.html",
        "report.etc-passwd.html",
        "report.script.html",
        "report.pipeline.html",
        "report.pipeline-2.html",
        "report.v1.2.html",
        f"report.{'x' * 60}.html",
    ]
    assert files_for(Path("out/report.htm"), ["../mine"]) == [Path("out/report.htm")]

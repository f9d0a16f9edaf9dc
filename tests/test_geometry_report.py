"""The report of a diagnosis: verdict first, then faults, then what ran and what did not, each cause once."""

import textwrap
from pathlib import Path

import pytest

from diagnostics.faults import UNEXPLAINED, docs_page
from diagnostics.verdict import Diagnosis, Fault, Result, as_in
from diagnostics.wording import report

ROOT = Path(__file__).resolve().parents[1]
FAULT = Fault(
    id="half-cell-missing",
    stage="lift",
    error_px=17.234,
    where="image 640x480, point (1.0, 2.0)",
    explanation="The half cell is missing. " * 5,
    remedy="index = f - 1/2",
    alternatives=("patch-overlap",),
)
PASSED = Result("projection", "passed", 1e-4, 0.01, "px", command="again projection")
FAILED = Result("lift_reads", "failed", 17.234, 0.17, "source px", command="again lift_reads")
SKIPPED = [Result(name, "skipped", reason="the pipeline gives no load") for name in ("load_upright", "load_colours")]


def errors(*names):
    told = "lift: raised RuntimeError: no such layer at mine.py:3: raise RuntimeError"
    short = as_in("lift: raised RuntimeError at mine.py:3: raise RuntimeError", names[0])
    return [Result(name, "error", command=f"again {name}", reason=short if k else told) for k, name in enumerate(names)]


def report_of(*results, faults=()):
    return report(Diagnosis("mine", tuple(faults), tuple(results)))


def test_the_whole_report_of_one_fault():
    assert report_of(PASSED, *SKIPPED, FAILED, faults=[FAULT]) == textwrap.dedent(
        """\
        mine: 1 fault: half-cell-missing
        4 checks: 1 failed, 1 passed, 2 skipped

        1. half-cell-missing in lift, up to 17.23 source px
           The half cell is missing. The half cell is missing. The half cell is missing. The half cell is
           missing. The half cell is missing.
           Worst: image 640x480, point (1.0, 2.0)
           Fix: index = f - 1/2
           Explains it as well: patch-overlap
           More: docs/faults/half-cell-missing.md

        Failed
          lift_reads  17.23 source px (limit 0.17)
              Reproduce with: again lift_reads

        Passed
          projection  0.0001 px (limit 0.01)

        Skipped
          the pipeline gives no load: load_upright, load_colours"""
    )


def test_one_cause_is_told_once_with_every_check_that_it_stopped():
    assert report_of(*errors("first", "second", "third"), PASSED).endswith(
        textwrap.dedent(
            """\

            Could not run
              first, second, third
                  lift: raised RuntimeError: no such layer at mine.py:3: raise RuntimeError
                  Reproduce with: again first

            Passed
              projection  0.0001 px (limit 0.01)"""
        )
    )


def test_a_check_run_alone_still_says_what_stopped_it():
    """Its reason refers to a check that is not in the report."""
    _, second = errors("first", "second")
    assert "\n  second\n      lift: raised RuntimeError at mine.py:3" in report_of(second)


@pytest.mark.parametrize(
    ("results", "faults", "verdict"),
    [
        ([PASSED], [], "no fault found"),
        ([PASSED, FAILED], [FAULT, FAULT], "2 faults: half-cell-missing, half-cell-missing"),
        ([FAILED], [], "1 check failed"),
        ([PASSED, *errors("a", "b")], [], "no verdict, 2 checks could not run"),
        ([FAILED, *errors("a")], [FAULT], "1 fault: half-cell-missing; 1 check could not run"),
        ([Result("a", "expected", reason="known")], [], "nothing failed but what was expected to"),
        (SKIPPED, [], "nothing to measure"),
        ([], [], "nothing to measure"),
    ],
)
def test_the_verdict_comes_first(results, faults, verdict):
    assert report_of(*results, faults=faults).splitlines()[0] == f"mine: {verdict}"


def test_a_value_beyond_measure_is_told_in_words_and_is_null_in_json():
    result = Result("load_upright", "failed", float("inf"), 0.05, "parts of the range")
    assert "load_upright  beyond measure parts of the range (limit 0.05)" in report_of(result)
    assert Diagnosis("mine", (), (result,)).to_dict()["results"][0]["value"] is None


def test_whatever_the_texts_hold_every_line_is_short_and_printable():
    wild = "no\nsuch\x1b[31m layer " * 500 + "x" * 500
    fault = Fault(wild, wild, 1.0, wild, wild, wild, (wild,))
    results = [Result("a", status, reason=wild) for status in ("error", "passed", "skipped", "expected")]
    text = report(Diagnosis(wild, (fault,), tuple(results)))
    assert all(line.isprintable() for line in text.splitlines())
    assert max(map(len, text.splitlines())) < 150  # a control character is written as four


@pytest.mark.parametrize("fault_id", ["half-cell-missing", "exif-ignored", UNEXPLAINED])
def test_a_fault_has_a_page_that_is_there(fault_id):
    assert (ROOT / docs_page(fault_id)).is_file()

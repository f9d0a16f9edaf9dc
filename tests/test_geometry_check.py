"""The runner and the command: results as data, errors that name the stage, exits for scripts."""

import json
import re
import shlex
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from broken import LANDING_FAULTS, Lift
from diagnostics import Pipeline, check_pipeline
from diagnostics.check import main
from diagnostics.checks import CHECKS
from diagnostics.examination import Examination
from diagnostics.pipeline import load_pipeline
from reference import official_preprocess
from reference.preprocess import geometry_of

ROOT = Path(__file__).resolve().parents[1]
CROP = official_preprocess()
SIZES = [(480, 640), (481, 640)]


def claim(size):
    return geometry_of(CROP, size, (14, 14))


RIGHT = Pipeline(name="right", geometry=claim, lift=Lift(CROP))
WRONG = Pipeline(name="wrong", geometry=claim, lift=Lift(CROP, **LANDING_FAULTS["half-cell-missing"]))
CHECK = "lift_reads_the_place_it_is_asked_for"


def outcome(lift, **declared):
    (result,) = check_pipeline(Pipeline(geometry=claim, lift=lift, **declared), SIZES, [CHECK]).results
    return result


def test_a_clean_pipeline_passes_with_values_and_limits():
    diagnosis = check_pipeline(RIGHT, SIZES)
    assert diagnosis.passed
    assert diagnosis.faults == ()
    result = next(result for result in diagnosis.results if result.name == CHECK)
    assert (result.status, result.unit) == ("passed", "source px")
    assert 0 <= result.value < result.limit
    assert result.command == f"check_pipeline(pipeline, image_sizes={SIZES}, checks=['{CHECK}'])"


def test_the_command_of_a_result_measures_the_same_again():
    """Alone or among all, and whatever ran before: every check starts from the same seeds."""
    whole = check_pipeline(WRONG, SIZES, seed=3)
    for result in whole.results:
        if result.command:
            again = eval(result.command, {"check_pipeline": check_pipeline, "pipeline": WRONG})  # noqa: S307 - ours
            assert again.results == (result,)


def test_checks_in_any_order_find_what_a_whole_run_finds():
    """Also about an encoder that draws from the global generator, wherever that stands."""
    drawing = replace(RIGHT, encode=lambda crops: torch.rand(len(crops), 2, 14, 14))
    whole = check_pipeline(drawing, SIZES)
    examination = Examination(drawing, SIZES)
    with torch.random.fork_rng(devices=[]):
        torch.rand(1)
        alone = {check.name: examination.outcome(check)[0] for check in reversed(CHECKS)}
    assert tuple(alone[check.name] for check in CHECKS) == whole.results


def test_missing_stages_are_skipped_with_the_reason_and_nothing_measured_is_no_pass():
    diagnosis = check_pipeline(Pipeline(name="empty"), SIZES)
    assert {result.status for result in diagnosis.results} == {"skipped"}
    assert all("gives no" in result.reason for result in diagnosis.results)
    assert not diagnosis.passed


def test_a_lift_without_a_truth_to_hold_it_against_is_skipped():
    result = check_pipeline(Pipeline(lift=Lift(CROP)), SIZES, [CHECK]).results[0]
    assert result.status == "skipped"
    assert "preprocess or geometry" in result.reason


def test_the_same_input_gives_the_same_diagnosis_and_it_is_json():
    first, second = (json.dumps(check_pipeline(WRONG, SIZES, seed=1).to_dict(), allow_nan=False) for _ in range(2))
    assert first == second
    data = json.loads(first)
    assert (data["schema"], data["passed"]) == (1, False)
    assert [fault["id"] for fault in data["faults"]] == ["half-cell-missing"]
    contract = {"id", "stage", "error_px", "where", "explanation", "remedy", "alternatives"}
    assert set(data["faults"][0]) == contract | {"links", "landing"}


def mutating(features, points, size):
    values = Lift(CROP)(features, points, size)
    features.zero_()
    points.zero_()
    return values


def raising(*_):
    raise RuntimeError("no such layer")


STAGE_ERRORS = {
    "raises": (raising, "lift: raised RuntimeError: no such layer at .*test_geometry_check.py"),
    "transposed": (lambda *a: Lift(CROP)(*a).T, r"values \(N, C\), here \(\d+, 4\), got \(4, \d+\); transpose it$"),
    "no array": (lambda *_: "values", "must return a tensor or array, got str"),
    "not a number": (lambda *a: Lift(CROP)(*a) * float("nan"), "returns values of which none is finite"),
    "a mask of another length": (
        lambda *a: (Lift(CROP)(*a), torch.ones(3)),
        r"a mask \(N,\), here \(\d+,\)",
    ),
    "a mask of scores": (lambda *a: (Lift(CROP)(*a), Lift(CROP)(*a)[:, 0]), "must return a mask of booleans"),
    "nothing": (lambda *_: None, "must return"),
}


@pytest.mark.parametrize("name", STAGE_ERRORS)
def test_what_a_stage_gets_wrong_is_an_error_that_names_it(name):
    lift, says = STAGE_ERRORS[name]
    result = outcome(lift)
    assert result.status == "error"
    assert re.search(says, result.reason), result.reason


@pytest.mark.parametrize(
    "lift",
    [
        mutating,
        lambda *a: Lift(CROP)(*a).numpy(),
        lambda *a: Lift(CROP)(*a).double().requires_grad_(),
        lambda *a: print("a stage that prints") or Lift(CROP)(*a),
        lambda *a: [list(map(float, row)) for row in Lift(CROP)(*a)],
    ],
    ids=["mutates", "NumPy", "gradient", "prints", "lists"],
)
def test_odd_manners_of_a_stage_are_no_fault(lift, capsys):
    assert outcome(lift).status == "passed"
    assert capsys.readouterr().out == ""


def test_expected_failures_are_strict():
    """A check that fails as expected is no fault; one that passes is an error; an unknown name is refused."""
    expected = {CHECK: "known since 2019"}
    diagnosis = check_pipeline(WRONG, SIZES, expected_failures=expected)
    result = next(result for result in diagnosis.results if result.name == CHECK)
    assert (result.status, result.reason) == ("expected", "known since 2019")
    assert diagnosis.faults == ()
    assert diagnosis.passed
    raising_pipeline = Pipeline(geometry=claim, lift=raising)
    assert check_pipeline(raising_pipeline, SIZES, [CHECK], expected_failures=expected).results[0].status == "expected"
    stale = check_pipeline(RIGHT, SIZES, [CHECK], expected_failures=expected).results[0]
    assert stale.status == "error"
    assert "take it off the list" in stale.reason
    with pytest.raises(ValueError, match="no check 'nothing'"):
        check_pipeline(RIGHT, SIZES, expected_failures={"nothing": ""})


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"pipeline": "mine:pipeline"}, TypeError, "diagnostics.Pipeline, got str"),
        ({"image_sizes": []}, ValueError, "image_sizes is empty"),
        ({"image_sizes": [(0, 4)]}, ValueError, "image_sizes must be"),
        ({"checks": ["geometry"]}, ValueError, "no check 'geometry'"),
        ({"seed": -1}, ValueError, "seed must be a whole number of at least 0"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(arguments, error, says):
    with pytest.raises(error, match=says):
        check_pipeline(**{"pipeline": RIGHT, **arguments})


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("lift", "sample", TypeError),
        ("grid", (0, 14), ValueError),
        ("channels", 0, ValueError),
        ("interpolation", "bicubic", ValueError),
        ("normalization", "openai", ValueError),
        ("validity", "center", ValueError),
        ("origin", "corner", ValueError),
        ("trainable", "head.*", TypeError),
        ("trainable", 3, TypeError),
        ("trainable", [b"head.*"], TypeError),
        ("name", "", TypeError),
    ],
)
def test_a_pipeline_that_makes_no_sense_is_refused(field, value, error):
    with pytest.raises(error, match=field):
        Pipeline(**{field: value})


def test_checks_are_listed_once_and_named_by_their_law():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert names[:3] == ["projection", "points_behind", "load_upright"]
    assert all(check.measure.__doc__ for check in CHECKS)


@pytest.fixture
def adapter(tmp_path, monkeypatch):
    """A module `mine` with pipelines of both kinds in the current directory."""
    (tmp_path / "mine.py").write_text(
        textwrap.dedent(
            f"""
            import sys
            sys.path.insert(0, {str(ROOT / "tests")!r})
            from broken import LANDING_FAULTS, Lift
            from diagnostics import Pipeline
            from reference import official_preprocess
            from reference.preprocess import geometry_of

            crop = official_preprocess()
            claim = lambda size: geometry_of(crop, size, (14, 14))
            right = Pipeline(name="right", geometry=claim, lift=Lift(crop))
            empty = Pipeline()
            number = 3
            impossible = lambda: Pipeline(grid=(0, 3))

            def wrong():
                return Pipeline(name="wrong", geometry=claim, lift=Lift(crop, **LANDING_FAULTS["axes-swapped"]))
            """
        )
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    return tmp_path


def test_the_command_exits_0_for_a_clean_pipeline(adapter, capsys):
    assert main(["mine:right"]) == 0
    assert capsys.readouterr().out.startswith("right: no fault found")


def test_the_command_exits_1_for_a_fault_and_says_what_to_do(adapter, capsys):
    assert main(["mine:wrong", "--json", "found.json"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("wrong: 1 fault: axes-swapped")
    assert "Fix: grid_sample wants (x, y)" in said
    found = json.loads(Path("found.json").read_text())
    assert found["faults"][0]["id"] == "axes-swapped"
    (failed,) = [result for result in found["results"] if result["status"] == "failed"]
    assert failed["command"] == f"python -m diagnostics.check mine:wrong --check {CHECK}"
    assert f"Reproduce with: {failed['command']}" in said


def test_the_command_of_a_result_reproduces_it_in_the_shell(adapter, capsys):
    """Run as it is written, seed included, it fails alike; the command in its own report is itself."""
    main(["mine:wrong", "--seed", "7"])
    _, _, command = capsys.readouterr().out.partition("Reproduce with: ")
    command = command.splitlines()[0]
    python, module, program, *arguments = shlex.split(command)
    assert (python, module, program) == ("python", "-m", "diagnostics.check")
    assert main(arguments) == 1
    assert f"Reproduce with: {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "package.module:object"),
        (["mine"], "no package.module:object"),
        (["nowhere:right"], "there is no module nowhere"),
        (["mine:left"], "has no left"),
        (["mine:number"], "it is of type int, not a Pipeline; write number = diagnostics.Pipeline("),
        (["mine:right", "--json", "no/found.json"], "no folder"),
        (["mine:right", "--check", "everything"], "invalid choice"),
        (["mine:right", "--sed", "1"], "unrecognized"),
        (["mine:right", "--seed", "-1"], "'-1' is no whole number of at least 0"),
        ([".mine:right"], "no package.module:object"),
        (["mine:impossible"], "mine:impossible: ValueError: grid must be (height, width)"),
    ],
)
def test_a_mistake_at_the_command_is_one_line_and_exit_2(adapter, arguments, says, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
    assert says in err


def test_nothing_to_measure_is_exit_2(adapter, capsys):
    assert main(["mine:empty"]) == 2
    out, err = capsys.readouterr()
    assert "nothing to measure" in out
    assert err.startswith("error: mine:empty: nothing was measured; ")
    assert len(err.splitlines()) == 1


def test_a_module_that_is_missing_inside_the_users_own_is_not_hidden(adapter):
    Path("broken_adapter.py").write_text("import a_module_that_is_not_there\n")
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
        load_pipeline("broken_adapter:pipeline")


def test_a_module_that_cannot_be_imported_is_one_line_at_the_command(adapter, capsys):
    Path("raising_adapter.py").write_text("x = 1\nraise RuntimeError('no weights here')\n")
    assert main(["raising_adapter:pipeline"]) == 2
    _, err = capsys.readouterr()
    assert err.startswith("error: raising_adapter:pipeline: RuntimeError: no weights here at ")
    assert "raising_adapter.py:2" in err
    assert len(err.splitlines()) == 1

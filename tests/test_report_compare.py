"""Two runs side by side: nothing is called fixed, new, worse or better that was not measured in both."""

import pytest
from hypothesis import example, given

from broken import Lift, excess
from diagnostics import Pipeline, check_pipeline
from diagnostics.faults import UNEXPLAINED
from diagnostics.verdict import as_in
from reference import official_preprocess
from reports.compare import GROUPS, compare
from reports.differences import Difference
from reports.results_file import checked
from reports.settled import NO_CHECK, NOT_MEASURED, OTHER_NAME, OTHER_SIZES
from reports.summary import MOST, compare_summary
from results_made import HOSTILE, everywhere, fault_of, faulty, result_of, results_of, runs
from test_report_summary import assert_inert

SWAPPED = {
    "new": "fixed",
    "worse": "better",
    "unknown now": "unknown before",
    "unchanged": "unchanged",
    "mixed": "mixed",
    "clean": "clean",
    "other": "other",
}
SWAPPED |= {there: here for here, there in SWAPPED.items()}
CLEAN = faulty()
BOTH = faulty("axes-swapped", "patch-size")
WIDE, NARROW = ({"image_sizes": sizes} for sizes in ([[480, 640], [480, 641]], [[480, 640]]))


def groups(base, head):
    """Group of every fault by its id, and why."""
    return {c.fault["id"]: (c.group, c.why.why if c.why else "") for c in compare(base, head).faults}


# Laws ---------------------------------------------------------------------------------------------------------------


@given(runs(), runs())
def test_every_fault_of_either_run_is_in_one_group(base, head):
    comparison = compare(base, head)
    for side, run in (("base", base), ("head", head)):
        told = [getattr(change, side) for change in comparison.faults if getattr(change, side) is not None]
        assert sorted(told, key=run["faults"].index) == run["faults"]
    assert sum(len(comparison.of(group)) for group in GROUPS) == len(comparison.faults)
    for change in comparison.faults:
        assert (change.base is None) == (change.group in ("new", "unknown before"))
        assert (change.head is None) == (change.group in ("fixed", "unknown now"))
        assert (change.why is not None) >= change.group.startswith("unknown")


@given(runs(), runs())
def test_the_other_way_round_fixed_is_new_and_worse_is_better(base, head):
    there, back = compare(base, head), compare(head, base)
    assert SWAPPED[there.verdict] == back.verdict
    one = [(SWAPPED[c.group], c.head, c.base, c.why) for c in there.faults]
    other = [(c.group, c.base, c.head, c.why) for c in back.faults]
    assert sorted(map(repr, one)) == sorted(map(repr, other))
    assert {c.name: SWAPPED[c.course] for c in there.checks} == {c.name: c.course for c in back.checks}
    assert {(d.what, d.head, d.base) for d in there.differences} == {(d.what, d.base, d.head) for d in back.differences}


@given(runs())
def test_a_run_and_itself_differ_in_nothing(run):
    comparison = compare(run, run)
    assert {change.group for change in comparison.faults} <= {"unchanged"}
    assert (comparison.checks, comparison.differences) == ((), ())
    assert comparison.verdict in ("clean", "unchanged")


@given(runs(), runs())
def test_what_is_fixed_was_measured_by_every_check_that_had_found_it(base, head):
    after = {result["name"]: result["status"] for result in head["results"]}
    for change in compare(base, head).of("fixed"):
        found_by = [r["name"] for r in base["results"] if change.base["id"] in r.get("faults", ())]
        assert {after.get(name) for name in found_by} <= {"passed", "failed"}
        assert {*map(tuple, base["conditions"].get("image_sizes", ()))} <= {
            *map(tuple, head["conditions"].get("image_sizes", ()))
        }


# Faults -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "head", "expected", "verdict"),
    [
        (faulty("patch-size"), CLEAN, {"patch-size": ("fixed", "")}, "better"),
        (CLEAN, faulty("patch-size"), {"patch-size": ("new", "")}, "worse"),
        (BOTH, faulty("axes-swapped"), {"axes-swapped": ("unchanged", ""), "patch-size": ("fixed", "")}, "better"),
        (
            faulty("patch-size"),
            faulty("axes-swapped"),
            {"patch-size": ("fixed", ""), "axes-swapped": ("new", "")},
            "mixed",
        ),
        (CLEAN, CLEAN, {}, "clean"),
        (BOTH, BOTH, dict.fromkeys(["patch-size", "axes-swapped"], ("unchanged", "")), "unchanged"),
    ],
)
def test_what_both_runs_measured_is_fixed_new_or_unchanged(base, head, expected, verdict):
    comparison = compare(base, head)
    assert (groups(base, head), comparison.verdict) == (expected, verdict)


@pytest.mark.parametrize("status", ["skipped", "error", "expected", None])
def test_a_fault_whose_check_did_not_measure_is_not_fixed(status):
    """Skipped, stopped by an error, expected to fail, or not asked at all."""
    others = [result_of("other")]
    head = results_of([], [result_of("lift_reads", status), *others] if status else others)
    base = results_of(faulty("patch-size")["faults"], [*faulty("patch-size")["results"], *others])
    comparison = compare(base, head)
    assert comparison.words == "1 unknown now"
    assert comparison.faults[0].why.why == NOT_MEASURED
    assert comparison.faults[0].why.checks == ("lift_reads",)
    assert comparison.verdict == "unchanged"
    text = compare_summary(comparison)
    assert "| `patch-size` | `lift` | 17.00 source px | not known |" in text
    assert "fixed" not in text
    assert compare(head, base).words == "1 unknown before"


def test_all_checks_that_found_a_fault_have_to_measure_again():
    fault = fault_of("patch-size")
    found = [result_of(name, "failed", ["patch-size"]) for name in ("one", "two")]
    head = results_of([], [result_of("one"), result_of("two", "skipped")])
    (change,) = compare(results_of([fault], found), head).faults
    assert (change.group, change.why.checks) == ("unknown now", ("two",))


def test_a_fault_is_not_fixed_where_fewer_image_sizes_were_measured():
    """Some faults are seen at 641x480 alone. More sizes than before are no hindrance, and nothing is new at them."""
    wide, narrow = faulty("patch-size", conditions=WIDE), faulty("patch-size", conditions=NARROW)
    assert groups(wide, faulty(conditions=NARROW)) == {"patch-size": ("unknown now", OTHER_SIZES)}
    assert groups(wide, faulty()) == {"patch-size": ("unknown now", OTHER_SIZES)}
    assert groups(narrow, faulty(conditions=WIDE)) == {"patch-size": ("fixed", "")}
    assert groups(faulty(conditions=NARROW), wide) == {"patch-size": ("unknown before", OTHER_SIZES)}
    assert compare(faulty(conditions=NARROW), wide).verdict == "unchanged"


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (fault_of(UNEXPLAINED), fault_of("patch-size")),
        (fault_of("patch-size"), fault_of("patch-size", "upsample")),
        (fault_of("patch-size"), fault_of("axes-swapped", alternatives=["patch-size"])),
        (fault_of("patch-size", alternatives=["axes-swapped + half-cell-missing"]), fault_of("half-cell-missing")),
    ],
)
def test_a_fault_that_may_have_another_name_now_is_neither_fixed_nor_new(base, head):
    """Unexplained before, in another stage, or one that explains the same measurement as well."""
    runs_of = [results_of([fault], [result_of("lift_reads", "failed", [fault["id"]])]) for fault in (base, head)]
    for one, other in (runs_of, runs_of[::-1]):
        comparison = compare(one, other)
        assert [change.group for change in comparison.faults] == ["unknown now", "unknown before"]
        assert {change.why.why for change in comparison.faults} == {OTHER_NAME}
        assert comparison.verdict == "unchanged"


def test_an_alternative_that_both_runs_name_is_not_the_same_mistake():
    """What is there before and now beside a fault is not the fault."""
    told = [fault_of("patch-size", alternatives=["axes-swapped"]), fault_of("axes-swapped")]
    base = results_of(told, [result_of("lift_reads", "failed", ["patch-size", "axes-swapped"])])
    assert groups(base, faulty("axes-swapped")) == {"patch-size": ("fixed", ""), "axes-swapped": ("unchanged", "")}


def test_a_check_that_fails_without_a_name_may_have_found_the_same():
    base, head = faulty("patch-size"), results_of([], [result_of("lift_reads", "failed", [])])
    assert groups(base, head) == {"patch-size": ("unknown now", OTHER_NAME)}


def test_an_unexplained_fault_is_fixed_where_its_check_passes():
    assert groups(faulty(UNEXPLAINED), CLEAN) == {UNEXPLAINED: ("fixed", "")}


def test_a_file_that_does_not_say_which_check_found_what_has_them_in_all_that_failed():
    old = results_of([fault_of("patch-size")], [result_of("a", "failed"), result_of("b"), result_of("c", "failed")])
    fine = [result_of(name) for name in "abc"]
    assert groups(old, results_of([], fine)) == {"patch-size": ("fixed", "")}
    assert groups(old, results_of([], fine[:2])) == {"patch-size": ("unknown now", NOT_MEASURED)}
    for found in (fine, [result_of("a", "failed", ["axes-swapped"])]):
        unsaid = results_of([fault_of("patch-size")], found)
        assert groups(unsaid, results_of([], fine)) == {"patch-size": ("unknown now", NO_CHECK)}


@pytest.mark.parametrize(
    ("error", "group"),
    [(17.0, "unchanged"), (17.5, "unchanged"), (16.5, "unchanged"), (17.51, "worse"), (16.49, "better")],
)
def test_an_error_that_changed_within_the_limit_of_its_check_is_unchanged(error, group):
    """The limit is half a pixel here: less is what the check calls no error at all."""
    base, head = faulty("patch-size"), faulty("patch-size", error_px=error)
    assert groups(base, head) == {"patch-size": (group, "")}
    assert compare(base, head).verdict == group


def test_the_larger_limit_of_both_runs_counts():
    fine, coarse = (
        results_of([fault_of(error_px=error)], [result_of("a", "failed", ["half-cell-missing"], limit=limit)])
        for error, limit in ((17.0, 0.5), (18.0, 1.5))
    )
    assert [compare(*pair).words for pair in ((fine, coarse), (coarse, fine))] == ["1 unchanged", "1 unchanged"]


def test_an_error_of_a_check_without_a_limit_in_pixels_changes_by_what_is_printed():
    base, head, far = (
        results_of([fault_of(error_px=e)], [result_of("a", "failed", ["half-cell-missing"], limit=9.0, unit="cells")])
        for e in (17.0, 17.009, 17.02)
    )
    assert [compare(base, other).words for other in (head, far)] == ["1 unchanged", "1 worse"]


def test_an_error_that_one_run_gives_alone_is_not_compared():
    (change,) = compare(faulty("patch-size", error_px=None), faulty("patch-size")).faults
    assert (change.group, change.why.why) == ("unchanged", "only one run gives its error in source pixels")


def test_an_error_is_not_worse_for_image_sizes_that_were_not_measured_before():
    wide, narrow = (faulty("patch-size", error_px=e, conditions=c) for e, c in ((50.0, WIDE), (17.0, NARROW)))
    for base, head in ((wide, narrow), (narrow, wide)):
        assert groups(base, head) == {"patch-size": ("unchanged", "measured at other image sizes")}
    assert groups(faulty("patch-size", error_px=50.0, conditions=NARROW), wide) == {"patch-size": ("unchanged", "")}
    worse = faulty("patch-size", error_px=60.0, conditions=NARROW)
    assert groups(wide, worse) == {"patch-size": ("worse", "")}


# Checks and conditions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "course", "told"),
    [
        ("passed", "failed", "worse", "passed before and not now"),
        ("passed", "error", "worse", "passed before and not now"),
        ("passed", "expected", "worse", "passed before and not now"),
        ("error", "passed", "better", "passed now and not before"),
        ("passed", "skipped", "other", "measured before and not now"),
        ("failed", "error", "other", "measured before and not now"),
        ("skipped", "failed", "other", "measured now and not before"),
        ("passed", None, "other", "measured before and not now"),
        (None, "passed", "other", "measured now and not before"),
        ("skipped", "error", "other", ""),
    ],
)
def test_a_check_that_went_another_way_is_told(before, now, course, told):
    base, head = (results_of([], [result_of("a", status)] if status else []) for status in (before, now))
    comparison = compare(base, head)
    (change,) = comparison.checks
    assert (change.name, change.course, change.told) == ("a", course, told)
    assert comparison.verdict == ("unchanged" if course == "other" else course)
    assert (told or "neither run tells a fault") in comparison.sentence


def test_a_check_that_fails_at_image_sizes_that_are_new_is_not_worse():
    base = results_of([], [result_of("a")], conditions=NARROW)
    head = results_of([], [result_of("a", "error")], conditions=WIDE)
    assert [c.checks[0].course for c in (compare(base, head), compare(head, base))] == ["other", "other"]


def test_checks_that_are_worse_are_told_first():
    base = results_of([], [result_of("a", "error"), result_of("b"), result_of("c", "skipped")])
    head = results_of([], [result_of("a"), result_of("b", "error"), result_of("c")])
    assert [change.name for change in compare(base, head).checks] == ["b", "c", "a"]


def test_only_runs_that_measured_and_found_nothing_are_clean():
    idle = results_of([], [result_of("a", "skipped")])
    assert compare(CLEAN, CLEAN).verdict == "clean"
    contrary = results_of([fault_of()], [result_of()])
    for base, head in ((CLEAN, idle), (idle, CLEAN), (idle, idle), (contrary, contrary)):
        assert compare(base, head).verdict == "unchanged"


def test_what_else_is_not_the_same_is_told():
    declared = {"stages": ["preprocess", "lift"], "grid": [14, 14], "channels": None, "validity": "centre"}
    base = results_of(
        [],
        [result_of("a"), result_of("b")],
        conditions={"image_sizes": [[480, 640], [480, 641]], "seed": 0, "versions": {"torch": "2.4", "numpy": "2.0"}},
        declared=declared,
    )
    head = results_of(
        [],
        [result_of("a")],
        pipeline="theirs",
        conditions={
            "image_sizes": [[480, 640]],
            "seed": 1,
            "versions": {"torch": "2.5", "numpy": "2.0", "timm": "1.0"},
        },
        declared={**declared, "grid": [30, 40], "channels": 3},
    )
    assert compare(base, head).differences == (
        Difference("pipeline", "mine", "theirs"),
        Difference("image sizes", "640x480, 641x480", "640x480"),
        Difference("seed", "0", "1"),
        Difference("version of torch", "2.4", "2.5"),
        Difference("version of timm", "not recorded", "1.0"),
        Difference("declared grid (height, width)", "14, 14", "30, 40"),
        Difference("declared channels", "none", "3"),
        Difference("checks that only this run measured", "b", "none"),
    )


def test_the_order_of_image_sizes_makes_no_difference():
    base, head = (results_of(conditions={"image_sizes": WIDE["image_sizes"][::step]}) for step in (1, -1))
    assert compare(base, head).differences == ()


# Real runs ----------------------------------------------------------------------------------------------------------


def measured(sizes=((480, 640), (480, 637)), **links):
    """What one check finds in a lift with these links chosen wrong."""
    transform = official_preprocess()
    lift = Lift(transform, **links)
    pipeline = Pipeline(name="real", preprocess=transform, lift=lift)
    return checked(check_pipeline(pipeline, sizes, ["lift_reads_the_place_it_is_asked_for"]).to_dict(), "real")


def test_what_was_mended_in_a_real_lift_is_fixed_and_what_was_broken_is_new():
    unshifted, unscaled, right = measured(cell=0.0), measured(offset=excess), measured()
    assert groups(unshifted, right) == {"half-cell-missing": ("fixed", "")}
    assert groups(unshifted, unscaled) == {"half-cell-missing": ("fixed", ""), "crop-offset-rounding": ("new", "")}
    both = measured(cell=0.0, offset=excess)
    assert groups(unshifted, both) == {"half-cell-missing": ("unchanged", ""), "crop-offset-rounding": ("new", "")}


def test_a_fault_that_only_some_image_sizes_show_is_not_fixed_by_leaving_them_out():
    """The excess of 637x480 over its crop is odd, that of 640x480 is even."""
    wrong, blind = measured(offset=excess), measured(((480, 640),), offset=excess)
    assert groups(wrong, blind) == {"crop-offset-rounding": ("unknown now", OTHER_SIZES)}


# In words -----------------------------------------------------------------------------------------------------------


def test_the_sentence_counts_faults_and_checks():
    base = results_of(BOTH["faults"], [*BOTH["results"], result_of("c"), result_of("d")])
    head = results_of([fault_of("wrong")], [result_of("lift_reads", "failed", ["wrong"]), result_of("c", "error")])
    comparison = compare(base, head)
    assert comparison.words == "1 new, 2 fixed"
    assert comparison.sentence == (
        "Mixed: 1 fault new, 2 faults fixed; 1 check passed before and not now; 1 check measured before and not now."
    )
    assert compare(CLEAN, CLEAN).sentence == "Clean: no fault before, none now."


def test_the_whole_summary_of_a_comparison():
    base = faulty("patch-size", "axes-swapped", conditions={"seed": 1})
    head = results_of(
        [fault_of("axes-swapped", error_px=60.0)],
        [result_of("lift_reads", "failed", ["axes-swapped"]), result_of("b", "skipped", reason="no mask")],
        conditions={"seed": 2, "command": "measure all"},
    )
    assert compare_summary(compare(base, head)).splitlines() == [
        "## ⚠️ Mixed: 1 fault worse, 1 fault fixed",
        "",
        "Pipeline `mine`, before and now.",
        "",
        "| Change | Fault | Where | Error before | Error now |",
        "| :--- | :--- | :--- | ---: | ---: |",
        "| worse | `axes-swapped` | `lift` | 17.00 source px | 60.00 source px |",
        "| fixed | `patch-size` | `lift` | 17.00 source px | none |",
        "",
        "**What to change**",
        "",
        "- Against `axes-swapped`: `index = f - 1/2`",
        "",
        "| Check that went another way | Before | Now |",
        "| :--- | :--- | :--- |",
        "| `b` | not in the run | skipped: `no mask` |",
        "",
        "| What else is not the same | Before | Now |",
        "| :--- | :--- | :--- |",
        "| `seed` | `1` | `2` |",
        "",
        "To measure it again: `measure all`",
    ]


def test_a_cause_that_stopped_several_checks_is_told_once():
    stopped = [
        result_of("a", "error", reason="lift: raised"),
        result_of("b", "error", reason=as_in("lift: raised", "a")),
    ]
    base = results_of([], [result_of("a"), result_of("b")])
    text = compare_summary(compare(base, results_of([], stopped)))
    assert "could not run: `lift: raised` |" in text
    assert "could not run, as `a` |" in text
    alone = compare_summary(compare(results_of([], [result_of("b")]), results_of([], stopped[1:])))
    assert "could not run: `lift: raised, as in a` |" in alone


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_either_run_does_anything(text):
    """Texts of faults, checks and conditions of one run, against none, another's and its own."""
    marked = everywhere(f"\N{SKULL AND CROSSBONES}{text}")
    for base, head in ((CLEAN, marked), (marked, CLEAN), (everywhere(text), marked)):
        document = assert_inert(compare_summary(compare(base, head)))
        assert "\N{SKULL AND CROSSBONES}" not in document.prose
        assert [len(rows[0]) for rows in document.tables] == [5, 3, 3]


@given(runs(), runs())
@example(CLEAN, CLEAN)
def test_whatever_is_compared_is_well_formed(base, head):
    assert_inert(compare_summary(compare(base, head)))


@pytest.mark.parametrize("text", ["\U000e0001", "|", "`|", "x"])
def test_a_comparison_is_short_whatever_it_tells(text):
    head = everywhere(text * 1000, count=1000)
    markdown = compare_summary(compare(CLEAN, head))
    assert MOST / 3 < len(markdown.encode()) <= MOST
    document = assert_inert(markdown)
    for what in ("more faults", "more checks", "more differences"):
        assert f"{what} left out here." in document.prose

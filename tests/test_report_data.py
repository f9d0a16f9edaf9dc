"""The page of an audit: what depth confirms, where points land, which frames to look at; nothing of a pipeline."""

import pytest

from diagnostics.command_line import InputError
from report_samples import sample
from reports.confirmed_figure import shown_bars
from reports.data_section import audited_in_words, data_section
from reports.page import page
from reports.results_file import checked


def found(corrected, asked, compared, agreeing):
    return {"corrected": corrected, "asked": asked, "compared": compared, "agreeing": agreeing}


def test_the_page_of_an_audit_shows_its_data_and_no_pipeline():
    text = page(sample("data"))
    assert '<h2 id="audit">The data</h2>' in text
    assert "The pipeline</h2>" not in text
    assert "frame-000002.color.png" in text
    assert "the image is 150x120, most are 160x120" in text
    assert 'class="card" id="pose-inverted"' in text
    assert '<h2 id="pipeline">The pipeline</h2>' in page(sample("clean"))


def test_what_was_counted_of_all_frames_is_in_the_table_with_its_share():
    audit = sample("data")["audit"]
    audit["points"] = {"asked": 2000, "in_front": 1900, "in_image": 1000, "in_crop": 500, "valid": 1}
    rows = data_section(audit).points.rows
    assert [row[1:] for row in rows] == [
        ("2,000", "100.0 %"), ("1,900", "95.0 %"), ("1,000", "50.0 %"), ("500", "25.0 %"), ("1", "0.1 %")
    ]  # fmt: skip


def test_bars_are_as_given_first_then_the_best_of_each_mistake():
    given, half, double, turned = found("", 9, 9, 1), found("k", 9, 9, 2), found("k", 9, 9, 7), found("axes", 9, 9, 5)
    assert shown_bars([given, half, double, turned]) == [given, double, turned]
    assert shown_bars([]) == []
    many = [given, *(found(f"{k}", 99, 99, k) for k in range(20))]
    assert [bar["corrected"] for bar in shown_bars(many)] == ["", "19", "18", "17", "16", "15", "14", "13"]


def test_a_clean_audit_says_how_much_agrees():
    audit = sample("data")["audit"]
    audit["agreement"] = [found("", 1000, 500, 440)]
    assert audited_in_words(audit) == "6 frames; of what can be compared with a neighbour's depth, 88.0 % agrees."
    for nothing in ([], [found("", 0, 0, 0)], [found("", 9, 0, 0)]):
        audit["agreement"] = nothing
        assert audited_in_words(audit) == "6 frames; no two of them have depth that could be compared."


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"agreement": [found("", 5, 6, 0)]}, "more compared than asked"),
        ({"agreement": [found("", 9, 6, 7)]}, "more points that agree"),
        ({"landings": {"grid": [2, 2], "valid": 3, "counts": [[1, 2]]}}, "2x2"),
        ({"flagged": -1}, "flagged"),
    ],
)
def test_counts_that_cannot_be_are_refused(wrong, told):
    results = sample("data")
    results["audit"] |= wrong
    with pytest.raises(InputError, match=told):
        checked(results, "results.json")


def test_an_audit_without_points_or_depth_has_a_page():
    results = sample("data")
    results["faults"] = []
    results["audit"] |= {"agreement": [], "landings": None, "flagged": 0, "first_flagged": []}
    results["audit"]["points"] = dict.fromkeys(results["audit"]["points"], 0)
    text = page(checked(results, "results.json"))
    assert '<h2 id="audit">' in text
    assert "Frames to look at" not in text


def test_more_flagged_frames_than_are_shown_are_counted():
    results = sample("data")
    results["audit"]["flagged"] = 1234
    assert "1,234 of them" in page(results)


def test_a_correction_that_only_a_few_frames_were_asked_of_says_so():
    audit = sample("data")["audit"]
    audit["agreement"] = [found("", 1000, 500, 440), found("k", 100, 90, 80)]
    assert "a few" not in data_section(audit).figures[0].caption
    audit["agreement"][1]["few"] = True
    assert "of those asked of a few" in data_section(audit).figures[0].caption
    assert "corrected: k, on a few frames" in data_section(audit).figures[0].content

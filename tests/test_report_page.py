"""The page as text: a function of its results that leaves nothing out, worst first, whole numbers kept whole."""

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics.faults import UNEXPLAINED
from page_read import Elements
from report_samples import SAMPLES, SIZES, TEN, results_of, sample, sample_text
from reports.page import page

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 2 * 2**20
PAGES = [path.stem for path in sorted((ROOT / "docs" / "faults").glob("*.svg"))]


def flat(text):
    return re.sub(r"\s+", " ", text)


@pytest.fixture(scope="module")
def read():
    """The page of a sample, read."""
    pages = {}
    return lambda name: pages.setdefault(name, Elements(page(sample(name))))


# One file -----------------------------------------------------------------------------------------------------------


def test_the_sample_is_the_one_that_is_asked_for():
    """Ten faults over all stages, five image sizes, three heat maps."""
    results = sample("faulty")
    assert {fault["id"] for fault in results["faults"]} == TEN
    assert {fault["stage"] for fault in results["faults"]} == {*results["declared"]["stages"]}
    assert [tuple(record["image_size"]) for record in results["sizes"]] == list(SIZES)
    assert (len(TEN), len(SIZES), len(results["heatmaps"])) == (10, 5, 3)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_results_give_the_same_small_page_that_asks_for_nothing(name):
    html = page(sample(name))
    assert html == page(sample(name))
    assert len(html.encode()) < MOST_BYTES
    found = Elements(html)
    assert all(value.startswith(("#", "data:")) for key in ("src", "href") for value in found.with_attribute(key))
    assert found.tags["script"] == 2
    assert found.tags["link"] == found.tags["iframe"] == found.tags["object"] == 0
    assert not re.search(r"@import|url\((?!#)", html)


def test_other_processes_give_the_same_bytes(tmp_path):
    (tmp_path / "r.json").write_text(sample_text("faulty"))
    for seed in ("0", "1", "2"):
        command = [sys.executable, "-m", "reports", "r.json", "-o", f"{seed}.html"]
        environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "HOME": str(tmp_path)}
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert {(tmp_path / f"{seed}.html").read_text(encoding="utf-8") for seed in "012"} == {page(sample("faulty"))}


def test_the_policy_names_the_style_and_the_script_that_are_there():
    html = page(sample("faulty"))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; ")
    for kind, element in (("style-src", "style"), ("script-src", "script")):
        (content,) = re.findall(rf"<{element}>(.*?)</{element}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy


# Nothing is left out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_every_fault_check_and_version_is_in_the_text(read, name):
    text, results = flat(read(name).text), sample(name)
    assert results["pipeline"] in text
    told = [fault[key] for fault in results["faults"] for key in ("id", "stage", "where", "explanation", "remedy")]
    told += [other for fault in results["faults"] for other in fault["alternatives"]]
    told += [check.get(key, "") for check in results["results"] for key in ("name", "unit", "worst", "reason")]
    told += [check["command"] for check in results["results"] if check["status"] in ("failed", "error")]
    told += [words for version in results["conditions"].get("versions", {}).items() for words in version]
    told += [results["conditions"].get("command", ""), str(results["conditions"].get("seed", ""))]
    assert [words for words in told if flat(words) not in text] == []


def test_faults_are_worst_first_and_what_moves_nothing_comes_last(read):
    faults = sample("faulty")["faults"]
    moving = sorted((fault for fault in faults if fault["error_px"]), key=lambda fault: -fault["error_px"])
    order = [fault["id"] for fault in moving] + [fault["id"] for fault in faults if not fault["error_px"]]
    cards = [attributes["id"] for tag, attributes in read("faulty").all if attributes.get("class") == "card"]
    assert cards == order
    assert read("faulty").under["span.id"] == order
    assert [link.removeprefix("#") for link in read("faulty").with_attribute("href")[1 : 1 + len(order)]] == order


@pytest.mark.parametrize("name", SAMPLES)
def test_checks_that_failed_come_first_and_those_that_had_nothing_to_measure_last(read, name):
    order = ["failed", "error", "expected", "passed", "skipped"]
    statuses = read(name).with_attribute("data-status", "tr")
    assert statuses == sorted((check["status"] for check in sample(name)["results"]), key=order.index)


def test_the_numbers_on_the_cards_are_those_of_the_file(read):
    error = {fault["id"]: fault["error_px"] for fault in sample("faulty")["faults"]}
    for name, facts in zip(read("faulty").under["span.id"], read("faulty").under["p.facts"], strict=True):
        told = re.search(r"worst landing error ([\d.,]+) source px", facts)
        assert float(told[1].replace(",", "")) == round(error[name], 2) if told else error[name] is None
        assert bool(told) != ("not in pixels" in facts)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_numbers_of_checks_round_trip(read, name):
    results = sample(name)["results"]
    expected = sorted(check[key] for check in results for key in ("value", "limit") if check[key] is not None)
    for attribute in ("title", "data-value"):
        assert sorted(map(float, read(name).with_attribute(attribute, "td"))) == expected


def test_numbers_that_are_hard_to_print_round_trip():
    values = [0.1 + 0.2, 1e-300, 123456789012345.67, -0.0, 10**15 - 1, 1e15, 5e-324]
    check = sample("old")["results"][0]
    checks = [{**check, "status": "passed", "value": value, "limit": None} for value in values]
    titles = Elements(page(results_of(results=checks))).with_attribute("title", "td")
    assert list(map(repr, map(float, titles))) == [repr(float(value)) for value in values]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_picture_has_words_and_every_figure_a_caption(read, name):
    found = read(name)
    pictures = [attributes["aria-label"] for _, attributes in found.all if attributes.get("role") == "img"]
    pictures += found.with_attribute("alt", "img")
    assert len(pictures) == found.tags["svg"] - nested(found) - 1 + found.tags["img"]  # 1: the patterns, hidden
    assert all(len(words) > 20 for words in pictures)
    assert found.tags["figcaption"] == found.tags["figure"]
    assert all(re.search(r"\w", words) for words in found.under.get("figcaption", []))


def nested(found):
    """Parts of figures that are cut off, and marks beside words, which are <svg> as well."""
    return sum(tag == "svg" and attributes.get("role") != "img" for tag, attributes in found.all) - 1


# Links --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_every_link_leads_somewhere_and_ids_are_unique(read, name):
    found = read(name)
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.with_attribute("href", "a")} <= set(found.ids)
    for key in ("aria-labelledby", "for"):
        assert set(found.with_attribute(key)) <= set(found.ids)


def test_every_fault_of_the_catalogue_has_its_own_permalink():
    fault = sample("faulty")["faults"][0]
    names = [*PAGES, UNEXPLAINED]
    found = Elements(page(results_of(faults=[{**fault, "id": name} for name in names])))
    assert set(names) <= set(found.ids)
    assert len(names) > 50
    assert len(found.ids) == len(set(found.ids))


def test_one_fault_in_two_stages_has_two_cards():
    fault = sample("faulty")["faults"][0]
    stages = ("preprocess", "lift", "lift")
    faults = [{**fault, "error_px": 9.0 - k, "stage": stage} for k, stage in enumerate(stages)]
    found = Elements(page(results_of(faults=faults)))
    cards = [attributes["id"] for tag, attributes in found.all if attributes.get("class") == "card"]
    assert cards == [fault["id"], f"{fault['id']}-lift", "fault-3"]


# The verdict --------------------------------------------------------------------------------------------------------

VERDICTS = {
    "faulty": ("faults", "10 faults found", "exif-ignored in load, up to 798.60 source pixels"),
    "old": ("faults", "10 faults found", "exif-ignored in load"),
    "recipe": ("faults", "1 fault found", "recipe-half-cell in lift"),
    "unexplained": ("faults", "3 faults found", "unexplained in lift"),
    "clean": ("clean", "No fault found", "image sizes"),
    "preprocess": ("clean", "No fault found", "where a lift reads was not"),
    "stuck": ("stuck", "No verdict", "says why"),
    "nothing": ("nothing", "Nothing was measured", "says why"),
}


@pytest.mark.parametrize(("name", "verdict"), VERDICTS.items(), ids=VERDICTS)
def test_the_verdict_comes_first(read, name, verdict):
    state, headline, sentence = verdict
    (told,) = read(name).under[f"header.verdict.{state}"]
    assert headline in told
    assert sentence in flat(told)
    assert read(name).text.index(headline) < read(name).text.index("The pipeline")


def test_a_known_failure_is_no_clean_run(read):
    assert "failed as expected" in flat(read("expected").text)
    assert "✗ 1" not in read("expected").under["h1"][0]


def test_guilty_stages_and_links_are_marked_in_words(read):
    def steps(name, state):
        return [re.match(r"\s*(\w+)", text)[1] for text in read(name).under.get(f"li.step.{state}", [])]

    assert set(steps("faulty", "fault")) >= {fault["stage"] for fault in sample("faulty")["faults"]} - {
        "geometry",
        "module",
    }
    assert steps("recipe", "fault") == ["lift", "source", "frame", "cell"]
    assert steps("stuck", "error") == ["lift"]
    assert steps("clean", "fault") == steps("clean", "error") == []
    assert all("at fault" in text for text in read("recipe").under["li.step.fault"])

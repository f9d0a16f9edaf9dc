"""The page of a comparison: every fault in its group, the same figures twice under a wipe, in all pages' manners."""

import json
import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from axe_playwright_python.sync_playwright import Axe

from report_samples import sample, sample_text
from reports.__main__ import main
from reports.compare import compare
from reports.compare_page import compare_page

pytest_plugins = ["chromium"]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
STEPS = {
    "fixed": ("faulty", "clean"),
    "broken": ("clean", "faulty"),
    "same": ("recipe", "recipe"),
    "old": ("old", "recipe"),
}


def page_of(step):
    before, now = STEPS[step]
    return compare_page(compare(sample(before), sample(now)))


@pytest.fixture
def compared(opened, tmp_path):
    def open_step(step, **more):
        path = tmp_path / f"{step}.html"
        path.write_text(page_of(step), encoding="utf-8")
        return opened(path, **more)

    return open_step


@pytest.mark.parametrize("step", STEPS)
def test_the_same_runs_give_the_same_bytes(step):
    assert page_of(step) == page_of(step)


@pytest.mark.parametrize("step", STEPS)
def test_it_loads_nothing_and_fits(compared, step):
    visit = compared(step)
    visit.open_all()
    for width in (1280, 360):
        visit.page.set_viewport_size({"width": width, "height": 800})
        content, window = visit.width()
        assert content <= window
    assert visit.requests == [visit.url]
    assert visit.complaints == []


@pytest.mark.parametrize(("step", "scheme", "width"), [("broken", "light", 1280), ("fixed", "dark", 360)])
def test_no_rule_of_accessibility_is_broken(compared, step, scheme, width):
    visit = compared(step, color_scheme=scheme, width=width)
    visit.open_all()
    found = Axe().run(visit.page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found["violations"]] == []


@pytest.mark.parametrize("step", ["fixed", "broken"])
def test_without_script_every_fault_and_caption_is_in_the_text_side_by_side(compared, step):
    visit = compared(step, java_script_enabled=False)
    for closed in visit.page.locator("details:not([open]) > summary").all()[::-1]:
        closed.click()
    text = re.sub(r"\s+", " ", visit.text("body"))
    for name in STEPS[step]:
        for fault in sample(name)["faults"]:
            assert fault["id"] in text
    assert [part for part in visit.page.locator(".needs-script").all() if part.is_visible()] == []
    first, second = (visit.page.locator(f"figure.{when}").first.bounding_box() for when in ("before", "now"))
    assert first["x"] + first["width"] <= second["x"]
    captions = [re.sub(r"\s+", " ", caption) for caption in visit.page.locator("figcaption").all_inner_texts()]
    assert len(captions) > 2
    assert all(caption in text for caption in captions)


def wiped(visit):
    """Where the wipe stands, per cent."""
    return float(visit.page.evaluate("parseFloat(document.querySelector('.pair').style.getPropertyValue('--wipe'))"))


def test_the_wipe_is_moved_by_keyboard_and_by_mouse(compared):
    visit = compared("fixed")
    wipe = visit.page.locator(".wipe input").first
    assert wiped(visit) == 50
    wipe.focus()
    for _ in range(10):
        visit.page.keyboard.press("ArrowRight")
    assert wiped(visit) == 60
    visit.page.keyboard.press("End")
    assert wiped(visit) == 100
    box = wipe.bounding_box()
    visit.page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    assert 15 < wiped(visit) < 35


def test_the_wipe_shows_the_one_figure_and_hides_the_other(compared):
    """At either end the pictures on the screen are those of the runs alone."""
    visit = compared("fixed")
    pair, wipe = visit.page.locator(".pair .sides").first, visit.page.locator(".wipe input").first
    pictures = {}
    for end in ("End", "Home"):
        wipe.focus()
        visit.page.keyboard.press(end)
        pictures[end] = pair.screenshot()
    assert pictures["End"] != pictures["Home"]
    other = "now"
    for end in ("End", "Home"):
        visit.page.evaluate(f"document.querySelectorAll('figure.{other} svg').forEach((one) => one.remove())")
        wipe.focus()
        visit.page.keyboard.press(end)
        assert pair.screenshot() == pictures[end]
        visit = compared("fixed")
        pair, wipe, other = visit.page.locator(".pair .sides").first, visit.page.locator(".wipe input").first, "before"


def test_both_figures_of_a_pair_are_drawn_to_one_scale(compared):
    boxes = compared("fixed").page.evaluate(
        "() => [...document.querySelectorAll('.pair')].map((pair) => "
        "[...pair.querySelectorAll('svg.field')].map((one) => one.getAttribute('viewBox')))"
    )
    assert boxes
    assert all(len(pair) == 2 and len(set(pair)) == 1 for pair in boxes)


def test_a_fault_is_linked_to(compared, opened, tmp_path):
    compared("broken")
    fault = sample("faulty")["faults"][-1]["id"]
    visit = opened(tmp_path / "broken.html", f"#{fault}")
    assert fault in visit.page.locator("article:target h4").inner_text()


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = Counter()

    def handle_starttag(self, tag, attrs):
        self.found[tag] += 1
        assert not [name for name, _ in attrs if name.startswith("on")]


def tags_of(text):
    parser = Tags()
    parser.feed(text)
    return parser.found


@pytest.mark.parametrize(
    "wild", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style>", "\ud800\x00\u202e"]
)
def test_hostile_texts_change_nothing_but_text(wild):
    def texts(base, head, put):
        for results in (base, head):
            results["pipeline"] = put(results["pipeline"])
            for fault in results["faults"]:
                fault["explanation"], fault["remedy"] = put("explanation"), put("remedy")
            for check in results["results"]:
                check["reason"], check["unit"] = put("reason"), put("unit")
        return compare_page(compare(base, head))

    tame = texts(sample("clean"), sample("faulty"), lambda text: f"{text} tame")
    hostile = texts(sample("clean"), sample("faulty"), lambda text: f"{text} {wild}")
    assert tags_of(hostile) == tags_of(tame)


def test_the_command_writes_both_and_names_what_it_wrote(tmp_path, capsys):
    for name in STEPS["fixed"]:
        (tmp_path / f"{name}.json").write_text(sample_text(name))
    files = [str(tmp_path / f"{name}.json") for name in STEPS["fixed"]]
    outputs = [str(tmp_path / "diff.html"), str(tmp_path / "diff.md")]
    assert main(["compare", *files, "-o", outputs[0], "--summary", outputs[1]]) == 0
    assert capsys.readouterr().out.splitlines() == [f"wrote {path}" for path in outputs]
    assert (tmp_path / "diff.html").read_text(encoding="utf-8") == page_of("fixed")


@pytest.mark.parametrize("spoilt", ["base.json", "head.json"])
def test_a_damaged_file_on_either_side_is_refused_by_name(tmp_path, capsys, spoilt):
    for name in ("base.json", "head.json"):
        (tmp_path / name).write_text(sample_text("recipe"))
    (tmp_path / spoilt).write_text(json.dumps({"schema": 99}))
    arguments = ["compare", str(tmp_path / "base.json"), str(tmp_path / "head.json"), "-o", str(tmp_path / "diff.html")]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error:")
    assert spoilt in error
    assert not (tmp_path / "diff.html").exists()

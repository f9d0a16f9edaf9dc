"""The page in a real browser, at rest: it loads nothing, fits, and everybody can read it, without script, on paper."""

import re
import zlib

import pytest
from axe_playwright_python.sync_playwright import Axe

from report_samples import sample

pytest_plugins = ["chromium"]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = ("faulty", "clean", "stuck", "data")
ALL_KINDS = (*PAGES, "unexplained", "projection", "nothing", "old")
NARROWEST = 320  # CSS pixels: what WCAG 1.4.10 asks to need no sideways scrolling


@pytest.mark.parametrize("name", ALL_KINDS)
def test_nothing_is_loaded_and_nothing_is_complained_about(opened, name):
    visit = opened(name)
    visit.open_all()
    visit.page.mouse.wheel(0, 100_000)
    visit.page.evaluate("new Promise(requestAnimationFrame)")
    assert visit.requests == [visit.url]
    assert visit.complaints == []


def test_the_policy_forbids_to_load_anything_even_where_something_tried(opened):
    visit = opened("clean")
    blocked = visit.page.evaluate(
        """() => new Promise((done) => {
            document.addEventListener("securitypolicyviolation", (event) => done(event.violatedDirective));
            document.body.append(Object.assign(new Image(), {src: "https://example.invalid/x.png"}));
        })"""
    )
    assert blocked == "img-src"


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_no_rule_of_accessibility_is_broken(opened, name, scheme, width):
    visit = opened(name, width=width, color_scheme=scheme)
    visit.open_all()
    found = Axe().run(visit.page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
    assert {"color-contrast", "target-size"} <= {rule["id"] for rule in found["passes"]}
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found["violations"]] == []


@pytest.mark.parametrize(("system", "chosen"), [("light", "dark"), ("dark", "light")])
def test_the_theme_that_is_chosen_has_the_colours_of_the_system_theme(opened, system, chosen):
    """So that what holds of one theme holds of it either way, and the page can be led back to the system's."""
    visit, right = opened("faulty", color_scheme=system), opened("faulty", color_scheme=chosen)
    own = colours(visit.page)
    visit.page.select_option("#theme", chosen)
    assert colours(visit.page) == colours(right.page) != own
    visit.page.select_option("#theme", "")
    assert colours(visit.page) == own


def colours(page):
    """Everything that a style declares as a variable, by name, and what follows from it."""
    return page.evaluate(
        """() => {
            const style = getComputedStyle(document.documentElement);
            const names = [...style].filter((name) => name.startsWith("--")).sort();
            const declared = names.map((name) => [name, style.getPropertyValue(name)]);
            return [style.colorScheme, getComputedStyle(document.body).backgroundColor, ...declared];
        }"""
    )


@pytest.mark.parametrize("name", ALL_KINDS)
def test_nothing_is_scrolled_sideways(opened, name):
    visit = opened(name)
    visit.open_all()
    for width in (1280, 768, 390, 360, NARROWEST):
        visit.page.set_viewport_size({"width": width, "height": 800})
        content, window = visit.width()
        assert content <= window, width


# Without script -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PAGES, "old"])
def test_without_script_all_is_in_the_text_and_nothing_that_needs_it_is_shown(opened, name):
    visit = opened(name, java_script_enabled=False)
    for closed in visit.page.locator("details:not([open]) > summary").all()[::-1]:
        closed.click()
    text, results = visit.text("body"), sample(name)
    flat = re.sub(r"\s+", " ", text)
    for fault in results["faults"]:
        for key in ("id", "stage", "where", "explanation", "remedy"):
            assert re.sub(r"\s+", " ", fault[key]) in flat
    for check in results["results"]:
        assert check["name"] in flat
        assert check["worst"] in flat
        assert check.get("reason", "") in flat
    for caption in visit.page.locator("figcaption, table th, table td").all_inner_texts():
        assert re.sub(r"\s+", " ", caption).strip() in flat
    assert [part for part in visit.page.locator(".needs-script").all() if part.is_visible()] == []
    assert visit.page.locator("details:not([open])").count() == 0


def test_with_script_the_same_parts_are_shown(opened):
    visit = opened("faulty")
    parts = visit.page.locator(".needs-script").all()
    assert len(parts) >= 3
    assert all(part.is_visible() for part in parts)


# On paper -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_it_prints_light_though_the_screen_and_the_choice_are_dark(opened, name):
    visit = opened(name, color_scheme="dark")
    visit.page.select_option("#theme", "dark")
    dark, light = printed_colours(visit.page), printed_colours(opened(name, color_scheme="light").page)
    assert dark == light
    assert min(max(colour) for colour in light) < 0.3  # ink
    visit.page.emulate_media(media="print", color_scheme="dark")
    ground, ink = (
        visit.page.evaluate(f"getComputedStyle(document.body).{key}") for key in ("backgroundColor", "color")
    )
    assert min(channels(ground)) > 240
    assert max(channels(ink)) < 60


def printed_colours(page):
    """Fills of the PDF, (red, green, blue) each, backgrounds included."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", page.pdf(print_background=True), re.DOTALL)
    drawn = b"".join(zlib.decompressobj().decompress(stream) for stream in streams if stream[:1] == b"\x78")
    return {tuple(map(float, fill)) for fill in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) rg\b", drawn)}


def channels(colour):
    return [int(value) for value in re.findall(r"\d+", colour)[:3]]


@pytest.mark.parametrize("name", PAGES)
def test_closed_parts_are_printed_and_nothing_is_cut_off(opened, name):
    visit = opened(name, width=718)  # A4 between margins of a centimetre
    closed = visit.page.locator("details:not([open])")
    visit.page.emulate_media(media="print")
    assert all(part.bounding_box()["height"] > 100 for part in closed.all())
    assert (
        visit.page.evaluate(
            """() => [...document.querySelectorAll("main *, header *")].filter((part) => {
            if (part.ownerSVGElement) return false;  // a figure cuts off what lies outside it, on purpose
            const {left, right, width, height} = part.getBoundingClientRect();
            return width && height && (left < -0.5 || right > innerWidth + 0.5);
        }).map((part) => part.outerHTML.slice(0, 80))"""
        )
        == []
    )
    assert [part for part in visit.page.locator(".needs-script").all() if part.is_visible()] == []

"""Whatever texts and numbers a results file holds, its page is inert and well made, or the file is refused."""

import re

import pytest
from hypothesis import HealthCheck, given, settings

import results_drawn
from diagnostics.command_line import InputError
from page_read import Elements
from report_samples import sample
from reports.page import page
from reports.results_file import checked

pytest_plugins = ["chromium"]

BENIGN = "benign"
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": "\"><img src=x onerror=alert(1)>' onload='alert(1)",
    "ends of elements": "</style></script></title></svg></code></article>",
    "end of data": "]]> --> <!-- {{7*7}} {% raw %} ${7*7} &lt;b&gt; &#x27;",
    "address": "javascript:alert(1)//#/../%2e%2e?a=b&c=d",
    "long": "x" * 10_000,
    "emoji": "\N{PILE OF POO}\U0001f468\u200d\U0001f469\u200d\U0001f467" * 9,
    "right to left": "\u05e9\u05dc\u05d5\u05dd (50) \u0645\u0631\u062d\u0628\u0627",
    "overrides": "\u202etxt.exe\u202c\u2066\u200f\u061c",
    "controls": "\x00\x01\x08\x0b\x1b[31m\x7f\x85\ufeff\ufffe",
    "surrogates": "\ud800 \udfff\ud83d",
    "lines": "one\ntwo\r\nthree\u2028four\tfive",
    "marks": "Z\u0351\u036b\u0343" * 300,
}
KEPT = ("status", "rows", "preview", "geometry", "landed")  # what has to be one of a few words, or is no text


def with_texts(value, text):
    """Results with every text in it, and every key that is free, replaced."""
    if isinstance(value, dict):
        return {
            text if key in ("torch", "python") else key: part if key in KEPT else with_texts(part, text)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [with_texts(part, text) for part in value]
    return text if isinstance(value, str) else value


def hostile_page(text):
    return page(checked(with_texts(sample("faulty"), text), "hostile"))


@pytest.fixture(scope="module")
def benign():
    return Elements(hostile_page(BENIGN))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_text_is_told_whole_and_printable_and_adds_no_element_and_no_attribute(benign, text):
    html = hostile_page(text)
    assert html.encode()
    assert all(c.isprintable() or c == "\n" for c in html)
    found = Elements(html)
    told = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    assert found.text.count(told) >= benign.text.count(BENIGN)
    assert (found.tags, found.attributes, found.ids) == (benign.tags, benign.attributes, benign.ids)


def test_ids_are_unique_and_plain_whatever_faults_are_called():
    """Also as parts of the page are, one like another, and like what would be made of them."""
    fault = sample("faulty")["faults"][0]
    names = ["data", "main", "checks", "theme", "a b", "", "camera-axes", "camera-axes-name", "camera-axes-project"]
    names += ["camera-axes", "camera-axes", "fault-2", "fault-3", "#", "../x", *HOSTILE.values()]
    faults = [{**fault, "id": name or "-", "stage": stage} for name in names for stage in ("project", "a b")]
    ids = Elements(page(checked({**sample("faulty"), "faults": faults}, "here"))).ids
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in ids)


@pytest.mark.parametrize(
    "name", ["script", "image", "ends of elements", "long", "emoji", "right to left", "surrogates"]
)
def test_in_a_browser_nothing_runs_and_the_layout_holds(opened, tmp_path, name):
    text = HOSTILE[name]
    path = tmp_path / "page.html"
    path.write_text(hostile_page(text), encoding="utf-8")
    visit = opened(path)
    visit.open_all()
    for width in (1280, 360):
        visit.page.set_viewport_size({"width": width, "height": 800})
        content, window = visit.width()
        assert content <= window
    for link in visit.page.locator(".brief a").all()[::5]:
        link.click()
    visit.page.fill("#filter-text", text[:100])
    assert visit.page.evaluate("document.scripts.length") == 2
    assert visit.page.evaluate("document.title") != ""
    assert visit.requests == [visit.url]
    assert visit.complaints == []


# Numbers ------------------------------------------------------------------------------------------------------------


def changed(path, value):
    """Results of one image size with every kind of part, and with another value at a path of keys."""
    results = sample("faulty")
    results |= {"sizes": results["sizes"][:1], "heatmaps": results["heatmaps"][: path[0] == "heatmaps"]}
    place = results
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return results


FIRST = ("sizes", 0)
EXTREMES = [
    (("faults", 0, "error_px"), 1e15),
    (("faults", 0, "error_px"), -0.0),
    (("faults", 0, "error_px"), -5.0),
    (("faults", 0, "landing"), {"image_size": [480, 640], "scale": [0, 0], "shift": [-1e15, 1e15], "swapped": True}),
    (("faults", 0, "alternatives"), []),
    (("faults",), []),
    (("results",), []),
    (("results", 0, "value"), 5e-324),
    (("results", 0, "limit"), -1e15),
    ((*FIRST, "image_size"), [1, 1]),
    ((*FIRST, "image_size"), [1, 1_000_000]),
    ((*FIRST, "image_size"), [1_000_000, 1_000_000]),
    ((*FIRST, "crop_size"), [1, 1]),
    ((*FIRST, "crop_size"), [1_000_000, 1]),
    ((*FIRST, "grid"), [1, 1]),
    ((*FIRST, "grid"), [1, 4096]),
    ((*FIRST, "grid"), [4096, 4096]),
    ((*FIRST, "grid_from_image", "scale"), [-0.03, 0.03]),
    ((*FIRST, "grid_from_image", "scale"), [1e-9, 1e9]),
    ((*FIRST, "grid_from_image", "shift"), [1e15, -1e15]),
    ((*FIRST, "crop_from_image", "scale"), [-1e-9, -1e9]),
    ((*FIRST, "read_from_image", "scale"), [0, 0]),
    ((*FIRST, "read_from_image", "scale"), [1e15, -1e15]),
    ((*FIRST, "read_from_image", "shift"), [1e15, -1e15]),
    ((*FIRST, "read_from_image", "swapped"), True),
    ((*FIRST, "read_from_image", "residual"), None),
    ((*FIRST, "read_from_image"), None),
    ((*FIRST, "lattice"), None),
    ((*FIRST, "lattice"), {"u": [0, 1], "v": [0, 1], "error_x": [[None] * 2] * 2, "error_y": [[None] * 2] * 2}),
    ((*FIRST, "lattice"), {"u": [0, 9], "v": [0, 9], "error_x": [[1e15] * 2] * 2, "error_y": [[-1e15] * 2] * 2}),
    ((*FIRST, "lattice", "error_x", 0, 0), 5e-324),
    ((*FIRST, "mask"), None),
    ((*FIRST, "mask", "rows"), ["1"]),
    ((*FIRST, "mask", "first"), [1e15, 1e15]),
    (("sizes",), []),
    (("projections",), []),
    (("projections", 0, "camera", "size"), [1, 1_000_000]),
    (("projections", 0, "camera", "cx"), -1e15),
    (("colours",), None),
    (("colours",), {"names": [], "measured": [], "expected": [], "tolerance": 0}),
    (("heatmaps",), []),
    (("heatmaps", 0, "points"), 10**15),
    (("heatmaps", 0, "read"), None),
    (("heatmaps", 0, "preview"), ""),
    (("conditions",), {}),
    (("declared",), {"stages": [], "grid": [1, 1]}),
]


def drawn_or_refused(results):
    """The page, where the file is not refused; anything else that is raised, or a warning, is a mistake."""
    try:
        taken = checked(results, "here")
    except InputError:
        return None
    html = page(taken)
    assert len(html) < 2 * 2**20
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"base64,[^\"]*", "", html))
    return html


@pytest.mark.parametrize(("path", "value"), EXTREMES)
def test_extremes_that_the_schema_allows_are_drawn(path, value):
    assert drawn_or_refused(changed(path, value)) is not None


def test_a_lift_that_reads_beyond_every_number_of_a_cell_is_drawn():
    results = changed((*FIRST, "image_size"), [1_000_000, 1_000_000])
    results["sizes"][0]["read_from_image"]["scale"] = [1e15, -1e15]
    assert drawn_or_refused(results) is not None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("faults", 0, "error_px"), float("inf")),
        (("faults", 0, "error_px"), 1e300),
        (("results", 0, "value"), True),
        ((*FIRST, "grid"), [0, 14]),
        ((*FIRST, "grid"), [14, 4097]),
        ((*FIRST, "image_size"), [480, 1_000_001]),
        ((*FIRST, "grid_from_image", "scale"), [0, 1]),
        ((*FIRST, "grid_from_image", "scale"), [1e-300, 1]),
        ((*FIRST, "grid_from_image", "scale"), [1, -1e-300]),
        ((*FIRST, "grid_from_image", "scale"), [1, 1e10]),
        ((*FIRST, "lattice", "u", 0), 1e9),
        ((*FIRST, "lattice", "v", 1), 0.0),
        ((*FIRST, "lattice", "error_x", 0), []),
        ((*FIRST, "mask", "rows"), []),
        ((*FIRST, "mask", "rows", 0), "01"),
        (("projections", 0, "valid"), []),
        (("colours", "names"), []),
        (("heatmaps", 0, "grids"), []),
        (("heatmaps", 0, "points"), 10**16),
        (("heatmaps", 0, "preview"), '"><script>'),
        *((("heatmaps", 0, "density", "counts", 0, 0), wrong) for wrong in (10**16, -1, 0.5, True, "1", None)),
        *(((*FIRST, "lattice", "error_x", 0, 0), wrong) for wrong in (1e300, -1e300, False, "1", [])),
    ],
)
def test_what_no_run_can_have_measured_is_refused(path, value):
    assert drawn_or_refused(changed(path, value)) is None


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(results_drawn.results())
def test_whatever_fits_the_schema_is_drawn_or_refused(results):
    drawn_or_refused(results)

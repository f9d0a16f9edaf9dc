"""What can be done with the page in a real browser: links to cards, the inspector, the table's filter and sort."""

import math

import pytest

from reference.geometry import GeomMeta
from report_samples import sample

pytest_plugins = ["chromium"]

# Cards --------------------------------------------------------------------------------------------------------------


def in_view(visit, anchor):
    top, bottom = visit.page.evaluate(
        "(id) => (({top, bottom}) => [top, bottom])(document.getElementById(id).getBoundingClientRect())", anchor
    )
    return 0 <= top < 400 or (top >= 0 and bottom <= 800)  # of 800 pixels; the last card cannot come to the top


@pytest.mark.parametrize("script", [True, False])
def test_a_link_with_a_fault_s_id_shows_its_card(opened, script):
    for fault in sample("faulty")["faults"][::4]:
        visit = opened("faulty", "#" + fault["id"], java_script_enabled=script)
        assert in_view(visit, fault["id"])
        assert fault["id"] in visit.page.locator("article:target h3").inner_text()


def test_the_brief_list_leads_to_every_card_and_the_card_is_read_out(opened):
    visit = opened("faulty")
    faults = sample("faulty")["faults"]
    links = visit.page.locator(".brief a")
    assert {link.inner_text() for link in links.all()} == {fault["id"] for fault in faults}
    for link in links.all():
        link.click()
        assert in_view(visit, link.inner_text())
        assert visit.page.evaluate("document.activeElement.id") == link.inner_text()


@pytest.mark.parametrize("fragment", ["#100%", '#"><b>'])
def test_a_link_to_nothing_leaves_the_page_working(opened, fragment):
    visit = opened("recipe", fragment)
    assert visit.complaints == []
    assert visit.text("#inspect-in") in ("yes", "no")


# The inspector ------------------------------------------------------------------------------------------------------

OFFICIAL = GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0))
PIXELS = [(320, 240), (100, 50), (600, 400)]
LITERALS = {  # of the written recipe, u14 = (s u - dx) / 16 with s = 224/480 and dx = (640 s - 224) / 2, by hand
    (320, 240): ("111.73, 111.73", "119.50, 119.50", "6.515, 6.515", "7.000, 7.000", "16.68, 16.64 (23.56)", "yes"),
    (100, 50): ("9.30, 23.07", "16.83, 30.83", "0.112, 0.973", "0.583, 1.458", "16.19, 16.64 (23.22)", "yes"),
    (600, 400): ("242.11, 186.40", "250.17, 194.17", "14.663, 11.181", "15.167, 11.667", "17.31, 16.64 (24.01)", "no"),
}
SHOWN = ("crop", "crop-read", "grid", "grid-read", "error", "in")


def shown(visit):
    return tuple(visit.text(f"#inspect-{name}") for name in SHOWN)


def pair(point, digits):
    return ", ".join(f"{float(place):.{digits}f}".replace("-", "\N{MINUS SIGN}") for place in point)


@pytest.mark.parametrize("pixel", PIXELS)
def test_the_literals_follow_from_the_geometry(pixel):
    assert LITERALS[pixel][0] == pair(OFFICIAL.crop_from_image([pixel])[0], 2)
    assert LITERALS[pixel][2] == pair(OFFICIAL.grid_from_image([pixel])[0], 3)
    scale = 224 / 480
    read = [(scale * pixel[0] - (640 * scale - 224) / 2) / 16, scale * pixel[1] / 16]
    assert LITERALS[pixel][3] == pair(read, 3)
    there = OFFICIAL.image_from_grid([read])[0]
    assert LITERALS[pixel][1] == pair(OFFICIAL.crop_from_image([there])[0], 2)
    error = [place - asked for place, asked in zip(there, pixel, strict=True)]
    assert LITERALS[pixel][4] == f"{pair(error, 2)} ({math.hypot(*error):.2f})"
    assert (LITERALS[pixel][5] == "yes") == OFFICIAL.valid([pixel], "crop")[0]


def place_of(visit, pixel, index=0):
    """Where the centre of a pixel of the image is in the window, from what the figure says of itself."""
    figure = visit.page.locator(f"svg[data-inspect='{index}']")
    figure.evaluate("(figure) => figure.scrollIntoView({block: 'end'})")
    box, told = figure.bounding_box(), figure.evaluate("(figure) => ({...figure.dataset})")
    unit = box["width"] / float(figure.get_attribute("viewBox").split()[2])
    x, y = (float(told[axis]) + float(told["scale"]) * place for axis, place in zip("xy", pixel, strict=True))
    return box["x"] + unit * x, box["y"] + unit * y


@pytest.mark.parametrize("width", [1280, 700, 360])
def test_pointing_at_a_pixel_tells_its_places(opened, width):
    """At every size in which the figure is drawn."""
    visit = opened("recipe", width=width)
    for pixel in PIXELS:
        visit.page.mouse.move(*place_of(visit, pixel))
        assert shown(visit) == LITERALS[pixel]
        assert (visit.page.input_value("#inspect-u"), visit.page.input_value("#inspect-v")) == tuple(map(str, pixel))


def test_so_does_touching_it(opened):
    visit = opened("recipe", width=360, has_touch=True)
    for pixel in PIXELS:
        visit.page.touchscreen.tap(*place_of(visit, pixel))
        assert shown(visit) == LITERALS[pixel]


def test_so_does_typing_it_and_both_places_are_marked(opened):
    visit = opened("recipe")
    for pixel in PIXELS:
        visit.page.fill("#inspect-u", str(pixel[0]))
        visit.page.fill("#inspect-v", str(pixel[1]))
        visit.page.keyboard.press("Enter")
        assert shown(visit) == LITERALS[pixel]
    x, y = place_of(visit, PIXELS[-1])
    box = visit.page.locator("svg[data-inspect='0'] .inspect-mark.here").bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(x, abs=1)
    assert box["y"] + box["height"] / 2 == pytest.approx(y, abs=1)
    assert visit.page.locator("svg[data-inspect='0'] .inspect-mark.there").count() == 1


def test_another_image_size_has_its_own_geometry_and_a_pixel_stays_in_the_image(opened):
    visit = opened("recipe")
    visit.page.fill("#inspect-u", "600")
    visit.page.select_option("#inspect-size", "1")
    assert (visit.page.input_value("#inspect-u"), visit.page.input_value("#inspect-v")) == ("479", "240")
    upright = GeomMeta("official", (640, 480), (298, 224), (224, 224), (14, 14), (0, 37))
    assert visit.text("#inspect-grid") == pair(upright.grid_from_image([(479, 240)])[0], 3)
    visit.open_all()
    visit.page.mouse.move(*place_of(visit, (100, 600), index=1))
    assert visit.text("#inspect-grid") == pair(upright.grid_from_image([(100, 600)])[0], 3)


def test_what_is_typed_is_taken_to_the_nearest_pixel(opened):
    visit = opened("recipe")
    for typed, taken in (("-5", "0"), ("99999", "639"), ("", "0"), ("12.4", "12"), ("1e9", "639")):
        visit.page.fill("#inspect-u", typed)
        visit.page.keyboard.press("Enter")
        assert visit.page.input_value("#inspect-u") == taken
    assert visit.complaints == []


def test_a_right_lift_errs_by_nothing_without_a_sign(opened):
    visit = opened("clean")
    for pixel in PIXELS:
        visit.page.mouse.move(*place_of(visit, pixel))
        assert visit.text("#inspect-error") == "0.00, 0.00 (0.00)"


def test_where_no_lift_was_measured_only_the_truth_is_told(opened):
    visit = opened("preprocess")
    assert visit.text("#inspect-grid") != ""
    assert [visit.text(f"#inspect-{name}") for name in ("crop-read", "grid-read", "error")] == ["not measured"] * 3


# The table of checks ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checks():
    return sample("faulty")["results"]


def names(checks, status="", part=""):
    """Of the checks of this status (or any) with this part in what their row says."""
    return {check["name"] for check in checks if part in str(check) and status in ("", check["status"])}


def listed(visit):
    """Names in the rows that are shown, in order."""
    return visit.page.evaluate(
        """() => [...document.querySelectorAll("#check-table tbody tr")].filter((row) => row.offsetHeight)
            .map((row) => row.querySelector("th").textContent)"""
    )


def in_order(visit, checks, sign):
    """Whether the rows are sorted by value, those without one last either way."""
    value = {check["name"]: check["value"] for check in checks}
    found = [value[name] for name in listed(visit)]
    measured = sorted((value for value in value.values() if value is not None), key=lambda value: sign * value)
    return found == measured + [None] * (len(checks) - len(measured))


def test_the_filter_by_mouse(opened, checks):
    visit = opened("faulty")
    assert set(listed(visit)) == names(checks)
    visit.page.fill("#filter-text", "LIFT_")
    assert set(listed(visit)) == names(checks, part="lift_")
    visit.page.select_option("#filter-status", "failed")
    assert set(listed(visit)) == names(checks, "failed", "lift_")
    assert visit.text("#filter-count") == f"{len(listed(visit))} of {len(checks)} shown"
    visit.page.fill("#filter-text", "")
    visit.page.select_option("#filter-status", "")
    assert set(listed(visit)) == names(checks)


def test_the_sort_by_mouse(opened, checks):
    visit = opened("faulty")
    heading = visit.page.get_by_role("button", name="value")
    heading.click()
    assert in_order(visit, checks, 1)
    heading.click()
    assert in_order(visit, checks, -1)
    assert visit.page.locator("#check-table th[aria-sort]").all_inner_texts() == ["value"]
    visit.page.get_by_role("button", name="check", exact=True).click()
    assert listed(visit) == sorted(names(checks))
    visit.page.get_by_role("button", name="status").click()
    statuses = [row.get_attribute("data-status") for row in visit.page.locator("#check-table tbody tr").all()]
    assert statuses == sorted(statuses, key=["failed", "error", "expected", "passed", "skipped"].index)


def tab_to(page, found):
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(found):
            return
    raise AssertionError(f"no tab leads to {found}")


def test_the_filter_and_the_sort_by_keyboard_alone(opened, checks):
    visit = opened("faulty")
    keys = visit.page.keyboard
    tab_to(visit.page, "document.activeElement.id === 'filter-text'")
    keys.type("lift")
    assert set(listed(visit)) == names(checks, part="lift")
    keys.press("Tab")
    keys.type("f")
    assert visit.page.input_value("#filter-status") == "failed"
    assert set(listed(visit)) == names(checks, "failed", "lift")
    keys.press("Home")
    keys.press("Shift+Tab")
    keys.press("Control+A")
    keys.press("Delete")
    assert set(listed(visit)) == names(checks)
    tab_to(visit.page, "document.activeElement.textContent === 'value'")
    keys.press("Enter")
    assert in_order(visit, checks, 1)
    keys.press("Space")
    assert in_order(visit, checks, -1)

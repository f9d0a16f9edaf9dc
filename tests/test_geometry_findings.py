"""The findings page says what the libraries do today: its tables are measured again, its literals are pinned."""

import re
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # the examples are no part of the installation

from extras import skip_without

skip_without("adapters")

from examples.adapters.findings import __main__ as findings  # noqa: E402
from examples.adapters.findings import keypoints, landings, windows  # noqa: E402
from examples.adapters.findings.figures import NOISE  # noqa: E402

REWRITE = "run `python -m examples.adapters.findings` and see what changed in docs/findings.md"
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


def rows(text):
    """The cells of a page's tables, the library without its version."""
    lines = (line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| "))
    return [(library.split(" ")[0], *cells) for library, *cells in lines]


def agree(cell, other):
    """Whether two cells say the same, their figures within the noise of measuring."""
    figures = zip(map(float, NUMBER.findall(cell)), map(float, NUMBER.findall(other)), strict=False)
    return NUMBER.sub("#", cell) == NUMBER.sub("#", other) and all(abs(a - b) <= NOISE for a, b in figures)


def changes(page, fresh):
    """Rows of a page that a fresh one has otherwise, with what it has."""
    pairs = zip(rows(page), rows(fresh), strict=False)
    changed = [(old, new) for old, new in pairs if not all(map(agree, old, new)) or len(old) != len(new)]
    return changed if len(rows(page)) == len(rows(fresh)) else [*changed, ("rows", len(rows(fresh)))]


@pytest.fixture(scope="module")
def tables():
    return findings.measured_tables()


@pytest.mark.parametrize("name", ["landings", "keypoints", "windows"])
def test_the_page_says_what_is_measured(tables, name):
    shipped = findings.PAGE.read_text(encoding="utf-8")
    header = tables[name].splitlines()[0]
    assert header in shipped, REWRITE
    shipped_table = header + shipped.partition(header)[2].partition("\n\n")[0]
    assert changes(shipped_table, tables[name]) == [], REWRITE


def test_the_page_is_its_template_around_the_tables(tables):
    """Prose is edited in the template; the page has no other."""
    page = findings.PAGE.read_text(encoding="utf-8")
    prose = [line for line in findings.page(tables).splitlines() if not line.startswith("|")]
    assert [line for line in page.splitlines() if not line.startswith("|")] == prose, REWRITE


def test_a_stale_figure_would_be_noticed():
    row = "| kornia 0.9.0 | `Resize` | x +0.25, y +0.25 | 0 |"
    assert changes(row, row.replace("0.9.0", "1.0")) == []
    assert changes(row, row.replace("+0.25, y", "+0.26, y")) == []
    for stale in (row.replace("+0.25, y", "+0.29, y"), row.replace("x +0.25, y +0.25", "0"), f"{row}\n{row}"):
        assert changes(row, stale)


def test_every_adapter_that_is_asked_has_a_row(tables):
    assert len(rows(tables["landings"])) == 2 + len(landings.ASKED)


@pytest.mark.parametrize(
    ("library", "transform", "at_641x480"),
    [
        ("torchvision", "`Resize(224)`, `CenterCrop(224)`", "299x224 at (38, 0)"),
        ("transformers", "`CLIPImageProcessor()`", "299x224 at (37, 0)"),
        ("kornia", "`geometry.transform.resize`, `center_crop`", "299x224 at (37.50, 0)"),
        ("torch", "`interpolate(scale_factor=r)`, sliced", "299.13x224 at (37, 0)"),
    ],
)
def test_the_same_image_is_cropped_at_three_places(library, transform, at_641x480):
    """37, 37.5 and 38 at 641x480, and a width that is no whole number."""
    assert agree(windows.row(library, transform)[3], at_641x480)


@pytest.mark.parametrize("operation", keypoints.OPERATIONS, ids=lambda one: f"{one.library} {one.what.strip('`')}")
def test_a_keypoint_operation_is_exact_for_one_of_two_conventions(operation):
    """And off for the other: by a half of what the scale takes away, by a pixel for a mirror; a crop scales nothing."""
    *_, indices, edges = keypoints.row(operation)
    assert "0" in (indices, edges)
    assert (indices == edges) == (operation.what == "`CenterCrop`")

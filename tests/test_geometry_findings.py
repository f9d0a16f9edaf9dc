"""The findings page says what the libraries do today; what it says of the adapters is held where they are checked."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # the examples are no part of the installation

from extras import skip_without

skip_without("adapters")

from examples.adapters.findings import __main__ as findings  # noqa: E402
from examples.adapters.findings import keypoints, landings, windows  # noqa: E402
from findings_page import PAGE, REWRITE, agree, assert_as_shipped, shipped  # noqa: E402

ASKED = {
    landings.HEADER: [(asked.library, asked.what) for asked in landings.ASKED],
    keypoints.HEADER: [(operation.library, operation.what) for operation in keypoints.OPERATIONS],
    windows.HEADER: list(windows.WINDOWS),
}


@pytest.mark.parametrize("header", ASKED)
def test_the_page_has_a_row_for_whatever_is_asked_and_no_other(header):
    assert list(shipped(header)) == ASKED[header], REWRITE


def test_the_page_is_its_template_around_the_tables():
    """Prose is edited in the template; the page has no other."""
    prose = findings.page(dict.fromkeys(("landings", "keypoints", "windows"), "| a table |"))
    without_tables = [[line for line in text.splitlines() if not line.startswith("|")] for text in (PAGE, prose)]
    assert without_tables[0] == without_tables[1], REWRITE


def test_a_stale_figure_would_be_noticed():
    cells = ("x +0.25, y +0.25", "0")
    assert agree(cells, ("x +0.26, y +0.25", "0"))  # within the noise of measuring
    for stale in (("x +0.29, y +0.25", "0"), ("0", "0"), ("x +0.25, y +0.25", "0", "0")):
        assert not agree(cells, stale)


@pytest.mark.parametrize(("library", "transform"), windows.WINDOWS)
def test_a_crop_lies_where_the_page_says(library, transform):
    assert_as_shipped(windows.HEADER, windows.row(library, transform))


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
    assert shipped(windows.HEADER)[library, transform][1] == at_641x480


@pytest.mark.parametrize("operation", keypoints.OPERATIONS, ids=lambda one: f"{one.library} {one.what.strip('`')}")
def test_a_keypoint_operation_is_exact_for_one_of_two_conventions(operation):
    """And off for the other: by a half of what the scale takes away, by a pixel for a mirror; a crop scales nothing."""
    row = keypoints.row(operation)
    assert_as_shipped(keypoints.HEADER, row)
    *_, indices, edges = row
    assert "0" in (indices, edges)
    assert (indices == edges) == (operation.what == "`CenterCrop`")

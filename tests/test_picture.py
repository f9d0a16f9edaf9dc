"""What the picture is made of: honest scales, panels that keep to the geometry, text that is always safe."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from diagnostics.landing import Landings, count_landings
from diagnostics.picture import draw_landings
from diagnostics.picture.layout import MARGIN, NARROWEST, WIDTH, panel_rows, placed
from diagnostics.picture.page import Box, Page, shortened, text_width
from diagnostics.picture.panel import Panel, crop_corners, image_corners
from diagnostics.picture.scale import Scale, colours
from reference.closed_form import geometry_for
from reference.geometry import MODES

VGA = geometry_for("official", (480, 640), (224, 224), (16, 16))


def picture(landings: Landings, image: Image.Image | None = None) -> np.ndarray:
    image = Image.new("RGB", (640, 480), (120, 120, 120)) if image is None else image
    return np.asarray(Image.open(BytesIO(draw_landings(image, landings, "title", "subtitle"))))


# Scales ---------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200))
def test_more_points_never_look_like_fewer(counts: list[int]) -> None:
    """Places on the scale rise with the counts, stay in [0, 1], and the ticks do, too."""
    counts = np.sort(np.array(counts))
    scale = Scale(counts)
    assert scale.empty == (counts.max() == 0)
    if not scale.empty:
        places = scale.place(counts[counts > 0])
        assert (np.diff(places) >= 0).all()
        assert places.min() >= 0
        assert places.max() == 1
        ticks = np.array(scale.ticks())
        assert len(set(ticks.tolist())) == len(ticks)
        assert scale.place(ticks.min()) == 0
        assert scale.place(ticks.max()) == 1


def test_counts_that_span_decades_get_a_logarithmic_scale() -> None:
    """1 to 1000: ten times as many is a third of the scale. 700 to 1000: linear from zero, in proportion."""
    decades = Scale(np.array([0, 1, 10, 100, 1000]))
    np.testing.assert_allclose(decades.place(np.array([1, 10, 100, 1000])), [0, 1 / 3, 2 / 3, 1], atol=1e-12)
    assert {1, 10, 100, 1000} <= set(decades.ticks())
    near = Scale(np.array([0, 700, 800, 1000]))
    np.testing.assert_allclose(near.place(np.array([700, 800, 1000])), [0.7, 0.8, 1])
    assert near.ticks()[0] == 0


def test_one_low_cell_at_the_rim_does_not_make_the_scale_logarithmic() -> None:
    """A few low counts are what every rim has; nine tenths of the cells decide."""
    assert not Scale(np.array([2] + [700] * 100)).logarithmic
    assert Scale(np.array([2] * 30 + [700] * 70)).logarithmic


def test_a_scale_may_leave_its_highest_counts_out_and_says_so() -> None:
    scale = Scale(np.array([5] * 999 + [1000]), percent=99.5)
    assert (scale.last, scale.exceeded) == (5, True)
    assert scale.place(np.array([1000])) == 1
    assert not Scale(np.array([5] * 999 + [1000])).exceeded


def test_the_colour_map_rises_in_lightness_all_the_way() -> None:
    """Rec. 709 luminance of linear light: what every kind of colour vision can order."""
    srgb = colours(np.linspace(0, 1, 256)) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    # Levels of 8 bits may stand still, or step back by less than one level of blue.
    assert (np.diff(luminance) > -1e-3).all()
    assert luminance[-1] > 30 * luminance[0]


# Panels ---------------------------------------------------------------------------------------------------------------


def test_a_panel_shows_the_place_that_it_says_it_shows() -> None:
    """`image_points` are the centres of the page's pixels and `page_from_image` takes them back."""
    panel = Panel(Box(100, 50, 420, 290), image_corners(VGA))
    u, v = panel.image_points
    assert (len(u), len(v)) == (320, 240)
    # Two image pixels a page pixel: the first page pixel's centre lies between the first two image pixels.
    assert (u[0], v[0], u[-1], v[-1]) == (0.5, 0.5, 638.5, 478.5)
    np.testing.assert_allclose(panel.page_from_image(np.array([[u[3], v[7]]])), [[103.5, 57.5]])
    assert panel.box_of(image_corners(VGA)) == panel.box


@pytest.mark.parametrize("mode", MODES)
def test_the_crop_panel_shows_the_pixels_of_the_crop(mode: str) -> None:
    """A ramp in x and y, seen through the panel, has at each page pixel the value of the place that it shows."""
    geometry = geometry_for(mode, (480, 640), (224, 224), (16, 16))
    v, u = np.indices((480, 640))
    ramp = Image.fromarray(np.stack([u * 255 / 639, v * 255 / 479, 0 * u], axis=-1).astype(np.uint8))
    panel = Panel(Box(0, 0, 500, 500), crop_corners(geometry))
    pixels = np.asarray(panel.shown(ramp, background=0), dtype=float)
    u, v = panel.image_points
    inside = np.logical_and.outer((v > 1) & (v < 478), (u > 1) & (u < 638))
    assert inside.sum() > 100_000
    # Rounding to 8 bits twice, and half a page pixel where the image's edge is not on one.
    assert np.abs(pixels[..., 0] - u * 255 / 639)[inside].max() < 2
    assert np.abs(pixels[..., 1] - v[:, None] * 255 / 479)[inside].max() < 2
    outside = np.logical_or.outer((v < -2) | (v > 481), (u < -2) | (u > 641))
    assert (pixels[outside] == 0).all()


@given(st.floats(0.001, 1000), st.floats(0.2, 5), st.integers(0, 12))
def test_panels_fit_the_page_and_do_not_overlap(image_aspect: float, crop_aspect: float, grids: int) -> None:
    """Every panel is at least a pixel large, within the margins, and shares no pixel with another."""
    rows = panel_rows(image_aspect, crop_aspect, grids)
    boxes, end = placed(rows, 100)
    assert len(boxes) == 2 + grids
    for number, box in enumerate(boxes):
        assert MARGIN <= box.left < box.right <= WIDTH - MARGIN + 1
        assert 100 < box.top < box.bottom < end
        for other in boxes[:number]:
            apart = box.left >= other.right or other.left >= box.right or box.top >= other.bottom
            assert apart, (box, other)
            # In one row, there is room for the title of either.
            assert box.top != other.top or box.left - other.left > NARROWEST


# Text -----------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=300), st.integers(40, 1500))
def test_text_is_shortened_to_its_place(text: str, width: int) -> None:
    """What fits is left alone; what does not keeps its beginning and its end."""
    short = shortened(text, width, 18)
    if text_width(text, 18) <= width:
        assert short == text
    elif text_width(short, 18) <= width:
        assert "…" in short
        assert len(short) <= len(text)


@pytest.mark.parametrize("title", ["$x^", "a\nb\tc\x00", "\ud800", "数据集.png", "x" * 5000, "\u202egnp.exe", ""])
def test_any_title_can_be_drawn(title: str) -> None:
    """Mathematics, control characters, lone surrogates, glyphs that no font has: no warning, no crash."""
    landings = count_landings([np.zeros((1, 2))], VGA, [(2, 2)])
    assert draw_landings(Image.new("RGB", (640, 480)), landings, title, title).startswith(b"\x89PNG")


# The whole ------------------------------------------------------------------------------------------------------------


def test_cells_and_bins_are_coloured_where_points_landed() -> None:
    """Many points in one cell, one in another: both cells have their colours from corner to corner, the rest is grey.

    So has the image at the place of the points, where it is otherwise without colour.
    """
    points = np.array([[320.0, 240.0]] * 500 + [[200.0, 100.0]])
    landings = count_landings([points], VGA, [(14, 14)])
    pixels = picture(landings).astype(int)
    (image, _, grid), _ = placed(panel_rows(640 / 480, 1, 1), 104)
    scale = Scale(np.array([1, 500]))
    cells = np.full((14, 14, 3), 236)
    counts = landings.grids[0].counts
    cells[counts > 0] = colours(scale.place(counts[counts > 0]))
    side = (grid.right - grid.left) / 14
    for row, column in np.ndindex(13, 13):
        for y, x in ((0.2, 0.2), (0.2, 0.8), (0.8, 0.2), (0.8, 0.8)):
            at = round(grid.top + (row + y) * side), round(grid.left + (column + x) * side)
            assert pixels[at].tolist() == cells[row, column].tolist(), (row, column)
    panel = Panel(image, image_corners(VGA))
    for place, coloured in (((320, 240), True), ((200, 100), True), ((260, 240), False), ((320, 200), False)):
        x, y = panel.page_from_image(np.array(place)).astype(int)
        assert (np.ptp(pixels[y, x]) > 20) == coloured, place


def test_what_is_outside_the_crop_is_greyed() -> None:
    """A bright red image: grey in its panel, paler outside the crop than inside, and red only in the crop's panel."""
    landings = count_landings([np.zeros((0, 2))], VGA, [(14, 14)])
    pixels = picture(landings, Image.new("RGB", (640, 480), (200, 0, 0))).astype(int)
    boxes, _ = placed(panel_rows(640 / 480, 1, 1), 104)
    row = pixels[(boxes[0].top + boxes[0].bottom) // 2 + 9]  # on no line of the lattice
    left, middle = row[boxes[0].left + 20], row[(boxes[0].left + boxes[0].right) // 2]
    assert np.ptp(left) == np.ptp(middle) == 0
    assert left[0] > middle[0] + 50
    assert row[(boxes[1].left + boxes[1].right) // 2 + 9].tolist() == [200, 0, 0]


@pytest.mark.parametrize(
    ("size", "mode", "grids"),
    [
        ((640, 480), "official", [(14, 14), (30, 40)]),
        ((30, 40), "official", [(14, 14)]),
        ((480, 640), "letterbox", [(1, 1), (2, 300)]),
        ((480, 640), "stretch", []),
        ((375, 1242), "official", [(7, 7)] * 12),
        ((1, 1), "official", [(14, 14)]),
        ((3000, 40), "official", [(1000, 1000)]),
        ((20, 2000), "stretch", [(14, 14)]),
    ],
)
def test_every_shape_of_image_and_any_number_of_grids_can_be_drawn(
    size: tuple[int, int], mode: str, grids: list[tuple[int, int]]
) -> None:
    """The page is as wide as ever and as high as its panels need."""
    geometry = geometry_for(mode, size, (224, 224), (16, 16))
    points = np.random.default_rng(3).uniform(-5, max(size), (2000, 2))
    pixels = picture(count_landings([points], geometry, grids), Image.new("RGB", size[::-1], "olive"))
    assert pixels.shape[1:] == (WIDTH, 3)


def test_a_picture_of_another_size_is_refused() -> None:
    landings = count_landings([np.zeros((1, 2))], VGA, [(14, 14)])
    with pytest.raises(ValueError, match=r"\(480, 640\)"):
        draw_landings(Image.new("RGB", (480, 640)), landings, "", "")


def test_dashes_stay_within_their_box() -> None:
    page = Page(60, 60)
    page.dashes(Box(10, 20, 47, 33), "#000000", 2)
    with Image.open(BytesIO(page.png())) as image:
        black = np.argwhere(np.asarray(image)[..., 0] == 0)
    assert black.min(axis=0).tolist() == [20, 10]
    assert black.max(axis=0).tolist() == [32, 46]

"""Figures show what was measured where it was measured: arrows, cells, tiles and curves against brute force."""

import io
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.nn.functional import grid_sample

from diagnostics.landing import count_landings
from reference.geometry import GeomMeta, mode_of
from report_samples import record_of, sample
from reports.counts_figure import every_pixel
from reports.drift_figure import align_corners_drift
from reports.mask_figure import draw_mask, shares_of_tiles
from reports.places import AtSize
from reports.projection_figure import draw_projection, landed_points
from reports.raster import Shades
from reports.sections import size_sections
from strategies import grids, sides

OFFICIAL = GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0))
ROUNDED = 0.051  # canvas units: a coordinate is written with one decimal


@st.composite
def small_geometries(draw):
    """Any resize and crop or pad of an image of which every pixel can be looked at."""
    in_size, resized, crop = (draw(st.tuples(sides(60), sides(60))) for _ in range(3))
    offset = tuple(draw(st.integers(-c + 1, r - 1)) for r, c in zip(resized[::-1], crop[::-1], strict=True))
    return GeomMeta(mode_of(in_size, resized, crop, offset), in_size, resized, crop, draw(grids()), offset)


def ways():
    return st.fixed_dictionaries({"shifted": st.floats(-30, 30), "swapped": st.booleans(), "flipped": st.booleans()})


# Arrows -------------------------------------------------------------------------------------------------------------


def lattice(geometry, error):
    """What is measured of a lift that errs everywhere by the same (x, y), on 16 rows of 21 points."""
    u, v = (
        np.linspace(0, side - 1, count).tolist() for side, count in zip(geometry.in_size[::-1], (21, 16), strict=True)
    )
    return {"u": u, "v": v} | {f"error_{axis}": [[error[k]] * 21] * 16 for k, axis in enumerate("xy")}


def drawn(geometry, error):
    (section,) = size_sections([{**record_of(geometry, shifted=error[0]), "lattice": lattice(geometry, error)}])
    return section.figures[0]


def arrows(svg):
    """Starts and ends (N, 2) of all arrows of a figure, those that count apart from those that do not."""
    pairs = {"arrow": [], "arrow aside": []}
    for d, kind in re.findall(r'<path d="([^"]*)" class="(arrow(?: aside)?)"', svg):
        pairs[kind] += re.findall(r"M([-\d.]+),([-\d.]+)L([-\d.]+),([-\d.]+)", d)
    return [np.array(pairs[kind], dtype=float).reshape(-1, 2, 2).swapaxes(0, 1) for kind in pairs]


@pytest.mark.parametrize("error", [(16.0, 16.0), (-3.0, 0.5), (0.25, 0.0)])
def test_arrows_lead_from_the_places_asked_for_to_those_read(error):
    """As many times too long as the caption says, at the scale that the figure tells the inspector."""
    figure = drawn(OFFICIAL, error)
    scale, x, y = (float(re.search(rf'data-{key}="([^"]+)"', figure.content)[1]) for key in ("scale", "x", "y"))
    times = re.search(r"(\d+) times as long", figure.caption)
    for starts, ends in arrows(figure.content):
        assert len(starts) > 10
        moved = np.array(error) * scale * (int(times[1]) if times else 1)
        assert np.abs(ends - starts - moved).max() < 2 * ROUNDED
        points = (starts - (x, y)) / scale
        known = lattice(OFFICIAL, error)
        assert np.abs(points[:, :1] - known["u"]).min(axis=1).max() < ROUNDED / scale
        assert np.abs(points[:, 1:] - known["v"]).min(axis=1).max() < ROUNDED / scale


def test_only_points_between_the_outermost_centres_count():
    counted, aside = arrows(drawn(OFFICIAL, (16.0, 16.0)).content)
    figure = drawn(OFFICIAL, (16.0, 16.0)).content
    scale, x, y = (float(re.search(rf'data-{key}="([^"]+)"', figure)[1]) for key in ("scale", "x", "y"))
    inside = lambda starts: OFFICIAL.valid(np.round((starts - (x, y)) / scale, 0))  # noqa: E731
    assert inside(counted[0]).mean() > 0.95
    assert inside(aside[0]).mean() < 0.3  # some are read beyond the last centre


def test_an_error_that_cannot_be_seen_has_no_colour_and_arrows_of_no_length():
    figure = drawn(OFFICIAL, (1e-4, 0.0))
    assert "<image" not in figure.content
    for starts, ends in arrows(figure.content):
        assert np.abs(ends - starts).max() < ROUNDED
    assert "<image" in drawn(OFFICIAL, (0.01, 0.0)).content


# Cells --------------------------------------------------------------------------------------------------------------


def all_pixels(record):
    height, width = record["image_size"]
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).reshape(-1, 2).astype(float)


def landed(affine, points):
    return np.array(affine["scale"]) * (points[:, ::-1] if affine.get("swapped") else points) + affine["shift"]


def counted(cells, grid):
    counts = np.zeros(grid, dtype=int)
    for x, y in cells:
        if 0 <= x < grid[1] and 0 <= y < grid[0]:
            counts[y, x] += 1
    return counts


@settings(max_examples=60)
@given(small_geometries(), ways())
def test_every_pixel_is_counted_in_the_cell_that_is_its_own_and_in_the_one_that_is_read(geometry, way):
    record = record_of(geometry, **way)
    places = landed(record["grid_from_image"], all_pixels(record))
    valid = ((places >= 0) & (places <= np.array(record["grid"][::-1]) - 1)).all(axis=1)
    own = np.floor(places[valid] + 0.5).astype(int)
    read = np.floor(landed(record["read_from_image"], all_pixels(record)[valid]) + 0.5).astype(int)
    found = every_pixel(AtSize(record))
    assert (found.own == counted(own, record["grid"])).all()
    assert (found.read == counted(read, record["grid"])).all()
    assert found.elsewhere == (own != read).any(axis=1).sum()
    assert found.valid == valid.sum()


def test_they_are_the_counts_of_the_reference():
    record = record_of(OFFICIAL)
    (on_grid,) = count_landings([all_pixels(record)], OFFICIAL, [OFFICIAL.feat_size]).grids
    found = every_pixel(AtSize(record))
    assert (found.own == on_grid.counts).all()
    assert (found.read == on_grid.counts).all()
    assert (found.valid, found.elsewhere) == (446 * 446, 0)  # columns 97 to 542, rows 17 to 462


# Tiles --------------------------------------------------------------------------------------------------------------


def mask_record(accepted):
    """A mask of 48 x 64 tiles that accepts points by a function, against the rule "centre"."""
    record = record_of(OFFICIAL)
    first, last = (OFFICIAL.image_from_grid(np.array([[end, end]], dtype=float))[0] for end in (0, 13))
    v, u = np.mgrid[0:48, 0:64] * 10.0 + 4.5
    rows = ["".join("01"[int(accepted(*place))] for place in zip(*row, strict=True)) for row in zip(u, v, strict=True)]
    ends = {"first": np.maximum(first, -0.5).tolist(), "last": np.minimum(last, (639.5, 479.5)).tolist()}
    return AtSize({**record, "mask": {"rule": "centre", "rows": rows, "share": 0.5, "exact": 0.5, **ends}})


def in_centre(u, v):
    return bool(OFFICIAL.valid([[u, v]])[0])


@pytest.mark.parametrize(
    "accepted",
    [in_centre, lambda u, v: True, lambda u, v: False, lambda u, v: u > 320, lambda u, v: in_centre(u + 40, v)],
    ids=["right", "all", "none", "half", "shifted"],
)
def test_tiles_are_drawn_as_mask_and_rule_judge_them(accepted):
    at = mask_record(accepted)
    u, v = np.meshgrid(np.arange(64) * 10 + 4.5, np.arange(48) * 10 + 4.5)
    pairs = [(bool(accepted(x, y)), in_centre(x, y)) for x, y in zip(u.ravel(), v.ravel(), strict=True)]
    found, svg = shares_of_tiles(at), draw_mask(at, "a mask")
    image = area(svg, "surface")
    for pair, class_ in (((True, True), "accepted"), ((True, False), "too-wide"), ((False, True), "too-tight")):
        share = pairs.count(pair) / len(pairs)
        assert found[pair] == pytest.approx(share)
        assert area(svg, class_) / image == pytest.approx(share, abs=0.01)  # edges are rounded to a tenth of a unit


def area(svg, class_):
    boxes = re.findall(
        r"M([-\d.]+),([-\d.]+)H([-\d.]+)V([-\d.]+)H", "".join(re.findall(rf'd="([^"]*)" class="{class_}"', svg))
    )
    found = sum((float(right) - float(x)) * (float(bottom) - float(y)) for x, y, right, bottom in boxes)
    for width, height in re.findall(rf'width="([\d.]+)" height="([\d.]+)" class="{class_}"', svg):
        found += float(width) * float(height)
    return found


# Curves and points --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("grid", [(14, 14), (30, 40), (2, 3)])
def test_the_drift_is_what_grid_sample_does_with_align_corners(axis, flipped, grid):
    geometry = OFFICIAL.with_grid(grid)
    at = AtSize(record_of(geometry, flipped=flipped))
    n, middle = grid[1 - axis], [(side - 1) / 2 for side in grid[::-1]]
    index = torch.linspace(0.25, n - 1.25, 9, dtype=torch.float64)
    ramp = torch.arange(n, dtype=torch.float64).expand(1, 1, 1, n)
    sampler = torch.stack([2 * (index + 0.5) / n - 1, torch.zeros(9, dtype=torch.float64)], dim=-1)
    read = grid_sample(ramp, sampler[None, None], align_corners=True, padding_mode="border")[0, 0, 0].numpy()
    places = np.tile(middle, (2, 9, 1))
    places[0, :, axis], places[1, :, axis] = index.numpy(), read
    asked, there = at.image_from_grid(places)[..., axis]
    assert align_corners_drift(at, asked, axis) == pytest.approx(there - asked, abs=1e-9)


@pytest.mark.parametrize("index", range(4))
def test_cameras_show_where_points_are_seen_and_where_they_are_put(index):
    projection = sample("faulty")["projections"][index]
    projection["valid"][index::3] = [False] * len(projection["valid"][index::3])
    projection["landed"][index] = None
    seen, put = landed_points(projection)
    rows = zip(projection["seen"], projection["landed"], projection["valid"], strict=True)
    kept = [(there, here) for there, here, valid in rows if valid and here is not None]
    assert np.array(kept).reshape(-1, 2, 2).tolist() == np.stack([seen, put], axis=1).tolist()
    svg = draw_projection(projection, "a camera")
    box = re.search(r'x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="[\d.]+" class="frame"', svg)
    x, y, width = map(float, box.groups())
    scale = width / projection["camera"]["size"][1]
    (starts, ends), _ = arrows(svg)
    assert len(starts) == min(len(kept), 30)
    for drawn_at, points in ((starts, seen), (ends, put)):
        assert np.abs((points[: len(starts)] + 0.5) * scale + (x, y) - drawn_at).max() < 0.2  # far ends, rounded scale


# Colours ------------------------------------------------------------------------------------------------------------


def test_shades_are_ordered_clipped_and_transparent_where_there_is_nothing():
    values = np.array([[0.0, 0.5, 1.0, 2.0, -1.0, np.nan]])
    picture = Image.open(io.BytesIO(Shades(0.0, 1.0).png(values)))
    assert picture.mode == "P"
    colours = np.array(picture.convert("RGBA"))[0]
    assert colours[:, 3].tolist() == [255] * 5 + [0]
    assert colours[2].tolist() == colours[3].tolist()
    assert colours[0].tolist() == colours[4].tolist()
    light = colours[:3, :3].astype(int) @ [299, 587, 114]
    assert light[0] < light[1] < light[2]
    ink = np.array(Image.open(io.BytesIO(Shades(0.0, 1.0).ink(values))).convert("RGBA"))[0]
    assert ink[0, 3] == 0 < ink[1, 3] < ink[2, 3]


def test_where_all_that_is_known_is_alike_what_is_not_stays_transparent():
    """As where no point of a file lies in its image: the image is not painted over."""
    for shades in (Shades(0.0, 0.0), Shades(1.0, 1.0)):
        for made in (shades.png, shades.ink):
            picture = Image.open(io.BytesIO(made(np.array([[shades.low, np.nan]]))))
            assert np.array(picture.convert("RGBA"))[0, 1, 3] == 0

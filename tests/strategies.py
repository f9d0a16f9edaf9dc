"""Hypothesis strategies of the geometry: plural nouns that shrink to the plainest case and include the nasty ones."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from reference.closed_form import geometry_for
from reference.geometry import MODES, GeomMeta, mode_of

# 640x480 alone is blind to crop rounding, odd pads and swapped sides: these are the sizes that tell them apart.
TELLING_SIZES = [(480, 640), (480, 641), (480, 637), (480, 643), (640, 480), (968, 1296), (375, 1242), (224, 224)]
TINY_SIZES = [(1, 1), (1, 7), (2, 3), (30, 40), (100, 90)]


def sides(most: int = 4000) -> st.SearchStrategy[int]:
    return st.integers(1, most)


def sizes(most: int = 4000) -> st.SearchStrategy[tuple[int, int]]:
    return st.sampled_from(TELLING_SIZES + TINY_SIZES) | st.tuples(sides(most), sides(most))


def huge_geometries() -> st.SearchStrategy[GeomMeta]:
    """Any geometry of images of up to 100,000 pixels a side, and what is as wide as files get or as narrow."""
    extremes = [(65_535, 65_535), (100_000, 100_000), (1, 65_535), (65_535, 1), (1, 100_000), (2049, 641)]
    clip = st.sampled_from(extremes).map(lambda size: geometry_for("official", size, (224, 224), (16, 16)))
    return clip | geometries(100_000)


def grids() -> st.SearchStrategy[tuple[int, int]]:
    return st.sampled_from([(14, 14), (30, 40), (1, 1), (7, 7), (16, 9)]) | st.tuples(sides(64), sides(64))


@st.composite
def geometries(draw: st.DrawFn, most: int = 4000) -> GeomMeta:
    """Any geometry at all: realised sizes and offsets drawn freely, cropped, padded and stretched at will."""
    in_size, resized_size, crop_size = draw(sizes(most)), draw(sizes(most)), draw(sizes(most // 4))
    offset = tuple(draw(st.integers(-c + 1, r - 1)) for r, c in zip(resized_size[::-1], crop_size[::-1], strict=True))
    mode = mode_of(in_size, resized_size, crop_size, offset)
    return GeomMeta(mode, in_size, resized_size, crop_size, draw(grids()), offset)


@st.composite
def clip_geometries(draw: st.DrawFn) -> GeomMeta:
    """What open_clip's transforms do in one of the three modes, square targets and others."""
    patch = draw(st.sampled_from([16, 14, 32]))
    target = draw(st.sampled_from([224, 336, 384, 448]))
    crop = (target, target) if draw(st.booleans()) else (target, target + 4 * patch)
    side = st.integers(2, 2000)
    size = draw(st.sampled_from(TELLING_SIZES) | st.tuples(side, side).filter(lambda s: max(s) < 100 * min(s)))
    return geometry_for(draw(st.sampled_from(MODES)), size, crop, (patch, patch))


@st.composite
def points_of(draw: st.DrawFn, geometry: GeomMeta, count: int = 16) -> np.ndarray:
    """Float64 image points of `geometry`: whole, half and any places, inside and up to half an image outside."""
    columns = []
    for side in reversed(geometry.in_size):
        anywhere = st.floats(-side / 2, 1.5 * side, allow_subnormal=False)
        steps = st.integers(-side, 3 * side).map(lambda twice: twice / 2)
        columns.append(draw(st.lists(steps | anywhere, min_size=count, max_size=count)))
    return np.array(columns).T

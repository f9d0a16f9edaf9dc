"""Lifts drawn at random: right ones of every mode, size and style are passed, one or two wrong links are named."""

import numpy as np
import open_clip
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from broken import LANDING_FAULTS, Lift, upsampled
from diagnostics import Pipeline, check_pipeline
from reference.preprocess import geometry_of
from test_geometry_checks_lift import PAIR_SIZES, SLOTS

LANDING = ["lift_reads_the_place_it_is_asked_for"]


@st.composite
def settings_of_lifts(draw):
    """A transform of any mode and its grid: targets 224 to 384, patches 14 to 32, square and not."""
    mode = draw(st.sampled_from(["shortest", "longest", "squash"]))
    target = draw(st.sampled_from([224, 240, 256, 288, 320, 336, 384]))
    patch = draw(st.sampled_from([16, 14, 32]))
    wide = draw(st.integers(0, 6)) * patch
    transform = open_clip.image_transform((target, target + wide), False, resize_mode=mode)
    return mode, transform, (target // patch, (target + wide) // patch), (target, target + wide)


def corner_to_corner(index, n, _):
    return 2 * index / (n - 1) - 1


def unit(lift):
    return lambda features, points, size: functional.normalize(lift(features, points, size), dim=-1)


def masked(rule, origin):
    shift = 0.5 if origin == "edge" else 0.0
    return lambda geometry, points: geometry.valid(points - shift, rule)


# What a right lift may look like, as links of `broken.Lift` and as declared.
STYLES = {
    "plain": ({}, {}),
    "aligned corners": ({"align_corners": True, "normalise": corner_to_corner}, {}),
    "single cells": ({"mode": "nearest", "padding": "border"}, {"interpolation": "nearest"}),
    "bicubic": ({"mode": "bicubic", "padding": "border"}, {}),
    "upsampled by itself": ({"upsample": upsampled((120, 160), False), "padding": "border"}, {}),
}


@settings(max_examples=settings.default.max_examples * 4 // 5)
@given(
    chosen=settings_of_lifts(),
    sizes=st.lists(st.tuples(st.integers(60, 2000), st.integers(60, 2000)), min_size=1, max_size=3, unique=True),
    origin=st.sampled_from(["index", "edge"]),
    rule=st.sampled_from([None, "centre", "crop", "image"]),
    style=st.sampled_from(sorted(STYLES)),
    after=st.sampled_from([None, unit]),
)
def test_right_lifts_of_every_kind_are_passed(chosen, sizes, origin, rule, style, after):
    _, transform, grid, _ = chosen
    sizes = [size for size in sizes if max(size) < 12 * min(size)] or [(480, 640)]
    links, declared = STYLES[style]
    links = {"before": 0.5 if origin == "index" else 0.0, **links}
    if rule is not None:
        links, declared = {**links, "mask": masked(rule, origin), "padding": "border"}, {**declared, "validity": rule}
    lift = Lift(transform, grid, **links)
    pipeline = Pipeline(
        geometry=lambda size: geometry_of(transform, size, grid),
        lift=after(lift) if after and rule is None else lift,
        grid=grid,
        origin=origin,
        **declared,
    )
    diagnosis = check_pipeline(pipeline, sizes)
    assert [fault.id for fault in diagnosis.faults] == []
    assert not [result for result in diagnosis.results if result.status in ("failed", "error")]
    assert np.isfinite([result.value for result in diagnosis.results if result.value is not None]).all()


# A stretch has one scale an axis and no offset; a letterbox misses its padding, not its crop, and pads either way.
SILENT = {
    "squash": ("crop-offset", "scale-nominal", "scale-rounded", "assumes-stretch", "recipe"),
    "longest": ("crop-offset-missing", "crop-offset-rounding"),
    "shortest": (),
}


@settings(max_examples=settings.default.max_examples * 2 // 5)
@given(
    chosen=settings_of_lifts(),
    names=st.lists(st.sampled_from(sorted(LANDING_FAULTS)), min_size=1, max_size=2, unique=True),
)
def test_one_or_two_wrong_links_are_named(chosen, names):
    """In the first place or, where another set of names is the same function, as an alternative."""
    mode, transform, grid, crop = chosen
    assume(not any(name.startswith(SILENT[mode]) for name in names))
    slots = [{SLOTS[link] for link in LANDING_FAULTS[name]} for name in names]
    assume(len(slots) == 1 or not slots[0] & slots[1])
    assume("patch-size" not in names or crop[0] // grid[0] != LANDING_FAULTS["patch-size"]["patch"])
    links = {key: value for name in names for key, value in LANDING_FAULTS[name].items()}
    pipeline = Pipeline(
        geometry=lambda size: geometry_of(transform, size, grid), lift=Lift(transform, grid, **links), grid=grid
    )
    faults = check_pipeline(pipeline, PAIR_SIZES, LANDING).faults
    named = [{fault.id for fault in faults}]
    named += [set(alternative.split(" + ")) for fault in faults for alternative in fault.alternatives]
    wanted = {name.split()[0] for name in names}
    assert wanted in named or len(named[0]) < len(wanted), named
    assert "unexplained" not in named[0]

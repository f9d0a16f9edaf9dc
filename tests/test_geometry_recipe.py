"""Each wrong link of a landing, run: it reads where the mistake that it stands for reads, written out by hand."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from diagnostics.chains import Chains
from diagnostics.recipe import (
    SLOTS,
    WRITTEN,
    WRITTEN_REALISED,
    Landing,
    Link,
    Turn,
    _differs,
    alone,
    recipes,
    right_links,
    run,
    written_links,
    wrong_links,
)
from reference.geometry import GeomMeta

# Sides that differ in every frame, offsets on both axes; (width, height), and 20 x 15 cells.
GEOMETRIES = [
    GeomMeta("official", (480, 650), (241, 326), (240, 320), (15, 20), (3, 1)),
    GeomMeta("official", (371, 700), (240, 453), (240, 320), (15, 20), (66, 2)),
]
NO = np.zeros((2, 2), dtype=bool)


def pairs(name):
    return np.array([getattr(geometry, name)[::-1] for geometry in GEOMETRIES], dtype=np.float64)


W0, W1, CROP, N = (pairs(name) for name in ("in_size", "resized_size", "crop_size", "feat_size"))
D = np.array([geometry.offset for geometry in GEOMETRIES], dtype=np.float64)
S = W1 / W0
PLAIN = Chains(
    tuple(geometry.in_size for geometry in GEOMETRIES), W0, W1, D, CROP, N, N, S, NO, CROP / N, np.zeros((2, 2))
)
MIRRORED = replace(PLAIN, mirrored=np.array([[True, False], [False, True]]))
# 22 x 16 patches of 16 pixels at a stride of 15, the first cell begins half a pixel in; and 14 in 240, 2 pixels left.
OVERLAP = replace(PLAIN, patch=np.full((2, 2), 15.0), first=np.full((2, 2), 0.5))
REMAINDER = replace(PLAIN, patch=np.array([[15.0, 14.0], [15.0, 14.0]]))
U = np.array([[101.0, 207.5], [399.0, 33.0]])  # a point at each size


def right(u):
    return ((u + 0.5) * S - D) / 16 - 0.5


def swapped(pairs):
    return pairs[:, ::-1]


def only(axis, changed, unchanged):
    return np.where(np.arange(2) == axis, changed, unchanged)


def flipped(axis, beside):
    return right(only(axis, W0 - 1 + beside - U, U))


# Where a lift with the one mistake reads, (slot, fault, detail) -> grid index of U.
SWAP, FLIP = "axes-swapped", ("axis-flipped-x", "axis-flipped-y")
HALF = "source-half-pixel"
PLACES = {
    ("source", HALF, "the half is missing"): (U * S - D) / 16 - 0.5,
    ("source", HALF, "the half is added after the scale (asymmetric)"): (U * S + 0.5 - D) / 16 - 0.5,
    ("source", HALF, "the half is added twice"): ((U + 1) * S - D) / 16 - 0.5,
    ("source", HALF, "the image is resized without it, the points with it"): ((U + 1) * S - 0.5 - D) / 16 - 0.5,
    ("cell", "half-cell-missing", ""): right(U) + 0.5,
    ("cell", "half-cell-doubled", ""): right(U) - 0.5,
    ("axes", SWAP, "in the source"): right(swapped(U)),
    ("axes", SWAP, "in the index"): swapped(right(U)),
    ("axes", SWAP, "in the sampler"): swapped((right(U) + 0.5) / N) * N - 0.5,
    **{("axes", FLIP[axis], "in the source"): flipped(axis, 0) for axis in (0, 1)},
    **{("axes", FLIP[axis], "in the source, as W - u"): flipped(axis, 1) for axis in (0, 1)},
    **{
        ("axes", FLIP[axis], f"in the {when}"): only(axis, N - 1 - right(U), right(U))
        for axis in (0, 1)
        for when in ("index", "sampler")
    },
    **{("patch", "patch-size", f"{p} pixels"): ((U + 0.5) * S - D) / p - 0.5 for p in (8, 14, 32)},
    ("frame", "scale-align-corners", ""): (U * (W1 - 1) / (W0 - 1) + 0.5 - D) / 16 - 0.5,
    ("frame", "scale-axes-swapped", "the scales"): ((U + 0.5) * swapped(S) - D) / 16 - 0.5,
    ("frame", "scale-axes-swapped", "the image's sides"): ((U + 0.5) * W1 / swapped(W0) - D) / 16 - 0.5,
    ("frame", "applied-twice", ""): (((U + 0.5) * S - D) * S - D) / 16 - 0.5,
    ("frame", "assumes-stretch", ""): ((U + 0.5) * CROP / W0) / 16 - 0.5,
    ("offset", "crop-offset-missing", ""): (U + 0.5) * S / 16 - 0.5,
    ("offset", "crop-offset-sign", ""): ((U + 0.5) * S + D) / 16 - 0.5,
    ("offset", "crop-offset-unscaled", "true source pixels"): ((U + 0.5) * S - D / S) / 16 - 0.5,
    ("offset", "crop-offset-unscaled", "truly resized pixels"): ((U + 0.5) * S - D * S) / 16 - 0.5,
    ("sampler", "align-corners-sample", "on cells"): (2 * (right(U) + 0.5) / N - 1 + 1) / 2 * (N - 1),
    ("sampler", "align-corners-normalise", "on cells"): ((2 * right(U) / (N - 1) - 1 + 1) * N - 1) / 2,
    ("map", "asymmetric-upsample", "to 30x40"): ((right(U) + 0.5) / N * (40, 30) - 0.5) * N / (40, 30),
}


def by_name(links):
    return {(link.slot, link.fault, link.detail): link for link in links}


def place(link, chains):
    return alone(link, chains).at(U)


def test_the_right_recipe_is_the_geometry():
    links = right_links(PLAIN)
    assert tuple(links) == SLOTS
    assert all(link.fault is None and link.slot == slot and link.detail == "" for slot, link in links.items())
    want = np.stack([geometry.grid_from_image(u) for geometry, u in zip(GEOMETRIES, U, strict=True)])
    np.testing.assert_allclose(run(links, PLAIN).at(U), want, atol=1e-12)
    np.testing.assert_allclose(want, right(U), atol=1e-12)


@pytest.mark.parametrize("name", PLACES)
def test_a_wrong_link_reads_where_its_mistake_reads(name):
    np.testing.assert_allclose(place(by_name(wrong_links(PLAIN))[name], PLAIN), PLACES[name], atol=1e-9)


def test_many_points_are_read_as_one_by_one():
    """Points (S, N, M, 2) keep their shape, swapped axes and all."""
    points = np.stack([U, U + 3, 2 * U, -U, U / 7, U + 1], axis=1).reshape(2, 2, 3, 2)
    for swap in (False, True):
        landing = Landing(
            gain=np.array([[1.0, 2.0], [3.0, 4.0]]), shift=np.array([[5.0, 6.0], [7.0, 8.0]]), swapped=swap
        )
        read = landing.at(points)
        for k in itertools.product(range(2), range(2), range(3)):
            x, y = points[k][::-1] if swap else points[k]
            np.testing.assert_array_equal(read[k], [(x + 5, 2 * y + 6), (3 * x + 7, 4 * y + 8)][k[0]])


def test_nothing_is_swapped_turned_or_detailed_unless_said():
    assert Landing(S, D).swapped is False
    assert Turn() == Turn("", False, None, 0.0)
    assert Link("cell", None, 0.5).detail == ""


def test_wrong_links_are_these_and_no_others():
    """By slot; a link that reads as the right one does is none: a patch of 16 pixels here."""
    links = wrong_links(PLAIN)
    counted = {
        slot: sorted({link.fault for link in links if link.slot == slot}) for slot in ("source", "cell", "patch")
    }
    assert counted == {
        "source": [HALF],
        "cell": ["half-cell-doubled", "half-cell-missing"],
        "patch": ["patch-size"],
    }
    assert {link.slot for link in links} == set(SLOTS)
    right_one = run(right_links(PLAIN), PLAIN)
    for link in links:
        landing = alone(link, PLAIN)
        assert landing.swapped != right_one.swapped or abs(landing.at(U) - right_one.at(U)).max() > 1e-9, link


def test_places_cut_to_whole_pixels_are_read_half_a_pixel_early():
    """A cut takes half a pixel on average: of the crop index, also without the half pixel; of the points before it."""
    assert not [link for link in wrong_links(PLAIN) if link.fault == "integer-points"]
    links = [link for link in wrong_links(PLAIN, cut=True) if link.fault == "integer-points"]
    assert {link.slot for link in links} == {"source"}
    want = [
        ((U + 0.5) * S - 0.5 - D) / 16 - 0.5,
        (U * S - D) / 16 - 0.5,
        (U * S - 0.5 - D) / 16 - 0.5,
        ((U - 0.5) * S - D) / 16 - 0.5,
    ]
    np.testing.assert_allclose([place(link, PLAIN) for link in links], want, atol=1e-9)


def test_a_strip_beside_the_patches_is_taken_for_theirs():
    links = by_name(wrong_links(REMAINDER))
    want = ((U + 0.5) * S - D) / (CROP / N) - 0.5
    np.testing.assert_allclose(place(links["patch", "patch-remainder", "the whole crop"], REMAINDER), want, atol=1e-9)
    assert ("patch", "patch-size", "16 pixels") in links
    assert not [name for name in links if name[1] == "patch-overlap"]


def test_patches_that_overlap_are_taken_for_tiles():
    """Of the whole crop, or each as long as its stride; there is no strip then."""
    links = by_name(wrong_links(OVERLAP))
    for detail, patch in (("for tiles of the crop", CROP / N), ("to be as long as their stride", 15)):
        want = ((U + 0.5) * S - D) / patch - 0.5
        np.testing.assert_allclose(place(links["patch", "patch-overlap", detail], OVERLAP), want, atol=1e-9)
    assert not [name for name in links if name[1] == "patch-remainder"]
    right_place = ((U + 0.5) * S - D - 0.5) / 15 - 0.5
    np.testing.assert_allclose(run(right_links(OVERLAP), OVERLAP).at(U), right_place, atol=1e-9)
    want = ((U + 0.5) * S - D) / 8 - 0.5  # nor does a patch of another size begin half a pixel in
    np.testing.assert_allclose(place(links["patch", "patch-size", "8 pixels"], OVERLAP), want, atol=1e-9)


def mirrored(u, image=0.0, crop=0.0, grid=0.0):
    """The true chain of MIRRORED, one pixel off in one frame where it mirrors."""
    one = MIRRORED.mirrored
    across = (u + 0.5 + image * one) * S + crop * one - D
    return np.where(one, CROP - across, across) / 16 - 0.5 - grid * one


def test_where_the_preprocess_mirrors_the_right_recipe_does():
    np.testing.assert_allclose(run(right_links(MIRRORED), MIRRORED).at(U), mirrored(U), atol=1e-9)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_lift_may_believe_that_nothing_is_mirrored_on_one_axis(axis):
    """As far as it goes it reads the unmirrored place there, with the start of the crop or that of its other end."""
    links = [link for link in wrong_links(MIRRORED) if link.fault == FLIP[axis] and link.slot == "frame"]
    here = MIRRORED.mirrored & (np.arange(2) == axis)
    want = [np.where(here, ((U + 0.5) * S - start) / 16 - 0.5, mirrored(U)) for start in (D, W1 - CROP - D)]
    np.testing.assert_allclose([place(link, MIRRORED) for link in links], want, atol=1e-9)


def test_a_turn_keeps_what_was_swapped_before():
    landing = Landing(S, D, swapped=True)
    for when in ("source", "index", "sampler"):
        assert Turn(when, flip=0).of(landing, PLAIN).swapped is True
        assert Turn(when, swap=True).of(landing, PLAIN).swapped is False


def test_landings_differ_by_a_billionth_of_a_cell_or_a_hundred_thousandth_of_what_they_are():
    """In scale, shift or order of the axes, each alone."""
    ones, none = np.ones((2, 2)), np.zeros((2, 2))
    landing = Landing(ones, none)
    assert _differs(Landing(ones, none, swapped=True), landing)
    assert not _differs(Landing(ones, none + 5e-10), landing)
    assert _differs(Landing(ones, none + 5e-9), landing)
    assert not _differs(Landing(none + 5e-10, ones), Landing(none, ones))
    assert _differs(Landing(none + 5e-9, ones), Landing(none, ones))
    assert _differs(Landing(ones + 2e-5, none), landing)


@pytest.mark.parametrize("frame", ["image", "crop", "grid"])
def test_a_mirror_is_one_pixel_off_either_way(frame):
    links = by_name(wrong_links(MIRRORED))
    for sign, detail in ((-1, "W - u where W - 1 - u is right"), (1, "W - 1 - u where W - u is right")):
        link = links["cell" if frame == "grid" else "source", "flip-off-by-one", f"in the {frame}, {detail}"]
        np.testing.assert_allclose(place(link, MIRRORED), mirrored(U, **{frame: sign}), atol=1e-9)
    assert not [link for link in wrong_links(PLAIN) if link.fault == "flip-off-by-one"]


def test_the_written_recipe_has_no_half_pixel_at_all():
    """`u14 = (s u - dx) / 16`, by the ideal ratio and offset or by the realised ones."""
    exact = np.array([240 / 371, 240 / 371])  # the second image's height met its target
    nominal = np.stack([np.full(2, 241 / 480), exact])  # the first is nearest to it on y: 241 for 240 and 326 for 320
    want = (U * nominal - (nominal * W0 - CROP) / 2) / 16
    np.testing.assert_allclose(place(WRITTEN, PLAIN), want, atol=1e-9)
    np.testing.assert_allclose(place(WRITTEN_REALISED, PLAIN), (U * S - D) / 16, atol=1e-9)
    for form in (WRITTEN, WRITTEN_REALISED):
        assert form.slots == ("source", "frame", "cell")
        links = written_links(PLAIN, form)
        assert tuple(links) == SLOTS
        assert all(links[slot].slot == slot for slot in SLOTS)
        assert {slot for slot in SLOTS if links[slot].fault == "recipe-half-cell"} == set(form.slots)
        assert {slot for slot in SLOTS if links[slot].fault is None} == set(SLOTS) - set(form.slots)
    assert Link("cell", "half-cell-missing", 0.0).slots == ("cell",)


SOME = [
    link
    for link in wrong_links(PLAIN)
    if link.slot in ("source", "cell", "axes") or (link.slot == "map" and link.detail in ("to 30x40", "to 60x80"))
]


def of_slot(*slots):
    return [link for link in SOME if link.slot in slots]


def test_one_wrong_link_is_the_written_recipe_or_one_of_the_links():
    """The written recipe first, then links in their order with the maps last; each lands as it does alone."""
    found = list(recipes(PLAIN, SOME, 1))
    others = of_slot("source", "cell", "axes")
    assert [chosen for chosen, _ in found] == [
        (link,) for link in (WRITTEN, WRITTEN_REALISED, *others, *of_slot("map"))
    ]
    for (link,), landing in found:
        same(landing, alone(link, PLAIN))


def same(landing, want):
    assert landing.swapped == want.swapped
    np.testing.assert_allclose(landing.gain, want.gain, atol=1e-12)
    np.testing.assert_allclose(landing.shift, want.shift, atol=1e-12)


@pytest.mark.parametrize("wrong", [2, 3])
def test_wrong_links_are_in_slots_of_their_own_and_the_written_recipe_takes_three(wrong):
    found = list(recipes(PLAIN, SOME, wrong))
    slots = [len(of_slot(slot)) for slot in ("source", "cell", "axes", "map")]
    want = sum(math.prod(chosen) for chosen in itertools.combinations(slots, wrong))
    beside = sum(math.prod(chosen) for chosen in itertools.combinations(slots[2:], wrong - 1))
    assert len(found) == want + 2 * beside
    plain = [chosen for chosen, _ in found if chosen[0].slot != "recipe"]
    assert len(plain) == len(set(plain)) == want
    for chosen, landing in found:
        assert len(chosen) == wrong
        taken = [slot for link in chosen for slot in link.slots]
        assert len(set(taken)) == len(taken)
        start = written_links(PLAIN, chosen[0]) if chosen[0].slot == "recipe" else right_links(PLAIN)
        same(landing, run({**start, **{link.slot: link for link in chosen if link.slot != "recipe"}}, PLAIN))
    assert [chosen[0].slot == "recipe" for chosen, _ in found] == sorted(
        chosen[0].slot == "recipe" for chosen, _ in found
    )

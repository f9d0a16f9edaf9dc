"""What the check of a claimed geometry finds, in numbers and words, from maps that are written down.

The map of `measured()` makes 240x200 pixels 120 wide and 50 high and crops 100x40 from (10, 5): a crop pixel is 2 image
pixels wide and 4 high.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics.checks_claim import check_geometry_claim
from diagnostics.verdict import Finding
from maps_made import measured, of_sizes
from reference.geometry import GeomMeta

RIGHT = GeomMeta("official", (200, 240), (50, 120), (40, 100), (1, 1), (10, 5))
MADE = RIGHT.in_size


def finding(monkeypatch: pytest.MonkeyPatch, claim: GeomMeta, mapped: Any = None, **stages: Any) -> Finding:
    maps = {MADE: mapped or measured()}
    return check_geometry_claim(of_sizes(monkeypatch, maps, geometry=lambda _: claim, **{"grid": (1, 1)} | stages))


def wrong(found: Finding) -> str:
    """What the explanation says is wrong."""
    (fault,) = found.faults
    assert fault.id == "geometry-claim"
    return fault.explanation.split("one that its preprocess has: ")[1].split(". Whatever is computed")[0]


def test_a_right_claim_passes_within_a_twentieth_of_the_coarser_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways: 4 image pixels high."""
    found = finding(monkeypatch, RIGHT)
    assert found.value == pytest.approx(0, abs=1e-9)
    assert found.limit == pytest.approx(0.05 * 4 * 2**0.5, rel=1e-12)
    assert (found.unit, found.worst, found.faults) == ("source px", "240x200 image, left top of the crop", ())


@pytest.mark.parametrize(
    ("scales", "coarser"), [((0.5, 0.25), 4), ((0.2, 0.25), 5), ((3.0, 2.0), 1), ((0.5, 2.0), 2), ((-0.5, 4.0), 1)]
)
def test_the_coarser_pixel_is_the_images_where_the_crop_is_finer(
    scales: tuple[float, float], coarser: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = finding(monkeypatch, RIGHT, measured(((scales[0], 0.0), (0.0, scales[1]))))
    assert found.limit == pytest.approx(0.05 * coarser * 2**0.5, rel=1e-12)


@pytest.mark.parametrize(("off_centre", "pixels"), [(0.0, 0.75), (0.099, 0.75), (0.1, 0.05), (0.5, 0.05)])
def test_where_only_pixel_centres_are_read_three_quarters_are_allowed(
    off_centre: float, pixels: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = finding(monkeypatch, RIGHT, measured(off_centre=off_centre))
    assert found.limit == pytest.approx(pixels * 4 * 2**0.5, rel=1e-12)


def test_what_the_measurement_leaves_open_is_allowed_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three standard errors of 240 and 200 pixels, and half of the ripple on either axis."""
    found = finding(monkeypatch, RIGHT, measured(scale_error=(0.01, 0.02), ripple=0.3))
    open_left = ((3 * 0.01 * 240 + 0.15) ** 2 + (3 * 0.02 * 200 + 0.15) ** 2) ** 0.5
    assert found.limit == pytest.approx(0.05 * 4 * 2**0.5 + open_left, rel=1e-12)


def test_one_crop_pixel_of_offset_is_told_with_the_geometry_that_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """2 image pixels to the right and 4 below."""
    found = finding(monkeypatch, replace(RIGHT, offset=(11, 6)))
    (fault,) = found.faults
    assert found.value == fault.error_px == pytest.approx(20**0.5)
    assert found.worst == fault.where == "240x200 image, left top of the crop"
    assert wrong(found) == "for a 240x200 image it lands 4.47 source pixels off at the crop's left top"
    assert fault.explanation.endswith("lands up to 4.47 source pixels away.")
    assert fault.remedy.endswith("; here resized_size=(50, 120), crop_size=(40, 100), offset=(10, 5).")


def test_the_corner_that_is_farthest_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """125 in place of 120: 110 / (125/240) - 220 = -8.8 at the right, -0.8 at the left."""
    found = finding(monkeypatch, replace(RIGHT, resized_size=(50, 125)))
    assert found.value == pytest.approx(8.8)
    assert found.worst == "240x200 image, right top of the crop"
    assert wrong(found).endswith("it lands 8.80 source pixels off at the crop's right top")


def test_a_map_of_fractions_of_a_pixel_is_told_as_it_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    mapped = measured(shift=(-10.5, -5.0))
    (fault,) = finding(monkeypatch, replace(RIGHT, offset=(30, 5)), mapped).faults
    assert fault.remedy.endswith(f"; here it has no whole numbers: {mapped}.")


def test_every_size_that_is_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = replace(RIGHT, in_size=(200, 241), crop_size=(80, 100), feat_size=(3, 2))
    assert wrong(finding(monkeypatch, claim, grid=(7, 5))) == (
        "for a 240x200 image it is for a 241x200 image; it has a crop of 100x80 where the preprocess makes 100x40; "
        "it has a grid of 2x3 where grid=(7, 5) (height, width); "
        "it lands 0.92 source pixels off at the crop's right top"
    )


def test_a_wrong_size_alone_is_a_fault_though_it_lands_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    found = finding(monkeypatch, replace(RIGHT, feat_size=(1, 2)))
    assert wrong(found) == "for a 240x200 image it has a grid of 2x1 where grid=(1, 1) (height, width)"
    assert found.value == pytest.approx(0, abs=1e-9)


def test_the_grid_of_an_upsampled_map_may_be_any(monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding(monkeypatch, replace(RIGHT, feat_size=(1, 2)), upsample=lambda features: features).passed


@pytest.mark.parametrize(
    ("crop", "covered"),
    [
        ((40, 100), True),
        ((49, 100), True),
        ((50, 100), False),
        ((39, 100), False),
        ((40, 124), True),
        ((40, 125), False),
        ((40, 99), False),
    ],
)
def test_a_claim_may_leave_less_than_a_patch_of_the_crop(
    crop: tuple[int, int], covered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4 x 4 cells of 10 x 25 pixels (height, width)."""
    found = finding(monkeypatch, replace(RIGHT, feat_size=(4, 4)), measured(crop_size=crop), grid=(4, 4))
    assert found.passed == covered


# Several sizes --------------------------------------------------------------------------------------------------------


def of_several(monkeypatch: pytest.MonkeyPatch, *claims: GeomMeta, **changes: dict[int, Any]) -> Finding:
    """One size for each claim, 240 wide, of the one map; the claims are for the sizes but where `in_size` was changed.

    changes: by field of the map, number of a size -> its value.
    """
    sizes = [(200, 240 + k) for k in range(len(claims))]
    maps, geometries = {}, {}
    for k, (size, claim) in enumerate(zip(sizes, claims, strict=True)):
        own = {name: values[k] for name, values in changes.items() if k in values}
        maps[size] = measured(((120 / size[1], 0.0), (0.0, 0.25)), image_size=size, **own)
        geometries[size] = replace(claim, in_size=size) if claim.in_size == MADE else claim
    subject = of_sizes(monkeypatch, maps, geometry=lambda size: geometries[size], grid=(1, 1))
    return check_geometry_claim(subject)


BESIDE, FARTHER = replace(RIGHT, offset=(11, 5)), replace(RIGHT, offset=(12, 5))


def test_the_size_that_is_worst_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(of_several(monkeypatch, BESIDE, FARTHER, RIGHT)).startswith("for a 241x200 image it lands 4.02 ")
    assert wrong(of_several(monkeypatch, FARTHER, BESIDE, RIGHT)).startswith("for a 240x200 image it lands 4.00 ")


def test_the_worst_is_what_exceeds_its_own_limit_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """2 pixels where 0.28 are allowed are worse than 6 where 4.24 are."""
    found = of_several(monkeypatch, BESIDE, replace(RIGHT, offset=(13, 5)), off_centre={1: 0.0})
    assert found.worst == "240x200 image, left top of the crop"
    assert (found.value, found.limit) == (pytest.approx(2.0), pytest.approx(0.05 * 4 * 2**0.5))


def test_what_is_wrong_is_worse_than_what_is_only_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """By 2 pixels of the 4.24 that are allowed."""
    found = of_several(monkeypatch, BESIDE, replace(RIGHT, feat_size=(1, 2)), off_centre={0: 0.0})
    assert wrong(found) == "for a 241x200 image it has a grid of 2x1 where grid=(1, 1) (height, width)"


def test_of_sizes_that_are_off_alike_the_one_with_more_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By nothing at all: both are claimed in whole image pixels, one for one."""
    size, plain = (200, 240), {"matrix": ((1.0, 0.0), (0.0, 1.0)), "shift": (0.0, 0.0), "crop_size": (200, 240)}
    claim = GeomMeta("official", size, size, size, (1, 1), (0, 0))
    other = (100, 120)
    claims = {size: replace(claim, feat_size=(1, 2)), other: replace(claim, feat_size=(1, 2), crop_size=(50, 50))}
    maps = {size: measured(**plain), other: measured(**plain | {"image_size": other, "crop_size": other})}
    claims[other] = replace(claims[other], in_size=other, resized_size=other)
    subject = of_sizes(monkeypatch, maps, geometry=lambda size: claims[size], grid=(1, 1))
    assert wrong(check_geometry_claim(subject)) == (
        "for a 120x100 image it has a crop of 50x50 where the preprocess makes 120x100; "
        "it has a grid of 2x1 where grid=(1, 1) (height, width)"
    )

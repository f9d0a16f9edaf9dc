"""What each check of a lift finds, in numbers and words: one image size, one check, by hand where it can be counted.

Cells of 640x480 are 16 * 640/298 = 34.362 source pixels wide and 16 * 480/224 = 34.286 high.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from torch.nn import functional

from broken import Lift
from broken_cells import cells, cut, patched
from diagnostics import Pipeline, checks_lift
from diagnostics.checks_lift import (
    check_lift_interpolates_as_it_means_to,
    check_lift_keeps_fractions_of_a_pixel,
    check_lift_leaves_features_as_they_are,
    check_lift_reads_the_place_it_is_asked_for,
)
from diagnostics.landed import landing_of
from diagnostics.readings import Reading
from diagnostics.subject import Subject
from diagnostics.verdict import Fault, Finding, SkipCheck
from reference import official_preprocess
from reference.preprocess import geometry_of

CROP = official_preprocess()
STRETCH = open_clip.image_transform((224, 320), False, resize_mode="squash")
VGA = (480, 640)
CELL = (16 * 640 / 298, 16 * 480 / 224)
CHECKS = (
    check_lift_reads_the_place_it_is_asked_for,
    check_lift_interpolates_as_it_means_to,
    check_lift_keeps_fractions_of_a_pixel,
    check_lift_leaves_features_as_they_are,
)


def subject(lift: Any, sizes: Any = (VGA,), **declared: Any) -> Subject:
    return Subject(Pipeline(geometry=lambda size: geometry_of(CROP, size, (14, 14)), lift=lift, **declared), sizes)


def numbers(finding: Finding) -> tuple[Any, ...]:
    return finding.value, finding.limit, finding.unit, finding.worst, finding.note


# The place ------------------------------------------------------------------------------------------------------------


def test_a_right_place_is_told_with_its_limit_of_a_200th_of_a_cell() -> None:
    finding = check_lift_reads_the_place_it_is_asked_for(subject(Lift(CROP)))
    assert finding.value == pytest.approx(0, abs=1e-4)
    assert finding.limit == pytest.approx(0.005 * math.hypot(*CELL), rel=1e-9)
    assert finding.unit == "source px"
    assert finding.worst.startswith("image 640x480, point (")
    assert finding.worst.endswith("): reads the place")
    assert (finding.faults, finding.note) == ((), "")


def test_a_missing_half_cell_is_told_at_the_corner_where_it_is_worst() -> None:
    """17.18 to the right and 17.14 below, everywhere; the first corner of what is valid is (96.1, 16.6)."""
    finding = check_lift_reads_the_place_it_is_asked_for(subject(Lift(CROP, cell=0.0)))
    assert finding.value == pytest.approx(math.hypot(*CELL) / 2, abs=1e-3)
    assert finding.worst == (
        "image 640x480, point (96.1, 16.6): reads 17.18 source pixels to the right and 17.14 source pixels below"
    )
    (fault,) = finding.faults
    assert (fault.id, fault.error_px) == ("half-cell-missing", pytest.approx(finding.value))


def test_of_several_sizes_the_one_that_is_worst_in_cells_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two crop pixels beside at 320x240 alone are an eighth of a cell, of 34.286 / 2 source pixels."""
    monkeypatch.setattr(checks_lift, "faults_in_landing", lambda _: ())
    beside = lambda g: (g.offset[0] + 2 * (g.in_size[0] == 240), g.offset[1])  # noqa: E731
    finding = check_lift_reads_the_place_it_is_asked_for(
        subject(Lift(CROP, offset=beside), (VGA, (240, 320), (480, 641)))
    )
    assert finding.value == pytest.approx(2 * 320 / 298, abs=1e-3)
    assert finding.limit == pytest.approx(0.005 * math.hypot(*CELL) / 2, rel=1e-9)
    assert finding.worst.startswith("image 320x240, point (")
    assert finding.worst.endswith("): reads 2.15 source pixels to the left")


@pytest.mark.parametrize(
    ("pipeline", "note"),
    [
        (
            Pipeline(
                geometry=lambda size: geometry_of(STRETCH, size, (13, 20)), lift=Lift(STRETCH, (13, 20)), grid=(13, 20)
            ),
            "cells of 17.2308x16 crop pixels (height, width) on a crop of 224x320",
        ),
        (
            patched(230, 16, 16, lambda x: x / 16 - 0.5, encoder=False),
            "cells of 16x16 crop pixels (height, width) on a crop of 230x230",
        ),
    ],
    ids=["tiles of no whole pixels", "a strip uncovered"],
)
def test_what_was_taken_for_a_cell_is_remarked_on(pipeline: Pipeline, note: str) -> None:
    assert check_lift_reads_the_place_it_is_asked_for(Subject(pipeline, ((300, 250),))).note == note


# Interpolation --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lift", "meant", "note"),
    [
        (Lift(CROP), "bilinear", "interpolates between cells"),
        (Lift(CROP), "nearest", "reads between cells"),
        (Lift(CROP, mode="nearest"), "nearest", "reads single cells, as it means to"),
    ],
)
def test_what_is_read_as_it_is_meant_to_be_is_remarked_on(lift: Lift, meant: str, note: str) -> None:
    finding = check_lift_interpolates_as_it_means_to(subject(lift, interpolation=meant))
    assert finding == Finding(note=note)


def test_places_cut_to_pixels_are_interpolated_between_cells() -> None:
    finding = check_lift_interpolates_as_it_means_to(Subject(cut(lambda x: x, torch.floor), (VGA,)))
    assert finding == Finding(note="interpolates between cells")


def test_single_cells_where_cells_were_to_be_mixed_are_half_a_cell_beside_at_most() -> None:
    (fault,) = check_lift_interpolates_as_it_means_to(subject(Lift(CROP, mode="nearest"))).faults
    assert (fault.id, fault.where) == ("nearest-sampling", "everywhere between cell centres")
    assert fault.error_px == pytest.approx(math.hypot(*CELL) / 2, rel=1e-6)
    assert "up to half a cell beside the place, 17.2 source pixels in x and 17.1 in y" in fault.explanation


def test_single_cells_of_a_finer_map_are_half_one_of_its_cells_beside() -> None:
    """Four by two in each of the encoder's: 34.362 / 8 and 34.286 / 4."""
    finer = lambda m: functional.interpolate(m, (28, 56), mode="bilinear", align_corners=False)  # noqa: E731
    (fault,) = check_lift_interpolates_as_it_means_to(subject(Lift(CROP, mode="nearest"), upsample=finer)).faults
    assert "4.3 source pixels in x and 8.6 in y" in fault.explanation
    assert fault.error_px == pytest.approx(math.hypot(CELL[0] / 8, CELL[1] / 4), rel=1e-6)


def test_rounded_cells_are_one_fault_of_the_landing_and_of_the_interpolation() -> None:
    found = check_lift_interpolates_as_it_means_to(Subject(cells(torch.round), (VGA,)))
    assert [fault.id for fault in found.faults] == ["cell-rounded"]


# Fractions of a pixel -------------------------------------------------------------------------------------------------

CASTS = {
    "integer-points": (lambda points: points.int(), 1.0),
    "integer-points rounded": (torch.round, 0.5),
    "half-precision-points": (lambda points: points.bfloat16(), 1.0),
}


@pytest.mark.parametrize("origin", ["index", "edge"])
@pytest.mark.parametrize("name", CASTS)
def test_a_cast_is_named_with_how_far_it_moves_points(name: str, origin: str) -> None:
    """In either convention: it is what the lift is given that is cast."""
    cast, most = CASTS[name]
    lift = Lift(CROP, cast=cast, before=0.0 if origin == "edge" else 0.5)
    finding = check_lift_keeps_fractions_of_a_pixel(subject(lift, origin=origin))
    (fault,) = finding.faults
    assert fault.id == name.split()[0]
    assert 0.95 * most < finding.value <= 1.05 * most
    assert finding.limit == pytest.approx(0.005 * CELL[0], rel=1e-9)
    assert finding.unit == "source px"
    assert finding.worst == fault.where
    assert finding.worst.startswith("image 640x480, point (")
    assert fault.error_px == finding.value
    assert f"It reads up to {finding.value:.2f} source pixels beside the place." in fault.explanation


def test_float16_is_seen_where_it_has_steps_of_a_pixel() -> None:
    """From 1,024 on; a cell of 3000x2000 is 142.9 source pixels high."""
    finding = check_lift_keeps_fractions_of_a_pixel(
        subject(Lift(CROP, cast=lambda points: points.half()), ((2000, 3000),))
    )
    assert [fault.id for fault in finding.faults] == ["half-precision-points"]
    assert 0.72 < finding.value <= 1.0
    assert finding.limit == pytest.approx(0.005 * 16 * 2000 / 224, rel=1e-9)


@pytest.mark.parametrize("sizes", [(VGA, (968, 1296)), ((968, 1296), VGA)])
def test_of_several_sizes_the_one_that_is_worst_against_its_limit_is_told(sizes: Any) -> None:
    """A pixel is a pixel at either; cells are smaller at 640x480."""
    finding = check_lift_keeps_fractions_of_a_pixel(subject(Lift(CROP, cast=lambda points: points.int()), sizes))
    assert finding.worst.startswith("image 640x480, ")
    assert finding.limit == pytest.approx(0.005 * CELL[0], rel=1e-9)
    (fault,) = finding.faults
    assert fault.error_px == finding.value


def test_a_cast_at_one_size_is_told_however_small() -> None:
    lift = Lift(CROP)
    small = lambda m, p, size: lift(m, p if size == VGA else p.round(), size)  # noqa: E731
    finding = check_lift_keeps_fractions_of_a_pixel(subject(small, (VGA, (200, 300))))
    assert [fault.id for fault in finding.faults] == ["integer-points"]
    assert finding.worst.startswith("image 300x200, ")


def test_fractions_that_no_cast_explains_are_unexplained() -> None:
    """A sine of 0.3 pixels that is nothing at whole ones."""
    wave = Lift(CROP, cast=lambda points: points + 0.3 * torch.sin(math.pi * points))
    finding = check_lift_keeps_fractions_of_a_pixel(subject(wave))
    assert finding.value == pytest.approx(0.3, abs=1e-3)
    expected = Fault(
        id="unexplained",
        stage="lift",
        error_px=finding.value,
        where=finding.worst,
        explanation=(
            "Points between pixels read up to 0.30 source pixels beside the straight line that whole pixels follow, "
            "and neither a cast to integers nor to float16 explains it."
        ),
        remedy="Keep coordinates in float32 from the projection to the sampler.",
    )
    assert finding.faults == (expected,)


def test_fractions_that_are_kept_pass() -> None:
    """Eighths of a pixel move points by 0.0625 at most, 0.002 cells."""
    for lift in (Lift(CROP), Lift(CROP, cast=lambda points: (8 * points).round() / 8), Lift(CROP, swap=True)):
        finding = check_lift_keeps_fractions_of_a_pixel(subject(lift))
        assert finding.faults == ()
        assert finding.value < finding.limit / 2
        assert finding.worst.startswith("image 640x480, point (")


def test_fractions_are_asked_between_the_pixels_that_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 points, a pixel inside the range of the landing, x and y of the image also where axes are exchanged."""
    for lift in (Lift(CROP), Lift(CROP, swap=True)):
        asked = subject(lift)
        measured = landing_of(asked)
        given = []

        def exact(_: Any, __: Any, points: np.ndarray, measured: Any = measured, given: list[Any] = given) -> Reading:
            given.append(points)
            return Reading(measured.at(0, points), np.ones(len(points)), None)

        monkeypatch.setattr(checks_lift, "read_places", exact)
        finding = check_lift_keeps_fractions_of_a_pixel(asked)
        assert (finding.value, finding.worst.startswith("image 640x480, ")) == (0.0, True)
        points = given[0][:, ::-1] if measured.landing.swapped else given[0]
        assert points.shape == (200, 2)
        span = measured.high[0] - measured.low[0] - 2
        np.testing.assert_allclose(points.min(axis=0), measured.low[0] + 1, atol=0.02 * span.max())
        np.testing.assert_allclose(points.max(axis=0), measured.high[0] - 1, atol=0.02 * span.max())
        assert (points.min(axis=0) >= measured.low[0] + 1).all()
        assert (points.max(axis=0) <= measured.high[0] - 1).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_the_point_that_is_worst_is_told(axis: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell to the left, or above, at one of the 200 alone."""
    asked = subject(Lift(CROP))
    measured = landing_of(asked)
    given = []

    def beside(_: Any, __: Any, points: np.ndarray) -> Reading:
        given.append(points)
        places = measured.at(0, points)
        places[57, axis] -= 1
        return Reading(places, np.ones(len(points)), None)

    monkeypatch.setattr(checks_lift, "read_places", beside)
    finding = check_lift_keeps_fractions_of_a_pixel(asked)
    u, v = given[0][57]
    assert finding.value == pytest.approx(CELL[axis], rel=1e-6)
    assert finding.worst == f"image 640x480, point ({u:.1f}, {v:.1f})"


def test_places_cut_to_pixels_are_integer_points_of_the_crop() -> None:
    (fault,) = check_lift_keeps_fractions_of_a_pixel(Subject(cut(lambda x: x, torch.floor), (VGA,))).faults
    assert fault.id == "integer-points"


@pytest.mark.parametrize(
    ("lift", "meant"), [(Lift(CROP), "nearest"), (Lift(CROP, mode="nearest"), "bilinear")], ids=["meant", "done"]
)
def test_single_cells_hide_fractions(lift: Lift, meant: str) -> None:
    with pytest.raises(SkipCheck) as raised:
        check_lift_keeps_fractions_of_a_pixel(subject(lift, interpolation=meant))
    assert str(raised.value) == "the lift reads single cells, which hides fractions of a pixel"


# Features -------------------------------------------------------------------------------------------------------------


def test_features_as_they_are_mix_three_to_one() -> None:
    finding = check_lift_leaves_features_as_they_are(subject(Lift(CROP), (VGA, (240, 320))))
    assert finding == Finding(note="cells of weight 3 and 1 mix 3.00 to 1 half way")


def test_a_map_normalised_cell_by_cell_mixes_one_to_one() -> None:
    right = Lift(CROP)
    finding = check_lift_leaves_features_as_they_are(
        subject(lambda m, p, s: right(functional.normalize(m, dim=1), p, s))
    )
    (fault,) = finding.faults
    assert (fault.id, fault.where) == ("map-l2-normalised", "between cells of different length")
    assert finding.worst == "cells of weight 3 and 1 mix 1.00 to 1 half way"
    assert fault.explanation.endswith("features lose length and strong cells their weight.")


@pytest.mark.parametrize(("power", "passes"), [(0.66, True), (0.60, False)])
def test_a_mix_of_two_to_one_is_the_bound(power: float, passes: bool) -> None:
    """Cells of weight 3 and 1 scaled to 3^0.66 = 2.06 and 3^0.60 = 1.93."""
    right = Lift(CROP)

    def lift(m: torch.Tensor, p: torch.Tensor, size: Any) -> torch.Tensor:
        norm = m.norm(dim=1, keepdim=True)
        return right(m * norm ** (power - 1) if norm.max() > 2 else m, p, size)

    assert check_lift_leaves_features_as_they_are(subject(lift)).passed == passes


@pytest.mark.parametrize(("ratio", "passes"), [(2.0, False), (np.nextafter(2, 3), True)])
def test_more_than_two_to_one_is_a_mix(ratio: float, passes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks_lift, "read_between_unequal_cells", lambda *_: ratio)
    assert check_lift_leaves_features_as_they_are(subject(Lift(CROP))).passed == passes


def test_a_mix_is_read_where_the_landing_of_the_first_size_has_it() -> None:
    """Axes exchanged as they are."""
    for sizes in ((VGA, (240, 320)), ((240, 320), VGA)):
        note = check_lift_leaves_features_as_they_are(subject(Lift(CROP, swap=True), sizes)).note
        assert note == "cells of weight 3 and 1 mix 3.00 to 1 half way"


def test_features_are_not_judged_where_single_cells_are_read_or_nothing_explains_the_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SkipCheck) as raised:
        check_lift_leaves_features_as_they_are(subject(Lift(CROP, mode="nearest")))
    assert str(raised.value) == "the lift reads single cells, so nothing is mixed"
    odd = Fault("unexplained", "lift", 1.0, "", "", "")
    monkeypatch.setattr(checks_lift, "faults_in_landing", lambda _: (odd,))
    with pytest.raises(SkipCheck) as raised:
        check_lift_leaves_features_as_they_are(subject(Lift(CROP)))
    assert str(raised.value) == "where the lift reads is not explained, so what it mixes cannot be told"


@pytest.mark.parametrize("check", CHECKS)
def test_without_a_lift_nothing_is_judged(check: Any) -> None:
    with pytest.raises(SkipCheck) as raised:
        check(subject(None))
    assert str(raised.value) == "the pipeline gives no lift"

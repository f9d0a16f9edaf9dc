"""What the checks of a lift's mask find, in numbers and words: one image size, one check, against bounds by hand.

At 640x480 the crop shows u from 78.96 to 560.04, and the centres of the outermost cells lie at u = 96.15 and 542.85
and at v = 16.64 and 462.36; cells are 34.362 source pixels wide and 34.286 high.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from torch import Tensor

from broken import Lift
from broken_cells import cells, cut
from diagnostics import Pipeline, checks_mask
from diagnostics.checks_mask import check_lift_counts_points_by_its_rule, check_lift_reads_whole_features_at_the_rim
from diagnostics.readings import Reading
from diagnostics.subject import Subject
from diagnostics.verdict import Finding, SkipCheck, StageError
from reference import official_preprocess
from reference.preprocess import geometry_of

CROP = official_preprocess()
VGA = (480, 640)
WIDE, HIGH = 16 * 640 / 298, 16 * 480 / 224
LEFT, RIGHT, TOP, BOTTOM = 96.146, 542.854, 16.643, 462.357


def lift(mask: Any, **links: Any) -> Lift:
    return Lift(CROP, mask=mask, padding="border", **links)


def subject(lift: Any, sizes: Any = (VGA,), **declared: Any) -> Subject:
    return Subject(Pipeline(geometry=lambda size: geometry_of(CROP, size, (14, 14)), lift=lift, **declared), sizes)


def counted(mask: Any, sizes: Any = (VGA,), **declared: Any) -> Finding:
    return check_lift_counts_points_by_its_rule(subject(lift(mask), sizes, **declared))


def rule(name: str) -> Any:
    return lambda geometry, points: geometry.valid(points, name)


def between(left: float, right: float, top: float = TOP, bottom: float = BOTTOM) -> Any:
    """True between these image index coordinates."""

    def mask(_: Any, points: Tensor) -> Tensor:
        u, v = points.T
        return (u >= left) & (u <= right) & (v >= top) & (v <= bottom)

    return mask


# The rule -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["centre", "crop", "image"])
def test_a_mask_of_its_rule_passes_to_two_thousandths_of_a_cell(name: str) -> None:
    finding = counted(rule(name), validity=name)
    assert (finding.value, finding.faults, finding.note) == (0.0, (), "")
    assert finding.limit == pytest.approx(0.002 * WIDE, rel=1e-9)
    assert finding.unit == "source px"
    assert finding.worst.startswith("image 640x480, point (")


def test_places_cut_to_crop_pixels_may_move_a_bound_by_one() -> None:
    """A sixteenth of a cell."""
    finding = check_lift_counts_points_by_its_rule(
        Subject(cut(lambda x: x, lambda x: (x - 0.5).trunc() + 0.5, validity="crop"), (VGA,))
    )
    assert finding.limit == pytest.approx((0.002 + 1 / 16) * WIDE, rel=1e-9)
    assert finding.faults == ()


def test_single_cells_move_no_bound() -> None:
    finding = check_lift_counts_points_by_its_rule(
        Subject(cells(torch.floor, masked=True, interpolation="nearest"), (VGA,))
    )
    assert (finding.value, finding.limit) == (0.0, pytest.approx(0.002 * WIDE, rel=1e-9))


def test_a_mask_too_wide_tells_how_far_it_accepts() -> None:
    """Twenty pixels to the left of the bound; 0.3 cells, 10.31 pixels, is the farthest that is asked within them."""
    finding = counted(between(LEFT - 20, RIGHT))
    (fault,) = finding.faults
    assert (fault.id, fault.error_px) == ("mask-too-wide", None)
    assert finding.value == pytest.approx(0.3 * WIDE, abs=1e-3)
    assert finding.worst == fault.where
    assert finding.worst.startswith("image 640x480, point (85.8, ")
    assert f"the rule 'centre' does not allow, up to {finding.value:.2f} source pixels" in fault.explanation
    assert fault.remedy == "valid = geometry.valid(points, rule='centre')."


def test_a_mask_too_tight_tells_how_far_it_refuses() -> None:
    finding = counted(between(LEFT, RIGHT, TOP, BOTTOM - 20))
    (fault,) = finding.faults
    assert (fault.id, fault.error_px) == ("mask-too-tight", None)
    assert finding.value == pytest.approx(0.3 * HIGH, abs=1e-3)
    assert finding.worst == fault.where
    assert finding.worst.startswith("image 640x480, point (319.5, 452.")
    assert f"the rule 'centre' allows, up to {finding.value:.2f} source pixels" in fault.explanation
    assert fault.remedy.startswith("valid = geometry.valid(points, rule='centre')")


@pytest.mark.parametrize(("wider", "tighter"), [(12.0, 25.0), (25.0, 12.0)])
def test_too_wide_and_too_tight_are_two_faults_and_the_worse_one_is_told(wider: float, tighter: float) -> None:
    finding = counted(between(LEFT + tighter, RIGHT + wider))
    wide, tight = finding.faults
    assert (wide.id, tight.id) == ("mask-too-wide", "mask-too-tight")
    worse = wide if wider > tighter else tight
    assert finding.worst == worse.where
    assert wide.where != tight.where
    assert 0 < finding.value <= 25
    assert f"up to {finding.value:.2f} source pixels" in worse.explanation


def test_a_mask_that_is_off_by_a_hundredth_of_a_cell_is_seen_on_either_side() -> None:
    """By 0.35 pixels; what float32 may do either way, 0.002 cells, is not."""
    assert [fault.id for fault in counted(between(LEFT - 0.36, RIGHT)).faults] == ["mask-too-wide"]
    assert [fault.id for fault in counted(between(LEFT + 0.36, RIGHT)).faults] == ["mask-too-tight"]
    assert counted(between(LEFT - 0.05, RIGHT + 0.05)).passed
    assert counted(between(LEFT + 0.05, RIGHT - 0.05)).passed


def test_a_mask_that_is_true_everywhere_tells_what_share_of_the_image_it_adds() -> None:
    """1 - (542.85 - 96.15)/640 * (462.36 - 16.64)/480 = 35.2 %."""
    finding = counted(lambda _, points: torch.ones(len(points), dtype=torch.bool))
    (fault,) = finding.faults
    assert (fault.id, fault.where) == ("outside-not-masked", finding.worst)
    assert "rule 'centre' allows count as valid everywhere: 35.2% of the image" in fault.explanation
    assert finding.value == pytest.approx(5 * WIDE, abs=1e-3)


def test_true_everywhere_is_asked_within_the_image() -> None:
    """A mask that refuses what lies beyond the image accepts everything else; by the rule of the image, beyond it."""
    assert [fault.id for fault in counted(rule("image")).faults] == ["outside-not-masked"]
    everywhere = lambda _, points: torch.ones(len(points), dtype=torch.bool)  # noqa: E731
    assert [fault.id for fault in counted(everywhere, validity="image").faults] == ["outside-not-masked"]


LETTERBOX = open_clip.image_transform(336, False, resize_mode="longest")


def test_true_everywhere_is_asked_up_to_the_outermost_pixel_centres() -> None:
    """A mask that refuses these alone, on either side, is too wide and no more; beyond them it is not asked."""
    for mask in (between(0.5, 1000, 0.5, 1000), between(-1000, 638.5, -1000, 478.5)):
        assert [fault.id for fault in counted(mask).faults] == ["mask-too-wide"]
    assert [fault.id for fault in counted(between(0, 639, 0, 479)).faults] == ["outside-not-masked"]


def test_where_the_rule_is_the_image_true_everywhere_is_asked_wherever_beyond_it() -> None:
    """Two pixels beyond its right and its lower side are not everywhere."""
    assert [fault.id for fault in counted(between(-0.5, 641.5, -0.5, 481.5), validity="image").faults] == [
        "mask-too-wide"
    ]


@pytest.mark.parametrize(("name", "left"), [("crop", 78.96), ("image", -0.5)])
def test_within_the_pixel_by_which_a_bound_may_move_true_everywhere_is_not_asked(name: str, left: float) -> None:
    """Places are cut to crop pixels, 2.1 source pixels; the mask refuses the one that follows the left bound."""
    pipeline = cut(lambda x: x, lambda x: (x - 0.5).trunc() + 0.5, validity=name)

    def masked(features: Tensor, points: Tensor, size: tuple[int, int]) -> Any:
        return pipeline.lift(features, points, size)[0], (points[:, 0] < left) | (points[:, 0] > left + 1)

    found = check_lift_counts_points_by_its_rule(Subject(replace(pipeline, lift=masked), (VGA,)))
    assert [fault.id for fault in found.faults] == ["outside-not-masked"]


@pytest.mark.parametrize(("beyond", "passes"), [(0.0, True), (640 / 336, True), (6.0, False)])
def test_a_crop_pixel_beyond_the_image_may_count_or_not(beyond: float, passes: bool) -> None:
    """Where the padding begins: 640/336 = 1.9 source pixels."""
    lift = Lift(LETTERBOX, (24, 24), padding="border", mask=between(-0.5, 639.49, -0.5 - beyond, 479.49 + beyond))
    pipeline = Pipeline(
        geometry=lambda size: geometry_of(LETTERBOX, size, (24, 24)), lift=lift, grid=(24, 24), validity="crop"
    )
    assert check_lift_counts_points_by_its_rule(Subject(pipeline, (VGA,))).passed == passes


def test_true_everywhere_is_told_where_it_is_so_at_every_size() -> None:
    """A mask that is too wide at one of two sizes is that alone, at the size where it is."""

    def mask(geometry: Any, points: Tensor) -> Tensor:
        return geometry.valid(points) | (geometry.in_size == (480, 641))

    finding = counted(mask, ((480, 641), (968, 1296)))
    (fault,) = finding.faults
    assert fault.id == "mask-too-wide"
    assert fault.where.startswith("image 641x480, ")


def test_the_share_that_is_added_is_the_mean_over_the_sizes() -> None:
    """35.2 % of 640x480, and of a square image 1 - (13/14)^2 = 13.8 %."""
    everywhere = lambda _, points: torch.ones(len(points), dtype=torch.bool)  # noqa: E731
    (fault,) = counted(everywhere, (VGA, (448, 448))).faults
    assert f": {(0.35183 + 1 - (13 / 14) ** 2) / 2:.1%} of the image" in fault.explanation


def test_truncated_cells_tell_by_how_much() -> None:
    finding = check_lift_counts_points_by_its_rule(
        Subject(cells(torch.trunc, masked=True, interpolation="nearest"), (VGA,))
    )
    (fault,) = finding.faults
    assert (fault.id, fault.where) == ("cell-truncated", finding.worst)
    assert "up to one cell, 34.4 source pixels, left of or above the crop" in fault.explanation
    assert finding.value == pytest.approx(0.97 * WIDE, abs=1e-3)


TRUNCATED = {
    "a whole cell before it": (78.96 - 34.36, 560.04, True),
    "most of a cell before it": (78.96 - 20, 560.04, False),
    "two cells before it": (78.96 - 68, 560.04, False),
    "a cell behind it too": (78.96 - 34.36, 560.04 + 20, False),
}


@pytest.mark.parametrize("name", TRUNCATED)
def test_truncated_cells_accept_one_cell_before_the_crop_and_nothing_behind_it(name: str) -> None:
    left, right, truncated = TRUNCATED[name]
    (fault,) = counted(between(left, right, -0.5, 479.5), validity="crop").faults
    assert fault.id == ("cell-truncated" if truncated else "mask-too-wide")


def test_truncated_cells_are_told_beside_a_mask_that_is_too_tight() -> None:
    found = counted(between(78.96 - 34.36, 560.04 - 20, -0.5, 479.5), validity="crop")
    assert [fault.id for fault in found.faults] == ["cell-truncated", "mask-too-tight"]


def test_less_than_a_cell_before_the_bound_does_not_show_whether_cells_are_truncated() -> None:
    """A square image begins half a cell before the first centre."""
    assert [fault.id for fault in counted(between(-0.5, 431.5, -0.5, 431.5), ((448, 448),)).faults] == ["mask-too-wide"]


def test_a_mask_that_follows_a_wrong_landing_is_right() -> None:
    """Half a cell beside, mask and all; the landing is the fault."""
    beside = lift(lambda g, points: g.valid(points + torch.tensor([WIDE / 2, HIGH / 2])), cell=0.0)
    assert check_lift_counts_points_by_its_rule(subject(beside)).passed


def test_a_mask_that_follows_a_wrong_landing_beyond_the_image_is_right_by_the_rule_of_the_crop() -> None:
    """Seven cells of 64 pixels read seven sixths as wide: they end 37.33 pixels beyond the image."""
    beyond = between(*2 * (-0.5 - 37.33, 447.5 + 37.33))
    stretched = Lift(CROP, (7, 7), padding="border", align_corners=True, mask=beyond)
    geometry = lambda size: geometry_of(CROP, size, (7, 7))  # noqa: E731
    pipeline = Pipeline(geometry=geometry, lift=stretched, grid=(7, 7), validity="crop")
    assert check_lift_counts_points_by_its_rule(Subject(pipeline, ((448, 448),))).passed


def test_a_lift_that_answers_nothing_outside_the_image_is_asked_within_it() -> None:
    """It picks pixels, and raises where there are none."""
    right = lift(rule("image"))

    def picky(features: Tensor, points: Tensor, size: tuple[int, int]) -> Any:
        if (points < 0).any() or (points > torch.tensor(size[::-1]) - 1).any():
            raise IndexError("outside")
        return right(features, points, size)

    finding = check_lift_counts_points_by_its_rule(subject(picky, validity="image"))
    assert (finding.value, finding.faults) == (0.0, ())


def test_points_beyond_the_image_are_judged_where_the_lift_answers_for_them() -> None:
    """A mask that is right inside and true two pixels beyond the right side."""
    finding = counted(between(-0.5, 641.5, -0.5, 479.5), validity="image")
    assert [fault.id for fault in finding.faults] == ["mask-too-wide"]
    assert finding.worst.startswith("image 640x480, point (64")


def test_a_lift_without_a_mask_is_not_judged() -> None:
    with pytest.raises(SkipCheck) as raised:
        check_lift_counts_points_by_its_rule(subject(Lift(CROP)))
    assert str(raised.value) == "the lift gives no mask, so what it returns outside is not judged"


def test_a_mask_that_is_given_within_the_image_alone_is_judged_there() -> None:
    right = lift(rule("centre"))

    def careless(features: Tensor, points: Tensor, size: tuple[int, int]) -> Any:
        values, mask = right(features, points, size)
        return values if (points < 0).any() else (values, mask)

    assert check_lift_counts_points_by_its_rule(subject(careless)).passed


# The rim --------------------------------------------------------------------------------------------------------------


def at_the_rim(lift: Any, **declared: Any) -> Finding:
    return check_lift_reads_whole_features_at_the_rim(subject(lift, **declared))


@pytest.mark.parametrize("name", ["centre", "crop", "image"])
def test_whole_features_are_remarked_on(name: str) -> None:
    finding = at_the_rim(lift(rule(name)), validity=name)
    assert finding == Finding(note="valid points keep 100% of a feature's length or more")


def test_features_that_fade_into_the_padding_tell_how_much_is_left_and_where() -> None:
    """Zeros beyond the rim: at the crop's side half is left, at its corner a quarter."""
    finding = at_the_rim(Lift(CROP, mask=rule("crop")), validity="crop")
    (fault,) = finding.faults
    assert (fault.id, fault.where) == ("zero-padding-halo", finding.worst)
    assert (finding.value, finding.limit, finding.note) == (None, None, "")
    assert finding.worst.startswith("image 640x480, point (")
    share = float(fault.explanation.split("fade to ")[1].split("%")[0])
    assert 25 <= share < 50


def test_what_a_mask_accepts_beyond_its_rule_is_no_fading() -> None:
    """The features fade outside the centres, where the rule counts nothing."""
    assert at_the_rim(Lift(CROP, mask=rule("crop"))).passed


@pytest.mark.parametrize(("share", "passes"), [(0.96, True), (0.94, False)])
def test_a_twentieth_of_the_length_may_be_lost(share: float, passes: bool) -> None:
    """At the very rim, of values of either sign."""
    whole = lift(rule("centre"))

    def fading(features: Tensor, points: Tensor, size: tuple[int, int]) -> Any:
        values, mask = whole(features, points, size)
        at_rim = points[:, :1] < LEFT + 5
        return -3 * values * torch.where(at_rim, share, 1.0), mask

    finding = at_the_rim(fading)
    assert finding.passed == passes
    assert f"{share:.0%}" in (finding.note if passes else finding.faults[0].explanation)


def test_a_mask_that_is_true_nowhere_has_no_rim() -> None:
    finding = at_the_rim(lift(lambda _, points: torch.zeros(len(points), dtype=torch.bool)))
    assert finding == Finding(note="valid points keep 100% of a feature's length or more")


def test_the_rim_is_asked_at_the_first_size(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    read = checks_mask.read_places

    def reads(subject: Subject, size: Any, points: np.ndarray) -> Reading:
        asked.append(size)
        return read(subject, size, points)

    monkeypatch.setattr(checks_mask, "read_places", reads)
    check_lift_reads_whole_features_at_the_rim(subject(lift(rule("centre")), (VGA, (480, 641))))
    assert asked == [VGA]


def test_the_rim_is_not_judged_without_a_mask_or_where_single_cells_are_read() -> None:
    with pytest.raises(SkipCheck) as raised:
        at_the_rim(Lift(CROP))
    assert str(raised.value) == "the lift gives no mask, so what it returns at the rim is not judged"
    with pytest.raises(SkipCheck) as raised:
        at_the_rim(lift(rule("centre"), mode="nearest"), interpolation="nearest")
    assert str(raised.value) == "the lift reads single cells, which shows no fading"


@pytest.mark.parametrize("check", [check_lift_counts_points_by_its_rule, check_lift_reads_whole_features_at_the_rim])
def test_without_a_lift_nothing_is_judged(check: Any) -> None:
    with pytest.raises(SkipCheck) as raised:
        check(subject(None))
    assert str(raised.value) == "the pipeline gives no lift"


def test_a_mask_that_is_none_is_an_error_of_the_lift() -> None:
    with pytest.raises(StageError, match=r"^lift: must return a mask"):
        counted(lambda _, points: points)

"""Every camera fault is named exactly, alone and in pairs; right projections that look odd are passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from broken_camera import (
    PLANTED,
    RIGHT,
    Project,
    as_index,
    by_hand,
    inverse,
    k_times,
    moved,
    origin_ignored,
    pipeline,
    right,
    signs,
    single_ratio_k,
    with_index_k,
)
from diagnostics.checks_camera import check_points_behind, check_projection
from diagnostics.faults_camera import CATALOGUE
from diagnostics.pipeline import Pipeline
from diagnostics.subject import IMAGE_SIZES, Subject
from diagnostics.verdict import Fault, SkipCheck, StageError
from reference.camera import Camera
from reference.geometry import edge_from_index

SETTINGS = (((480, 640), (968, 1296)), ((337, 251), (1080, 1920), (60, 90)))
Sizes = tuple[tuple[int, int], ...]


def faults(project: Project, sizes: Sizes = SETTINGS[0]) -> list[Fault]:
    subject = Subject(pipeline(project), sizes)
    return [fault for check in (check_projection, check_points_behind) for fault in check(subject).faults]


def ids(project: Project, sizes: Sizes = SETTINGS[0]) -> list[str]:
    return [fault.id for fault in faults(project, sizes)]


@pytest.mark.parametrize("sizes", SETTINGS, ids=("usual", "odd"))
@pytest.mark.parametrize(("name", "project"), PLANTED, ids=[f"{name}-{i}" for i, (name, _) in enumerate(PLANTED)])
def test_a_planted_fault_is_named_exactly(name: str, project: Project, sizes: Sizes) -> None:
    """One mistake, one fault, its own id: at usual sizes and at a portrait, a large and a tiny one."""
    assert ids(project, sizes) == [name]


def test_every_fault_of_the_catalogue_is_planted_at_least_twice() -> None:
    names = [name for name, _ in PLANTED]
    assert {name: names.count(name) >= 2 for name in CATALOGUE} == dict.fromkeys(CATALOGUE, True)


@pytest.mark.parametrize("sizes", [IMAGE_SIZES, ((60, 60),), ((2000, 1500),)], ids=("default", "tiny", "large"))
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_projection_is_passed_however_odd_it_looks(name: str, sizes: Sizes) -> None:
    """No fault, every value within its limit, and float32 leaves a factor of ten of it unused."""
    subject = Subject(pipeline(RIGHT[name]), sizes)
    landing, behind = check_projection(subject), check_points_behind(subject)
    assert landing.passed
    assert behind.passed
    assert landing.value is not None
    assert landing.limit is not None
    assert 0 <= landing.value <= landing.limit / 10
    assert behind.value == 0


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(60, 2000), st.integers(60, 2000)), min_size=1, max_size=2, unique=True),
    st.integers(0, 1000),
    st.sampled_from(sorted(RIGHT)),
)
def test_no_size_and_no_seed_raises_a_false_alarm(sizes: list[tuple[int, int]], seed: int, name: str) -> None:
    subject = Subject(pipeline(RIGHT[name]), sizes, seed)
    assert check_projection(subject).passed
    assert check_points_behind(subject).passed


@pytest.mark.parametrize("in_image", [False, True])
@pytest.mark.parametrize("k", ["intrinsics-not-rescaled", "principal-point-not-shifted", "intrinsics-single-ratio"])
def test_a_mask_that_is_wrong_because_the_landing_is_wrong_is_no_second_fault(k: str, in_image: bool) -> None:
    assert ids(by_hand(in_image=in_image, k=KS[k]), IMAGE_SIZES) == [k]


# Pairs --------------------------------------------------------------------------------------------------------------

POSES: dict[str, Callable[[Camera], np.ndarray]] = {"pose-inverted": inverse, "camera-axes": signs(1, -1, 1)}
KS: dict[str, Callable[[Camera], Camera]] = {
    "intrinsics-not-rescaled": lambda camera: as_index(camera.resized((968, 1200))),
    "intrinsics-single-ratio": single_ratio_k,
    "principal-point-origin": origin_ignored,
    "principal-point-centred": lambda camera: replace(as_index(camera), cx=camera.size[1] / 2, cy=camera.size[0] / 2),
    "principal-point-not-shifted": lambda camera: replace(as_index(camera), cx=as_index(camera).cx + 37),
    "intrinsics-rescaled-half-pixel": lambda camera: replace(
        as_index(camera), cx=as_index(camera).cx + 0.75, cy=as_index(camera).cy + 0.75
    ),
}


@pytest.mark.parametrize("k", KS)
@pytest.mark.parametrize("pose", POSES)
def test_a_wrong_pose_and_a_wrong_k_are_both_named(pose: str, k: str) -> None:
    assert ids(by_hand(POSES[pose], k=KS[k])) == [pose, k]


@pytest.mark.parametrize("k", KS)
def test_lens_k_and_mask_are_named_together_in_the_order_of_the_chain(k: str) -> None:
    assert ids(by_hand(lens=False, culls=False, k=KS[k])) == ["distortion-ignored", k, "behind-camera-kept"]


@pytest.mark.parametrize("scale", ["intrinsics-not-rescaled", "intrinsics-single-ratio"])
@pytest.mark.parametrize("shift", ["principal-point-not-shifted", "intrinsics-rescaled-half-pixel"])
def test_a_scaled_and_a_shifted_k_are_both_named(scale: str, shift: str) -> None:
    """In either order: the shift may be in pixels of the image or in those of the wrongly scaled K."""
    assert ids(by_hand(k=lambda camera: KS[shift](KS[scale](camera)))) == [scale, shift]
    assert ids(by_hand(k=lambda camera: KS[scale](KS[shift](camera)))) == [scale, shift]


def test_a_crop_and_the_half_pixel_of_a_resize_are_told_apart() -> None:
    assert ids(moved(37.25, 0.25)) == ["principal-point-not-shifted", "intrinsics-rescaled-half-pixel"]


# What the words say -------------------------------------------------------------------------------------------------


def test_the_error_of_another_resolution_is_that_of_the_far_corner() -> None:
    """K doubled: a point at the far corner of 1296x968 lands some 1296 pixels too far, within the points' spread."""
    (fault,) = faults(k_times(2.0))
    assert fault.error_px == pytest.approx(1296, rel=0.05)
    assert "it is 2 times the image's in x and 2 times in y" in fault.explanation
    assert "1296x968" in fault.where


def test_half_a_pixel_everywhere_is_the_origin_or_a_resize_by_half() -> None:
    """Edge points given back look like cx * s at s = 1/2 with points mapped back: the other is an alternative."""
    (fault,) = faults(lambda xyz, camera: (edge_from_index(right(xyz, camera)[0]), right(xyz, camera)[1]))
    assert (fault.id, fault.alternatives) == ("principal-point-origin", ("intrinsics-rescaled-half-pixel",))
    assert fault.error_px == pytest.approx(0.5, abs=0.02)


def test_an_edge_k_used_as_it_is_has_no_other_explanation() -> None:
    (fault,) = faults(lambda xyz, camera: right(xyz, replace(camera, origin="index")))
    assert (fault.id, fault.alternatives) == ("principal-point-origin", ())


def test_the_smallest_shifts() -> None:
    """A twentieth of a pixel is a fault at every size of the usual setting, a two-hundredth is rounding."""
    assert len(ids(moved(0.05, 0.05))) == 1
    assert ids(moved(0.005, 0.005), IMAGE_SIZES[:1]) == []


def test_behind_camera_kept_tells_how_many() -> None:
    (fault,) = faults(by_hand(culls=False), ((480, 640),))
    assert fault.error_px is None
    assert "Points behind the camera count as valid: " in fault.explanation
    kept, behind = (int(word) for word in fault.explanation.split("valid: ")[1].split(" that")[0].split(" of "))
    assert kept == behind > 500


# What nothing explains ----------------------------------------------------------------------------------------------


def test_swapped_axes_are_unexplained_with_the_measured_map() -> None:
    subject = Subject(pipeline(lambda xyz, camera: (right(xyz, camera)[0].flip(-1), right(xyz, camera)[1])))
    (fault,) = check_projection(subject).faults
    assert fault.id == "unexplained"
    assert "u' = 0.0000 u +1.0000 v" in fault.explanation
    assert "v' = 1.0000 u" in fault.explanation
    with pytest.raises(SkipCheck, match="not explained"):
        check_points_behind(subject)


def test_a_k_that_no_link_explains_is_unexplained_with_the_k() -> None:
    """Both focal lengths one per cent long about the principal point: no known mistake does that."""
    (fault,) = faults(with_index_k(lambda camera: {"fx": camera.fx * 1.01, "fy": camera.fy * 1.01}))
    assert fault.id == "unexplained"
    assert "K of its own" in fault.explanation


def test_a_known_fault_beside_an_unknown_k_is_named_beside_it() -> None:
    odd = by_hand(inverse, k=lambda camera: replace(as_index(camera), cx=0.7 * camera.cx, cy=0.9 * camera.cy + 3))
    assert ids(odd) == ["pose-inverted", "unexplained"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda points: points.round(),
        lambda points: points.half(),
        lambda points: points * torch.linspace(0.9, 1.1, len(points))[:, None],
        lambda points: points + torch.sin(points / 50),
    ],
    ids=("rounded", "float16", "by row", "warped"),
)
def test_what_is_no_camera_is_unexplained_never_matched(spoil: Callable[[torch.Tensor], torch.Tensor]) -> None:
    subject = Subject(pipeline(lambda xyz, camera: (spoil(right(xyz, camera)[0]), right(xyz, camera)[1])), SETTINGS[0])
    assert [fault.id for fault in check_projection(subject).faults] == ["unexplained"]


def test_points_that_are_seen_but_not_valid_are_counted() -> None:
    """A mask that takes the image for its transpose loses the right side of a landscape image."""

    def transposed_mask(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
        points, in_front = right(xyz, camera)
        return points, in_front & (points[:, 0] < camera.size[0]) & (points[:, 1] < camera.size[1])

    (fault,) = faults(transposed_mask, ((480, 640),))
    assert (fault.id, fault.stage) == ("unexplained", "project")
    assert "well inside the image are not valid" in fault.explanation


def test_a_mask_without_any_point_is_one_fault_and_no_landing_is_judged() -> None:
    subject = Subject(pipeline(lambda xyz, camera: (right(xyz, camera)[0], torch.zeros(len(xyz), dtype=torch.bool))))
    with pytest.raises(SkipCheck, match="no point valid"):
        check_projection(subject)
    assert [fault.id for fault in check_points_behind(subject).faults] == ["unexplained"]


# Answers that are none ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda points, valid: points, "must return"),
        (lambda points, valid: (points, valid, valid), "got 3 values"),
        (lambda points, valid: (points[valid], valid[valid]), "do not drop them"),
        (lambda points, valid: (torch.nn.functional.pad(points, (0, 1)), valid), "shape"),
        (lambda points, valid: (points, valid[:, None]), "booleans"),
        (lambda points, valid: (points, points[:, 0]), "booleans"),
        (lambda points, valid: (points * float("nan"), valid), "numbers where valid"),
        (lambda points, valid: (None, valid), "project"),
        (lambda points, valid: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_what_is_no_answer_is_a_stage_error_that_says_so(spoil: Callable[..., Any], message: str) -> None:
    subject = Subject(pipeline(lambda xyz, camera: spoil(*right(xyz, camera))), ((480, 640),))
    for check in (check_projection, check_points_behind):
        with pytest.raises(StageError, match=message) as error:
            check(subject)
        assert error.value.stage == "project"


def test_without_project_the_checks_are_skipped() -> None:
    for check in (check_projection, check_points_behind):
        with pytest.raises(SkipCheck, match="gives no project"):
            check(Subject(Pipeline(name="none")))


def test_a_stage_that_prints_and_spoils_its_input_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def rude(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
        answer = right(xyz.clone(), camera)
        print("hello")
        xyz.fill_(float("nan"))
        return answer

    assert ids(rude) == []
    assert ids(rude) == []
    assert capsys.readouterr().out == ""

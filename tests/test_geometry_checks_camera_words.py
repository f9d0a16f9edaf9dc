"""What the checks of a projection find, in numbers and words, of shots that are written down.

The camera is 100x80 with a focal length of 100 pixels and the principal point (50, 40), and stands at the origin.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from diagnostics import checks_camera
from diagnostics.checks_camera import check_points_behind, check_projection
from diagnostics.pipeline import Pipeline
from diagnostics.probes_camera import ROUNDING, Shot, View, fit
from diagnostics.scenes_camera import Scene
from diagnostics.search_camera import Explanation
from diagnostics.subject import Subject
from diagnostics.verdict import Finding, SkipCheck
from reference.camera import Camera

CAMERA = Camera(100, 100, 50, 40, (80, 100), np.eye(4).tolist())
OTHER = Camera(200, 200, 99.5, 79.5, (160, 200), np.eye(4).tolist(), origin="edge")
# At depth 2, over the image: its last two columns and rows lie in the outer tenth.
WORLD = np.array([(x, y, 2) for y in (-0.5, 0, 0.25, 0.7) for x in (-0.5, 0, 0.25, 0.95)], np.float32)
CENTRAL = (np.abs(WORLD[:, :2]) <= 0.5).all(axis=1)
ANY = Subject(Pipeline(project=lambda world, camera: (world, world)))
LIMIT = ROUNDING * 100
OF_CAMERA = "the 100x80 image of a camera with cx = 50.00, cy = 40.00 (index origin)"


def shot(
    camera: Camera = CAMERA, world: Any = WORLD, *, scale: float = 1.0, move: Any = (0.0, 0.0), valid: Any = None
) -> Shot:
    """Landings by the focal lengths times `scale`, moved by pixels; valid is what is in front unless given."""
    x, y, z = np.asarray(world, np.float64).T + np.array(camera.world_to_camera)[:3, 3:]
    centre = np.array([camera.cx, camera.cy]) - (0.5 if camera.origin == "edge" else 0.0)
    points = np.stack([x / z, y / z], -1) * np.array([camera.fx, camera.fy]) * scale + centre + move
    return Shot(Scene(camera, np.asarray(world, np.float32)), points, z > 0 if valid is None else np.array(valid))


def explained(taken: list[Shot], *links: tuple[str, str], complete: bool = True, **view: Any) -> Explanation:
    found = fit(View(**view), taken)
    assert found is not None
    return Explanation(links, found, complete)


@pytest.fixture
def taking(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the shots that are taken, and what is said to explain them unless that is to be searched."""

    def take(*taken: Shot, found: list[Explanation] | None = None) -> None:
        monkeypatch.setattr(checks_camera, "shots", lambda subject: list(taken) if subject is ANY else None)
        if found is not None:
            monkeypatch.setattr(checks_camera, "explain", lambda asked: found if asked == list(taken) else None)

    return take


# Landings -----------------------------------------------------------------------------------------------------------


def test_a_right_projection_passes_with_its_worst_landing_told(taking: Any) -> None:
    """Of two cameras the one that is nearer to its limit."""
    moved = shot(move=(0.5 * LIMIT, 0.0))
    taking(shot(OTHER), moved, found=[explained([moved])])
    found = check_projection(ANY)
    assert found.value == pytest.approx(0.5 * LIMIT)
    assert (found.limit, found.unit, found.faults, found.note) == (LIMIT, "px", (), "")
    assert found.worst == f"(25.0, 15.0) is read as (25.0, 15.0) in {OF_CAMERA}"


def test_without_a_valid_point_no_landing_is_judged(taking: Any) -> None:
    nothing = shot(valid=np.zeros(16, bool))
    taking(nothing, nothing)
    with pytest.raises(SkipCheck) as raised:
        check_projection(ANY)
    assert str(raised.value) == "project calls no point valid, so no landing can be judged"
    taking(nothing, shot(), found=[explained([shot()])])
    assert check_projection(ANY).passed


def test_what_is_explained_is_told_where_the_explanation_misses_most(taking: Any) -> None:
    """A focal length of 110 moves (97.5, 15) by 4.75, which the mask hides; of what it shows, (25, 15) by 2.5."""
    longer = shot(scale=1.1, valid=CENTRAL)
    taking(longer, found=[explained([longer], ("pose-inverted", "one"), ("distortion-ignored", "two"))])
    found = check_projection(ANY)
    place = f"(97.5, 15.0) is read as (102.2, 12.5) in {OF_CAMERA}"
    assert found.value == pytest.approx(4.75, abs=1e-6)
    assert (found.limit, found.unit, found.worst, found.note) == (LIMIT, "px", place, "")
    first, second = found.faults
    assert (first.id, second.id) == ("pose-inverted", "distortion-ignored")
    for fault, how in ((first, "one"), (second, "two")):
        assert (fault.stage, fault.error_px, fault.where, fault.alternatives) == ("project", found.value, place, ())
        assert f": {how}. " in fault.explanation
        assert fault.explanation.endswith(f" Points land up to 4.75 px off: {place}.")


def test_ids_of_other_explanations_are_alternatives_in_the_order_of_the_catalogue(taking: Any) -> None:
    moved = shot(move=(1.0, 0.0))
    first = explained([moved], ("distortion-ignored", "how"))
    others = [
        explained([moved], ("principal-point-origin", "a")),
        explained([moved], ("camera-axes", "b"), ("distortion-ignored", "c")),
    ]
    taking(moved, found=[first, *others])
    (fault,) = check_projection(ANY).faults
    assert (fault.id, fault.alternatives) == ("distortion-ignored", ("camera-axes", "principal-point-origin"))


def test_what_is_right_by_every_link_and_still_off_is_unexplained_with_the_k_it_uses(taking: Any) -> None:
    moved = shot(move=(2 * LIMIT, 0.0))
    taking(moved, found=[explained([moved])])
    found = check_projection(ANY)
    (fault,) = found.faults
    assert found.value == pytest.approx(2 * LIMIT)
    assert (fault.id, fault.stage, fault.error_px, fault.where) == ("unexplained", "project", found.value, found.worst)


def test_an_explanation_that_is_not_complete_is_told_before_the_k_that_it_leaves_open(taking: Any) -> None:
    """The K is that of the camera whose principal point is farthest off; cx of edge origin is half a pixel more."""
    taken = [
        shot(scale=1.1, move=(1.0, 0.0)),
        shot(OTHER, scale=1.1, move=(2.0, -9.0)),
        shot(scale=1.1, move=(0.0, 8.5)),
    ]
    taking(*taken, found=[explained(taken, ("pose-inverted", "how"), complete=False)])
    found = check_projection(ANY)
    named, rest = found.faults
    assert named.id == "pose-inverted"
    assert (rest.id, rest.stage, rest.error_px, rest.where) == ("unexplained", "project", found.value, found.worst)
    assert rest.explanation == (
        "No known mistake explains where points land. It uses a K of its own: for fx = 200.000, fy = 200.000, "
        "cx = 99.500, cy = 79.500 (edge origin, 200x160) it uses fx = 220.000, fy = 220.000, cx = 101.000, cy = 70.000 "
        f"in index coordinates. Points land up to {found.value:.4g} px off: {found.worst}."
    )
    farther = [shot(OTHER, scale=1.1, move=(2.0, -9.0)), shot(scale=1.1, move=(0.0, 9.5))]
    taking(*farther, found=[explained(farther, complete=False)])
    assert "cy = 40.000 (index origin, 100x80) it uses fx = 110.000" in check_projection(ANY).faults[0].explanation
    assert rest.remedy == ("Compare with reference.Camera.image_from_world(points) step by step: pose, axes, lens, K.")


def test_an_explanation_without_links_leaves_the_worst_measured_landing(taking: Any) -> None:
    longer = shot(scale=1.1, valid=CENTRAL)
    taking(longer, found=[explained([longer], complete=False)])
    found = check_projection(ANY)
    (fault,) = found.faults
    assert (fault.id, found.value) == ("unexplained", pytest.approx(2.5, abs=1e-6))


def sheared(camera: Camera = CAMERA, by: float = 0.5, valid: Any = None, world: Any = WORLD) -> Shot:
    right = shot(camera, world, valid=valid)
    u, v = right.points.T
    return replace(right, points=np.stack([2 * u + by * v + 3, -0.25 * u + 1.5 * v - 4], -1))


MAP = "u' = 2.0000 u +0.5000 v +3.00, v' = -0.2500 u +1.5000 v -4.00, to within"


def test_what_no_camera_makes_is_told_as_an_affine_map_where_it_is_worst(taking: Any) -> None:
    taken = [sheared(by=0.25), sheared(), sheared(by=0.125)]
    taking(*taken, found=[])
    found = check_projection(ANY)
    (fault,) = found.faults
    assert (fault.id, fault.error_px, fault.where) == ("unexplained", found.value, found.worst)
    start, rest = fault.explanation.split(MAP)
    assert start == "No known mistake explains where points land. Measured at 100x80: "
    assert rest.split(" px. Points land up to ")[1] == f"{found.value:.4g} px off: {found.worst}."
    assert float(rest.split(" px")[0]) < 1e-6


def test_the_affine_map_is_told_with_what_it_leaves(taking: Any) -> None:
    """One landing of 16 is 4 pixels beside it; of the valid ones in front, which alone count."""
    spoilt = sheared()
    spoilt.points[5, 1] += 4
    taking(spoilt, found=[])
    (fault,) = check_projection(ANY).faults
    left = float(fault.explanation.split("to within ")[1].split(" px")[0])
    assert 3 < left < 4
    spoilt.points[5] = (1e9, 1e9)
    spoilt.valid[5] = False
    (fault,) = check_projection(ANY).faults
    assert MAP in fault.explanation


def test_points_behind_the_camera_are_no_part_of_the_affine_map(taking: Any) -> None:
    """Nor do they hide the others."""
    world = np.concatenate([WORLD, WORLD * [1, 1, -1]])
    taking(sheared(world=world, valid=np.ones(32, bool)), found=[])
    (fault,) = check_projection(ANY).faults
    assert MAP in fault.explanation


@pytest.mark.parametrize(("count", "size"), [(8, "200x160"), (7, "100x80"), (9, "200x160")])
def test_eight_points_make_an_affine_map_and_fewer_leave_it_to_another_camera(
    count: int, size: str, taking: Any
) -> None:
    """The camera of 200x160 is farther off."""
    some = np.arange(16) % 2 == 0 if count == 8 else np.arange(16) * 3 % 16 < count
    taking(sheared(), sheared(OTHER, valid=some), found=[])
    (fault,) = check_projection(ANY).faults
    assert f"Measured at {size}: {MAP}" in fault.explanation


def test_too_few_points_anywhere_are_said_to_be(taking: Any) -> None:
    taking(sheared(valid=np.arange(16) < 7), found=[])
    (fault,) = check_projection(ANY).faults
    assert fault.explanation.startswith(
        "No known mistake explains where points land. Hardly any point in front of the cameras is called valid. Points"
    )


# Validity -----------------------------------------------------------------------------------------------------------

BEHIND = np.concatenate([WORLD, WORLD[:3] * np.array([1, 1, -1], np.float32)])


def test_what_is_in_front_and_seen_is_valid_and_what_is_behind_is_not(taking: Any) -> None:
    taking(shot(world=BEHIND), found=[explained([shot(world=BEHIND)])])
    assert check_points_behind(ANY) == Finding(0.0, 0.0, "points")


def test_points_behind_are_counted_and_the_first_of_them_is_told(taking: Any) -> None:
    """(-0.5, -0.5, -2) is said to be seen mirrored by the second camera, which keeps all three; the third keeps one."""
    right = shot(world=BEHIND)
    kept = shot(OTHER, BEHIND, valid=[True] * 19)
    one = shot(world=BEHIND, valid=[True] * 16 + [False, True, False])
    taking(right, kept, one, found=[explained([right])])
    found = check_points_behind(ANY)
    (fault,) = found.faults
    assert (found.value, found.limit, found.unit, found.worst) == (4.0, 0.0, "points", fault.where)
    assert (fault.id, fault.error_px) == ("behind-camera-kept", None)
    assert fault.where == "in the 200x160 image, behind the camera"
    assert fault.explanation.startswith(
        "Points behind the camera count as valid: 4 of 9 that were asked, for instance the world point "
        "(-0.50, -0.50, -2.00) at depth -2.00, said to be seen at (149.0, 129.0)."
    )


def test_the_first_point_that_is_kept_need_not_be_the_first_behind(taking: Any) -> None:
    one = shot(world=BEHIND, valid=[True] * 16 + [False, False, True])
    taking(one, found=[explained([one])])
    (fault,) = check_points_behind(ANY).faults
    assert "1 of 3 that were asked, for instance the world point (0.25, -0.50, -2.00) at depth -2.00" in (
        fault.explanation
    )
    assert "said to be seen at (37.5, 65.0)" in fault.explanation


@pytest.mark.parametrize(("depth", "counts"), [(-0.4, True), (-0.39, False), (0.0, False), (0.4, False)])
def test_what_is_nearer_to_the_camera_than_forty_centimetres_is_not_judged(
    depth: float, counts: bool, taking: Any
) -> None:
    """The camera stands `depth` behind it; float32 rounds the world, not the pose."""
    pose = np.eye(4)
    pose[2, 3] = depth
    camera = replace(CAMERA, world_to_camera=pose.tolist())
    world = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, -3.0], [0.0, 0.0, 0.7], *(WORLD + np.array([0, 0, 1]))], np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = shot(camera, world, valid=[True, False] + [True] * 17)
    taking(kept, found=[explained([shot()])])
    found = check_points_behind(ANY)
    assert found.value == counts
    assert [fault.id for fault in found.faults] == ["behind-camera-kept"] * counts
    if counts:
        assert "1 of 2 that were asked" in found.faults[0].explanation


def test_behind_is_behind_the_camera_that_the_pipeline_has(taking: Any) -> None:
    """To one whose z points back, what the camera has behind it is in front."""
    right = shot()
    back = replace(right, scene=Scene(CAMERA, WORLD * np.array([1, 1, -1], np.float32)))
    taking(back, found=[explained([back], ("camera-axes", "how"), axes=(1, 1, -1))])
    assert check_points_behind(ANY) == Finding(0.0, 0.0, "points")
    taking(back, found=[explained([right])])
    assert check_points_behind(ANY).value == 16


def test_seen_points_that_are_not_valid_are_counted_and_the_first_is_told(taking: Any) -> None:
    """Nine of each camera's sixteen lie a tenth off the bounds of the image; five of 27 are not valid."""
    right = shot()
    lost = [shot(OTHER, valid=~CENTRAL | (np.arange(16) > 1)), shot(valid=np.arange(16) > 4)]
    taking(right, *lost, found=[explained([right, *lost])])
    found = check_points_behind(ANY)
    (fault,) = found.faults
    assert (found.value, found.limit, found.unit, found.worst) == (6.0, 0.0, "points", fault.where)
    assert (fault.id, fault.stage, fault.error_px) == ("unexplained", "project", None)
    assert fault.where == "at (49.0, 29.0) in the 200x160 image"
    assert fault.explanation == (
        "6 of 27 points in front of the camera and well inside the image are not valid, or valid without a finite "
        "landing; the first is seen at (49.0, 29.0) in the 200x160 image."
    )
    assert fault.remedy == "valid = depth > 0, and if it asks for the image too, 0 <= u <= W - 1 and 0 <= v <= H - 1."


def test_what_the_pipelines_own_landing_puts_outside_the_image_is_not_lost(taking: Any) -> None:
    """With a focal length of 200 the upper row of these points lies above the image; without that it would be lost."""
    world = np.array([(x, y, 2) for y in (-0.5, -0.2, 0, 0.1, 0.2) for x in (-0.4, -0.2, 0, 0.1, 0.2)], np.float32)
    longer = shot(world=world, scale=2.0, valid=world[:, 1] > -0.5)
    taking(longer, found=[explained([longer], ("intrinsics-not-rescaled", "how"))])
    assert check_points_behind(ANY) == Finding(0.0, 0.0, "points")
    taking(longer, found=[explained([shot(world=world)])])
    assert check_points_behind(ANY).value == 5


def test_the_first_that_is_lost_need_not_be_the_first_that_is_seen(taking: Any) -> None:
    one = shot(valid=np.arange(16) != 6)
    taking(one, found=[explained([one])])
    assert check_points_behind(ANY).worst == "at (62.5, 40.0) in the 100x80 image"


def test_points_that_are_kept_behind_are_told_before_those_that_are_lost_and_both_counted(taking: Any) -> None:
    both = shot(world=BEHIND, valid=[False] + [True] * 16 + [False] * 2)
    taking(both, found=[explained([both])])
    found = check_points_behind(ANY)
    assert ([fault.id for fault in found.faults], found.value) == (["behind-camera-kept"], 2.0)


def test_where_landings_are_not_explained_a_mask_that_varies_is_not_judged(taking: Any) -> None:
    taking(sheared(valid=CENTRAL), found=[])
    with pytest.raises(SkipCheck) as raised:
        check_points_behind(ANY)
    assert str(raised.value) == (
        "where points land is not explained, so neither is which of them are behind the camera"
    )


def test_a_mask_that_says_one_thing_of_all_points_is_judged_by_the_camera_given(taking: Any) -> None:
    everything = sheared(world=BEHIND, valid=np.ones(19, bool))
    taking(everything, everything, found=[])
    assert check_points_behind(ANY).value == 6
    nothing = sheared(world=BEHIND, valid=np.zeros(19, bool))
    taking(nothing, found=[])
    found = check_points_behind(ANY)
    assert ([fault.id for fault in found.faults], found.value) == (["unexplained"], 9)

"""The landings of `project` on known worlds: how points come to the plane, which count, and the K through them.

By hand on one camera: turned by a quarter about its axis, x from -y and y from x, then moved by (1, 2, 3).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from diagnostics import probes_camera
from diagnostics.pipeline import Pipeline
from diagnostics.probes_camera import ROUNDING, Shot, View, fit, judged, shots
from diagnostics.scenes_camera import Scene, scenes
from diagnostics.subject import Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.camera import Camera

POSE = [[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]]
CAMERA = Camera(500, 520, 320.5, 240, (480, 640), POSE)
UPRIGHT = replace(CAMERA, world_to_camera=np.eye(4).tolist())
LENS = (0.1, 0.02, 0.003, -0.004, 0.005)


def plane_of(world: Any, camera: Camera = CAMERA, **view: Any) -> tuple[np.ndarray, ...]:
    return View(**view).plane(Scene(camera, np.array(world, np.float32)))


# The view -------------------------------------------------------------------------------------------------------------


def test_a_view_as_given_turns_then_moves() -> None:
    """(2, 4, 5) comes to (-4 + 1, 2 + 2, 5 + 3)."""
    points, radius, depth = plane_of([[2, 4, 5]])
    np.testing.assert_allclose(points, [[-3 / 8, 4 / 8]], atol=1e-12)
    np.testing.assert_allclose(radius, [5 / 8], atol=1e-12)
    np.testing.assert_allclose(depth, [8], atol=1e-12)


def test_an_inverted_pose_moves_back_then_turns_back() -> None:
    """(2, 4, 5) - (1, 2, 3) = (1, 2, 2), turned back (2, -1, 2)."""
    points, radius, depth = plane_of([[2, 4, 5]], pose="inverted")
    np.testing.assert_allclose(points, [[1, -0.5]], atol=1e-12)
    np.testing.assert_allclose(radius, [1.25**0.5], atol=1e-12)
    np.testing.assert_allclose(depth, [2], atol=1e-12)


def test_a_transposed_pose_turns_back_and_moves_as_given() -> None:
    """(2, 4, 5) turned back (4, -2, 5), plus (1, 2, 3)."""
    points, _, depth = plane_of([[2, 4, 5]], pose="transposed")
    np.testing.assert_allclose(points, [[5 / 8, 0]], atol=1e-12)
    np.testing.assert_allclose(depth, [8], atol=1e-12)


@pytest.mark.parametrize(
    ("axes", "plane", "depth"),
    [
        ((-1, 1, 1), (3 / 8, 4 / 8), 8),
        ((1, -1, 1), (-3 / 8, -4 / 8), 8),
        ((1, -1, -1), (3 / 8, 4 / 8), -8),
        ((1, 1, -1), (3 / 8, -4 / 8), -8),
    ],
)
def test_signs_of_the_axes_turn_the_plane_and_the_depth(axes: Any, plane: Any, depth: float) -> None:
    """x and y are divided by a depth of either sign; a lens of none makes late signs the same."""
    for late in (False, True):
        points, radius, depths = plane_of([[2, 4, 5]], axes=axes, late=late)
        np.testing.assert_allclose(points, [plane], atol=1e-12)
        np.testing.assert_allclose(radius, [5 / 8], atol=1e-12)
        np.testing.assert_allclose(depths, [depth], atol=1e-12)


def bent(x: float, y: float, k1: float, k2: float, p1: float, p2: float, k3: float) -> list[float]:
    """OpenCV's formula, written out."""
    r2 = x * x + y * y
    gain = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    return [x * gain + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * gain + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y]


@pytest.mark.parametrize(
    ("lens", "coefficients"),
    [
        ("given", LENS),
        ("ignored", (0, 0, 0, 0, 0)),
        ("radial", (0.1, 0.02, 0, 0, 0.005)),
        ("first four", (0.1, 0.02, 0.003, -0.004, 0)),
    ],
)
def test_a_lens_is_applied_or_what_is_left_of_it(lens: str, coefficients: Any) -> None:
    """The radius stays that of the ideal plane."""
    points, radius, _ = plane_of([[2, 4, 5]], replace(CAMERA, distortion=LENS), lens=lens)
    np.testing.assert_allclose(points, [bent(-3 / 8, 4 / 8, *coefficients)], atol=1e-12)
    np.testing.assert_allclose(radius, [5 / 8], atol=1e-12)


@pytest.mark.parametrize("lens", ["given", "ignored", "radial", "first four"])
def test_a_camera_without_a_lens_has_none_in_any_view(lens: str) -> None:
    np.testing.assert_allclose(plane_of([[2, 4, 5]], lens=lens)[0], [[-3 / 8, 4 / 8]], atol=1e-12)


def test_late_signs_come_after_the_lens() -> None:
    """It is not symmetric, so that they make another place of it."""
    camera = replace(CAMERA, distortion=LENS)
    early = plane_of([[2, 4, 5]], camera, axes=(-1, 1, 1))[0]
    np.testing.assert_allclose(early, [bent(3 / 8, 4 / 8, *LENS)], atol=1e-12)
    x, y = bent(-3 / 8, 4 / 8, *LENS)
    np.testing.assert_allclose(plane_of([[2, 4, 5]], camera, axes=(-1, 1, 1), late=True)[0], [[-x, y]], atol=1e-12)


def test_points_in_the_cameras_plane_and_far_out_are_no_warning() -> None:
    """Depth 0 gives no number, and a lens at the largest numbers overflows."""
    points, _, depth = plane_of([[2, 4, -3], [0, 1e38, -3 + 2.4e-7], [-2, 1, -3]], replace(CAMERA, distortion=LENS))
    assert not np.isfinite(points).any()
    assert depth.tolist() == [0, pytest.approx(2.4e-7, rel=0.01), 0]


# What is asked --------------------------------------------------------------------------------------------------------


def test_project_is_asked_about_every_scene_once_in_float32() -> None:
    asked = []

    def project(world: torch.Tensor, camera: Camera) -> Any:
        asked.append((world.dtype, tuple(world.shape), camera))
        return torch.zeros(len(world), 2), torch.ones(len(world), dtype=torch.bool)

    sizes = ((60, 90), (120, 80))
    subject = Subject(Pipeline(project=project), sizes, seed=5)
    taken = shots(subject)
    assert shots(subject) is taken
    assert subject.measured("shots") is taken
    expected = scenes(sizes, 5)
    assert tuple(shot.scene for shot in taken) == expected
    assert [camera for _, _, camera in asked[2:]] == [
        scene.camera for scene in expected
    ]  # the first thrice, to see it repeat
    assert {(dtype, shape) for dtype, shape, _ in asked} == {(torch.float32, expected[0].world.shape)}
    assert taken[0].valid.dtype == bool
    with pytest.raises(SkipCheck) as raised:
        shots(Subject(Pipeline(), sizes))
    assert str(raised.value) == "the pipeline gives no project"


COUNT = len(scenes(((60, 90),), 0)[0].world)
POINTS, VALID = np.zeros((COUNT, 2)), np.ones(COUNT, dtype=bool)
ANSWERS = {
    "a single array": (POINTS, "must return (points (N, 2), valid (N,)), two of them, got ndarray"),
    "three values": ((POINTS, VALID, VALID), "must return (points (N, 2), valid (N,)), two of them, got 3 values"),
    "one value": ([POINTS], "must return (points (N, 2), valid (N,)), two of them, got 1 values"),
    "three columns": (
        (np.zeros((COUNT, 3)), VALID),
        f"must return points of shape ({COUNT}, 2), got ({COUNT}, 3); keep (u, v) alone",
    ),
    "dropped points": (
        (POINTS[1:], VALID),
        f"must return points of shape ({COUNT}, 2), got ({COUNT - 1}, 2); mark points as not valid, do not drop them",
    ),
    "flat points": (
        (POINTS.ravel(), VALID),
        f"must return points of shape ({COUNT}, 2), got ({2 * COUNT},); mark points as not valid, do not drop them",
    ),
    "a column of valid": (
        (POINTS, VALID[:, None]),
        f"must return valid as {COUNT} booleans (N,), got shape ({COUNT}, 1) beginning 1, 1, 1",
    ),
    "no valid": ((POINTS, VALID[:0]), f"must return valid as {COUNT} booleans (N,), got shape (0,)"),
    "depths": (
        (POINTS, np.linspace(0.5, 2.5, COUNT)),
        f"must return valid as {COUNT} booleans (N,), got shape ({COUNT},) beginning 0.5, ",
    ),
    "no numbers": (
        (np.full((COUNT, 2), np.nan), VALID),
        f"must return numbers where valid is true, got shape ({COUNT}, 2) beginning nan, nan, nan",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_no_answer_is_told_with_what_came(name: str) -> None:
    answer, told = ANSWERS[name]
    with pytest.raises(StageError) as raised:
        shots(Subject(Pipeline(project=lambda *_: answer), ((60, 90),)))
    assert raised.value.stage == "project"
    assert str(raised.value).startswith(f"project: {told}")
    if not told.endswith(" "):
        assert str(raised.value) == f"project: {told}"


def test_what_is_no_array_is_told_of_the_stage() -> None:
    for answer in (("points", VALID), (POINTS, None)):
        with pytest.raises(StageError, match=r"^project: must return a tensor or array"):
            shots(Subject(Pipeline(project=lambda *_, answer=answer: answer), ((60, 90),)))


@pytest.mark.parametrize("valid", [VALID.astype(float), ~VALID, VALID.astype(int)])
def test_answers_may_be_lists_of_any_numbers_that_are_true_or_false(valid: np.ndarray) -> None:
    """Without a valid point the landings may be no numbers; one number among them is enough."""
    points = np.full((COUNT, 2), np.nan)
    points[0, 1] = 3.0 if valid.any() else np.nan
    taken = shots(Subject(Pipeline(project=lambda *_: [points, valid]), ((60, 90),)))
    np.testing.assert_array_equal(taken[0].points, points)
    np.testing.assert_array_equal(taken[0].valid, valid.astype(bool))


# What counts ----------------------------------------------------------------------------------------------------------


def shot_of(world: Any, points: Any = None, valid: Any = None, camera: Camera = UPRIGHT) -> Shot:
    """A shot of float64 points that land right unless `points` says otherwise."""
    scene = Scene(camera, np.array(world, np.float64))
    if points is None:
        points = np.array((camera.fx, camera.fy)) * View().plane(scene)[0] + (camera.cx, camera.cy)
    return Shot(scene, np.array(points, float), np.ones(len(world), bool) if valid is None else np.array(valid))


def test_rounding_is_128_eps_of_the_longer_side() -> None:
    assert ROUNDING == 128 * 2**-23
    assert shot_of([[0, 0, 1]]).limit == 128 * 2**-23 * 640


def test_landings_count_where_they_are_valid_finite_in_front_and_near_the_axis() -> None:
    """From 0.4 m on and up to 45 degrees off the axis, bounds included."""
    world = [
        [0, 0, 0.4],
        [0, 0, 0.399],
        [0, 0, -2],
        [2, 0, 2],
        [2.01, 0, 2],
        [0, -2, 2],
        [1.5, 1.5, 2],
        [0, 0, 2],
        [0, 0, 3],
    ]
    shot = shot_of(world, valid=[True] * 8 + [False])
    shot.points[7, 1] = np.inf
    counts, plane = judged(shot, View())
    assert counts.tolist() == [True, False, False, True, False, True, False, False, False]
    np.testing.assert_array_equal(plane, View().plane(shot.scene)[0])
    assert judged(shot, View(axes=(1, 1, -1)))[0].tolist() == [False, False, True] + [False] * 6


# The K ----------------------------------------------------------------------------------------------------------------


def grid(count: int, depth: float = 2.0) -> np.ndarray:
    """Points in front of the camera, no two alike, off the middle."""
    steps = np.arange(count)
    return np.stack([steps / 20 - 0.1, (steps * 7 % count) / 25 - 0.2, np.full(count, depth)], axis=1)


def test_the_k_is_that_of_the_line_through_the_landings() -> None:
    taken = [shot_of(grid(9)), shot_of(grid(8), camera=replace(UPRIGHT, cx=300.25, fx=400.0))]
    found = fit(View(), taken)
    assert found is not None
    assert (found.view, found.shots) == (View(), tuple(taken))
    np.testing.assert_allclose(found.focal, [[500, 520], [400, 520]], atol=1e-9)
    np.testing.assert_allclose(found.centre, [[320.5, 240], [300.25, 240]], atol=1e-9)
    np.testing.assert_allclose(
        found.reach, [np.abs(grid(count)[:, :2] / 2).max(axis=0) for count in (9, 8)], atol=1e-12
    )
    np.testing.assert_allclose(found.limit, [128 * 2**-23 * 640] * 2, rtol=1e-12)


def test_points_that_do_not_count_have_no_part_in_the_k() -> None:
    shot = shot_of(np.concatenate([grid(9), [[0, 0, -1], [9, 0, 1]]]))
    shot.points[9:] += 1e6
    found = fit(View(), [shot])
    assert found is not None
    np.testing.assert_allclose(found.focal, [[500, 520]], atol=1e-9)
    assert found.reach.max() < 0.3


def test_far_landings_may_be_off_by_more() -> None:
    """128 eps of the farthest coordinate, where that lies beyond the image."""
    shot = shot_of(grid(9))
    shot.points[:] += (1e5, 0)
    found = fit(View(), [shot])
    assert found is not None
    np.testing.assert_allclose(found.limit, [128 * 2**-23 * shot.points.max()], rtol=1e-12)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("off", "fits"), [(0.9, True), (1.6, False), (-1.6, False)])
def test_landings_that_stray_from_the_line_are_those_of_no_k(off: float, fits: bool, axis: int) -> None:
    """One point, in limits: the line takes up to a third of it."""
    shot = shot_of(grid(9))
    shot.points[4, axis] += off * shot.limit
    assert (fit(View(), [shot]) is not None) == fits


def test_a_k_may_be_of_any_pixel() -> None:
    """A focal length of half a pixel is one."""
    assert fit(View(), [shot_of(grid(9), camera=replace(UPRIGHT, fx=0.5))]) is not None


def test_a_mirrored_plane_has_no_k() -> None:
    for axis in (0, 1):
        shot = shot_of(grid(9))
        shot.points[:, axis] *= -1
        assert fit(View(), [shot]) is None
        axes = ((-1, 1, 1), (1, -1, 1))[axis]
        assert fit(View(axes=axes), [shot]) is not None
    flat = shot_of(grid(9), np.tile([320.5, 240.0], (9, 1)))
    assert fit(View(), [flat]) is None


def test_eight_points_make_a_k_and_half_of_the_cameras_an_explanation() -> None:
    """Cameras with fewer points are left out."""
    enough, few = shot_of(grid(8)), shot_of(grid(7))
    found = fit(View(), [enough, few])
    assert found is not None
    assert found.shots == (enough,)
    assert fit(View(), [few]) is None
    assert fit(View(), [enough, few, few]) is None
    both = fit(View(), [enough, few, enough])
    assert both is not None
    assert len(both.shots) == 2
    assert fit(View(), []) is None
    bad = replace(enough, points=enough.points + np.arange(8)[:, None] ** 2)
    assert fit(View(), [enough, bad]) is None


def test_the_fewest_points_of_a_k_are_those_that_are_said() -> None:
    assert (probes_camera.FEWEST, probes_camera.NEAR, probes_camera.WIDE) == (8, 0.4, 1.0)

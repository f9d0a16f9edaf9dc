"""Measures `project` on known worlds: where points land, and which K, seen through which pose and lens, that makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diagnostics.scenes_camera import Floats, Scene, scenes
from diagnostics.subject import Subject, as_array
from diagnostics.verdict import StageError
from reference.distortion import Lens

Bools = NDArray[np.bool_]

NEAR = 0.4  # metres: nearer to the camera's plane than this, a landing is all rounding and is not judged
WIDE = 1.0  # ideal radius, 45 degrees off the axis: further out lenses are not calibrated and may be refused
FEWEST = 8  # points that make a measurement of one camera

# Float32 from end to end: some thirty roundings of terms up to four times the image's side (K[R|t] cancels such terms).
# Measured on the reference and on K[R|t] at sides from 60 to 2,000 pixels: about 2 eps of the side.
ROUNDING = 128 * float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Shot:
    """What `project` made of one scene: `points` `(N, 2)`, index coordinates, and `valid` `(N,)`."""

    scene: Scene
    points: Floats
    valid: Bools

    @property
    def limit(self) -> float:
        """The largest landing error that float32 explains, pixels."""
        return ROUNDING * max(self.scene.camera.size)


@dataclass(frozen=True)
class View:
    """How world points come to the image plane, K aside.

    pose: `"given"`, `"inverted"`, or `"transposed"` where only the rotation is. axes: signs of the camera's x, y and z.
    late: whether the signs come after the lens, which is not symmetric, instead of before it.
    lens: `"given"`, `"ignored"`, or what is left of it: `"radial"` (no p1, p2), `"first four"` (no k3).
    """

    pose: str = "given"
    axes: tuple[int, int, int] = (1, 1, 1)
    lens: str = "given"
    late: bool = False

    def plane(self, scene: Scene) -> tuple[Floats, Floats, Floats]:
        """Distorted plane points `(N, 2)`, their ideal radius `(N,)` and depth `(N,)`, behind the camera included."""
        pose = np.array(scene.camera.world_to_camera)
        if self.pose == "inverted":
            pose = np.linalg.inv(pose)
        elif self.pose == "transposed":
            pose[:3, :3] = pose[:3, :3].T
        x, y, z = (scene.world.astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]).T
        signs = np.array(self.axes[:2]) * self.axes[2]
        before, after = (np.ones(2), signs) if self.late else (signs, np.ones(2))
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            x, y = x / z * before[0], y / z * before[1]
            bent = Lens.of(self._coefficients(scene.camera.distortion)).distorted_from_ideal(x, y)
            return np.stack(bent, axis=-1) * after, np.hypot(x, y), z * self.axes[2]

    def _coefficients(self, distortion: tuple[float, ...]) -> tuple[float, ...]:
        if self.lens == "ignored":
            return ()
        if self.lens == "first four":
            return distortion[:4]
        if self.lens == "radial" and distortion:
            return (*distortion[:2], 0.0, 0.0, *distortion[4:])
        return distortion


@dataclass(frozen=True)
class Fit:
    """The K that `project` uses at each of `shots`, if points come to the plane by `view`.

    focal, centre: `(S, 2)`, x and y, pixels; the centre in index coordinates. reach: `(S, 2)`, the farthest plane point
    that was measured. limit: `(S,)`, the pixels by which a landing may be off. Every point fits within it.
    """

    view: View
    shots: tuple[Shot, ...]
    focal: Floats
    centre: Floats
    reach: Floats
    limit: Floats


def shots(subject: Subject) -> list[Shot]:
    """`project` asked about every scene, in torch's float32. Raises `StageError` for what is no `(points, valid)`."""
    project = subject.stage("project")
    asked = scenes(tuple(subject.image_sizes), subject.seed)
    return subject.once(
        "shots", lambda: [_shot(scene, project(torch.tensor(scene.world), scene.camera)) for scene in asked]
    )


def _shot(scene: Scene, answer: object) -> Shot:
    count = len(scene.world)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        what = f"{len(answer)} values" if isinstance(answer, tuple | list) else type(answer).__name__
        raise StageError("project", f"must return (points (N, 2), valid (N,)), two of them, got {what}")
    points, valid = (as_array(value, "project") for value in answer)
    if points.shape != (count, 2):
        as_many = points.ndim == 2 and len(points) == count
        advice = "; keep (u, v) alone" if as_many else "; mark points as not valid, do not drop them"
        raise StageError("project", f"must return points of shape ({count}, 2), got {points.shape}{advice}")
    if valid.shape != (count,) or not np.isin(valid, (0, 1)).all():
        raise StageError("project", f"must return valid as {count} booleans (N,), got {_glance(valid)}")
    if valid.any() and not np.isfinite(points[valid == 1]).any():
        raise StageError("project", f"must return numbers where valid is true, got {_glance(points[valid == 1])}")
    return Shot(scene, points, valid.astype(bool))


def _glance(array: Floats) -> str:
    first = ", ".join(f"{value:g}" for value in array.flat[:3])
    return f"shape {array.shape} beginning {first}" if array.size else f"shape {array.shape}"


def judged(shot: Shot, view: View) -> tuple[Bools, Floats]:
    """Which landings of a shot count if seen by `view`, `(N,)`, and the plane points `(N, 2)`."""
    plane, radius, depth = view.plane(shot.scene)
    counts = shot.valid & np.isfinite(shot.points).all(axis=1) & (depth >= NEAR) & (radius <= WIDE)
    return counts, plane


def fit(view: View, taken: Sequence[Shot]) -> Fit | None:
    """The K at each shot under `view`; None where some shot has landings that no K explains, or most have too few."""
    rows = []
    for shot in taken:
        counts, plane = judged(shot, view)
        if counts.sum() < FEWEST:
            continue
        points, plane = shot.points[counts], plane[counts]
        spread = plane - plane.mean(axis=0)
        focal = (spread * points).sum(axis=0) / (spread**2).sum(axis=0)
        centre = points.mean(axis=0) - focal * plane.mean(axis=0)
        limit = max(shot.limit, ROUNDING * np.abs(points).max())
        if (focal <= 0).any() or np.abs(focal * plane + centre - points).max() > limit:
            return None
        rows.append((shot, focal, centre, np.abs(plane).max(axis=0), limit))
    if len(rows) < max(1, len(taken) / 2):
        return None
    used, *numbers = zip(*rows, strict=True)
    return Fit(view, used, *(np.array(number) for number in numbers))

"""Known worlds for `project`: cameras of every size, pose, lens and origin, and the points around each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reference.camera import Camera
from reference.fields import Size
from reference.geometry import index_from_edge

Floats = NDArray[np.float64]
Points = NDArray[np.float32]

_IN_SIGHT = 128  # points in front, over the image and a tenth beyond; as many mirrored behind the camera
_AROUND = 384  # points in every direction, so that a camera turned the wrong way sees some too
_DEPTHS = (2.0, 6.0)  # with f of about the image's side, float32 then rounds a landing by few times 1e-7 of that side


@dataclass(frozen=True)
class Scene:
    """A camera and world points `(N, 3)` in front of it, behind it and all around; lengths in metres."""

    camera: Camera
    world: Points


def _pose(turn: tuple[float, float, float], shift: tuple[float, float, float]) -> Floats:
    """World to camera: turned by `turn` radians about that axis (Rodrigues' formula), then moved by `shift` metres."""
    angle = float(np.linalg.norm(turn))
    x, y, z = np.asarray(turn) / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    pose = np.eye(4)
    pose[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    pose[:3, 3] = shift
    return pose


# Off-centre principal points, fx != fy, both origins, with and without a lens; the identity hides a wrong pose, so only
# one has it. Distortions grow with the radius everywhere: no lens folds.
RIGS: tuple[Camera, ...] = (
    Camera(1170.2, 1168.7, 661.3, 470.9, (968, 1296), _pose((0.3, -0.4, 0.2), (0.4, -0.3, 0.7))),
    Camera(905.5, 911.0, 668.0, 331.5, (720, 1280), _pose((-0.45, 0.2, 0.3), (-0.6, 0.55, 0.3)), origin="edge").cropped(
        (52, -24), (690, 1150)
    ),
    Camera(
        521.9,
        523.4,
        330.6,
        251.2,
        (480, 640),
        _pose((0.2, 0.45, -0.6), (0.2, 0.8, -0.4)),
        (-0.2, 0.06, 3e-3, -2e-3, 0.02),
    ),
    Camera(610.0, 600.0, 290.0, 262.0, (480, 640), np.eye(4), (0.11, 0.03, -2e-3, 4e-3), origin="edge"),
)


@lru_cache(maxsize=8)
def scenes(image_sizes: tuple[Size, ...], seed: int) -> tuple[Scene, ...]:
    """Every rig resized to every one of `image_sizes` `(height, width)`, with its own points drawn from `seed`."""
    random = np.random.default_rng(seed)
    cameras = [rig.resized(size) for size in image_sizes for rig in RIGS]
    return tuple(Scene(camera, _world(camera, random)) for camera in cameras)


def _world(camera: Camera, random: np.random.Generator) -> Points:
    height, width = camera.size
    pixels = index_from_edge(random.uniform(-0.1, 1.1, (_IN_SIGHT, 2)) * (width, height))
    depths = random.uniform(*_DEPTHS, _IN_SIGHT)
    seen = replace(camera, world_to_camera=np.eye(4)).world_from_image(pixels, depths)
    around = random.normal(size=(_AROUND, 3))
    around *= random.uniform(*_DEPTHS, (_AROUND, 1)) / np.linalg.norm(around, axis=1, keepdims=True)
    points = np.concatenate([seen, seen * (1, 1, -1), around])
    pose = np.linalg.inv(camera.world_to_camera)
    return np.asarray(random.permutation(points @ pose[:3, :3].T + pose[:3, 3]), dtype=np.float32)

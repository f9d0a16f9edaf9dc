"""A camera written down, and cameras, poses, lenses and worlds in sight of them as Hypothesis draws them."""

import numpy as np
from hypothesis import strategies as st

import strategies
from reference.camera import Camera

# Turns the axes round, (X, Y, Z) to (Y, Z, X), and shifts: the world point (5, 1, 1) is (2, -1, 8) to the camera.
POSE = [[0, 1, 0, 1], [0, 0, 1, -2], [1, 0, 0, 3], [0, 0, 0, 1]]
GOOD = {"fx": 400, "fy": 420, "cx": 301.25, "cy": 197.5, "size": (401, 643), "world_to_camera": POSE}
CAMERA = Camera(**GOOD)
SEEN = [5.0, 1.0, 1.0]  # at u = 400 * 2/8 + 301.25 and v = 420 * -1/8 + 197.5
SEEN_AT = [401.25, 145.0]
LENS = (-0.25, 0.5, 0.125, -0.0625)
FLOAT64_PIXELS = 1e-8  # coordinates up to 1e6 pixels, some ten roundings of 1e-16 each, and room for a lens's slope


def about(axis: int, angle: float) -> np.ndarray:
    turn, others = np.eye(3), [other for other in range(3) if other != axis]
    turn[np.ix_(others, others)] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return turn


def rotations() -> st.SearchStrategy[np.ndarray]:
    angle = st.floats(-3.14, 3.14)
    return st.tuples(angle, angle, angle).map(lambda turn: about(0, turn[0]) @ about(1, turn[1]) @ about(2, turn[2]))


@st.composite
def poses(draw: st.DrawFn) -> np.ndarray:
    """World-to-camera: any turn, exact or as a text file with four decimals records it, and up to 10 units away."""
    pose = np.eye(4)
    pose[:3, :3] = draw(rotations())
    if draw(st.booleans()):
        pose = np.round(pose, 4)
    pose[:3, 3] = draw(st.tuples(*[st.floats(-10, 10)] * 3))
    return pose


def lenses() -> st.SearchStrategy[tuple[float, ...]]:
    """Lenses of every length that keep at least a third of their slope up to 38 degrees off the axis."""
    bounds = [0.2, 0.05, 0.004, 0.004, 0.02, 0.1, 0.02, 0.02, 0.004, 0.004, 0.004, 0.004, 0.1, 0.1]
    coefficients = st.tuples(*[st.floats(-bound, bound) for bound in bounds])
    return st.tuples(st.sampled_from([0, 4, 5, 8, 12, 14]), coefficients).map(lambda drawn: drawn[1][: drawn[0]])


@st.composite
def cameras(draw: st.DrawFn, size: tuple[int, int] | None = None) -> Camera:
    """Any pose, lens and origin, unequal focal lengths, the principal point anywhere in the image."""
    size = size or draw(strategies.sizes(2000))
    focal, inside = st.floats(10, 2000), st.floats(0, 1)
    return Camera(
        fx=draw(focal),
        fy=draw(focal),
        cx=draw(inside) * size[1],
        cy=draw(inside) * size[0],
        size=size,
        world_to_camera=draw(poses()),
        distortion=draw(lenses()),
        origin=draw(st.sampled_from(["index", "edge"])),
    )


@st.composite
def worlds_of(draw: st.DrawFn, camera: Camera, count: int = 8) -> np.ndarray:
    """World points `(count, 3)` in front of `camera`, up to 38 degrees off its axis, 0.1 to 100 units deep."""
    slope = st.floats(-0.55, 0.55)
    rays = draw(st.lists(st.tuples(slope, slope, st.floats(0.1, 100)), min_size=count, max_size=count))
    seen = np.array([(x * z, y * z, z, 1) for x, y, z in rays])
    return (seen @ np.linalg.inv(camera.world_to_camera).T)[:, :3]


def cameras_with_worlds() -> st.SearchStrategy[tuple[Camera, np.ndarray]]:
    return cameras().flatmap(lambda camera: st.tuples(st.just(camera), worlds_of(camera)))


def landing(camera: Camera, xyz: list[float]) -> list[float]:
    return camera.image_from_world(np.array(xyz))[0].tolist()

"""Makes the example: a ray-cast room of known size, points on its surfaces, and the camera that saw it.

`python examples/make_scene.py [FOLDER]` writes `scene.png`, `points.npy` and `camera.json`, by default beside itself.
World axes are metres: x right, y into the room, z up. Only sums, products, quotients and square roots are used, which
every machine rounds alike, so the files come out the same everywhere.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float64]
Colour = tuple[float, float, float]

SIZE = (480, 640)
FOCAL = 560.0
PRINCIPAL_POINT = (319.5, 239.5)  # the middle of the image, in index coordinates
EYE, TARGET = (-1.3, -1.45, 1.6), (0.1, 2.1, 0.62)
LIGHT = (-0.45, -0.55, 0.9)  # towards the sun
AMBIENT = 0.56
POINTS = 20_000
SAMPLES, MIXED = 3, 0.02  # rays a pixel, each way, where colours next to each other differ by more than this


class Box(NamedTuple):
    """An upright box between two corners."""

    name: str
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    colour: Colour


ROOM = Box("room", (-2.6, -2.0, 0.0), (2.6, 4.2, 2.7), (0.93, 0.91, 0.87))
BOXES = (
    Box("table", (-0.55, 1.7, 0.52), (1.15, 2.75, 0.60), (0.72, 0.53, 0.36)),
    Box("left leg", (-0.5, 1.75, 0.0), (-0.4, 2.7, 0.52), (0.60, 0.43, 0.29)),
    Box("right leg", (1.0, 1.75, 0.0), (1.1, 2.7, 0.52), (0.60, 0.43, 0.29)),
    Box("book", (0.45, 1.85, 0.60), (0.95, 2.2, 0.68), (0.78, 0.30, 0.27)),
    Box("tin", (-0.35, 2.1, 0.60), (0.0, 2.45, 0.98), (0.20, 0.52, 0.58)),
    Box("crate", (-1.75, 1.5, 0.0), (-1.05, 2.2, 0.7), (0.88, 0.66, 0.26)),
    Box("shelf", (1.55, 3.2, 0.0), (2.45, 4.1, 1.75), (0.36, 0.44, 0.56)),
    Box("poster", (-1.5, 4.17, 1.05), (0.1, 4.2, 2.15), (0.24, 0.33, 0.42)),
)
CHART = {  # painted on the poster, three rows of four: the x and z of their middles, and their colours
    (-1.25 + 0.366 * column, 1.92 - 0.32 * row): colour
    for row, colours in enumerate(
        (
            ((0.80, 0.26, 0.24), (0.90, 0.49, 0.20), (0.95, 0.77, 0.26), (0.62, 0.73, 0.30)),
            ((0.30, 0.58, 0.36), (0.22, 0.60, 0.62), (0.30, 0.50, 0.76), (0.35, 0.37, 0.66)),
            ((0.53, 0.36, 0.62), (0.78, 0.45, 0.62), (0.94, 0.93, 0.90), (0.12, 0.14, 0.17)),
        )
    )
    for column, colour in enumerate(colours)
}
CHART_HALF = (0.145, 0.115)
BALL, BALL_RADIUS, BALL_COLOUR = (-0.55, 1.15, 0.22), 0.22, (0.83, 0.38, 0.47)
TILE, TILES = 0.5, ((0.86, 0.83, 0.77), (0.62, 0.63, 0.66))


def world_to_camera() -> Array:
    """The 4x4 pose, OpenCV axes: x right, y down, z forward."""
    forward = _unit(np.subtract(TARGET, EYE))
    right = _unit(_cross(forward, np.array([0.0, 0.0, 1.0])))
    rotation = np.array([right, _cross(forward, right), forward])
    pose = np.eye(4)
    pose[:3, :3] = rotation
    pose[:3, 3] = [-_dot(row, np.array(EYE)) for row in rotation]
    return pose


def camera() -> dict[str, object]:
    """The camera in the form of `camera.json`."""
    (height, width), (cx, cy) = SIZE, PRINCIPAL_POINT
    pose = world_to_camera().tolist()
    return {"fx": FOCAL, "fy": FOCAL, "cx": cx, "cy": cy, "size": [height, width], "world_to_camera": pose}


def image() -> Image.Image:
    """The room as the camera sees it: one ray a pixel, the mean of several where colours meet."""
    height, width = SIZE
    v, u = np.indices(SIZE).reshape(2, -1).astype(np.float64)
    pixels = _seen(_rays(u, v))
    edges = _unlike_a_neighbour(pixels.reshape(height, width, 3)).ravel()
    within = (np.arange(SAMPLES) - (SAMPLES - 1) / 2) / SAMPLES
    samples = [_seen(_rays(u[edges] + du, v[edges] + dv)) for dv in within for du in within]
    pixels[edges] = sum(samples) / len(samples)
    return Image.fromarray(np.rint(255 * pixels).astype(np.uint8).reshape(height, width, 3))


def points() -> NDArray[np.float32]:
    """World points on all surfaces, seen or hidden: half of them on the room, also behind the camera."""
    random = np.random.RandomState(0)  # Its stream is frozen for good (NEP 19).
    on_room, on_ball = _on_box(random, ROOM, POINTS // 2), _on_ball(random, POINTS // 40)
    left = POINTS - len(on_room) - len(on_ball)
    areas = np.array([_areas(box).sum() for box in BOXES])
    counts = np.floor(areas / areas.sum() * left).astype(int)
    counts[0] += left - counts.sum()
    on_boxes = [_on_box(random, box, int(count)) for box, count in zip(BOXES, counts, strict=True)]
    return np.concatenate([on_room, on_ball, *on_boxes]).astype(np.float32)


def main(folder: Path) -> None:
    """Write the three files of the example."""
    image().save(folder / "scene.png", optimize=True)
    np.save(folder / "points.npy", points())
    (folder / "camera.json").write_text(json.dumps(camera(), indent=2) + "\n", encoding="utf-8")


# Ray casting ----------------------------------------------------------------------------------------------------------


def _rays(u: Array, v: Array) -> Array:
    """Directions `(n, 3)` in which the camera sees index coordinates `(u, v)`."""
    x, y = (u - PRINCIPAL_POINT[0]) / FOCAL, (v - PRINCIPAL_POINT[1]) / FOCAL
    return np.stack([x * right + y * down + forward for right, down, forward in world_to_camera()[:3, :3].T], axis=-1)


def _unlike_a_neighbour(pixels: Array) -> NDArray[np.bool_]:
    unlike = np.zeros(SIZE, dtype=bool)
    for axis in (0, 1):
        step = np.abs(np.diff(pixels, axis=axis)).max(axis=-1) > MIXED
        unlike |= np.insert(step, 0, False, axis=axis) | np.insert(step, step.shape[axis], False, axis=axis)
    return unlike


def _seen(rays: Array) -> Array:
    """Colours `(..., 3)` of what rays from the eye hit first."""
    eye = np.broadcast_to(np.array(EYE), rays.shape)
    distance, normal, colour = _room_hit(eye, rays)
    for box in BOXES:
        near, box_normal = _box_hit(box, eye, rays)
        first = near < distance
        distance = np.where(first, near, distance)
        normal[first], colour[first] = box_normal[first], box.colour
    near, ball_normal = _ball_hit(eye, rays)
    first = near < distance
    distance = np.where(first, near, distance)
    normal[first], colour[first] = ball_normal[first], BALL_COLOUR
    place = eye + distance[..., None] * rays
    _paint_chart(colour, place)
    sun = _unit(np.array(LIGHT))
    facing = np.maximum(_dot(normal, sun), 0.0)
    lit = np.where(_in_shadow(place + 1e-6 * normal, np.broadcast_to(sun, rays.shape)), 0.0, facing)
    return np.clip(colour * (AMBIENT + (1 - AMBIENT) * lit)[..., None], 0, 1)


def _paint_chart(colour: Array, place: Array) -> None:
    on_poster = (place[:, 1] > BOXES[-1].low[1] - 1e-6) & (place[:, 1] < BOXES[-1].low[1] + 1e-6)
    for (x, z), paint in CHART.items():
        inside = (np.abs(place[:, 0] - x) < CHART_HALF[0]) & (np.abs(place[:, 2] - z) < CHART_HALF[1])
        colour[on_poster & inside] = paint


def _room_hit(eye: Array, rays: Array) -> tuple[Array, Array, Array]:
    """Distance, normal and colour where rays leave the room: a checkered floor, plain walls and ceiling."""
    with np.errstate(divide="ignore"):
        exits = np.maximum((np.array(ROOM.low) - eye) / rays, (np.array(ROOM.high) - eye) / rays)
    axis = exits.argmin(axis=-1)
    distance = exits.min(axis=-1)
    normal = np.where(np.arange(3) == axis[..., None], -np.sign(rays), 0.0)
    place = eye + distance[..., None] * rays
    odd = np.floor(place[..., :2] / TILE).sum(axis=-1) % 2 > 0
    floor = np.where(odd[..., None], *np.array(TILES)[:, None])
    on_floor = (axis == 2) & (rays[..., 2] < 0)
    return distance, normal, np.where(on_floor[..., None], floor, np.array(ROOM.colour))


def _box_hit(box: Box, start: Array, rays: Array) -> tuple[Array, Array]:
    """Distance, infinite for none, and normal where rays enter the box."""
    with np.errstate(divide="ignore"):
        to_low, to_high = (np.array(box.low) - start) / rays, (np.array(box.high) - start) / rays
    entries = np.minimum(to_low, to_high)
    enter, leave = entries.max(axis=-1), np.maximum(to_low, to_high).min(axis=-1)
    normal = np.where(np.arange(3) == entries.argmax(axis=-1)[..., None], -np.sign(rays), 0.0)
    return np.where((enter < leave) & (enter > 0), enter, np.inf), normal


def _ball_hit(start: Array, rays: Array) -> tuple[Array, Array]:
    """Distance, infinite for none, and normal where rays enter the ball."""
    offset = start - np.array(BALL)
    a, b = _dot(rays, rays), _dot(rays, offset)
    root = b * b - a * (_dot(offset, offset) - BALL_RADIUS * BALL_RADIUS)
    distance = (-b - np.sqrt(np.maximum(root, 0))) / a
    normal = (offset + distance[..., None] * rays) / BALL_RADIUS
    return np.where((root > 0) & (distance > 0), distance, np.inf), normal


def _in_shadow(places: Array, rays: Array) -> NDArray[np.bool_]:
    """Whether a box or the ball stands between each place and the sun; the room has no roof for it."""
    shadow = np.isfinite(_ball_hit(places, rays)[0])
    for box in BOXES:
        shadow |= np.isfinite(_box_hit(box, places, rays)[0])
    return shadow


# Points on surfaces ---------------------------------------------------------------------------------------------------


def _areas(box: Box) -> Array:
    """The areas of the faces across x, y and z."""
    x, y, z = np.subtract(box.high, box.low)
    return np.array([y * z, x * z, x * y])


def _on_box(random: np.random.RandomState, box: Box, count: int) -> Array:
    """`count` points spread evenly over the six faces."""
    low, high = np.array(box.low), np.array(box.high)
    upto = np.cumsum(_areas(box)) / _areas(box).sum()
    axis = np.searchsorted(upto, random.random_sample(count))
    places: Array = low + random.random_sample((count, 3)) * (high - low)
    rows = np.arange(count)
    places[rows, axis] = np.where(random.random_sample(count) < 1 / 2, low[axis], high[axis])
    return places


def _on_ball(random: np.random.RandomState, count: int) -> Array:
    """`count` points spread evenly over the ball: directions to points in a cube that lie in the unit ball."""
    inside = 2 * random.random_sample((4 * count, 3)) - 1
    square = _dot(inside, inside)
    kept = (square > 0.01) & (square < 1)
    directions = inside[kept][:count] / np.sqrt(square[kept][:count, None])
    return np.array(BALL) + BALL_RADIUS * directions


def _dot(a: Array, b: Array) -> Array:
    return a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]


def _cross(a: Array, b: Array) -> Array:
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _unit(vector: Array) -> Array:
    unit: Array = vector / np.sqrt(_dot(vector, vector))
    return unit


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

"""Pipelines whose `project` makes exactly one known mistake each, and right ones that look odd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import torch

from diagnostics.pipeline import Pipeline
from reference.camera import Camera
from reference.geometry import edge_from_index, index_from_edge

Project = Callable[[Any, Camera], tuple[Any, Any]]


def right(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    points, _, in_front = camera.image_from_world(xyz)
    return points, in_front


def through(change: Callable[[Camera], Camera], and_points: Callable[[Any, Camera], Any] | None = None) -> Project:
    """A right projection by a wrong camera; `and_points` then moves its points."""

    def project(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
        points, in_front = right(xyz, change(camera))
        return (points if and_points is None else and_points(points, camera)), in_front

    return project


def with_index_k(change: Callable[[Camera], dict[str, float]]) -> Project:
    """A projection by the camera's K in index coordinates, of which `change` replaces some numbers."""

    def changed(camera: Camera) -> Camera:
        index = as_index(camera)
        return replace(index, **change(index))

    return through(changed)


def as_index(camera: Camera) -> Camera:
    if camera.origin == "index":
        return camera
    return replace(camera, cx=index_from_edge(camera.cx), cy=index_from_edge(camera.cy), origin="index")


def signs(*axes: int) -> Callable[[Camera], np.ndarray]:
    return lambda camera: np.diag([*axes, 1]) @ np.array(camera.world_to_camera)


def by_hand(
    pose: Callable[[Camera], np.ndarray] = lambda camera: np.array(camera.world_to_camera),
    culls: bool = True,
    lens: bool = True,
    in_image: bool = False,
    dtype: Any = np.float64,
    k: Callable[[Camera], Camera] = as_index,
) -> Project:
    """The projection in NumPy, step by step, each step open to a mistake."""

    def project(xyz: torch.Tensor, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
        matrix, used = pose(camera).astype(dtype), k(camera)
        x, y, z = (xyz.numpy().astype(dtype) @ matrix[:3, :3].T + matrix[:3, 3]).T
        with np.errstate(all="ignore"):
            x, y = x / z, y / z
            if lens and camera.distortion:
                k1, k2, p1, p2, k3 = (*camera.distortion, 0.0)[:5]
                r2 = x * x + y * y
                gain = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
                x, y = (
                    x * gain + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
                    y * gain + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
                )
            points = np.stack((used.fx * x + used.cx, used.fy * y + used.cy), axis=-1)
        valid = z > 0 if culls else np.ones_like(z, dtype=bool)
        if in_image:
            height, width = camera.size
            valid &= (edge_from_index(points) >= 0).all(axis=1) & (edge_from_index(points) < (width, height)).all(
                axis=1
            )
        return points.astype(dtype), valid

    return project


# The planted mistakes ----------------------------------------------------------------------------------------------


def origin_ignored(camera: Camera) -> Camera:
    return replace(camera, origin="index")


def always_edge(camera: Camera) -> Camera:
    return replace(camera, origin="edge")


def fixed_k(size: tuple[int, int]) -> Project:
    """K typed in once, calibrated at `size`, whatever the camera."""
    height, width = size
    return with_index_k(lambda camera: {"fx": 0.9 * width, "fy": 0.91 * width, "cx": 0.51 * width, "cy": 0.48 * height})


def k_of_size(size: tuple[int, int]) -> Project:
    """K as it is for the image resized to `size`, points taken as they come."""
    return through(lambda camera: camera.resized(size))


def k_times(ratio: float) -> Project:
    return with_index_k(
        lambda camera: {name: ratio * getattr(camera, name) for name in ("fx", "fy", "cx", "cy")},
    )


def working_size_half_pixel(ratio: float) -> Project:
    """K scaled by `ratio` with cx * s on an index K, points then mapped back to the image as pixels should be."""

    def project(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
        index = as_index(camera)
        points, in_front = right(
            xyz, replace(index, **{n: ratio * getattr(index, n) for n in ("fx", "fy", "cx", "cy")})
        )
        return index_from_edge(edge_from_index(points) / ratio), in_front

    return project


def base_half_pixel(base: tuple[int, int]) -> Project:
    """The K of an image of `base` pixels, rescaled to the camera's size with cx * s on an index K."""

    def changed(camera: Camera) -> dict[str, float]:
        large = camera.resized(base)
        sx, sy = camera.size[1] / base[1], camera.size[0] / base[0]
        return {"fx": large.fx * sx, "fy": large.fy * sy, "cx": large.cx * sx, "cy": large.cy * sy}

    return with_index_k(changed)


def single_ratio_k(camera: Camera, base: tuple[int, int] = (968, 1296), which: int = 1) -> Camera:
    """The K of an image of `base` pixels, rescaled with the ratio of the widths (1) or heights (0) on both axes."""
    large = as_index(camera).resized(base)
    ratio = camera.size[which] / base[which]
    cx, cy = (index_from_edge(edge_from_index(centre) * ratio) for centre in (large.cx, large.cy))
    return replace(large, fx=large.fx * ratio, fy=large.fy * ratio, cx=cx, cy=cy)


def moved(dx: float, dy: float) -> Project:
    return with_index_k(lambda camera: {"cx": camera.cx + dx, "cy": camera.cy + dy})


def square_crop_forgotten() -> Project:
    def changed(camera: Camera) -> dict[str, float]:
        height, width = camera.size
        side = min(camera.size)
        return {"cx": camera.cx + (width - side) // 2, "cy": camera.cy + (height - side) // 2}

    return with_index_k(changed)


def centred(index: bool) -> Project:
    middle = index_from_edge if index else (lambda edge: edge)
    return with_index_k(lambda camera: {"cx": middle(camera.size[1] / 2), "cy": middle(camera.size[0] / 2)})


def inverse(camera: Camera) -> np.ndarray:
    return np.linalg.inv(np.array(camera.world_to_camera))


def transposed(camera: Camera) -> np.ndarray:
    pose = np.array(camera.world_to_camera)
    pose[:3, :3] = pose[:3, :3].T
    return pose


def mirrored(points: Any, camera: Camera) -> Any:
    """v mirrored in the image itself, after the lens."""
    return torch.stack((points[:, 0], 2 * as_index(camera).cy - points[:, 1]), dim=-1)


def inverted_mask() -> Project:
    """The right points, but z back in the mask."""

    def project(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
        return by_hand(culls=False)(xyz, camera)[0], ~right(xyz, camera)[1]

    return project


PLANTED: list[tuple[str, Project]] = [
    ("principal-point-origin", through(origin_ignored)),
    ("principal-point-origin", through(always_edge)),
    ("principal-point-origin", through(lambda camera: camera, lambda points, camera: edge_from_index(points))),
    ("intrinsics-not-rescaled", fixed_k((968, 1296))),
    ("intrinsics-not-rescaled", fixed_k((480, 640))),
    ("intrinsics-not-rescaled", k_of_size((968, 1296))),
    ("intrinsics-not-rescaled", k_of_size((224, 224))),
    ("intrinsics-not-rescaled", k_times(2.0)),
    ("intrinsics-not-rescaled", k_times(640 / 1296)),
    ("intrinsics-rescaled-half-pixel", working_size_half_pixel(0.25)),
    ("intrinsics-rescaled-half-pixel", working_size_half_pixel(640 / 1296)),
    ("intrinsics-rescaled-half-pixel", working_size_half_pixel(2.0)),
    ("intrinsics-rescaled-half-pixel", base_half_pixel((968, 1296))),
    ("intrinsics-rescaled-half-pixel", base_half_pixel((1200, 1600))),
    ("intrinsics-single-ratio", through(single_ratio_k)),
    ("intrinsics-single-ratio", through(lambda camera: single_ratio_k(camera, (1200, 1920), which=0))),
    ("intrinsics-single-ratio", with_index_k(lambda camera: {"fy": camera.fx})),
    ("principal-point-not-shifted", moved(37, 0)),
    ("principal-point-not-shifted", moved(-80, 12)),
    ("principal-point-not-shifted", moved(79.29, 0)),
    ("principal-point-not-shifted", square_crop_forgotten()),
    ("principal-point-centred", centred(index=True)),
    ("principal-point-centred", centred(index=False)),
    ("camera-axes", by_hand(signs(1, -1, -1))),
    ("camera-axes", by_hand(signs(1, -1, -1), in_image=True)),
    ("camera-axes", by_hand(signs(1, -1, 1))),
    ("camera-axes", by_hand(signs(-1, -1, 1), in_image=True)),
    ("camera-axes", through(lambda camera: camera, lambda points, camera: mirrored(points, camera))),
    ("camera-axes", inverted_mask()),
    ("pose-inverted", by_hand(inverse)),
    ("pose-inverted", by_hand(inverse, in_image=True)),
    ("pose-inverted", by_hand(transposed)),
    ("behind-camera-kept", by_hand(culls=False)),
    ("behind-camera-kept", by_hand(culls=False, in_image=True)),
    ("distortion-ignored", through(lambda camera: replace(camera, distortion=()))),
    ("distortion-ignored", by_hand(lens=False, in_image=True)),
]


# Right, however odd ------------------------------------------------------------------------------------------------


def by_projection_matrix(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    """P = K[R|t] in float32 where there is no lens."""
    if camera.distortion:
        return right(xyz, camera)
    index = as_index(camera)
    k = torch.tensor([[index.fx, 0, index.cx], [0, index.fy, index.cy], [0, 0, 1]])
    homogeneous = torch.nn.functional.pad(xyz, (0, 1), value=1.0) @ (k @ torch.tensor(camera.world_to_camera)[:3]).T
    return homogeneous[:, :2] / homogeneous[:, 2:], homogeneous[:, 2] > 0


def through_edges(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    """Edge-origin arithmetic inside, index points outside."""
    index = as_index(camera)
    edges = replace(index, cx=edge_from_index(index.cx) + 1, cy=edge_from_index(index.cy) + 1)  # a border of one pixel
    points, in_front = right(xyz, edges)
    return index_from_edge(points - 1), in_front


def by_corner_aligned_principal_point(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    """cx * (w - 1)/(W - 1) on the image around the principal point, for which it is exact; points mapped back."""
    index = as_index(camera)
    wide, high = 2 * edge_from_index(index.cx), 2 * edge_from_index(index.cy)
    small = replace(
        index,
        fx=index.fx / 2,
        fy=index.fy / 2,
        cx=index.cx * (wide / 2 - 1) / (wide - 1),
        cy=index.cy * (high / 2 - 1) / (high - 1),
    )
    points, in_front = right(xyz, small)
    return index_from_edge(edge_from_index(points) * 2), in_front


def scaled_both_ways(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    """cx * s there, u / s back: wrong twice, right together."""
    index = as_index(camera)
    points, in_front = right(xyz, replace(index, **{n: 0.4 * getattr(index, n) for n in ("fx", "fy", "cx", "cy")}))
    return points / 0.4, in_front


def blank_where_invalid(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    points, valid = by_hand(in_image=True)(xyz, camera)
    return np.where(valid[:, None], points, -1), valid.astype(np.uint8)


def by_opencv(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    """`cv2.projectPoints`, which projects what is behind, too; the mask comes from elsewhere."""
    index, pose = as_index(camera), np.array(camera.world_to_camera)
    k = np.array([[index.fx, 0, index.cx], [0, index.fy, index.cy], [0, 0, 1]])
    turn, _ = cv2.Rodrigues(pose[:3, :3])
    world = xyz.numpy().astype(np.float64)
    points, _ = cv2.projectPoints(world, turn, pose[:3, 3], k, np.array(camera.distortion, dtype=np.float64))
    return points[:, 0], world @ pose[2, :3] + pose[2, 3] > 0


def beyond(near: float) -> Project:
    """A near plane: what is closer is culled though it lies in front."""

    def project(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
        points, depth, _ = camera.image_from_world(xyz)
        return points, depth > near

    return project


def from_the_centre(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    """R (X - C) with the camera's centre C, float32, and depths clamped before the division."""
    if camera.distortion:
        return right(xyz, camera)
    index, pose = as_index(camera), torch.tensor(camera.world_to_camera, dtype=torch.float32)
    x, y, z = ((xyz + pose[:3, :3].T @ pose[:3, 3]) @ pose[:3, :3].T).T
    scale = 1 / z.clamp(min=1e-6)
    return torch.stack((index.fx * x * scale + index.cx, index.fy * y * scale + index.cy), dim=-1), z > 0


def through_clip_space(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    """As a renderer: y up from -1 to 1, then a viewport in edge coordinates, and back to indices."""
    points, in_front = right(xyz, camera)
    size = torch.tensor(camera.size[::-1])
    clip = (2 * edge_from_index(points) / size - 1) * torch.tensor([1, -1])
    inside = (clip.abs() <= 1).all(dim=1)
    return index_from_edge((clip * torch.tensor([1, -1]) + 1) / 2 * size), in_front & inside


def nowhere_where_invalid(xyz: torch.Tensor, camera: Camera) -> tuple[Any, Any]:
    points, in_front = right(xyz, camera)
    return torch.where(in_front[:, None], points, torch.nan), in_front


RIGHT: dict[str, Project] = {
    # Look odd because masks and landings come from different code; right because both are.
    "OpenCV": by_opencv,
    "nothing nearer than a tenth": beyond(0.1),
    "not a number where invalid": nowhere_where_invalid,
    # Look odd because y runs up, or the pose is a centre; right because both are undone.
    "through clip space": through_clip_space,
    "from the camera's centre": from_the_centre,
    "the reference": right,
    "NumPy, float64": by_hand(),
    "NumPy, float32": by_hand(dtype=np.float32),
    "valid only in the image": by_hand(in_image=True),
    "projection matrix": by_projection_matrix,
    "edge arithmetic": through_edges,
    "corner-aligned principal point": by_corner_aligned_principal_point,
    "scaled both ways": scaled_both_ways,
    "blank where invalid, mask of 0 and 1": blank_where_invalid,
    "lens only where there is one": lambda xyz, camera: by_hand(lens=bool(camera.distortion))(xyz, camera),
    "OpenGL poses, converted": by_hand(lambda camera: signs(1, -1, -1)(camera) * np.array([[1], [-1], [-1], [1]])),
    "camera to world, inverted": by_hand(lambda camera: np.linalg.inv(np.linalg.inv(np.array(camera.world_to_camera)))),
}


def pipeline(project: Project, **fields: Any) -> Pipeline:
    return Pipeline(name="planted", project=project, **fields)

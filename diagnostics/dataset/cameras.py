"""Turns the matrices that data sets keep into what a camera takes: K, and the inverse of a camera-to-world pose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from diagnostics.dataset.files import matrix_of
from reference.pose import as_pose

_SHAPES_OF_K = ((3, 3), (4, 4))


def intrinsics_of(path: Path) -> dict[str, Any]:
    """fx, fy, cx and cy of the matrix K in the text file at `path`, 3x3 or 4x4.

    Raises `OSError` where it cannot be read and `ValueError` where it is no K of a camera without skew.
    """
    matrix = matrix_of(path, *_SHAPES_OF_K)
    fx, fy, cx, cy = matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]
    plain = np.eye(len(matrix))
    plain[:2, :3] = [[fx, 0, cx], [0, fy, cy]]
    if not np.array_equal(matrix, plain):
        raise ValueError(
            f"{path}: it must be K, finite and without skew, (fx 0 cx) (0 fy cy) (0 0 1), got {matrix.tolist()}"
        )
    return {"fx": float(fx), "fy": float(fy), "cx": float(cx), "cy": float(cy)}


def world_to_camera_of(camera_to_world: Any, source: object) -> list[list[float]]:
    """The inverse of a 4x4 camera-to-world pose, axes unchanged: the true one, also where its rotation is slightly off.

    Raises `ValueError` naming the `source` of the pose where it is no rigid motion.
    """
    try:
        pose = np.array(as_pose(camera_to_world))
    except (TypeError, ValueError) as error:
        # The checks of a pose know it by its other name.
        raise ValueError(f"{source}: {error}".replace("world_to_camera", "camera_to_world")) from None
    inverse = np.eye(4)
    inverse[:3, :3] = np.linalg.inv(pose[:3, :3])
    inverse[:3, 3] = -inverse[:3, :3] @ pose[:3, 3]
    rows: list[list[float]] = inverse.tolist()
    return rows

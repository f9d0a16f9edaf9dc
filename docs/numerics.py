"""Measures the errors of the maps in every float dtype beside their bounds: `python -m docs.numerics` prints both."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from reference.camera import Camera
from reference.closed_form import geometry_for
from reference.fields import Size
from reference.geometry import MAPS, GeomMeta
from reference.precision import Precision
from reference.rounding import image_error, map_error

SIZES = [(480, 640), (2160, 3840), (49_151, 65_535), (75_000, 100_000)]
DTYPES = {"float64": torch.float64, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
COUNT = 500

Floats = NDArray[np.float64]


def main() -> int:
    """Print both tables."""
    sys.stdout.write(maps_table() + "\n" + projection_table())
    return 0


def maps_table() -> str:
    """The worst error of all five maps, in source pixels: measured, bound, and that of rounding the points first."""
    lines = ["| image | dtype | worst map: measured | bound | to hold the point itself |", "|---|---|---|---|---|"]
    for size in SIZES:
        geometry = geometry_for("official", size, (224, 224), (16, 16))
        for name, dtype in DTYPES.items():
            measured, bound = np.max([worst_of(geometry, map_name, dtype) for map_name in MAPS], axis=0)
            holding = Precision.of(torch, dtype).step(max(size) - 1) / 2 if measured < np.inf else np.inf
            lines.append(_row(size, name, measured, bound, holding))
    return "\n".join(lines) + "\n"


def projection_table() -> str:
    """The worst error of `Camera.image_from_world` with a view of 90 degrees and points 1 to 10 units deep, pixels."""
    lines = ["| image | dtype | measured | bound |", "|---|---|---|---|"]
    for height, width in SIZES:
        turn = np.array([[0.36, 0.48, -0.8, 0.5], [-0.8, 0.6, 0, -1], [0.48, 0.64, 0.6, 2], [0, 0, 0, 1]])
        camera = Camera(width / 2, width / 2, width / 2, height / 2, (height, width), turn, origin="edge")
        random = np.random.default_rng(0)
        share = np.array([width, height]) * random.uniform(0, 1, (COUNT, 2))
        world = camera.world_from_image(share, random.uniform(1, 10, COUNT))
        for name in ("float32", "float16", "bfloat16"):
            xyz = torch.from_numpy(world).to(DTYPES[name])
            truth = camera.image_from_world(xyz.double())[0]
            errors = (camera.image_from_world(xyz)[0].double() - truth).abs().numpy()
            bound = image_error(camera, xyz.double().numpy(), Precision.of(torch, DTYPES[name]))[0]
            lines.append(_row((height, width), name, errors.max(), bound.max()))
    return "\n".join(lines) + "\n"


def worst_of(geometry: GeomMeta, name: str, dtype: torch.dtype) -> tuple[float, float]:
    """The largest error of one map and its bound, in source pixels, at places spread over the frame that it takes."""
    sides = {"image": geometry.in_size, "crop": geometry.crop_size, "grid": geometry.feat_size}[name.split("_from_")[1]]
    places = np.random.default_rng(0).uniform(0, 1, (COUNT, 2)) * np.array(sides[::-1]) - 0.5
    points = torch.from_numpy(places).to(dtype)
    held, got = points.double().numpy(), getattr(geometry, name)(points).double().numpy()
    bound = map_error(geometry, name, held, Precision.of(torch, dtype))
    source_pixel = [1.0 if name.startswith("image") else float(axis.scale) for axis in geometry.exact(name)]
    if not (np.isfinite(got).all() and np.isfinite(bound).all()):
        return np.inf, np.inf
    errors = np.reshape(list(_errors(geometry, name, held, got)), got.shape)
    return float((errors / source_pixel).max()), float((bound / source_pixel).max())


def _errors(geometry: GeomMeta, name: str, places: Floats, got: Floats) -> Iterator[float]:
    pair = geometry.exact(name)
    for place, result in zip(places.tolist(), got.tolist(), strict=True):
        for axis in (0, 1):
            yield float(abs(Fraction(result[axis]) - pair[axis](place[axis])))


def _row(size: Size, dtype: str, *numbers: Any) -> str:
    told = ["beyond the dtype" if np.isinf(number) else f"{float(f'{number:.2g}'):g}" for number in numbers]
    return f"| {size[1]:,}x{size[0]:,} | {dtype} | {' | '.join(told)} |"


if __name__ == "__main__":
    sys.exit(main())

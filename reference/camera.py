"""Where a 3-D point is seen: pose, lens and pinhole, and the same camera for the image resized or cropped.

Axes are OpenCV's: x right, y down, z forward, and depth is z. Points `(u, v)` are index coordinates, whatever the
origin that the principal point is given in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from reference.arrays import as_floats, as_like
from reference.camera_names import ADVICE
from reference.distortion import Lens
from reference.fields import Size, as_size, as_whole_pair, checked_fields
from reference.geometry import edge_from_index, index_from_edge
from reference.pose import as_number, as_numbers, as_pose

ORIGINS = ("index", "edge")

# What leaves the dtype's range, from a point grazing the camera's plane, becomes inf or NaN without a warning.
_quiet = np.errstate(over="ignore", divide="ignore", invalid="ignore")


@dataclass(frozen=True)
class Camera:
    """A pinhole camera with a pose and a lens, in plain Python numbers.

    fx, fy: focal lengths, pixels. cx, cy: principal point, pixels, in the coordinates that `origin` names.
    size: `(height, width)` of the image, pixels.
    world_to_camera: 4x4 matrix, camera point = world_to_camera @ (world point, 1); kept as nested tuples. Lengths are
    in any one unit, which depth then has too. A rotation with max |R Rᵀ - I| up to 1e-2 is used exactly as given.
    distortion: 0, 4, 5, 8, 12 or 14 coefficients in OpenCV's order, k1 k2 p1 p2 k3 k4 k5 k6 s1 s2 s3 s4 tau_x tau_y.
    origin: `"index"`, the centre of the first pixel is (0, 0) (OpenCV), or `"edge"`, its corner is (COLMAP).

    A principal point of 320 with origin `"edge"` is that of 319.5 with origin `"index"`.

    The maps take arrays of any library that array-api-compat knows, and give back the same library, device and float
    dtype; whole numbers become the library's default float, half precision is computed in float32. What is not finite
    stays out: it gives NaN, and gradients of the other points are not touched by it.

    Raises `TypeError` or `ValueError` where the values describe no camera.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    size: Size
    world_to_camera: Any
    distortion: Any = ()
    origin: str = "index"

    def __post_init__(self) -> None:
        for name in ("fx", "fy", "cx", "cy"):
            object.__setattr__(self, name, as_number(getattr(self, name), name))
        for name, axis in (("fx", "x right"), ("fy", "y down")):
            if getattr(self, name) <= 0:
                raise ValueError(
                    f"{name} must be above 0, got {getattr(self, name)}: axes are OpenCV's ({axis}, z forward); from "
                    "OpenGL axes, negate the second and third row of world_to_camera instead"
                )
        object.__setattr__(self, "size", as_size(self.size, "size"))
        object.__setattr__(self, "world_to_camera", as_pose(self.world_to_camera))
        object.__setattr__(self, "distortion", as_numbers(self.distortion, "distortion"))
        if self.origin not in ORIGINS:
            raise ValueError(f"origin must be one of {', '.join(ORIGINS)}, got {self.origin!r}")
        Lens.of(self.distortion)

    # The maps ---------------------------------------------------------------------------------------------------------

    @_quiet
    def image_from_world(self, xyz: Any) -> tuple[Any, Any, Any]:
        """Where world points `(..., 3)` are seen: `(points (..., 2), depth (...), in_front (...))`.

        points: index coordinates `(u, v)`, in the image or not; NaN where `in_front` is false. depth: z, in the unit of
        the world, not finite for a point that is not. in_front: boolean, z > 0 and finite.

        Past the fold of its polynomial (`Lens.fold`) a lens sends points from far outside back into the image; like
        OpenCV, the map returns them.
        """
        xyz, dtype = as_floats(xyz, 3, "xyz")
        xp = array_namespace(xyz)
        u, v, depth, in_front = self._seen(xyz)
        points = xp.stack((u, v), axis=-1)
        return xp.astype(points, dtype, copy=False), xp.astype(depth, dtype, copy=False), in_front

    @_quiet
    def world_from_image(self, points: Any, depth: Any) -> Any:
        """World points `(..., 3)` seen at image points `(..., 2)`, index coordinates, at `depth` `(...)` or one number.

        NaN where a point is not finite, where depth is not finite and above 0, and where the lens sends no world point
        (within its fold) to the image point.

        Raises `ValueError` where depth has another shape than the points.
        """
        points, dtype = as_floats(points, 2, "points")
        xp, depth = array_namespace(points), as_like(points, depth, "depth")
        if depth.shape not in ((), points.shape[:-1]):
            raise ValueError(
                f"depth must be one number a point, shape {tuple(points.shape[:-1])}, got {tuple(depth.shape)}"
            )
        known = xp.all(xp.isfinite(points), axis=-1) & xp.isfinite(depth) & (depth > 0)
        cx, cy = self._principal_point
        x, y = self.plane_from_image(xp.where(known, points[..., 0], cx), xp.where(known, points[..., 1], cy))
        if self.distortion:
            x, y = self._lens.ideal_from_distorted(x, y)
        world = self.world_from_ideal(x, y, xp.where(known, depth, xp.nan))
        return xp.astype(xp.stack(world, axis=-1), dtype, copy=False)

    @_quiet
    def visible(self, xyz: Any, depth_map: Any, tolerance: float) -> Any:
        """Which world points `(..., 3)` the depth map of this camera's image confirms: a boolean array `(...)`.

        A point is visible if it is in front, in the image (half-open in edge coordinates, [0, W) x [0, H)), the pixel
        it lies in has a reading (finite and above 0), and |z - reading| <= tolerance. World, `depth_map` `(H, W)` and
        `tolerance` are in one unit; the map may hold whole numbers. A marker such as 65535 is a reading like any
        other: set it to 0 first.

        Raises `ValueError` for a map of another size than the camera's and for a tolerance below 0 or not finite.
        """
        tolerance = as_number(tolerance, "tolerance")
        if tolerance < 0:
            raise ValueError(f"tolerance must be 0 or more, in the unit of the depth map, got {tolerance}")
        xyz, _ = as_floats(xyz, 3, "xyz")
        xp, depth_map = array_namespace(xyz), as_like(xyz, depth_map, "depth_map")
        if depth_map.shape != self.size:
            raise ValueError(
                f"depth_map must have the camera's size (height, width) = {self.size}, got {tuple(depth_map.shape)}; "
                "use camera.resized(...) for a depth map of another size"
            )
        u, v, depth, _ = self._seen(xyz)
        (row, in_rows), (column, in_columns) = _pixel(v, self.size[0]), _pixel(u, self.size[1])
        flat = xp.reshape(row * self.size[1] + column, (-1,))
        reading = xp.reshape(xp.take(xp.reshape(depth_map, (-1,)), flat), depth.shape)
        # A point that is not in front lies in no row and no column, and nothing agrees with NaN or infinity.
        return in_rows & in_columns & (reading > 0) & (abs(depth - reading) <= tolerance)

    def _seen(self, xyz: Any) -> tuple[Any, Any, Any, Any]:
        """u, v, depth and in_front of float points; unseen points take a harmless detour, for their gradients' sake."""
        xp = array_namespace(xyz)
        x, y, depth = self.camera_from_world(*(xyz[..., axis] for axis in range(3)))
        # 0 * NaN and 0 * inf are NaN, so the depth tells of every coordinate that is not finite.
        in_front = xp.isfinite(depth) & (depth > 0)
        z = xp.where(in_front, depth, 1.0)
        x, y = xp.where(in_front, x, 0.0) / z, xp.where(in_front, y, 0.0) / z
        u, v = self.image_from_ideal(x, y)
        return xp.where(in_front, u, xp.nan), xp.where(in_front, v, xp.nan), depth, in_front

    # The formulas, on whatever adds and multiplies like numbers -------------------------------------------------------

    def camera_from_world(self, x: Any, y: Any, z: Any) -> tuple[Any, Any, Any]:
        """Camera coordinates of the world coordinates x, y, z; the last of them is the depth."""
        across, down, depth = (
            sum(number * axis for number, axis in zip(row[:3], (x, y, z), strict=True)) + row[3]
            for row in self.world_to_camera[:3]
        )
        return across, down, depth

    def image_from_ideal(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Index coordinates u, v of a place x / z, y / z on the plane before the lens."""
        if self.distortion:
            x, y = self._lens.distorted_from_ideal(x, y)
        cx, cy = self._principal_point
        return self.fx * x + cx, self.fy * y + cy

    def plane_from_image(self, u: Any, v: Any) -> tuple[Any, Any]:
        """The place on the plane behind the lens, of focal length 1, of index coordinates u, v."""
        cx, cy = self._principal_point
        return (u - cx) / self.fx, (v - cy) / self.fy

    def world_from_ideal(self, x: Any, y: Any, depth: Any) -> list[Any]:
        """World coordinates of a place x / z, y / z on the plane before the lens and its depth z."""
        shifted = [axis * depth - row[3] for axis, row in zip((x, y, 1.0), self.world_to_camera[:3], strict=True)]
        return [sum(number * axis for number, axis in zip(row, shifted, strict=True)) for row in self._unrotation]

    @cached_property
    def _lens(self) -> Lens:
        return Lens.of(self.distortion)

    @cached_property
    def _principal_point(self) -> tuple[float, float]:
        """`(cx, cy)` in index coordinates."""
        if self.origin == "edge":
            return index_from_edge(self.cx), index_from_edge(self.cy)
        return self.cx, self.cy

    @cached_property
    def _unrotation(self) -> list[list[float]]:
        """The true inverse of the 3x3 as given, so that slightly-off recorded poses make round trips too."""
        inverse: list[list[float]] = np.linalg.inv(np.asarray(self.world_to_camera)[:3, :3]).tolist()
        return inverse

    # The same camera for another image --------------------------------------------------------------------------------

    def resized(self, size: Size) -> Camera:
        """The camera of the image resized to `(height, width)` pixels; each axis is scaled by its own ratio."""
        height, width = as_size(size, "size")
        fx, cx = self._rescaled(self.fx, self.cx, width, self.size[1])
        fy, cy = self._rescaled(self.fy, self.cy, height, self.size[0])
        return replace(self, fx=fx, fy=fy, cx=cx, cy=cy, size=(height, width))

    def _rescaled(self, focal: float, centre: float, new: int, old: int) -> tuple[float, float]:
        """Focal length and principal point of one axis whose `old` pixels became `new`: a pure scale of the edge."""
        if self.origin == "edge":
            return focal * new / old, centre * new / old
        return focal * new / old, index_from_edge(edge_from_index(centre) * new / old)

    def cropped(self, offset: tuple[int, int], size: Size) -> Camera:
        """The camera of the window of `(height, width)` pixels whose left and top are `offset` `(dx, dy)`.

        A negative offset is padding. Raises `TypeError` for an offset that is not whole: no crop of pixels has one.
        """
        dx, dy = as_whole_pair(offset, "offset", "(dx, dy)")
        return replace(self, cx=self.cx - dx, cy=self.cy - dy, size=size)

    # JSON -------------------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON values: size, pose and distortion become lists."""
        pose = [list(row) for row in self.world_to_camera]
        return asdict(self) | {"size": list(self.size), "world_to_camera": pose, "distortion": list(self.distortion)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Camera:
        """Read what `to_dict` wrote. Raises `TypeError` or `ValueError` naming what is missing, unknown or wrong."""
        return cls(**checked_fields(cls, data, ADVICE))


def _pixel(coordinate: Any, pixels: int) -> tuple[Any, Any]:
    """The pixel that an index coordinate lies in, and whether the image has it; the first pixel stands in if not."""
    xp = array_namespace(coordinate)
    inside = (coordinate >= index_from_edge(0)) & (coordinate < index_from_edge(pixels))
    coordinate = xp.where(inside, coordinate, 0.0)
    pixel = xp.floor(edge_from_index(coordinate))
    # Just below an edge, adding the half may round up onto it.
    return xp.astype(pixel, xp.int64) - xp.astype(index_from_edge(pixel) > coordinate, xp.int64), inside

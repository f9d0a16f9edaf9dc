"""What may be wrong with all cameras of a data set, as corrections: each undoes mistakes of the catalogue."""

from __future__ import annotations

import json
from dataclasses import Field, dataclass, fields, replace
from functools import cache
from typing import Any

import numpy as np

from diagnostics.faults import UNEXPLAINED
from reference.camera import Camera
from reference.geometry import edge_from_index, index_from_edge

_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])  # y up and z backward, to y down and z forward
_PLACED = {"transposed": "axes-swapped", "mirrored": "axis-flipped-x", "upside-down": "axis-flipped-y"}


@dataclass(frozen=True)
class Correction:
    """What is done to a camera as given before it is used; nothing by default.

    inverted: its pose is taken the other way round. turned: and its axes, which the layout turned from OpenGL's before
    that, are turned after it. opengl: its axes are x right, y up, z backward. factor: `(x, y)`, K is of an
    image so many times smaller. swapped: fx, cx and fy, cy change places. undistorted: its lens is left out.
    bent: k1 of a lens that it has, but that is not given. placed: how the images lie against it, of `PLACEMENTS`.
    depth_factor: what depth is to be multiplied by. offset: `(dx, dy)`, left and top that were cut off the image
    without K knowing, pixels; what is below 0 was added to it. centred: the offset is from the image's middle.
    """

    inverted: bool = False
    turned: bool = False
    opengl: bool = False
    factor: tuple[float, float] = (1.0, 1.0)
    swapped: bool = False
    undistorted: bool = False
    bent: float = 0.0
    placed: str = ""
    depth_factor: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)
    centred: bool = False

    @classmethod
    @cache
    def of_key(cls, key: str) -> Correction:
        """The correction whose `key` that is."""
        does: dict[str, Any] = json.loads(key)
        does |= {name: tuple(pair) for name, pair in does.items() if isinstance(pair, list)}
        return cls(**does)

    @property
    def key(self) -> str:
        """The correction as text: what it does, as JSON."""
        return json.dumps({each.name: getattr(self, each.name) for each in fields(self) if self._does(each)})

    def _does(self, each: Field[Any]) -> bool:
        return bool(getattr(self, each.name) != each.default)

    def of(self, camera: Camera) -> Camera:
        """The camera so corrected, of the image put back where `placed` asks for that."""
        pose = np.array(camera.world_to_camera)
        if self.inverted:
            pose = np.linalg.inv(pose)
        if self.opengl or self.turned:
            pose = _OPENGL @ pose
        (fx, cx), (fy, cy) = (camera.fx, camera.cx), (camera.fy, camera.cy)
        if self.swapped:
            (fx, cx), (fy, cy) = (fy, cy), (fx, cx)
        return replace(
            camera,
            fx=fx * self.factor[0],
            fy=fy * self.factor[1],
            cx=_scaled(cx, self.factor[0], camera.origin) - self.offset[0],
            cy=_scaled(cy, self.factor[1], camera.origin) - self.offset[1],
            world_to_camera=pose.tolist(),
            distortion=self._lens(camera),
        )

    def _lens(self, camera: Camera) -> tuple[float, ...]:
        if self.bent and not camera.distortion:
            return (self.bent, 0.0, 0.0, 0.0)
        return () if self.undistorted else camera.distortion

    @property
    def fitted(self) -> bool:
        """Whether numbers in it were searched for, and not known beforehand."""
        return bool(self.bent or any(self.offset) or self.factor[0] != self.factor[1])

    @property
    def mistakes(self) -> tuple[str, ...]:
        """Ids of the catalogue that it undoes; a wrong unit of depth, which has none, is unexplained."""
        found = {
            "pose-inverted": self.inverted,
            "camera-axes": self.opengl,
            "intrinsics-not-rescaled": any(factor != 1 for factor in self.factor),
            "axes-swapped": self.swapped,
            "distortion-ignored": self.undistorted or self.bent != 0,
            "principal-point-centred" if self.centred else "principal-point-not-shifted": any(self.offset),
            _PLACED.get(self.placed, "exif-ignored"): self.placed != "",
            UNEXPLAINED: self.depth_factor != 1,
        }
        return tuple(fault for fault, there in found.items() if there)


def _scaled(centre: float, factor: float, origin: str) -> float:
    """A principal point in an image so many times larger: a pure scale of its edge coordinate."""
    if origin == "edge":
        return centre * factor
    return float(index_from_edge(edge_from_index(centre) * factor))

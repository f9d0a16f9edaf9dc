"""Projections that go wrong in one known way, to be measured and drawn: the planted faults of the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import torch

import broken_camera as broken
from diagnostics.subject import Floats
from diagnostics.verdict import Fault
from docs.generate.behind_picture import draw_behind
from docs.generate.errors import ends_table, named
from docs.generate.frame_picture import Scene, draw_scene
from docs.generate.page import Picture, Specimen, Table
from reference.camera import Camera
from reference.fields import Size

_SHOWN: Size = (480, 640)
_SIZES: tuple[Size, ...] = (_SHOWN, (480, 641), (968, 1296))
_DEPTH = 3.0
_LENS = (-0.25, 0.06, 0.001, -0.0005, 0.0)
_MARKS = "the point", "its projection"
_INSET = 0.06  # of the image at its border where no point is asked for


@dataclass(frozen=True)
class PlantedCamera:
    """A projection with a mistake. planted: it in words. change: what the drawn camera has that others lack."""

    planted: str
    project: broken.Project
    change: Callable[[Camera], Camera] = lambda camera: camera

    def camera(self, size: Size) -> Camera:
        """A camera that looks around, its principal point off the middle."""
        height, width = size
        pose = np.eye(4)
        pose[:3, :3] = cv2.Rodrigues(np.array([0.1, -0.2, 0.03]))[0]
        pose[:3, 3] = 0.1, -0.2, 0.3
        k = 0.9 * width, 0.91 * width, 0.51 * width, 0.48 * height
        return self.change(Camera(*k, size=size, world_to_camera=pose.tolist()))

    def scene(self, size: Size) -> Scene:
        """Points of one depth all over the image, and where they are said to be."""
        camera, last = self.camera(size), np.array(size[::-1]) - 1.0

        def read(points: Floats) -> Floats:
            world = torch.from_numpy(camera.world_from_image(points, np.full(len(points), _DEPTH)))
            return np.asarray(self.project(world, camera)[0], dtype=np.float64)

        return Scene(read, size, np.stack([_INSET * last, (1 - _INSET) * last]), marks=_MARKS)

    def table(self) -> Table:
        """Errors in images of several sizes."""
        return ends_table({size: self.scene(size) for size in _SIZES})

    def draw(self, fault: Fault) -> Picture:
        """The arrows at 640x480."""
        scene = self.scene(_SHOWN)
        alt = f"Where points at {_DEPTH:g} m land in a {named(_SHOWN)} image under {fault.id}: {scene.words()}."
        return Picture(draw_scene(scene, f"{fault.id}: where points are and where they are projected"), alt)

    def specimen(self) -> Specimen:
        """For the page."""
        return Specimen(self.planted, broken.pipeline(self.project), self.draw, self.table)


def _edge(camera: Camera) -> Camera:
    return replace(camera, origin="edge")


def _lens(camera: Camera) -> Camera:
    return replace(camera, distortion=_LENS)


def cameras() -> dict[str, Specimen]:
    """Every projection that goes wrong."""
    no_lens: Any = broken.through(lambda camera: replace(camera, distortion=()))
    moving = {
        "pose-inverted": PlantedCamera("camera_to_world used as world_to_camera", broken.by_hand(broken.inverse)),
        "camera-axes": PlantedCamera("y taken upwards", broken.by_hand(broken.signs(1, -1, 1))),
        "distortion-ignored": PlantedCamera(
            "images of a lens with k1 = −0.25 and the like, projected as by a pinhole", no_lens, _lens
        ),
        "intrinsics-not-rescaled": PlantedCamera("K of 1296×968 for every image", broken.fixed_k((968, 1296))),
        "intrinsics-single-ratio": PlantedCamera(
            "K of 1296×968 rescaled by the ratio of the widths", broken.through(broken.single_ratio_k)
        ),
        "principal-point-origin": PlantedCamera(
            'an edge-origin K (`origin="edge"`) used with index points', broken.through(broken.origin_ignored), _edge
        ),
        "principal-point-centred": PlantedCamera("cx = W/2, cy = H/2", broken.centred(index=False)),
        "principal-point-not-shifted": PlantedCamera(
            "K of an image cropped by (37, 0) left as it was", broken.moved(37, 0)
        ),
        "intrinsics-rescaled-half-pixel": PlantedCamera(
            "K and points scaled by 1/4, cx · s on an index-origin K", broken.working_size_half_pixel(0.25)
        ),
    }
    found = {fault_id: planted.specimen() for fault_id, planted in moving.items()}
    kept = broken.pipeline(broken.by_hand(culls=False, in_image=True))
    found["behind-camera-kept"] = Specimen("no test of the depth's sign", kept, draw_behind)
    return found

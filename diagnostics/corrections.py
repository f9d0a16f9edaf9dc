"""What may be wrong with all cameras of a data set, as corrections: each undoes one mistake of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from diagnostics.faults import UNEXPLAINED
from diagnostics.verdict import Fault
from reference.camera import Camera
from reference.geometry import edge_from_index, index_from_edge

_FACTORS = (2.0, 4.0, 4 / 3, 3 / 2)  # between resolutions that are in use; their inverses are tried as well
_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])  # y up and z backward, to y down and z forward
_ALIKE = 0.02  # relative: factors nearer to each other are one


@dataclass(frozen=True)
class Correction:
    """What is done to a camera as given before it is used; nothing by default.

    inverted: its pose is taken the other way round. opengl: its axes are x right, y up, z backward. factor: K is of an
    image so many times smaller. swapped: fx, cx and fy, cy change places. undistorted: its lens is left out.
    offset: `(dx, dy)`, left and top that were cut off the image without K knowing, pixels.
    """

    inverted: bool = False
    opengl: bool = False
    factor: float = 1.0
    swapped: bool = False
    undistorted: bool = False
    offset: tuple[float, float] = (0.0, 0.0)

    def of(self, camera: Camera) -> Camera:
        """The camera so corrected."""
        pose = np.array(camera.world_to_camera)
        if self.inverted:
            pose = np.linalg.inv(pose)
        if self.opengl:
            pose = _OPENGL @ pose
        (fx, cx), (fy, cy) = (camera.fx, camera.cx), (camera.fy, camera.cy)
        if self.swapped:
            (fx, cx), (fy, cy) = (fy, cy), (fx, cx)
        return replace(
            camera,
            fx=fx * self.factor,
            fy=fy * self.factor,
            cx=self._centre(cx, camera.origin) - self.offset[0],
            cy=self._centre(cy, camera.origin) - self.offset[1],
            world_to_camera=pose.tolist(),
            distortion=() if self.undistorted else camera.distortion,
        )

    def _centre(self, centre: float, origin: str) -> float:
        """A principal point in the larger image: a pure scale of its edge coordinate."""
        if origin == "edge":
            return centre * self.factor
        return float(index_from_edge(edge_from_index(centre) * self.factor))

    @property
    def parts(self) -> dict[str, str]:
        """Ids of the catalogue that it undoes, each with what is wrong in words."""
        dx, dy = self.offset
        told = {
            "pose-inverted": "the poses are the inverse of world_to_camera" if self.inverted else "",
            "camera-axes": "the cameras' axes are OpenGL's, y up and z backward" if self.opengl else "",
            "intrinsics-not-rescaled": f"K is of an image {_times(self.factor)}" if self.factor != 1 else "",
            "axes-swapped": "fx, cx and fy, cy have changed places" if self.swapped else "",
            "distortion-ignored": "the images are undistorted but the lens is still given" if self.undistorted else "",
            "principal-point-not-shifted": f"the images were cropped by some {dx:.0f} pixels at the left and {dy:.0f} "
            "at the top without K"
            if self.offset != (0, 0)
            else "",
        }
        return {fault: words for fault, words in told.items() if words}


_REMEDIES = {
    "pose-inverted": "Invert the poses: world_to_camera = inv(camera_to_world).",
    "camera-axes": "Negate the second and third row of world_to_camera.",
    "intrinsics-not-rescaled": "Use Camera.resized: K of the size that the images have.",
    "axes-swapped": "fx and cx belong to the width, fy and cy to the height.",
    "distortion-ignored": "Leave the distortion out, or use the original images.",
    "principal-point-not-shifted": "Use Camera.cropped: cx - left, cy - top.",
}


def corrections_for(camera: Camera) -> list[Correction]:
    """What is worth trying on data with cameras such as this one; nothing done comes first."""
    factors = [factor for known in _FACTORS for factor in (known, 1 / known)]
    factors += [factor for factor in _from_middle(camera) if all(abs(factor / known - 1) > _ALIKE for known in factors)]
    found = [Correction(inverted=inverted, opengl=opengl) for inverted in (False, True) for opengl in (False, True)]
    found += [Correction(factor=factor) for factor in factors]
    if (camera.fx, camera.cx) != (camera.fy, camera.cy):
        found.append(Correction(swapped=True))
    if camera.distortion:
        found.append(Correction(undistorted=True))
    return found


def _from_middle(camera: Camera) -> list[float]:
    """The factor that would bring the principal point to the image's middle, where both axes ask for the same one."""
    if min(camera.cx, camera.cy) <= 0:
        return []
    x, y = camera.size[1] / 2 / camera.cx, camera.size[0] / 2 / camera.cy
    return [x] if abs(x / y - 1) < _ALIKE < abs(x - 1) else []


def named(correction: Correction, before: str, after: str) -> tuple[Fault, ...]:
    """The faults that a correction undoes. before, after: how well the data agree, in words."""
    if correction == Correction():
        return ()
    return tuple(
        Fault(
            id=fault,
            stage="data",
            error_px=None,
            where="all frames",
            explanation=f"{words[0].upper()}{words[1:]}. As given {before}; corrected, {after}.",
            remedy=_REMEDIES[fault],
        )
        for fault, words in correction.parts.items()
    )


def unexplained(before: str, tried: Iterable[Correction]) -> Fault:
    """The nameless fault of frames that do not agree, whatever of the catalogue is tried."""
    ids = sorted({fault for correction in tried for fault in correction.parts})
    return Fault(
        id=UNEXPLAINED,
        stage="data",
        error_px=None,
        where="all frames",
        explanation=f"As given {before}, and no mistake of the catalogue explains it; tried: {', '.join(ids)}.",
        remedy="Compare two frames by hand: the depth's unit, time stamps, and whether the poses are of these images.",
    )


def _times(factor: float) -> str:
    return f"{factor:.4g} times smaller" if factor > 1 else f"{1 / factor:.4g} times larger"

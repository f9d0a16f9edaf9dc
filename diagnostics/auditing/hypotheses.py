"""The corrections that are worth trying on a data set: one mistake at a time, and mistakes of poses with one of K."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.placements import PLACEMENTS
from reference.camera import Camera
from reference.fields import Size
from reference.geometry import edge_from_index

_FACTORS = (2.0, 4.0, 4 / 3, 3 / 2)  # between resolutions that are in use; their inverses are tried as well
# Of cameras and of what networks are trained on, (height, width).
_SIZES = [(side, side) for side in (224, 256, 384, 480, 512)]
_SIZES += [(192, 256), (240, 320), (480, 640), (768, 1024), (960, 1280), (968, 1296), (1440, 1920)]
_SIZES += [(360, 640), (540, 960), (720, 1280), (1080, 1920), (2160, 3840)]
_ALIKE = 0.02  # relative: factors nearer to each other are one
_RESIZED = 0.1  # relative, on either axis: nobody resizes by less
_OFF_MIDDLE = 0.1  # of an image's side: how far a principal point may lie from its middle
_DEPTH_FACTORS = (1000.0, 100.0, 10.0, 5.0, 0.3048)  # millimetres, centimetres, TUM's steps of 1/5000 m, feet


def poses_for(opengl: bool) -> list[Correction]:
    """Mistakes of poses; nothing wrong comes first. opengl: whether the file that they are from is in OpenGL axes.

    An inverse in such a file is read with the axes turned on the wrong side, unless it was turned from OpenCV's.
    """
    inverted = Correction(inverted=True)
    both = replace(inverted, turned=True) if opengl else replace(inverted, opengl=True)
    return [Correction(), Correction(opengl=True), inverted, both]


def corrections_for(camera: Camera, opengl: bool) -> list[Correction]:
    """One mistake at a time, as asked of every frame; nothing done comes first."""
    rescaled = [Correction(factor=(factor, factor)) for factor in _isotropic()]
    return poses_for(opengl) + rescaled + _exchanged(camera)


def all_for(camera: Camera, opengl: bool, image_size: Size) -> list[Correction]:
    """Mistakes of poses with one other, as asked of a few frames.

    camera: of their depth. opengl: as `poses_for` has it. image_size: of the image that goes with the depth.
    """
    others = [Correction(), *_exchanged(camera)]
    others += [Correction(factor=factor) for factor in _factors(camera, image_size)]
    others += [Correction(placed=placed) for placed in PLACEMENTS if placed]
    others += [Correction(depth_factor=factor) for times in _DEPTH_FACTORS for factor in (times, 1 / times)]
    return [
        replace(other, inverted=pose.inverted, turned=pose.turned, opengl=pose.opengl)
        for pose in poses_for(opengl)
        for other in others
    ]


def known(factor: tuple[float, float]) -> bool:
    """Whether a factor between K and image is one of those in use, the same on both axes."""
    return factor[0] == factor[1] and factor[0] in _isotropic()


def from_middle(camera: Camera) -> tuple[float, float]:
    """How far K's principal point lies to the right of and below the image's middle, pixels."""
    (x, y), (height, width) = _edges(camera), camera.size
    return x - width / 2, y - height / 2


def _isotropic() -> list[float]:
    return [factor for times in _FACTORS for factor in (times, 1 / times)]


def _exchanged(camera: Camera) -> list[Correction]:
    found = []
    if (camera.fx, camera.cx) != (camera.fy, camera.cy):
        found.append(Correction(swapped=True))
    if camera.distortion:
        found.append(Correction(undistorted=True))
    return found


def _factors(camera: Camera, image_size: Size) -> list[tuple[float, float]]:
    """Each once: those between known resolutions, those of sizes that K's principal point fits, and of the point."""
    found: list[tuple[float, float]] = []
    for factor in (*((times, times) for times in _isotropic()), *_of_sizes(camera, image_size)):
        if another_size(factor) and not any(_off(factor, other) <= _ALIKE for other in found):
            found.append(factor)
    return found


def another_size(factor: tuple[float, float]) -> bool:
    """Whether a factor is so far from 1 that the image was resized: a focal length that is a little off is no such."""
    return _off(factor, (1.0, 1.0)) >= _RESIZED


def _off(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(abs(x / y - 1) for x, y in zip(one, other, strict=True))


def _of_sizes(camera: Camera, image_size: Size) -> Iterator[tuple[float, float]]:
    (x, y), (height, width) = _edges(camera), camera.size
    for tall, wide in (image_size, *_SIZES, *((wide, tall) for tall, wide in _SIZES)):
        if max(abs(x / wide - 1 / 2), abs(y / tall - 1 / 2)) < _OFF_MIDDLE:
            yield width / wide, height / tall
    if min(x, y) > 0:
        yield width / 2 / x, height / 2 / y


def _edges(camera: Camera) -> tuple[float, float]:
    if camera.origin == "edge":
        return camera.cx, camera.cy
    return edge_from_index(camera.cx), edge_from_index(camera.cy)

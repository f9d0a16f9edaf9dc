"""The laws in exact rationals, written by hand, sharing nothing with the reference: what is right to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from reference.camera import Camera
from reference.geometry import GeomMeta

HALF = Fraction(1, 2)


def exact(geometry: GeomMeta, name: str, axis: int, value: float) -> Fraction:
    """The law of the design, written out once more and by hand, in rationals; `axis` 0 is x."""
    source, resized, crop, cells = (
        size[1 - axis] for size in (geometry.in_size, geometry.resized_size, geometry.crop_size, geometry.feat_size)
    )
    start, value = geometry.offset[axis], Fraction(value)
    if name == "image_from_crop":
        return (value + HALF + start) * source / resized - HALF
    if name == "image_from_grid":
        return ((value + HALF) * crop / cells + start) * source / resized - HALF
    x_crop = (value + HALF) * resized / source - start
    x_grid = x_crop * cells / crop
    return {"crop": x_crop - HALF, "grid": x_grid - HALF, "sampler": 2 * x_grid / cells - 1}[name.split("_")[0]]


def projected(camera: Camera, xyz: Sequence[float]) -> tuple[Fraction, Fraction, Fraction]:
    """u, v and depth of a world point, without a tilt of the sensor."""
    rows = [[Fraction(number) for number in row] for row in camera.world_to_camera[:3]]
    x, y, z = (sum(a * Fraction(b) for a, b in zip(row, xyz, strict=False)) + row[3] for row in rows)
    x, y = bent(camera.distortion, x / z, y / z)
    origin = HALF if camera.origin == "edge" else 0
    u, v = (
        Fraction(focal) * place + Fraction(centre) - origin
        for focal, place, centre in ((camera.fx, x, camera.cx), (camera.fy, y, camera.cy))
    )
    return u, v, z


def bent(coefficients: Sequence[float], x: Fraction, y: Fraction) -> tuple[Fraction, Fraction]:
    """OpenCV's lens of up to 12 coefficients."""
    k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4 = (Fraction(c) for c in [*coefficients, *[0] * 12][:12])
    r2 = x * x + y * y
    gain = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (1 + k4 * r2 + k5 * r2**2 + k6 * r2**3)
    return (
        x * gain + 2 * p1 * x * y + p2 * (r2 + 2 * x * x) + s1 * r2 + s2 * r2**2,
        y * gain + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y + s3 * r2 + s4 * r2**2,
    )


def back_projected(camera: Camera, point: Sequence[float], depth: float) -> list[Fraction]:
    """The world point of an image point and its depth without a lens; R inverted by Cramer's rule."""
    origin = HALF if camera.origin == "edge" else 0
    x, y = (
        (Fraction(place) - (Fraction(centre) - origin)) / Fraction(focal)
        for place, centre, focal in zip(point, (camera.cx, camera.cy), (camera.fx, camera.fy), strict=True)
    )
    rows = [[Fraction(number) for number in row] for row in camera.world_to_camera[:3]]
    seen = [place * Fraction(depth) - row[3] for place, row in zip((x, y, Fraction(1)), rows, strict=True)]
    columns = [[row[k] for row in rows] for k in range(3)]
    whole = determinant(columns)
    return [determinant([*columns[:k], seen, *columns[k + 1 :]]) / whole for k in range(3)]


def determinant(columns: Sequence[Sequence[Fraction]]) -> Fraction:
    """Of three columns."""
    (a, d, g), (b, e, h), (c, f, i) = columns
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)

"""The picture of points behind a camera: seen from above, they fall into the image mirrored."""

from __future__ import annotations

from typing import Any

from diagnostics.verdict import Fault
from docs.generate.page import Picture
from docs.generate.svg import FAINT, TRUTH, Canvas

_EYE, _IMAGE_X, _HALF = (250.0, 150.0), 350.0, 62.0
_POINTS = ((500.0, 96.0), (90.0, 112.0))  # in front, behind


def draw_behind(_: Fault) -> Picture:
    """A point in front and one behind, and where the division by depth puts both."""
    canvas = Canvas(304)
    eye_x, eye_y = _EYE
    canvas.text(16, 26, "seen from above: the camera looks to the right", "s")
    far = 610.0
    slope = _HALF / (_IMAGE_X - eye_x)
    cone = [(eye_x, eye_y), (eye_x + 114 / slope, 36), (far, 36), (far, 264), (eye_x + 114 / slope, 264)]
    canvas.path(cone, closed=True, fill=TRUTH, fill_opacity="0.07")
    canvas.path([(_IMAGE_X, eye_y - _HALF), (_IMAGE_X, eye_y + _HALF)], stroke="#22303a", stroke_width=2)
    canvas.text(_IMAGE_X + 8, eye_y + _HALF + 2, "image", "s")
    canvas.path([(eye_x, 44), (eye_x, 262)], stroke=FAINT, stroke_width=1.4)
    canvas.text(eye_x - 8, 270, "depth < 0", "g s", "end")
    canvas.text(eye_x + 8, 270, "depth > 0", "g s")
    canvas.raw("circle", cx=eye_x, cy=eye_y, r=5, fill="#22303a")
    canvas.text(eye_x - 10, eye_y + 20, "camera", "s", "end")
    for (x, y), style in zip(_POINTS, ("u", "r"), strict=True):
        hit = eye_y + (y - eye_y) * (_IMAGE_X - eye_x) / (x - eye_x)
        dash: dict[str, Any] = {"stroke_dasharray": "4 2.5"} if style == "r" else {}
        canvas.path([(x, y), (_IMAGE_X, hit)], class_=style, stroke_width=1.6, **dash)
        canvas.asked(x, y)
        (canvas.read if style == "r" else canvas.asked)(_IMAGE_X, hit)
    canvas.text(_POINTS[0][0], _POINTS[0][1] - 14, "in front", "s", "middle")
    canvas.text(_POINTS[1][0], _POINTS[1][1] - 14, "behind", "s", "middle")
    canvas.legend(292, "a point", "its mirrored projection, said to be valid")
    alt = "Seen from above: a point behind the camera is projected through its centre into the image, mirrored."
    return Picture(canvas.svg("behind-camera-kept: a point behind the camera falls into the image"), alt)

"""Where `project` puts world points in the image of one camera, against where the camera sees them."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from reference.geometry import index_from_edge
from reports.places import Floats, Record, frame_of
from reports.svg import Canvas

_WIDTH, _HEIGHT = 320.0, 240.0
_MOST = 30  # points, drawn in the order in which they were asked, which is random


def landed_points(projection: Record) -> tuple[Floats, Floats]:
    """Where points are seen and where they landed, (N, 2) each, without those that have no landing or are not valid."""
    seen = np.array(projection["seen"], dtype=np.float64).reshape(-1, 2)
    landed = np.array([point or [np.nan, np.nan] for point in projection["landed"]], dtype=np.float64).reshape(-1, 2)
    known = np.isfinite(landed).all(axis=1) & np.array(projection["valid"], dtype=bool)
    return seen[known], landed[known]


def draw_projection(projection: Record, alt: str) -> Markup:
    """The figure of one camera, arrows at true length."""
    height, width = projection["camera"]["size"]
    edges = index_from_edge(np.array([[0.0, 0.0], [width, height]]))
    canvas = Canvas(_WIDTH, _HEIGHT)
    frame = frame_of(edges, [(4, 4), (_WIDTH - 4, _HEIGHT - 4)])
    for class_ in ("surface", "frame"):
        canvas.rect(frame.at(edges), class_)
    seen, landed = (frame.at(points[:_MOST]) for points in landed_points(projection))
    canvas.clip([(0, 0), (_WIDTH, _HEIGHT)])
    canvas.arrows(seen, landed)
    canvas.read(landed, 3.5)
    canvas.close()
    canvas.asked(seen)
    return canvas.svg(alt, "camera")

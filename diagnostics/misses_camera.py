"""How far landings of `project` are off, in which image and where; and which points it loses that its camera sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diagnostics.probes_camera import NEAR, WIDE, Bools, Fit, Shot, View, judged
from diagnostics.scenes_camera import Floats
from diagnostics.search_camera import Explanation
from diagnostics.words import width_by_height
from reference.geometry import edge_from_index

MARGIN = 0.1  # of the image's sides: what is nearer to a bound may be called out of the image by anybody's rule


@dataclass(frozen=True)
class Miss:
    """The worst landing at one camera, pixels, the most that rounding explains, and where it is."""

    error: float
    limit: float
    place: str

    @property
    def words(self) -> str:
        """The miss in a sentence without its full stop."""
        if self.error <= self.limit:
            return "Points land right; it is the mask that is wrong"
        return f"Points land up to {self.error:.4g} px off: {self.place}"


def measured_miss(taken: Sequence[Shot]) -> Miss:
    """The worst landing that the pipeline calls valid: inside an image, or outside where those inside are right."""
    counts = [judged(shot, View())[0] for shot in taken]
    within = [inside(shot, seen_at(shot)) for shot in taken]
    near = _worst([_miss(s, s.points, count & close) for s, count, close in zip(taken, counts, within, strict=True)])
    far = _worst([_miss(shot, shot.points, count) for shot, count in zip(taken, counts, strict=True)])
    return far if near.error <= near.limit < far.error else near


def expected_miss(fit: Fit) -> Miss:
    """The worst landing in an image that the measured K and view make, whether or not the pipeline's mask hides it."""
    misses = []
    for shot, focal, centre in zip(fit.shots, fit.focal, fit.centre, strict=True):
        plane, radius, depth = fit.view.plane(shot.scene)
        counts = inside(shot, seen_at(shot)) & (np.abs(depth) >= NEAR) & (radius <= WIDE)
        misses.append(_miss(shot, focal * plane + centre, counts))
    return _worst(misses)


def seen_at(shot: Shot) -> Floats:
    """Where the camera sees the points in front of it by more than `NEAR`, `(N, 2)`; NaN for all others."""
    points, depth, _ = shot.scene.camera.image_from_world(shot.scene.world.astype(np.float64))
    return np.asarray(np.where(depth[:, None] >= NEAR, points, np.nan))


def inside(shot: Shot, points: Floats, margin: float = 0.0) -> Bools:
    """Which points `(N, 2)` are in the image and not within `margin` of its sides' lengths to a bound."""
    shares = edge_from_index(points) / np.array(shot.scene.camera.size[::-1])
    return np.asarray(((shares >= margin) & (shares < 1 - margin)).all(axis=1))


def lost_points(shot: Shot, best: Explanation | None) -> Bools:
    """Points in front and well inside the image that are not valid, or that are and have no finite landing: `(N,)`.

    Inside by the pipeline's own landing as well as by the right one: a mask that is wrong only because the landing is
    wrong is no second fault. Nothing is lost at a camera whose own landings are not known.
    """
    right = seen_at(shot)
    _, radius, depth = (best.fit.view if best else View()).plane(shot.scene)
    own = right if best is None or best.right else _own_landings(shot, best.fit)
    unusable = ~shot.valid | ~np.isfinite(shot.points).all(axis=1)
    seen = inside(shot, right, MARGIN) & inside(shot, own, MARGIN)
    return np.asarray(unusable & seen & (depth >= NEAR) & (radius <= WIDE))


def _own_landings(shot: Shot, fit: Fit) -> Floats:
    """Where the measured K and view put the points of a shot, `(N, 2)`; NaN at a shot with too few landings to say."""
    plane, _, _ = fit.view.plane(shot.scene)
    for known, focal, centre in zip(fit.shots, fit.focal, fit.centre, strict=True):
        if known is shot:
            return np.asarray(focal * plane + centre)
    return np.full_like(plane, np.nan)


def _worst(misses: Sequence[Miss]) -> Miss:
    """The largest of the misses that rounding does not explain; where it explains all, the one nearest to its limit."""
    wrong = [miss for miss in misses if miss.error > miss.limit]
    return max(wrong, key=lambda miss: miss.error) if wrong else max(misses, key=lambda miss: miss.error / miss.limit)


def _miss(shot: Shot, landings: Floats, counts: Bools) -> Miss:
    """The worst of `landings` `(N, 2)` among the points that count, against the camera's own."""
    camera, right = shot.scene.camera, seen_at(shot)
    errors = np.abs(np.where(counts[:, None], landings - right, 0.0)).max(axis=1)
    worst = int(np.nan_to_num(errors).argmax())
    (u, v), (read_u, read_v) = right[worst], landings[worst]
    place = (
        f"({u:.1f}, {v:.1f}) is read as ({read_u:.1f}, {read_v:.1f}) in the {width_by_height(camera.size)} image of a "
        f"camera with cx = {camera.cx:.2f}, cy = {camera.cy:.2f} ({camera.origin} origin)"
    )
    return Miss(float(errors[worst]), shot.limit, place)

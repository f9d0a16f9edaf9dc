"""The laws of `project`: points land where the camera sees them, and nothing behind the camera is valid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diagnostics.faults import named
from diagnostics.faults_camera import CATALOGUE
from diagnostics.links_camera import Given
from diagnostics.misses_camera import MARGIN, Miss, expected_miss, inside, lost_points, measured_miss, seen_at
from diagnostics.probes_camera import FEWEST, NEAR, Bools, Shot, View, judged, shots
from diagnostics.search_camera import Explanation, explain
from diagnostics.subject import Subject
from diagnostics.verdict import Fault, Finding, SkipCheck
from diagnostics.words import width_by_height


def check_projection(subject: Subject) -> Finding:
    """Every valid world point lands where its own camera sees it, whatever the size, pose, lens and origin."""
    taken = shots(subject)
    if not any(shot.valid.any() for shot in taken):
        raise SkipCheck("project calls no point valid, so no landing can be judged")
    found = explain(taken)
    worst = measured_miss(taken)
    if found and found[0].right and worst.error <= worst.limit:
        return Finding(worst.error, worst.limit, "px", worst.place)
    if found and found[0].links:
        worst = expected_miss(found[0].fit)
    faults = _named(found, worst) if found else ()
    if not faults or not found[0].complete:
        faults = (*faults, _unexplained_landing(found, worst, taken))
    return Finding(worst.error, worst.limit, "px", worst.place, faults)


def check_points_behind(subject: Subject) -> Finding:
    """No point behind the camera is valid, and every point in front and well inside the image is."""
    taken = shots(subject)
    found = explain(taken)
    if not found and len({bool(valid) for shot in taken for valid in shot.valid}) > 1:
        raise SkipCheck("where points land is not explained, so neither is which of them are behind the camera")
    view = found[0].fit.view if found else View()
    kept = [shot.valid & (view.plane(shot.scene)[2] <= -NEAR) for shot in taken]
    lost = [lost_points(shot, found[0] if found else None) for shot in taken]
    faults = _behind_kept(taken, view, kept) or _front_lost(taken, lost)
    value = sum(int(wrong.sum()) for wrong in (*kept, *lost))
    return Finding(float(value), 0.0, "points", faults[0].where if faults else "", faults)


# Landings -----------------------------------------------------------------------------------------------------------


def _named(found: Sequence[Explanation], worst: Miss) -> tuple[Fault, ...]:
    first = found[0]
    others = {fault_id for other in found[1:] for fault_id in other.ids} - set(first.ids)
    alternatives = tuple(fault_id for fault_id in CATALOGUE if fault_id in others)
    return tuple(
        named(
            CATALOGUE,
            fault_id,
            error_px=worst.error,
            where=worst.place,
            alternatives=alternatives,
            how=how,
            landing=worst.words,
        )
        for fault_id, how in first.links
    )


def _unexplained_landing(found: Sequence[Explanation], worst: Miss, taken: Sequence[Shot]) -> Fault:
    if found:
        fit = found[0].fit
        at = int(np.abs(fit.centre - Given.of(fit).centre).max(axis=1).argmax())
        camera = fit.shots[at].scene.camera
        (fx, fy), (cx, cy) = fit.focal[at], fit.centre[at]
        measured = (
            f"It uses a K of its own: for fx = {camera.fx:.3f}, fy = {camera.fy:.3f}, cx = {camera.cx:.3f}, "
            f"cy = {camera.cy:.3f} ({camera.origin} origin, {width_by_height(camera.size)}) it uses fx = {fx:.3f}, "
            f"fy = {fy:.3f}, cx = {cx:.3f}, cy = {cy:.3f} in index coordinates"
        )
    else:
        measured = _affine_map(taken)
    return Fault(
        id="unexplained",
        stage="project",
        error_px=worst.error,
        where=worst.place,
        explanation=f"No known mistake explains where points land. {measured}. {worst.words}.",
        remedy="Compare with reference.Camera.image_from_world(points) step by step: pose, axes, lens, K.",
    )


def _affine_map(taken: Sequence[Shot]) -> str:
    """The affine map from the right landing to the measured one at the camera with the worst of them."""
    for shot in sorted(taken, key=lambda shot: -measured_miss([shot]).error):
        truth = seen_at(shot)
        counts = judged(shot, View())[0] & np.isfinite(truth).all(axis=1)
        if counts.sum() >= FEWEST:
            right, read = np.column_stack([truth[counts], np.ones(counts.sum())]), shot.points[counts]
            (a, d), (b, e), (c, f) = solution = np.linalg.lstsq(right, read)[0]
            residual = np.abs(right @ solution - read).max()
            return (
                f"Measured at {width_by_height(shot.scene.camera.size)}: u' = {a:.4f} u {b:+.4f} v {c:+.2f}, "
                f"v' = {d:.4f} u {e:+.4f} v {f:+.2f}, to within {residual:.3g} px"
            )
    return "Hardly any point in front of the cameras is called valid"


# Validity -----------------------------------------------------------------------------------------------------------


def _behind_kept(taken: Sequence[Shot], view: View, kept: Sequence[Bools]) -> tuple[Fault, ...]:
    """The fault of points behind that are valid, told by the first of them; none where there are none."""
    if not any(wrong.any() for wrong in kept):
        return ()
    shot, wrong = next((shot, wrong) for shot, wrong in zip(taken, kept, strict=True) if wrong.any())
    behind = sum(int((view.plane(shot.scene)[2] <= -NEAR).sum()) for shot in taken)
    first = int(wrong.argmax())
    x, y, z = shot.scene.world[first]
    u, v = shot.points[first]
    numbers: dict[str, Any] = {
        "kept": sum(int(wrong.sum()) for wrong in kept),
        "behind": behind,
        "point": f"({x:.2f}, {y:.2f}, {z:.2f})",
        "depth": f"{view.plane(shot.scene)[2][first]:.2f}",
        "landing": f"({u:.1f}, {v:.1f})",
    }
    where = f"in the {width_by_height(shot.scene.camera.size)} image, behind the camera"
    return (named(CATALOGUE, "behind-camera-kept", where=where, **numbers),)


def _front_lost(taken: Sequence[Shot], lost: Sequence[Bools]) -> tuple[Fault, ...]:
    """The nameless fault of points that are seen but not valid."""
    if not any(wrong.any() for wrong in lost):
        return ()
    shot, wrong = next((shot, wrong) for shot, wrong in zip(taken, lost, strict=True) if wrong.any())
    first = int(wrong.argmax())
    u, v = seen_at(shot)[first]
    count, asked = (
        sum(int(wrong.sum()) for wrong in lost),
        sum(int(inside(s, seen_at(s), MARGIN).sum()) for s in taken),
    )
    where = f"at ({u:.1f}, {v:.1f}) in the {width_by_height(shot.scene.camera.size)} image"
    return (
        Fault(
            id="unexplained",
            stage="project",
            error_px=None,
            where=where,
            explanation=f"{count} of {asked} points in front of the camera and well inside the image are not valid, or "
            f"valid without a finite landing; the first is seen {where}.",
            remedy="valid = depth > 0, and if it asks for the image too, 0 <= u <= W - 1 and 0 <= v <= H - 1.",
        ),
    )

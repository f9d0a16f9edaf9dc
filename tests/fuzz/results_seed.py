"""A small results file that has every part a page draws, made by formula: no pipeline is measured for it."""

from __future__ import annotations

from typing import Any

import results_made


def full_results() -> dict[str, Any]:
    """Two image sizes with lattice and mask, a projection, colours, a heat map and an audit."""
    at_size = {
        "image_size": [48, 64], "resized_size": [24.0, 32.0], "offset": [4.0, 0.0], "crop_size": [24, 24], "grid": [2,
        2],
        "fine": [4, 4], "mirrored": [False, False], "geometry": _GEOMETRY,
        "crop_from_image": {"scale": [0.5, 0.5], "shift": [-4.25, -0.25]},
        "grid_from_image": {"scale": [1 / 24, 1 / 24], "shift": [-0.8125, -0.479]},
        "read_from_image": {"scale": [1 / 24, 1 / 24], "shift": [-0.7, -0.4], "swapped": False, "residual": 0.001},
        "lattice": {"u": [10, 30, 50], "v": [5, 25], "error_x": [[1, 2, None], [1, 1, 1]], "error_y": [[0, 0, 0], [0,
        0.5, 0]]},
        "mask": {"rule": "centre", "rows": ["0110", "0110"], "share": 0.5, "exact": 0.4, "first": [16, 8],
        "last": [48, 40]},
    }  # fmt: skip
    landing = {"image_size": [48, 64], "scale": [1 / 24, 1 / 24], "shift": [-0.7, -0.4], "swapped": False}
    fault = results_made.fault_of(links=["cell"], landing=landing, alternatives=["a + b"])
    checks = [
        results_made.result_of("lift_reads_the_place_it_is_asked_for", "failed", ["half-cell-missing"]),
        results_made.result_of("mask_follows_its_rule", "passed"),
        results_made.result_of("encoder_has_no_leak", "skipped", reason="no encoder"),
    ]
    camera = {"fx": 40, "fy": 60, "cx": 30, "cy": 20, "size": [48, 64], "origin": "edge"}
    return results_made.results_of(
        [fault], checks,
        conditions={"image_sizes": [[48, 64]], "seed": 0, "command": "again", "versions": {"torch": "2"}},
        declared={"stages": ["preprocess", "lift"], "grid": [2, 2], "channels": None, "validity": "centre"},
        sizes=[at_size, {**at_size, "image_size": [40, 64], "mask": None, "lattice": None, "read_from_image": None}],
        projections=[{"camera": camera, "seen": [[1, 2], [3, 4]], "landed": [[1, 2], None], "valid": [True, False]}],
        colours={"names": ["red"], "measured": [[1, 0, 0]], "expected": [[0, 0, 1]], "tolerance": 0.1},
        heatmaps=[_HEATMAP],
        audit=_AUDIT,
    )  # fmt: skip


_GEOMETRY = {
    "mode": "official", "in_size": [48, 64], "resized_size": [24, 32], "crop_size": [24, 24], "feat_size": [2, 2],
    "offset": [4, 0], "align_corners": False,
}  # fmt: skip
_HEATMAP = {
    "image": "scene.png", "points_file": "points.npy", "camera": None, "points": 5, "finite": 4, "in_image": 4,
    "in_crop": 3,
    "geometry": _GEOMETRY, "density": {"side": 16, "counts": [[1, 0, 0, 1], [0, 2, 0, 0], [0, 0, 0, 0]]},
    "grids": [{"grid": [2, 2], "valid": 3, "counts": [[1, 1], [1, 0]]}],
    "read": {"grid": [2, 2], "counts": [[1, 1], [0, 0]], "elsewhere": 1},
    "preview": "UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=",
}  # fmt: skip
_AUDIT = {
    "told": "7-Scenes", "frames": 9, "apart": 2, "tolerance": 0.05,
    "points": {"asked": 9, "in_front": 8, "in_image": 7, "in_crop": 6, "valid": 5},
    "landings": {"grid": [2, 2], "valid": 3, "counts": [[1, 1], [1, 0]]},
    "agreement": [
        {"corrected": "", "few": False, "asked": 9, "compared": 8, "agreeing": 1},
        {"corrected": "pose-inverted", "few": True, "asked": 9, "compared": 8, "agreeing": 8},
    ],
    "flagged": 1, "first_flagged": [{"name": "a.png", "reason": "it is gone"}],
}  # fmt: skip

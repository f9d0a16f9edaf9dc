"""Results of checks as reports read them: real runs of small pipelines, measured once, and records made by formula."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import broken
import broken_preprocess as picture
import drawn
from diagnostics import Pipeline, audit
from diagnostics.check import check_pipeline
from diagnostics.scene_counts import Scene, heatmaps
from reference.geometry import GeomMeta, index_from_edge
from reports.results_file import Results, checked
from scans import write_scan

SIZES = ((480, 640), (480, 641), (640, 480), (317, 256), (400, 400))
RECIPE_SIZES = ((480, 640), (640, 480))
CONTRACT = {
    "": ("schema", "pipeline", "passed", "faults", "results"),
    "faults": ("id", "stage", "error_px", "where", "explanation", "remedy", "alternatives"),
    "results": ("name", "status", "value", "limit", "unit", "worst", "command"),
}


def sample(name: str) -> Results:
    """A fresh copy of the results of this name, as a page takes them."""
    return checked(json.loads(sample_text(name)), name)


@cache
def sample_text(name: str) -> str:
    """The file of them, as `diagnostics.check --json` writes it."""
    if name == "old":
        return json.dumps(_old(json.loads(sample_text("faulty"))))
    if name == "data":
        return _audited()
    pipeline, sizes, expected = _RUNS[name]()
    found = check_pipeline(pipeline, sizes, expected_failures=expected).to_dict()
    if name == "faulty":
        found["heatmaps"] = _three_heatmaps(found)
    return json.dumps(found, indent=1, allow_nan=False) + "\n"


def _audited() -> str:
    """Of a scan with its poses inverted, one frame damaged and one of another size."""
    with tempfile.TemporaryDirectory() as folder:
        scan = write_scan(Path(folder, "scan"), 6, said_pose=np.linalg.inv)
        (scan / "frame-000002.color.png").write_bytes(b"no image")
        with Image.open(scan / "frame-000004.color.png") as image:
            image.resize((150, 120)).save(scan / "frame-000004.color.png")
        written = Path(folder, "results.json")
        with contextlib.redirect_stdout(io.StringIO()):
            audit.main([str(scan), "-o", str(Path(folder, "rows.csv")), "--json", str(written), "--workers", "1"])
        return written.read_text()


def _old(results: Results) -> Results:
    """Only what the contract promises of every file."""
    kept = {key: results[key] for key in CONTRACT[""]}
    return kept | {
        name: [{key: part[key] for key in CONTRACT[name]} for part in results[name]] for name in ("faults", "results")
    }


def _three_heatmaps(results: Results) -> list[Results]:
    """Of images of the first sizes and points in a bunch, all over and nowhere, as their files would give."""
    random = np.random.default_rng(4)
    scenes = []
    with tempfile.TemporaryDirectory() as folder:
        for k, (height, width) in enumerate(SIZES[:3]):
            scene = Scene(Path(folder, f"photo{k}.png"), Path(folder, f"points{k}.npy"))
            Image.radial_gradient("L").resize((width, height)).convert("RGB").save(scene.image)
            spread = random.normal(0.5, 0.1, (500, 2)), random.random((900, 2)), np.full((7, 2), np.nan)
            np.save(scene.points, spread[k] * (width, height))
            scenes.append(scene)
        return heatmaps(scenes, results, "the sample")


# Runs ---------------------------------------------------------------------------------------------------------------

_CROP = picture.centre_crop(drawn.TARGET)
_FAULTS = {
    "axes": "camera-axes",
    "culling": "behind-camera-kept",
    "turn": "exif-ignored",
    "order": "channels-bgr",
    "claim": "geometry-claim",
    "batch": "batch-leak",
    "freedom": "frozen-but-listed",
}
TEN = {*_FAULTS.values(), "asymmetric-upsample", "recipe-half-cell", "mask-too-wide"}


def _mask(rule: str) -> Callable[[GeomMeta, torch.Tensor], torch.Tensor]:
    return lambda geometry, points: torch.as_tensor(geometry.valid(points, rule))


def faulty() -> Pipeline:
    """Ten faults, in every stage at least one."""
    choices = {link: (fault, drawn.LINKS[link][fault][0]) for link, fault in _FAULTS.items()}
    wrong = broken.LANDING_FAULTS["recipe-half-cell"]
    return replace(
        drawn.assembled(choices),
        name="ten faults",
        upsample=broken.asymmetric(4),
        lift=broken.Lift(_CROP, drawn.GRID, mask=_mask("crop"), **wrong),
    )


def clean() -> Pipeline:
    return replace(
        drawn.assembled({}),
        name="clean",
        upsample=broken.upsampled((32, 32), align_corners=False),
        lift=broken.Lift(_CROP, drawn.GRID, padding="border", mask=_mask("centre")),
    )


def unexplained() -> Pipeline:
    """A lift that no recipe explains: it reads waves."""
    right = clean().lift
    return replace(
        clean(),
        name="waves",
        lift=lambda features, points, size: right(features, points + 6 * torch.sin(points / 40), size),
    )


def stuck() -> Pipeline:
    def lift(features: torch.Tensor, points: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        raise RuntimeError(f"no weights <here> & there for {len(points)} points")

    return Pipeline(name="stuck", preprocess=clean().preprocess, lift=lift, grid=drawn.GRID)


def recipe() -> Pipeline:
    """The written recipe over 14x14 cells of a 224 pixel crop: `u14 = (s u - dx) / 16` with the ideal ratio."""
    crop = picture.centre_crop(224)
    lift = broken.Lift(crop, **broken.LANDING_FAULTS["recipe-half-cell"])
    return Pipeline(name="recipe", preprocess=picture.normalised(crop), lift=lift)


def _only(*stages: str) -> Pipeline:
    return Pipeline(name=f"only {' and '.join(stages)}", **{stage: getattr(clean(), stage) for stage in stages})


Run = tuple[Pipeline, Sequence[tuple[int, int]], dict[str, str] | None]
_KNOWN = {"lift_reads_the_place_it_is_asked_for": "known since May"}
_RUNS: dict[str, Callable[[], Run]] = {
    "faulty": lambda: (faulty(), SIZES, None),
    "clean": lambda: (clean(), SIZES[:2], None),
    "unexplained": lambda: (unexplained(), SIZES[:2], None),
    "stuck": lambda: (stuck(), SIZES[:2], None),
    "recipe": lambda: (recipe(), RECIPE_SIZES, None),
    "expected": lambda: (recipe(), RECIPE_SIZES[:1], _KNOWN),
    "projection": lambda: (_only("project"), SIZES[:2], None),
    "preprocess": lambda: (_only("preprocess"), SIZES[:2], None),
    "nothing": lambda: (Pipeline(name="nothing"), SIZES[:1], None),
}
SAMPLES = (*_RUNS, "old")


# Records made by formula --------------------------------------------------------------------------------------------


def record_of(geometry: GeomMeta, *, shifted: float = 0.0, swapped: bool = False, flipped: bool = False) -> Results:
    """One image size of a results file, exact to a rounding: a lift that reads `shifted` source pixels to the lower

    right; x for y where `swapped`; and where `flipped`, an image that arrives mirrored in the crop.
    """
    scale, offset, crop = (np.array(pair) for pair in (geometry.scale, geometry.offset, geometry.crop_size[::-1]))
    shift = index_from_edge((0.5 * scale) - offset)
    if flipped:
        scale, shift = -scale, crop - 1 - shift
    cell = crop / np.array(geometry.feat_size[::-1])
    to_grid = {"scale": scale / cell, "shift": index_from_edge((shift + 0.5) / cell)}
    read = {"scale": to_grid["scale"], "shift": to_grid["shift"] + shifted * to_grid["scale"]}
    return {
        "image_size": list(geometry.in_size),
        "crop_size": list(geometry.crop_size),
        "grid": list(geometry.feat_size),
        "crop_from_image": _plain({"scale": scale, "shift": shift}),
        "grid_from_image": _plain(to_grid),
        "read_from_image": {**_plain(read), "swapped": swapped, "residual": 0.0},
    }


def results_of(**parts: Any) -> Results:
    """The smallest results that a page takes, with these parts."""
    return checked({"schema": 1, "pipeline": "mine", "passed": True, "faults": [], "results": [], **parts}, "here")


def _plain(affine: dict[str, np.ndarray]) -> dict[str, list[float]]:
    return {key: values.tolist() for key, values in affine.items()}

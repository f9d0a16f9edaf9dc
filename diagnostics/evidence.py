"""What was measured, sampled finely enough to be drawn: where every image size lands and reads, cameras and colours."""

from __future__ import annotations

from typing import Any

import numpy as np

from diagnostics.bounds import bounds_of
from diagnostics.chains import Chains, true_chains
from diagnostics.colour_links import Links
from diagnostics.misses_camera import inside, measured_miss, seen_at
from diagnostics.probes_camera import Shot
from diagnostics.probes_lift import MeasuredLanding
from diagnostics.probes_preprocess import COLOUR_NAMES
from diagnostics.readings import read_places
from diagnostics.recipe import Landing, right_links, run
from diagnostics.subject import Floats, Subject
from diagnostics.verdict import SkipCheck, StageError
from reference.fields import Size
from reference.geometry import edge_from_index, index_from_edge

_LATTICE = (16, 21)  # rows and columns of points, the outermost on the image's outermost pixel centres
_TILES = (96, 128)  # rows and columns of equal tiles of the image, at whose centres a mask is asked


def evidence_of(subject: Subject) -> dict[str, Any]:
    """What the checks that ran have measured of `subject`, as JSON values; no check's measurement is begun here.

    `declared`: what the pipeline gives and means to do. `sizes`: a record an image size, see `_size`. `projections`:
    the cameras of the image size at which `project` is worst. `colours`: how colours arrive and should.
    """
    return {
        "declared": _declared(subject),
        "sizes": _sizes(subject),
        "projections": _projections(subject.measured("shots") or []),
        "colours": _colours(subject),
    }


def _declared(subject: Subject) -> dict[str, Any]:
    pipeline = subject.pipeline
    names = ("channels", "interpolation", "normalization", "validity", "origin")
    return {
        "stages": list(pipeline.stages),
        "grid": list(pipeline.grid),
        **{name: getattr(pipeline, name) for name in names},
    }


# Image sizes --------------------------------------------------------------------------------------------------------


def _sizes(subject: Subject) -> list[dict[str, Any]]:
    landings: list[MeasuredLanding] | None = subject.measured("landing")
    if landings:
        return [
            _size(subject, landings[0].chains, index, landings[0]) for index in range(len(landings[0].chains.sizes))
        ]
    if not any(subject.measured(f"preprocess map {size}") for size in subject.image_sizes):
        return []
    try:
        chains = true_chains(subject)[0]
    except (SkipCheck, StageError):
        return []
    return [_size(subject, chains, index, None) for index in range(len(chains.sizes))]


def _size(subject: Subject, chains: Chains, index: int, measured: MeasuredLanding | None) -> dict[str, Any]:
    """One image size. Maps are per axis, x before y, from index coordinates to index coordinates: scale * u + shift.

    `crop_from_image`, `grid_from_image`: the true ones. `read_from_image`: the grid index that the lift reads, fitted,
    with the worst distance of a measured point from the fit, cells; `swapped` where x is read for y.
    """
    size = chains.sizes[index]
    right = run(right_links(chains), chains)
    (width, height), (fine_width, fine_height) = chains.crop[index], chains.fine[index]
    claimed = "preprocess" not in subject.pipeline.stages
    geometry = subject.claims[size].with_grid(subject.pipeline.grid) if claimed else subject.whole_geometry(size)
    return {
        "image_size": list(size),
        "resized_size": chains.resized[index][::-1].tolist(),
        "offset": chains.start[index].tolist(),
        "crop_size": [int(height), int(width)],
        "grid": list(subject.pipeline.grid),
        "fine": [int(fine_height), int(fine_width)],
        "mirrored": chains.mirrored[index].tolist(),
        "geometry": None if geometry is None else geometry.to_dict(),
        "crop_from_image": _crop_from_image(chains, right, index),
        "grid_from_image": _map(right, index),
        "read_from_image": None if measured is None else _read_from_image(measured, index),
        "lattice": None if measured is None else _lattice(subject, right, size, index),
        "mask": None if measured is None else _mask(subject, chains, right, index),
    }


def _map(landing: Landing, index: int) -> dict[str, Any]:
    return {"scale": landing.gain[index].tolist(), "shift": landing.shift[index].tolist()}


def _crop_from_image(chains: Chains, right: Landing, index: int) -> dict[str, Any]:
    """The way from the grid back to the crop, after the way from the image to the grid."""
    patch, first = chains.patch[index], chains.first[index]
    shift = index_from_edge(edge_from_index(right.shift[index]) * patch + first)
    return {"scale": (right.gain[index] * patch).tolist(), "shift": shift.tolist()}


def _read_from_image(measured: MeasuredLanding, index: int) -> dict[str, Any]:
    landing = measured.landing
    return {**_map(landing, index), "swapped": landing.swapped, "residual": float(measured.residual[index])}


def _lattice(subject: Subject, right: Landing, size: Size, index: int) -> dict[str, Any] | None:
    """Place read minus place asked for at points all over the image, source pixels; null where nothing is read.

    `u` and `v` are the columns' and rows' index coordinates, `error_x` and `error_y` rows of columns.
    """
    u, v = (np.linspace(0, side - 1, count) for side, count in zip(size[::-1], _LATTICE[::-1], strict=True))
    points = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2).astype(np.float32).astype(np.float64)
    try:
        places = read_places(subject, size, points).place
    except StageError:
        return None
    errors = ((places - right.shift[index]) / right.gain[index] - points).reshape(*_LATTICE, 2)
    return {"u": u.tolist(), "v": v.tolist(), "error_x": _rows(errors[..., 0]), "error_y": _rows(errors[..., 1])}


def _rows(values: Floats) -> list[list[float | None]]:
    return [[float(value) if np.isfinite(value) else None for value in row] for row in values]


def _mask(subject: Subject, chains: Chains, right: Landing, index: int) -> dict[str, Any] | None:
    """What the mask says at the centres of equal tiles, rows of 0 and 1; its share and the declared rule's exact one.

    `first`, `last`: what the rule allows, image index coordinates `(u, v)`. None where the lift gives no mask.
    """
    size, rule = chains.sizes[index], subject.pipeline.validity
    u, v = (
        index_from_edge(edge_from_index(np.arange(count)) * side / count)
        for side, count in zip(size[::-1], _TILES[::-1], strict=True)
    )
    try:
        valid = read_places(subject, size, np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)).valid
    except StageError:
        return None
    if valid is None:
        return None
    bounds = bounds_of(rule, chains, index, right)
    sides = np.maximum(bounds.last - bounds.first, 0)
    return {
        "rule": rule,
        "rows": ["".join("01"[int(here)] for here in row) for row in valid.reshape(_TILES)],
        "share": float(valid.mean()),
        "exact": float(np.prod(sides / chains.image[index])),
        "first": bounds.first.tolist(),
        "last": bounds.last.tolist(),
    }


# Cameras and colours ------------------------------------------------------------------------------------------------


def _projections(taken: list[Shot]) -> list[dict[str, Any]]:
    """Points in sight of the cameras of one image size: where they are seen, and where `project` puts them."""
    by_size: dict[Size, list[Shot]] = {}
    for shot in taken:
        by_size.setdefault(shot.scene.camera.size, []).append(shot)
    if not by_size:
        return []
    return [_projection(shot) for shot in max(by_size.values(), key=lambda shots: measured_miss(shots).error)]


def _projection(shot: Shot) -> dict[str, Any]:
    seen = seen_at(shot)
    shown = inside(shot, seen)
    landed = np.where(np.isfinite(shot.points).all(axis=1, keepdims=True), shot.points, np.nan)[shown]
    return {
        "camera": shot.scene.camera.to_dict(),
        "seen": seen[shown].tolist(),
        "landed": [None if np.isnan(point).any() else point.tolist() for point in landed],
        "valid": shot.valid[shown].tolist(),
    }


def _colours(subject: Subject) -> dict[str, Any] | None:
    """Values of the crop (6, 3) for images of one colour each, red first: as measured and as declared."""
    found: tuple[Floats, float] | None = subject.measured("colours")
    if found is None:
        return None
    meant = Links(subject.pipeline.normalization)
    return {
        "names": list(COLOUR_NAMES),
        "measured": found[0].tolist(),
        "expected": meant.predicted().tolist(),
        "tolerance": meant.tolerance(),
    }

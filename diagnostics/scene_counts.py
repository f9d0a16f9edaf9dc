"""Counts, for a results file, where the points of given images land and which cells the checked lift reads for them."""

from __future__ import annotations

import argparse
import base64
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnostics.command_line import InputError, Parser
from diagnostics.inputs import camera_at, image_at, points_at
from diagnostics.landing import count_landings
from reference.camera import Camera
from reference.fields import Size
from reference.geometry import GeomMeta, edge_from_index

_CHUNK = 2**16  # points
_PREVIEW = 640  # pixels along the longer side
_QUALITY = 60  # of the preview, which only shows what is where


@dataclass(frozen=True)
class Scene:
    """The files of one image: `--image IMAGE --points POINTS [--camera CAMERA]`."""

    image: Path
    points: Path | None = None
    camera: Path | None = None

    @property
    def files(self) -> dict[str, Path]:
        """Option -> the file that was given with it."""
        given = {"--image": self.image, "--points": self.points, "--camera": self.camera}
        return {option: path for option, path in given.items() if path is not None}

    @property
    def options(self) -> list[str]:
        """What gives it on a command line."""
        return [text for option, path in self.files.items() for text in (option, str(path))]


def add_scene_options(parser: Parser) -> None:
    """Let a parser take any number of scenes; `scenes_of` reads them."""
    for option, action, metavar, what in (
        ("--image", _Begin, "IMAGE", "count points in it, too; repeatable"),
        ("--points", _Continue, "POINTS", ".npy of the image before it"),
        ("--camera", _Continue, "camera.json", "of the image before it, for points (N, 3)"),
    ):
        parser.add_argument(option, type=Path, action=action, dest="scenes", metavar=metavar, help=what)


class _Begin(argparse.Action):
    def __call__(self, _parser: Any, namespace: Any, value: Any, option: str | None = None) -> None:
        namespace.scenes = [*(namespace.scenes or []), Scene(value)]


class _Continue(argparse.Action):
    def __call__(self, _parser: Any, namespace: Any, value: Any, option: str | None = None) -> None:
        name = str(option).removeprefix("--")
        if not namespace.scenes:
            raise argparse.ArgumentError(self, "give the --image that it belongs to before it")
        last = namespace.scenes[-1]
        if getattr(last, name) is not None:
            raise argparse.ArgumentError(self, f"{last.image} has one already; give its --image before each")
        namespace.scenes = [*namespace.scenes[:-1], replace(last, **{name: value})]


def scenes_of(asked: argparse.Namespace) -> list[Scene]:
    """The scenes that were given. Raises `InputError` for an image without points."""
    scenes: list[Scene] = asked.scenes or []
    for scene in scenes:
        if scene.points is None:
            raise InputError(f"--image {scene.image}: give the points to count in it after it, with --points")
    return scenes


def sizes_of(scenes: Iterable[Scene]) -> list[Size]:
    """The `(height, width)` of the images, each once. Raises `InputError` for files that are no scene."""
    sizes: dict[Size, None] = {}
    for scene in scenes:
        image = image_at(scene.image)
        sizes[image.height, image.width] = None
        points_at(Path(str(scene.points)), scene.camera)
        if scene.camera is not None:
            camera_at(scene.camera, (image.height, image.width))
    return list(sizes)


def heatmaps(scenes: Sequence[Scene], results: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """One record of `heatmaps` in `results.schema.json` for each scene.

    results: of a check that measured images of these sizes; name: of where they are from. Raises `InputError` for
    files that are not what they should be and for an image of a size that was not measured.
    """
    return [_heatmap(scene, results, name) for scene in scenes]


def _heatmap(scene: Scene, results: Mapping[str, Any], name: str) -> dict[str, Any]:
    image = image_at(scene.image)
    size = image.height, image.width
    record = _record(scene, results, size, name)
    geometry = GeomMeta.from_dict(record["geometry"])
    points = points_at(Path(str(scene.points)), scene.camera)
    camera = None if scene.camera is None else camera_at(scene.camera, size)
    read = _Reads(geometry, record["read_from_image"]) if record.get("read_from_image") else None
    chunks = points.chunks(_CHUNK)
    counted = chunks if read is None else read.of(chunks, camera)
    landings = count_landings(counted, geometry, [geometry.feat_size], camera)
    return {
        "image": scene.image.name,
        "points_file": Path(str(scene.points)).name,
        "camera": None if scene.camera is None else scene.camera.name,
        **landings.to_dict(),
        "density": {"side": landings.bin_side, "counts": landings.density.tolist()},
        "read": None if read is None else read.to_dict(),
        "preview": _preview(image),
    }


def _record(scene: Scene, results: Mapping[str, Any], size: Size, name: str) -> Mapping[str, Any]:
    known = {tuple(record["image_size"]): record for record in results["sizes"]}
    record: Mapping[str, Any] | None = known.get(size)
    if record is None:
        raise InputError(
            f"--image {scene.image}: {name} has not measured images of {list(size)} (height, width); give --image to "
            "the command that checks, package.module:object in place of its results"
        )
    if record.get("geometry") is None:
        raise InputError(
            f"--image {scene.image}: the preprocess has no geometry in whole numbers at {list(size)} (height, width), "
            "by which its points could be counted; leave this image out"
        )
    return record


class _Reads:
    """Counts valid points by the cell that the lift reads, and those that are read from another cell than their own."""

    def __init__(self, geometry: GeomMeta, landing: Mapping[str, Any]) -> None:
        self._geometry, self._landing = geometry, landing
        self._counts = np.zeros(geometry.feat_size, dtype=np.int64)
        self._elsewhere = 0

    def of(self, chunks: Iterable[NDArray[Any]], camera: Camera | None) -> Iterator[NDArray[Any]]:
        """The chunks as they are, counted on their way."""
        for chunk in chunks:
            points = chunk.astype(np.float64)
            self._add(points if camera is None else camera.image_from_world(points)[0])
            yield chunk

    def _add(self, points: NDArray[np.float64]) -> None:
        points = points[self._geometry.valid(points)]
        own = _cells(self._geometry.grid_from_image(points))
        turned = points[:, ::-1] if self._landing["swapped"] else points
        read = _cells(np.array(self._landing["scale"]) * turned + np.array(self._landing["shift"]))
        self._elsewhere += int(np.count_nonzero((own != read).any(axis=1)))
        rows, columns = self._geometry.feat_size
        within = read[((read >= 0) & (read < (columns, rows))).all(axis=1)]
        np.add.at(self._counts, (within[:, 1], within[:, 0]), 1)

    def to_dict(self) -> dict[str, Any]:
        return {
            "grid": list(self._geometry.feat_size),
            "counts": self._counts.tolist(),
            "elsewhere": self._elsewhere,
        }


def _cells(places: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(np.floor(edge_from_index(places)), dtype=np.int64)


def _preview(image: Image.Image) -> str:
    small = image.copy()
    small.thumbnail((_PREVIEW, _PREVIEW))
    target = io.BytesIO()
    small.save(target, "WEBP", quality=_QUALITY, method=4)
    return base64.b64encode(target.getvalue()).decode()

"""Good files of every kind, small, from which the search for bad ones starts."""

from __future__ import annotations

import io
import json
import struct
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

import dataset_scenes as scenes
from reference.closed_form import geometry_for

_MODES = ("RGB", "RGBA", "L", "LA", "P", "1", "I;16", "I", "F", "CMYK")
_EXTRA: tuple[dict[str, Any], ...] = (
    {"format": "JPEG", "progressive": True}, {"format": "TIFF", "compression": "tiff_lzw"},
    {"format": "TIFF", "compression": "jpeg"}, {"format": "WEBP", "lossless": True}, {"format": "BMP",
    "bitmap_format": "bmp"},
    {"format": "TGA", "compression": "tga_rle"}, {"format": "JPEG2000", "irreversible": True},
)  # fmt: skip


def images() -> Iterator[bytes]:
    """A picture of 7x5 pixels in every format that Pillow writes, of every mode that the format has."""
    Image.init()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of formats that Pillow will not write any more
        yield from _pictures()


def _pictures() -> Iterator[bytes]:
    for options in (*({"format": name} for name in sorted(Image.SAVE)), *_EXTRA):
        for mode in _MODES:
            target = io.BytesIO()
            try:
                _picture(mode).save(target, **options)
            except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
                continue  # what the format does not have
            if len(target.getvalue()) < 20_000:
                yield target.getvalue()
    for orientation in (3, 6):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for name in ("JPEG", "PNG", "WEBP", "TIFF"):
            target = io.BytesIO()
            _picture("RGB").save(target, name, exif=exif)
            yield target.getvalue()


def _picture(mode: str) -> Image.Image:
    ramp = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
    image = Image.fromarray(np.stack([ramp, ramp[::-1], 255 - ramp], axis=-1))
    if mode == "I;16":
        return Image.fromarray(ramp.astype(np.uint16) * 250)
    if mode == "F":
        return Image.fromarray(ramp.astype(np.float32) / 255)
    return image.convert(mode)


def arrays() -> Iterator[bytes]:
    """Points and depth maps of several dtypes and orders."""
    for dtype in ("<f4", ">f8", "<f2", "<i4", "|u1"):
        for shape in ((3, 2), (4, 3), (0, 2)):
            for order in "CF":
                target = io.BytesIO()
                np.save(target, np.asarray(np.ones(shape), dtype=dtype, order=order))
                yield target.getvalue()


def cameras() -> Iterator[bytes]:
    """Cameras with and without a lens, and geometries of every mode."""
    for lens in ([], [0.1, -0.01, 1e-3, 0.0], [0.0] * 13 + [0.1], [-0.3, 0.1, 0, 0, 0.02, 0.1, 0, 0]):
        yield json.dumps(scenes.camera_json(distortion=lens, origin="edge")).encode()
    for mode in ("official", "letterbox", "stretch"):
        yield json.dumps(geometry_for(mode, (480, 641), (224, 224), (16, 16)).to_dict()).encode()


def _written(layout: Callable[[Path], Path], *names: str) -> Iterator[bytes]:
    with TemporaryDirectory() as folder:
        root = layout(Path(folder))
        root = root if root.is_dir() else root.parent
        yield from ((root / name).read_bytes() for name in names)


def manifests() -> Iterator[bytes]:
    """Manifests with every key."""
    camera = scenes.camera_json()
    yield from _written(scenes.manifest, "frames.jsonl")
    rows = [
        {"image": "a.png", "camera": "camera.json"},
        {"image": "./a.png", "camera": camera, "depth": "a.png", "depth_unit": 0.001, "points": "a.png"},
        {"image": "b.png", "camera": camera | {"distortion": [0.1, 0, 0, 0], "origin": "edge"}, "depth": "d.npy"},
    ]
    yield "\n".join(map(json.dumps, rows)).encode()


def parquets() -> Iterator[bytes]:
    """The same in Parquet, in several groups of rows and compressions."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = [json.loads(line) for content in manifests() for line in content.splitlines()]
    tables = [
        [row | {"camera": json.dumps(row["camera"])} for row in rows],
        [row for row in rows if "fx" in row["camera"]],
    ]
    for table in tables:
        for compression in ("none", "snappy", "zstd"):
            target = io.BytesIO()
            parquet.write_table(pa.Table.from_pylist(table), target, compression=compression, row_group_size=2)
            yield target.getvalue()


def matrices() -> Iterator[bytes]:
    """Poses and K, 3x3 and 4x4."""
    yield from _written(scenes.seven_scenes, "frame-000000.pose.txt", "camera-intrinsics.txt")
    yield from _written(scenes.scannet, "intrinsic/intrinsic_color.txt")
    yield b"-inf -inf -inf -inf\n" * 4


def transforms() -> Iterator[bytes]:
    """nerfstudio's and Blender's."""
    yield from _written(scenes.nerfstudio, "transforms.json")
    pose = scenes.OPENGL_CAMERA_TO_WORLD
    frames = [
        {"file_path": "images/a", "transform_matrix": pose},
        {"file_path": "images/a.png", "transform_matrix": pose, "depth_file_path": "images/a.png", "w": 64, "h": 48},
    ]
    yield json.dumps({"camera_angle_x": 0.7, "camera_angle_y": 0.5, "frames": frames}).encode()
    lens = {"k1": 0.1, "k2": 0.01, "p1": 1e-3, "p2": 0, "k3": 0, "k4": 0, "camera_model": "OPENCV", "is_fisheye": False}
    shared = {"fl_x": 40, "fl_y": 60, "cx": 31, "cy": 20.5, "depth_unit_scale_factor": 0.001}
    yield json.dumps({**lens, **shared, "frames": frames}).encode()


def models() -> Iterator[bytes]:
    """COLMAP's four files."""
    yield from _written(scenes.colmap_text, "sparse/0/cameras.txt", "sparse/0/images.txt")
    yield scenes.cameras_bin()
    yield scenes.images_bin(scenes.image_bin(), scenes.image_bin(b"b.png", number=4, keypoints=0))
    yield b"7 OPENCV 64 48 40 60 31 20.5 0.1 0.01 0.001 0.0\n8 FULL_OPENCV 64 48 40 60 31 20.5 0 0 0 0 0 0 0 0\n"
    yield struct.pack("<Q", 1) + struct.pack("<IiQQ", 7, 4, 64, 48) + struct.pack("<8d", 40, 60, 31, 20.5, 0.1, 0, 0, 0)


def journals() -> Iterator[bytes]:
    """Of an audit of three frames, whole and cut off."""
    from diagnostics.auditing.corrections import Correction
    from diagnostics.auditing.depth_pairs import Agreement
    from diagnostics.auditing.frame import Measured, Row
    from diagnostics.auditing.journal import Journal
    from fuzz.datasets import AUDITED, FRAMES

    measured = Row("a.png", "", 48, 64, 48, 64, 1, 0.5, "b.png", 900, 800, 700, 600, 500, 400, 300)
    tried = {Correction(): Agreement(900, 800, 700, 400, 300, 20)}
    tried[Correction(inverted=True, factor=(0.5, 0.5))] = Agreement(900, 800, 700, 400, 390, 1)
    records = [
        Measured(measured, [[500, 0], [0, 0]], tried),
        Measured(Row("b.png", "it is gone")),
        Measured(Row("c.png")),
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder, "journal")
        with Journal(path, AUDITED, FRAMES) as journal:
            for index, record in enumerate(records):
                journal.add(index, json.dumps(record.to_dict()))
        yield path.read_bytes()
        yield path.read_bytes()[:-30]
        yield path.read_bytes()[:9]
    assert asdict(measured)["agreeing"] == 300


def results() -> Iterator[bytes]:
    """Results files, from the barest to one with every part that a page draws."""
    import results_made
    from fuzz.results_seed import full_results

    yield json.dumps(results_made.results_of()).encode()
    yield json.dumps(results_made.faulty("half-cell-missing", "recipe-half-cell")).encode()
    yield json.dumps(results_made.everywhere("<script>alert(1)</script>", 1)).encode()
    yield json.dumps(full_results()).encode()


def names() -> Iterator[bytes]:
    """Texts that might name a pipeline."""
    from fuzz.commands import NAMES

    yield from (name.encode("utf-8", "surrogatepass") for name in NAMES)


def arguments() -> Iterator[bytes]:
    """Commands as they are meant, so far as they are quickly done."""
    given: Iterable[list[str]] = (
        ["heatmap", "in/scene.png", "in/points.npy"],
        ["heatmap", "in/scene.png", "in/broken", "--camera", "in/camera.json", "--grid", "14x14", "-o", "out.png"],
        ["heatmap", "in/missing", "in/points.npy", "--model", "ViT-B-32", "--mode", "stretch", "--json", "out.json"],
        ["check", "mine:nothing", "--json", "out.json", "--seed", "3"],
        ["check", "mine:number", "--image", "in/scene.png", "--points", "in/points.npy", "--camera", "in/camera.json"],
        ["audit", "in", "-o", "out.csv", "--json", "out.json", "--tolerance", "0.1", "--apart", "3", "--workers", "2"],
        ["audit", "in/missing", "-o", "out.parquet", "--engine", "dask", "--address", "tcp://localhost:1"],
        ["reports", "in/results.json", "-o", "out.html"],
        ["reports", "mine:number", "-o", "out.html", "--summary", "out.md"],
        ["reports", "compare", "in/results.json", "in/missing", "-o", "out.html", "--summary", "out.md"],
        ["reports", "--help"],
    )
    yield from (json.dumps(each).encode() for each in given)

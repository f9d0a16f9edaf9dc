"""One camera that sees one point, written in every layout that a data set may have, its numbers worked out by hand.

The world turns by 60 degrees about (1, 1, 1) and moves by (0.1, -0.4, 2.3) to become the camera's: the point
(0.3, 0.6, -0.9) is then at (-0.5, 0.5, 2), so at (-1/4, 1/4) on the plane z = 1, and focal lengths of 40 and 60 with
the principal point (30.5, 20) see it at (20.5, 35), in index coordinates.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from PIL import Image

SIZE, DEPTH_SIZE = (48, 64), (24, 32)
POINT, DEPTH, PIXEL = (0.3, 0.6, -0.9), 2.0, (20.5, 35.0)
FX, FY, CX, CY = 40.0, 60.0, 30.5, 20.0
ROUNDING = 1e-9  # of a dozen operations in float64 on numbers below 100, with a wide margin

WORLD_TO_CAMERA = [[2 / 3, -1 / 3, 2 / 3, 0.1], [2 / 3, 2 / 3, -1 / 3, -0.4], [-1 / 3, 2 / 3, 2 / 3, 2.3], [0, 0, 0, 1]]
CAMERA_TO_WORLD = [
    [2 / 3, 2 / 3, -1 / 3, 2.9 / 3],
    [-1 / 3, 2 / 3, 2 / 3, -3.7 / 3],
    [2 / 3, -1 / 3, 2 / 3, -5.2 / 3],
    [0, 0, 0, 1],
]
OPENGL_CAMERA_TO_WORLD = [
    [2 / 3, -2 / 3, 1 / 3, 2.9 / 3],
    [-1 / 3, -2 / 3, -2 / 3, -3.7 / 3],
    [2 / 3, 1 / 3, -2 / 3, -5.2 / 3],
    [0, 0, 0, 1],
]
QUATERNION = (3.0, 1.0, 1.0, 1.0)  # cos 30° : sin 30° / √3 = 3 : 1, not of unit length
TRANSLATION = (0.1, -0.4, 2.3)


def write_image(path: Path, size=SIZE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (size[1], size[0])).save(path)


def write_depth(path: Path, size=SIZE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(size, 2000, np.uint16)).save(path)


def write_matrix(path: Path, matrix) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(" ".join(map(repr, map(float, row))) + "\n" for row in matrix))


def write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def matrix_of_k(side=3, scale=1.0, cx=CX, cy=CY) -> list[list[float]]:
    matrix = np.eye(side)
    matrix[:2, :3] = [[FX * scale, 0, cx], [0, FY * scale, cy]]
    return matrix.tolist()


def camera_json(**changes) -> dict:
    camera = {"fx": FX, "fy": FY, "cx": CX, "cy": CY, "size": list(SIZE), "world_to_camera": WORLD_TO_CAMERA}
    return camera | changes


def manifest(root: Path, *rows) -> Path:
    """A manifest of `rows`, JSON values or lines as they are; without any, of the one frame."""
    write_image(root / "a.png")
    rows = rows or ({"image": "a.png", "camera": camera_json()},)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    return write_text(root / "frames.jsonl", "\n".join(lines) + "\n")


def seven_scenes(root: Path, stem="frame-000000", pose=CAMERA_TO_WORLD, k=None) -> Path:
    write_image(root / f"{stem}.color.png")
    write_depth(root / f"{stem}.depth.png")
    write_matrix(root / f"{stem}.pose.txt", pose)
    write_matrix(root / "camera-intrinsics.txt", k or matrix_of_k())
    return root


def scannet(root: Path, number=0, pose=CAMERA_TO_WORLD) -> Path:
    write_image(root / f"color/{number}.jpg")
    write_depth(root / f"depth/{number}.png", DEPTH_SIZE)
    write_matrix(root / f"pose/{number}.txt", pose)
    write_matrix(root / "intrinsic/intrinsic_color.txt", matrix_of_k(4))
    # The edge coordinates (31, 20.5) of the principal point halve with the image: 15.5 - 1/2 and 10.25 - 1/2.
    write_matrix(root / "intrinsic/intrinsic_depth.txt", matrix_of_k(4, 0.5, 15.0, 9.75))
    return root


def nerfstudio(root: Path, *frames, **top) -> Path:
    """A transforms.json of `frames`; without any, of the one frame, its intrinsics in edge coordinates at the top."""
    write_image(root / "images/a.png")
    shared = {"fl_x": FX, "fl_y": FY, "cx": CX + 0.5, "cy": CY + 0.5, "w": SIZE[1], "h": SIZE[0]} | top
    frames = frames or ({"file_path": "images/a.png", "transform_matrix": OPENGL_CAMERA_TO_WORLD},)
    shared = {name: value for name, value in shared.items() if value is not None}
    write_text(root / "transforms.json", json.dumps({**shared, "frames": list(frames)}))
    return root


PINHOLE = "PINHOLE", (FX, FY, CX + 0.5, CY + 0.5)
IMAGE = (*QUATERNION, *TRANSLATION)
NUMBERS = {"PINHOLE": 1, "OPENCV": 4, "FOV": 7}


def colmap_text(root: Path, camera=PINHOLE, image=IMAGE) -> Path:
    write_image(root / "images/a.png")
    model, parameters = camera
    line = " ".join(map(repr, parameters))
    write_text(root / "sparse/0/cameras.txt", f"# a comment\n7 {model} {SIZE[1]} {SIZE[0]} {line}\n")
    pose = " ".join(map(repr, image))
    write_text(root / "sparse/0/images.txt", f"# a comment\n3 {pose} 7 a.png\n1.5 2.5 -1 3.5 4.5 12\n")
    return root


def cameras_bin(camera=PINHOLE) -> bytes:
    model, parameters = camera
    fields = struct.pack("<IiQQ", 7, NUMBERS[model], SIZE[1], SIZE[0])
    return struct.pack("<Q", 1) + fields + struct.pack(f"<{len(parameters)}d", *parameters)


def image_bin(name=b"a.png", image=IMAGE, number=3, keypoints=2) -> bytes:
    pose = struct.pack("<I7dI", number, *image, 7)
    return pose + name + b"\0" + struct.pack("<Q", keypoints) + bytes(24 * keypoints)


def images_bin(*images: bytes, count=None) -> bytes:
    return struct.pack("<Q", len(images) if count is None else count) + b"".join(images)


def colmap_binary(root: Path, camera=PINHOLE, images=None) -> Path:
    write_image(root / "images/a.png")
    model = root / "sparse/0"
    model.mkdir(parents=True)
    (model / "cameras.bin").write_bytes(cameras_bin(camera))
    (model / "images.bin").write_bytes(images or images_bin(image_bin()))
    return root


LAYOUTS = {
    "manifest": manifest,
    "7-Scenes": seven_scenes,
    "ScanNet": scannet,
    "nerfstudio": nerfstudio,
    "COLMAP text": colmap_text,
    "COLMAP binary": colmap_binary,
}

"""What a command is given of a scene, an image, points and perhaps a camera: each read, or refused in one line."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from diagnostics.camera_file import read_camera
from diagnostics.command_line import InputError, blaming
from diagnostics.points_file import PointsFile
from reference.camera import Camera
from reference.fields import Size
from reference.image import load_image

_CAMERA_FILE = "write what reference.Camera.to_dict() gives as JSON, as examples/camera.json has it"


def image_at(path: Path) -> Image.Image:
    """The upright image of the file at `path`. Raises `InputError` where there is none."""
    with blaming(str(path), "give an image file that Pillow can read"):
        return load_image(path)


def points_at(path: Path, camera: Path | None) -> PointsFile:
    """The points of the file at `path`: (N, 3) where there is a `camera`, else (N, 2). Raises `InputError`."""
    with blaming(str(path)):
        points = PointsFile.open(path)
    if points.columns == 3 and camera is None:
        raise InputError(
            f"{path}: shape (N, 3) means world points; pass the camera that saw the image with --camera, or, of image "
            "points (u, v, ...), keep points[:, :2]"
        )
    if points.columns == 2 and camera is not None:
        raise InputError(f"--camera {camera}: {path} has shape (N, 2), which are image points; leave --camera out")
    return points


def camera_at(path: Path, image_size: Size) -> Camera:
    """The camera in the file at `path`, of an image of `image_size`. Raises `InputError` for another's."""
    with blaming(f"--camera {path}", _CAMERA_FILE):
        camera = read_camera(path)
    if camera.size != image_size:
        raise InputError(
            f"--camera {path}: its size [height, width] is {list(camera.size)}, but the upright image has "
            f"{list(image_size)}; give the camera of this image, or resize it with Camera.resized"
        )
    return camera

"""Reads a `camera.json` strictly: what JSON allows but a camera cannot mean is refused, never guessed at."""

from __future__ import annotations

from pathlib import Path

from diagnostics.strict_json import strict_json
from reference.camera import Camera

_MOST_BYTES = 1_000_000  # A camera with every distortion coefficient OpenCV knows has under 2,000.


def read_camera(path: Path) -> Camera:
    """The camera that the JSON file at `path` describes, in the form of `Camera.to_dict`.

    Raises `OSError` where it cannot be read, `TypeError` or `ValueError` where it does not describe a camera.
    """
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it is longer than {_MOST_BYTES} bytes, so it is no camera")
    return Camera.from_dict(strict_json(content))

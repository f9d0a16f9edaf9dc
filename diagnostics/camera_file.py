"""Reads a `camera.json` strictly: what JSON allows but a camera cannot mean is refused, never guessed at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

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
    try:
        data = json.loads(content.decode(), object_pairs_hook=_without_repeats, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not valid JSON: {error}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply to be a camera") from None
    return Camera.from_dict(data)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("it gives the same field twice")
    return data


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}, which is neither JSON nor a camera's number")

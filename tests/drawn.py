"""Whole pipelines put together from one choice a link, right or wrong, with the names of what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from torchvision.transforms import InterpolationMode

import broken_camera as camera
import broken_encoder as encoder
import broken_preprocess as picture
import broken_training as training
from diagnostics.pipeline import Pipeline
from reference import load_image
from reference.geometry import GeomMeta
from reference.preprocess import geometry_of

GRID = (8, 8)
TARGET = encoder.PATCH * GRID[0]
SIZES = ((240, 321), (317, 256))
NEAREST = picture.centre_crop(TARGET, picture.Image.Resampling.NEAREST)

# Link -> fault id -> ways to make it. In the order in which the checks run; ids in the order in which they are listed.
Ways = tuple[Any, ...]
LINKS: dict[str, dict[str, Ways]] = {
    "pose": {"pose-inverted": (camera.inverse, camera.transposed)},
    "axes": {"camera-axes": ((1, -1, -1), (1, -1, 1))},
    "lens": {"distortion-ignored": (False,)},
    "k": {
        "intrinsics-not-rescaled": (lambda c: camera.as_index(c.resized((968, 1200))),),
        "intrinsics-single-ratio": (camera.single_ratio_k,),
        "principal-point-origin": (camera.origin_ignored, camera.always_edge),
        "principal-point-centred": (lambda c: replace(camera.as_index(c), cx=c.size[1] / 2, cy=c.size[0] / 2),),
        "principal-point-not-shifted": (lambda c: replace(camera.as_index(c), cx=camera.as_index(c).cx + 37),),
    },
    "culling": {"behind-camera-kept": (False,)},
    "turn": {"exif-ignored": (picture.sideways, picture.jpeg_only)},
    "mode": {"load-mode": (picture.palette_indices, picture.inverted_inks, picture.low_byte)},
    "crop": {
        "resample-nearest": (NEAREST,),
        "not-antialiased": (picture.tensor_crop(TARGET, InterpolationMode.BILINEAR, False),),
    },
    "statistics": {
        "normalisation-imagenet": ("imagenet",),
        "normalisation-half": ("half",),
        "normalisation-missing": ("none",),
    },
    "range": {"range-255": (255,), "range-double-scaled": (1 / 255,)},
    "order": {"channels-bgr": ("bgr", "bgr after")},
    "claim": {"geometry-claim": ("one pixel", "nominal")},
    "chance": {"encoder-not-deterministic": (0.1,)},
    "batch": {"batch-leak": (True,)},
    "first": {"class-token-kept": (1,), "register-tokens-kept": (4, 5)},
    "arrangement": {
        "token-order-transposed": (encoder.columns_first,),
        "tokens-viewed-as-channels": (encoder.viewed,),
    },
    "freedom": {
        "frozen-but-listed": (training.freeze("head"), training.freeze("head.3")),
        "trainable-but-unlisted": (training.thaw("stem"), training.thaw("blocks.2")),
    },
    "sleep": {"train-mode-leak": (training.Careless, training.LeafByLeaf)},
}
Choices = Mapping[str, tuple[str, Any]]  # link -> fault id and the way


def faults_of(choices: Choices) -> tuple[str, ...]:
    """Ids of what is wrong, in the order in which the checks list them."""
    return tuple(choices[link][0] for link in LINKS if link in choices)


def assembled(choices: Choices) -> Pipeline:
    """The whole pipeline, all links right but the chosen ones."""
    way = {link: chosen[1] for link, chosen in choices.items()}
    crop = way.get("crop", picture.centre_crop(TARGET))
    module = training.contract(way.get("sleep", training.Contract), way.get("freedom"))
    return Pipeline(
        load=_loader(way.get("turn", load_image), way.get("mode", load_image)),
        preprocess=picture.normalised(
            crop, way.get("statistics", "clip"), way.get("range", 1), way.get("order", "rgb")
        ),
        geometry=_claim(crop, way.get("claim", "")),
        encode=_encoder(way),
        grid=GRID,
        project=_projection(way),
        module=module.module,
        trainable=module.trainable,
    )


def _loader(turn: Callable[[str], Any], mode: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda path: turn(path) if "turned" in path else mode(path)


def _claim(crop: picture.Crop, wrong: str) -> Callable[[tuple[int, int]], GeomMeta]:
    def geometry(size: tuple[int, int]) -> GeomMeta:
        right = geometry_of(crop if crop is not NEAREST else picture.centre_crop(TARGET), size, GRID)
        if wrong == "one pixel":
            return replace(right, offset=(right.offset[0] + 1, right.offset[1]))
        if wrong == "nominal":  # the long side a pixel longer than it was made
            longer = tuple(side + (side > TARGET) for side in right.resized_size)
            return replace(right, resized_size=longer)
        return right

    return geometry


def _encoder(way: Mapping[str, Any]) -> Callable[..., Any]:
    kept = way.get("first", 0)
    registers = 4
    planted = encoder.pipeline(
        GRID,
        first=1 + registers - kept,
        registers=registers,
        arrange=way.get("arrangement", encoder.rows_first),
        leak=way.get("batch", False),
        dropout=way.get("chance", 0.0),
    )
    return planted.encode


def _projection(way: Mapping[str, Any]) -> camera.Project:
    signs = camera.signs(*way.get("axes", (1, 1, 1)))
    pose = way.get("pose", lambda c: np.array(c.world_to_camera))

    def both(c: Any) -> np.ndarray:
        return signs(replace(c, world_to_camera=pose(c)))

    return camera.by_hand(both, way.get("culling", True), way.get("lens", True), k=way.get("k", camera.as_index))

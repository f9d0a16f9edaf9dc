"""Preprocessing that goes wrong in one known way, to be measured and drawn: the planted faults of the tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import Image
from torchvision.transforms import InterpolationMode

import broken_preprocess as broken
from diagnostics import Pipeline
from diagnostics.subject import Floats
from diagnostics.verdict import Fault
from docs.generate.colour_picture import draw_colours
from docs.generate.errors import ends_table, named
from docs.generate.file_pictures import draw_modes, draw_turned
from docs.generate.frame_picture import Scene, draw_scene
from docs.generate.page import Picture, Specimen, Table
from docs.generate.raster_picture import checkerboard, draw_rasters, pixels, slope
from docs.generate.warp_picture import draw_warp
from reference.fields import Size
from reference.geometry import edge_from_index, index_from_edge
from reference.preprocess import geometry_of

_ONE: tuple[Size, ...] = ((480, 640),)
_SHOWN: Size = (480, 641)
_CLAIMED: tuple[Size, ...] = ((480, 640), _SHOWN, (968, 1296))
_COLOURS: dict[str, tuple[str, dict[str, Any]]] = {
    "normalisation-imagenet": ("ImageNet's mean and standard deviation", {"statistics": "imagenet"}),
    "normalisation-half": ("mean and standard deviation of one half", {"statistics": "half"}),
    "normalisation-missing": ("values from 0 to 1, nothing subtracted", {"statistics": "none"}),
    "range-255": ("CLIP's statistics on values from 0 to 255", {"white": 255}),
    "range-double-scaled": ("divided by 255 twice, then CLIP's statistics", {"white": 1 / 255}),
    "channels-bgr": ("red and blue exchanged before CLIP's statistics", {"order": "bgr"}),
}


def preprocesses() -> dict[str, Specimen]:
    """Every preprocess, loader and claim that goes wrong."""
    found = {}
    for fault_id, (planted, settings) in _COLOURS.items():
        crop = broken.normalised(broken.centre_crop(), **settings)
        found[fault_id] = _specimen(planted, crop, partial(draw_colours, preprocess=crop))
    nearest = broken.centre_crop(112, Image.Resampling.NEAREST)
    found["resample-nearest"] = _specimen("PIL's nearest neighbour", broken.normalised(nearest), _draw_nearest)
    rough = broken.tensor_crop(112, InterpolationMode.BILINEAR, False)
    found["not-antialiased"] = _specimen("antialias=False on tensors", broken.normalised(rough), _draw_rough)
    found["preprocess-not-affine"] = _specimen(
        "rows bent by up to three crop pixels", broken.normalised(broken.wave), partial(draw_warp, crop=broken.wave)
    )
    loads = (("palette", broken.palette_indices), ("CMYK", broken.inverted_inks), ("16-bit grey", broken.low_byte))
    found["load-mode"] = Specimen(
        "the mode of a file is ignored", Pipeline(load=_careless), partial(draw_modes, loads=loads)
    )
    found["exif-ignored"] = Specimen(
        "the tag is not applied", Pipeline(load=broken.sideways), partial(draw_turned, load=broken.sideways)
    )
    claim = broken.claiming(broken.nominal)
    found["geometry-claim"] = Specimen(
        "the long side rounded where the transform truncates", claim, _draw_claim, _claim_table, _CLAIMED
    )
    return found


def _specimen(planted: str, crop: broken.Crop, draw: Callable[[Fault], Picture]) -> Specimen:
    return Specimen(planted, broken.pipeline(crop), draw, image_sizes=_ONE)


def _careless(path: str) -> Image.Image:
    """All three at once."""
    if path.endswith("grey16.png"):
        return broken.low_byte(path)
    return broken.inverted_inks(path) if "CMYK" in path else broken.palette_indices(path)


def _draw_nearest(fault: Fault) -> Picture:
    right, wrong = (
        pixels(broken.centre_crop(112, resample), slope())
        for resample in (Image.Resampling.BICUBIC, Image.Resampling.NEAREST)
    )
    soft = [float(np.mean((shares > 0.02) & (shares < 0.98))) for shares in (right, wrong)]
    alt = f"A slanting edge at 12×12 crop pixels: {soft[0]:.0%} of them lie between black and white with bicubic, "
    alt += f"{soft[1]:.0%} with nearest neighbour."
    return draw_rasters(f"{fault.id}: a slanting edge", "a slanting edge, 12×12 pixels of the crop", right, wrong, alt)


def _draw_rough(fault: Fault) -> Picture:
    rough = broken.tensor_crop(112, InterpolationMode.BILINEAR, False)
    right, wrong = pixels(broken.centre_crop(), checkerboard()), pixels(rough, checkerboard())
    alt = (
        f"A checkerboard of single pixels: smoothed, the crop's values differ by {np.ptp(right):.2f} of its contrast, "
    )
    alt += f"not smoothed by {np.ptp(wrong):.2f}."
    words = "a checkerboard of single pixels, 12×12 pixels of the crop"
    return draw_rasters(f"{fault.id}: a fine checkerboard", words, right, wrong, alt)


def _scene(size: Size) -> Scene:
    """Where a point lands by the geometry that is claimed, seen from the one that acts."""
    right, claimed = geometry_of(broken.centre_crop(), size, (7, 7)), broken.nominal(size)

    def read(points: Floats) -> Floats:
        return np.asarray(right.image_from_crop(claimed.crop_from_image(points)))

    inner = right.image_from_grid(np.array([[0.0, 0.0], [6.0, 6.0]]))
    crop = index_from_edge(np.array([[0.0, 0.0], right.crop_size[::-1]]))
    marks = "the true place", "the place claimed"
    return Scene(read, size, inner, edge_from_index(np.asarray(right.image_from_crop(crop))), (7, 7), marks=marks)


def _claim_table() -> Table:
    return ends_table({size: _scene(size) for size in _CLAIMED})


def _draw_claim(fault: Fault) -> Picture:
    scene = _scene(_SHOWN)
    alt = f"Where points of a {named(_SHOWN)} image land by the claimed geometry: {scene.words()}."
    return Picture(draw_scene(scene, f"{fault.id}: true places and claimed ones"), alt)

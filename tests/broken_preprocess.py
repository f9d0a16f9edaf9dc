"""Pipelines that go wrong between file and crop, each in one known way, and twins that only look wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode, functional

from diagnostics.colour_links import STATISTICS
from diagnostics.pipeline import Pipeline
from reference import load_image
from reference.closed_form import geometry_for
from reference.geometry import GeomMeta
from reference.preprocess import geometry_of

Crop = Callable[[Image.Image], Any]
BICUBIC = Image.Resampling.BICUBIC


def values(image: Image.Image) -> torch.Tensor:
    """The image as a tensor (3, H, W), 0 to 255."""
    return torch.from_numpy(np.array(image.convert("RGB"))).movedim(-1, 0).float()


def centre_crop(target: int = 112, resample: Image.Resampling = BICUBIC) -> Crop:
    """Short side to `target`, the long one truncated, and a centre crop: values 0 to 255."""

    def crop(image: Image.Image) -> torch.Tensor:
        resized = image.resize(tuple(target * side // min(image.size) for side in image.size), resample)
        return functional.center_crop(values(resized), target)

    return crop


def tensor_crop(target: int, interpolation: InterpolationMode, antialias: bool) -> Crop:
    """The same on tensors, where smoothing is a choice."""

    def crop(image: Image.Image) -> torch.Tensor:
        resized = functional.resize(values(image), target, interpolation, antialias=antialias)
        return functional.center_crop(resized, target)

    return crop


def normalised(crop: Crop, statistics: str = "clip", white: float = 1, order: str = "rgb") -> Crop:
    """`crop` scaled so that 255 becomes `white`, and normalised; order as in `diagnostics.colour_links.Links`."""
    mean, std = (torch.tensor(numbers)[:, None, None] for numbers in STATISTICS[statistics])

    def preprocess(image: Image.Image) -> torch.Tensor:
        pixels = crop(image).float()
        pixels = pixels.flip(0) if order == "bgr" else pixels
        pixels = (pixels / 255 * white - mean) / std
        return pixels.flip(0) if order == "bgr after" else pixels

    return preprocess


def pipeline(preprocess: Crop | None = None, **fields: Any) -> Pipeline:
    """A pipeline of this family with `preprocess`, right unless told otherwise."""
    return Pipeline(preprocess=preprocess or normalised(centre_crop()), **fields)


def claiming(geometry: Callable[[tuple[int, int]], GeomMeta], **fields: Any) -> Pipeline:
    """The right preprocess with a claimed geometry."""
    return pipeline(geometry=geometry, grid=(7, 7), **fields)


# Planted --------------------------------------------------------------------------------------------------------------


def opened(path: str) -> Image.Image:
    """Upright, but the mode is left to whoever comes next."""
    return ImageOps.exif_transpose(Image.open(path))


def sideways(path: str) -> Image.Image:
    """As the sensor lay, the colours right."""
    with Image.open(path) as image:
        return image.convert("RGB") if image.mode == "RGB" else load_image(path)


def palette_indices(path: str) -> Image.Image:
    """What ToTensor makes of a palette image: indices for grey levels."""
    image = opened(path)
    return Image.fromarray(np.array(image)) if image.mode == "P" else load_image(path)


def inverted_inks(path: str) -> Image.Image:
    image = opened(path)
    return Image.fromarray(np.array(image)[..., :3]) if image.mode == "CMYK" else load_image(path)


def low_byte(path: str) -> Image.Image:
    """The lower eight of sixteen bits, as a cast to uint8 keeps them."""
    image = opened(path)
    return Image.fromarray(np.array(image).astype(np.uint8)) if image.mode.startswith("I") else load_image(path)


def jpeg_only(path: str) -> Image.Image:
    """The orientation of PNG files is forgotten."""
    return load_image(path) if path.endswith("jpg") else sideways(path)


def bgr_image(path: str) -> Image.Image:
    return Image.fromarray(np.array(load_image(path))[..., ::-1].copy())


def wave(image: Image.Image) -> torch.Tensor:
    """A lens correction left in: rows bent by up to three crop pixels."""
    crop = centre_crop()(image)
    side = torch.linspace(-1, 1, 112)
    y, x = torch.meshgrid(side, side, indexing="ij")
    bent = torch.stack([x + torch.sin(3 * y) * 6 / 112, y], -1)[None]
    return torch.nn.functional.grid_sample(crop[None], bent, align_corners=True, padding_mode="border")[0]


class RandomCrop:
    """Another window at every call, its own generator so that no test depends on another."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)

    def __call__(self, image: Image.Image) -> torch.Tensor:
        left = int(self._random.integers(0, 20))
        return centre_crop()(image.crop((left, 0, left + 200, 200)))


def nominal(size: tuple[int, int]) -> GeomMeta:
    """The long side rounded where the transform truncates."""
    right = geometry_of(centre_crop(), size, (7, 7))
    return replace(right, resized_size=tuple(round(112 * side / min(size)) for side in size))


def claimed(**wrong: Any) -> Callable[[tuple[int, int]], GeomMeta]:
    return lambda size: replace(geometry_of(centre_crop(), size, (7, 7)), **wrong)


def one_pixel_beside(size: tuple[int, int]) -> GeomMeta:
    right = geometry_of(centre_crop(), size, (7, 7))
    return replace(right, offset=(right.offset[0] + 1, right.offset[1]))


BROKEN: dict[str, tuple[Pipeline, ...]] = {
    "exif-ignored": (
        pipeline(load=sideways),
        Pipeline(load=sideways),
        Pipeline(load=jpeg_only),
    ),
    "load-mode": (
        Pipeline(load=opened),
        pipeline(load=palette_indices),
        Pipeline(load=inverted_inks),
        Pipeline(load=low_byte),
    ),
    "preprocess-not-affine": (
        pipeline(normalised(wave)),
        pipeline(normalised(RandomCrop())),
        pipeline(normalised(lambda image: centre_crop()(image).transpose(-1, -2))),
        pipeline(normalised(lambda image: centre_crop()(image.rotate(1, BICUBIC)))),
    ),
    "resample-nearest": (
        pipeline(normalised(centre_crop(112, Image.Resampling.NEAREST))),
        pipeline(normalised(centre_crop(336, Image.Resampling.NEAREST))),
        pipeline(normalised(tensor_crop(112, InterpolationMode.NEAREST, False))),
    ),
    "not-antialiased": (
        pipeline(normalised(tensor_crop(112, InterpolationMode.BILINEAR, False))),
        pipeline(normalised(tensor_crop(96, InterpolationMode.BICUBIC, False))),
    ),
    "normalisation-imagenet": (
        pipeline(normalised(centre_crop(), "imagenet")),
        pipeline(normalised(centre_crop(), "imagenet"), normalization="half"),
    ),
    "normalisation-half": (
        pipeline(normalised(centre_crop(), "half")),
        pipeline(normalised(centre_crop(), "half"), normalization="imagenet"),
    ),
    "normalisation-missing": (
        pipeline(normalised(centre_crop(), "none")),
        pipeline(normalised(centre_crop(), "none"), normalization="half"),
    ),
    "range-255": (
        pipeline(normalised(centre_crop(), white=255)),
        pipeline(centre_crop(), normalization="none"),
    ),
    "range-double-scaled": (
        pipeline(normalised(centre_crop(), white=1 / 255)),
        pipeline(normalised(centre_crop(), "imagenet", white=1 / 255), normalization="imagenet"),
    ),
    "channels-bgr": (
        pipeline(normalised(centre_crop(), order="bgr")),
        pipeline(normalised(centre_crop(), order="bgr after")),
        pipeline(normalised(centre_crop(), "none", white=1 / 255 * 255, order="bgr"), normalization="none"),
        Pipeline(load=bgr_image),
    ),
    "geometry-claim": (
        claiming(nominal),
        claiming(one_pixel_beside),
        claiming(claimed(feat_size=(14, 14))),
        claiming(claimed(crop_size=(224, 224))),
        claiming(claimed(in_size=(336, 448))),
    ),
}

# Compounds: all that acts is named, and nothing else.
COMPOUNDS: dict[str, tuple[Pipeline, tuple[str, ...]]] = {
    "bgr and imagenet": (
        pipeline(normalised(centre_crop(), "imagenet", order="bgr")),
        ("normalisation-imagenet", "channels-bgr"),
    ),
    "raw bytes": (pipeline(centre_crop()), ("normalisation-missing", "range-255")),
    "double-scaled bgr half": (
        pipeline(normalised(centre_crop(), "half", 1 / 255, "bgr")),
        ("normalisation-half", "range-double-scaled", "channels-bgr"),
    ),
    "nothing in common with CLIP": (
        pipeline(
            normalised(tensor_crop(112, InterpolationMode.BILINEAR, False), "imagenet"),
            load=lambda path: Image.open(path).convert("RGB"),
            geometry=one_pixel_beside,
            grid=(7, 7),
        ),
        ("exif-ignored", "load-mode", "not-antialiased", "normalisation-imagenet", "geometry-claim"),
    ),
    "mirrored nearest": (
        pipeline(normalised(lambda image: centre_crop(112, Image.Resampling.NEAREST)(image).flip(-1))),
        ("resample-nearest",),
    ),
    "other statistics than CLIP's, which have no id": (
        pipeline(normalised(centre_crop()), normalization="imagenet"),
        ("unexplained",),
    ),
    "a gamma curve": (pipeline(normalised(lambda image: 255 * (centre_crop()(image) / 255) ** 2.2)), ("unexplained",)),
    "green and red exchanged": (
        pipeline(normalised(lambda image: centre_crop()(image)[[1, 0, 2]])),
        ("unexplained",),
    ),
}

# Right, however they look ---------------------------------------------------------------------------------------------


def fractional_window(image: Image.Image) -> torch.Tensor:
    return values(image.resize((112, 112), BICUBIC, box=(20.5, 3.25, 220.25, 203)))


def letterbox(image: Image.Image) -> torch.Tensor:
    scale = 112 / max(image.size)
    resized = values(image.resize((round(image.width * scale), round(image.height * scale)), BICUBIC))
    canvas = torch.full((3, 112, 112), 127.0)
    top, left = (112 - resized.shape[1]) // 2, (112 - resized.shape[2]) // 2
    canvas[:, top : top + resized.shape[1], left : left + resized.shape[2]] = resized
    return canvas


def turned_later(image: Image.Image) -> torch.Tensor:
    return centre_crop()(ImageOps.exif_transpose(image))


def tagged(path: str) -> Image.Image:
    """As the sensor lay, with the EXIF tag for whoever comes next."""
    with Image.open(path) as image:
        image.load()
        return image if image.mode == "RGB" else load_image(path)


def scaled_later(image: Image.Image) -> torch.Tensor:
    """16-bit grey is scaled only here, where `load` hands it on as it is."""
    if image.mode.startswith("I"):
        image = Image.fromarray((np.array(image) // 257).astype(np.uint8))
    return centre_crop()(image)


def refusing(path: str) -> Image.Image:
    """Ordinary files only, and loud about it."""
    with Image.open(path) as image:
        if image.mode in ("P", "I;16"):
            raise ValueError("8-bit colours only")
    return load_image(path)


def noisy_in_passing(image: Image.Image) -> torch.Tensor:
    """Prints, and draws on the image that it was given."""
    print("preprocessing", image.size)
    crop = normalised(centre_crop())(image)
    image.paste((0, 0, 0), (0, 0, *image.size))
    return crop


def mirrored_padding(image: Image.Image) -> torch.Tensor:
    """The long side to 112 pixels and the image mirrored into the rest."""
    scale = 112 / max(image.size)
    resized = values(image.resize((round(image.width * scale), round(image.height * scale)), BICUBIC))
    wide, high = 112 - resized.shape[2], 112 - resized.shape[1]
    return functional.pad(resized, [wide // 2, high // 2, wide - wide // 2, high - high // 2], padding_mode="reflect")


def blurred_first(image: Image.Image) -> torch.Tensor:
    """A blur by hand before a resize that does not smooth, as around OpenCV's INTER_LINEAR."""
    pitch = min(image.size) / 112
    smooth = functional.gaussian_blur(values(image), 2 * int(2 * pitch) + 1, pitch / 2)
    resized = functional.resize(smooth, 112, InterpolationMode.BILINEAR, antialias=False)
    return functional.center_crop(resized, 112)


def averaged(image: Image.Image) -> torch.Tensor:
    return torch.nn.functional.interpolate(values(image)[None], (112, 140), mode="area")[0]


def in_steps(image: Image.Image) -> torch.Tensor:
    """Half the size by a box, the rest by bicubic: what a thumbnail or JPEG's own scaling does first."""
    return centre_crop()(image.reduce(2))


RIGHT: dict[str, Pipeline] = {
    # Look odd because places read jump by half a pixel; right because they do so all over the image alike.
    "a box": pipeline(normalised(centre_crop(112, Image.Resampling.BOX))),
    "a box near full size": pipeline(normalised(centre_crop(190, Image.Resampling.BOX))),
    "Hamming, enlarged": pipeline(normalised(centre_crop(336, Image.Resampling.HAMMING))),
    "whole pixels averaged": pipeline(normalised(averaged)),
    # Look odd because two things resize, or blur; right because together they do it once, smoothly.
    "blurred first, resized without smoothing": pipeline(normalised(blurred_first)),
    "resized in two steps": pipeline(normalised(in_steps)),
    # Looks odd because most of the crop may be a mirror image; right because the image itself stands upright in it.
    "mirrored padding": pipeline(normalised(mirrored_padding)),
    "our own loader": claiming(claimed(), load=load_image),
    "an array": pipeline(lambda image: normalised(centre_crop())(image).numpy()),
    "half precision": pipeline(lambda image: normalised(centre_crop())(image).half()),
    "bfloat16": pipeline(lambda image: normalised(centre_crop())(image).bfloat16()),
    "float64": pipeline(lambda image: normalised(centre_crop())(image).double()),
    "a batch of one": pipeline(lambda image: normalised(centre_crop())(image)[None]),
    "imagenet on purpose": pipeline(normalised(centre_crop(), "imagenet"), normalization="imagenet"),
    "half on purpose": pipeline(normalised(centre_crop(), "half"), normalization="half"),
    "bilinear": pipeline(normalised(centre_crop(112, Image.Resampling.BILINEAR))),
    "Lanczos": pipeline(normalised(centre_crop(112, Image.Resampling.LANCZOS))),
    "tensors, smoothed": pipeline(normalised(tensor_crop(112, InterpolationMode.BILINEAR, True))),
    "a crop alone": pipeline(normalised(lambda image: functional.center_crop(values(image), 112))),
    "enlarged without smoothing": pipeline(normalised(tensor_crop(448, InterpolationMode.BILINEAR, False))),
    "a fractional window": pipeline(normalised(fractional_window)),
    "bilinear just below full size": pipeline(normalised(centre_crop(207, Image.Resampling.BILINEAR))),
    "letterbox": pipeline(normalised(letterbox)),
    "grey on purpose": pipeline(normalised(lambda image: centre_crop()(image.convert("L")))),
    "turned by the preprocess": pipeline(normalised(turned_later), load=tagged),
    "16 bits scaled by the preprocess": pipeline(normalised(scaled_later), load=opened),
    "a loader that refuses": Pipeline(load=refusing),
    "prints and mutates": pipeline(noisy_in_passing),
    "whole patches of the crop": pipeline(
        normalised(centre_crop(120)),
        geometry=lambda size: geometry_of(centre_crop(120), size).with_patches((16, 16)),
        grid=(7, 7),
    ),
    "an upsampled grid": claiming(claimed(feat_size=(28, 28)), upsample=lambda features: features),
    "the long side rounded on both sides": pipeline(
        normalised(tensor_crop(112, InterpolationMode.BICUBIC, True)),
        geometry=lambda size: geometry_for("official", size, (112, 112), (16, 16)),
        grid=(7, 7),
    ),
}

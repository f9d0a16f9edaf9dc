"""The geometry of image transforms: open_clip's own for a model, and whatever any other callable turns out to do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from PIL import Image

from reference.fields import Size, as_size
from reference.geometry import GeomMeta
from reference.libraries import open_clip
from reference.measure import measure_map
from reference.reading import read_geometry
from reference.snapping import snap
from reference.stripes import Transform

_PATCH = 16
_known: WeakKeyDictionary[Transform, dict[tuple[str, Size], GeomMeta]] = WeakKeyDictionary()


def official_preprocess(model: str = "ViT-B-16", pretrained: str | None = None) -> Transform:
    """open_clip's own evaluation transform, PIL image to normalised tensor (3, Hc, Wc), for a model and pretrained tag.

    The one that `open_clip.create_model_and_transforms` returns last, built without the model or its weights.
    `pretrained` may be a tag, a file of weights (which carries no transform of its own), or None.

    Raises `ValueError` for a model or a tag that open_clip does not have.
    """
    name = model.replace("/", "-")
    config = open_clip.get_model_config(name)
    if config is None:
        raise ValueError(f"open_clip has no model {model!r}; open_clip.list_models() lists them")
    tag = open_clip.get_pretrained_cfg(name, pretrained) if pretrained else {}
    if pretrained and not tag and not Path(pretrained).is_file():
        known = ", ".join(open_clip.list_pretrained_tags_by_model(name)) or "none"
        raise ValueError(f"open_clip has no weights {pretrained!r} for {model}; its tags are: {known}")
    settings = open_clip.transform.merge_preprocess_dict(asdict(open_clip.transform.PreprocessCfg()), tag)
    settings["size"] = config["vision_cfg"].get("image_size", settings["size"])
    transform: Transform = open_clip.transform.image_transform_v2(
        open_clip.transform.PreprocessCfg(**settings), is_train=False
    )
    return transform


def geometry_of(transform: Transform, image_size: Size, feat_size: Size | None = None) -> GeomMeta:
    """The exact geometry that `transform` has for images of `image_size` `(height, width)`.

    transform: any callable that takes a PIL image and returns a tensor (3, Hc, Wc); also a Hugging Face image processor
    itself. It is measured, about twenty calls on images of that size, and the measured map is snapped to the whole
    numbers that it is within 0.02 pixels of. open_clip's own transforms are read instead, with the same result.
    feat_size: `(height, width)` of the sampling grid, cells; by default one cell for every 16 whole crop pixels.

    The answer is kept as long as `transform` lives and its `repr` stays the same; a callable whose behaviour changes
    without showing there must not be passed twice.

    Raises `ValueError`, with the measured map in the message, for a map that is no resize + crop / pad (a warp, a
    mirror, a turn, a fractional window), for a random transform, where too little of the image is seen to measure, and
    where the transform itself fails on images of that size, one side rounded to 0 or memory for a long one, say.
    """
    image_size = as_size(image_size, "image_size")
    if not callable(transform):
        raise TypeError(f"transform must be a callable that takes a PIL image, got {type(transform).__name__}")
    geometry = _cached(transform, image_size)
    height, width = geometry.crop_size
    return geometry.with_grid(feat_size or (max(1, height // _PATCH), max(1, width // _PATCH)))


def _cached(transform: Transform, image_size: Size) -> GeomMeta:
    try:
        known = _known.setdefault(transform, {})
    except TypeError:  # some callables cannot be hashed or weakly referenced; those are measured every time
        known = {}
    key = (repr(transform), image_size)
    if key not in known:
        known[key] = read_geometry(transform, image_size) or snap(measure_map(_named(transform), image_size))
    return known[key]


def _named(transform: Transform) -> Transform:
    """The transform, whose own errors say of which image they are: many have no message, or one that names nothing."""

    def of_an_image(image: Image.Image) -> Any:
        try:
            return transform(image)
        except Exception as error:
            size, why = (image.height, image.width), f"{type(error).__name__}: {error}".rstrip(": ")
            raise ValueError(f"the transform fails on images of {size} (height, width), {why}") from error

    return of_an_image

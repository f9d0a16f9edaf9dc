"""Image features to lift: the patch tokens of the first blocks of an open_clip ViT, and a head on every token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from reference.dense import with_dense_layers
from reference.fields import Size
from reference.freezing import eval_frozen, freeze_except
from reference.geometry import GeomMeta
from reference.heads import ProjectionHead, as_count, as_dropout
from reference.libraries import open_clip, timm
from reference.preprocess import geometry_of, official_preprocess

# Where there are no weights to load, the text tower that open_clip insists on building may be next to nothing.
_LEAST_TEXT = {"context_length": 1, "vocab_size": 1, "width": 1, "heads": 1, "layers": 1}
_LEVELS = 255
# What open_clip's transforms resize before they convert it to RGB. PIL resizes palette and bilevel images by nearest
# neighbour, which moves pixels, and the deeper ones are clipped to 8 bits afterwards.
_SMOOTH_MODES = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})


class EnhancedCLIPEncoder(nn.Module):
    """Features `(B, out_dim, Hf, Wf)` of images, one a patch, with the geometry that says where each patch lies.

    model, pretrained: a model of `open_clip.list_models()` and one of its tags, or a checkpoint file; without, weights
        are random. The activation is the model's: OpenAI's tags belong to the `-quickgelu` names, as open_clip warns.
    num_layers: transformer blocks that run. Tokens are taken right after the last of them: raw, without the tower's
        final norm; class and register tokens are dropped. Blocks that never run, the tower's own norm, pooling and
        projection, and the text tower are not kept.
    out_dim, dropout: of the `ProjectionHead` on every token.
    trainable_blocks: how many of the last blocks that run are thawed, beside the head; all else is frozen and stays in
        `eval()` when the module is in `train()`. `trainable` holds the whitelist as glob patterns of parameter names.

    On a CPU, what needs no gradient is multiplied by oneDNN, up to twice as fast (`DenseLinear`); parameters and their
    names are open_clip's. Memory peaks at construction. Without weights, little more than what is kept is built for
    open_clip's own ViTs, and the whole image tower for timm's; with weights, open_clip builds the whole model and loads
    the whole checkpoint.

    Raises `TypeError` or `ValueError`, before anything large is built, for an argument out of range, a name or tag that
    open_clip does not have, and a model whose image tower is no plain stack of blocks over patches.
    """

    def __init__(
        self,
        model: str = "ViT-B-16",
        pretrained: str | None = None,
        num_layers: int = 6,
        out_dim: int = 256,
        trainable_blocks: int = 2,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        model = _known_name(model, pretrained)
        self.transform = official_preprocess(model, pretrained)
        self.num_layers = as_count(num_layers, f"num_layers of {model}", most=_depth(model))
        trainable_blocks = as_count(trainable_blocks, "trainable_blocks", least=0, most=self.num_layers)
        out_dim, dropout = as_count(out_dim, "out_dim"), as_dropout(dropout)

        self.visual, blocks, self.patch_size = _tower(model, pretrained, self.num_layers)
        probe = self.transform(Image.new("RGB", (1, 1)))
        self.crop_size: Size = (probe.shape[1], probe.shape[2])
        _, channels, *cells = self._tokens_after(1, probe[None]).shape
        self.feat_size: Size = (cells[0], cells[1])
        self.head = ProjectionHead(channels, out_dim=out_dim, dropout=dropout)
        with_dense_layers(self)

        thawed = range(self.num_layers - trainable_blocks, self.num_layers)
        self.trainable = (*(f"visual.{blocks}.{block}.*" for block in thawed), "head.*")
        freeze_except(self, self.trainable)
        self.train()

    def forward(self, images: Tensor | Sequence[Image.Image]) -> tuple[Tensor, GeomMeta]:
        """Features `(B, out_dim, Hf, Wf)` on the module's device, and the geometry that all images share.

        images: a floating-point RGB tensor `(B, 3, H0, W0)` in [0, 1], or a list of PIL images of one size, which the
            transform itself takes to RGB. The tensor is rounded to 8 bits (every floating dtype tells 256 levels apart)
            and goes through the same PIL transform, on the CPU and without a gradient: a tensor resize differs.

        Raises `TypeError` or `ValueError` for uint8, values outside [0, 1] or NaN, other shapes, mixed sizes, an empty
        batch, palette, bilevel and deep PIL images, and a tensor that requires a gradient.
        """
        pictures = _as_pictures(images)
        geometry = self._geometry(pictures[0])
        return self.encode(torch.stack([self.transform(picture) for picture in pictures])), geometry

    def preprocess(self, image: Image.Image) -> tuple[Tensor, GeomMeta]:
        """One PIL image to its normalised crop `(3, Hc, Wc)` for `encode`, on the CPU, and its geometry."""
        (picture,) = _as_pictures([image])
        crop: Tensor = self.transform(picture)
        return crop, self._geometry(picture)

    def encode(self, crops: Tensor) -> Tensor:
        """Normalised crops `(B, 3, Hc, Wc)`, as `preprocess` makes them, to features `(B, out_dim, Hf, Wf)`.

        Crops of any floating dtype are taken to the module's device and dtype. Each cell's features lie together in
        memory (channels last). Raises `TypeError` or `ValueError` for another dtype or shape, and for crops that are
        not finite.
        """
        features: Tensor = self.head(self.tokens(crops).permute(0, 2, 3, 1))
        return features.permute(0, 3, 1, 2)

    def tokens(self, crops: Tensor) -> Tensor:
        """The raw patch tokens after the last block that runs, `(B, channels, Hf, Wf)`, of crops as for `encode`."""
        self._check_crops(crops)
        return self._tokens_after(self.num_layers, crops.to(next(self.head.parameters())))

    def train(self, mode: bool = True) -> EnhancedCLIPEncoder:
        """As `nn.Module.train`, but what is frozen stays in `eval()`."""
        super().train(mode)
        eval_frozen(self)
        return self

    def _tokens_after(self, blocks: int, crops: Tensor) -> Tensor:
        out = self.visual.forward_intermediates(
            crops,
            indices=[blocks - 1],
            stop_early=True,
            normalize_intermediates=False,
            intermediates_only=True,
            output_fmt="NCHW",
        )
        tokens: Tensor = out["image_intermediates"][0]
        return tokens

    def _geometry(self, picture: Image.Image) -> GeomMeta:
        return geometry_of(self.transform, (picture.height, picture.width)).with_patches(self.patch_size)

    def _check_crops(self, crops: Tensor) -> None:
        if not isinstance(crops, Tensor) or not crops.is_floating_point():
            raise TypeError(f"crops must be a floating-point tensor, as `preprocess` makes them, got {_kind(crops)}")
        if crops.ndim != 4 or tuple(crops.shape[1:]) != (3, *self.crop_size):
            raise ValueError(
                f"crops must have shape (B, 3, {self.crop_size[0]}, {self.crop_size[1]}), got {tuple(crops.shape)}; "
                "images of another size go through `preprocess` or `forward`"
            )
        if len(crops) == 0:
            raise ValueError("crops is an empty batch; give at least one")
        if not torch.isfinite(crops).all():
            raise ValueError("crops holds NaN or infinite values; look for them where the images are read")


# What an image may be -------------------------------------------------------------------------------------------------


def _as_pictures(images: Any) -> list[Image.Image]:
    """The images as PIL images of one size, or an error that says what to do."""
    if isinstance(images, Tensor):
        _check_image_tensor(images)
        levels = torch.round(images.cpu().float() * _LEVELS).to(torch.uint8)
        return [Image.fromarray(picture) for picture in levels.permute(0, 2, 3, 1).numpy()]
    if not isinstance(images, list | tuple) or not all(isinstance(image, Image.Image) for image in images):
        raise TypeError(f"images must be a tensor (B, 3, H, W) or a list of PIL images, got {_kind(images)}")
    if not images:
        raise ValueError("images is an empty list; give at least one image")
    modes = sorted({image.mode for image in images} - _SMOOTH_MODES)
    if modes:
        raise ValueError(f"PIL images of mode {', '.join(modes)} are not resized smoothly; load_image makes them RGB")
    sizes = sorted({(image.height, image.width) for image in images})
    if len(sizes) > 1:
        raise ValueError(f"images of one call must have one size, got {sizes}; encode each size by itself")
    return list(images)


def _check_image_tensor(images: Tensor) -> None:
    if not images.is_floating_point():
        raise TypeError(f"images must be floating point in [0, 1], got {images.dtype}; divide 8-bit images by 255")
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(
            f"images must have shape (B, 3, H, W), RGB, got {tuple(images.shape)}; "
            "a single image is images[None], channels-last ones are images.permute(0, 3, 1, 2)"
        )
    if images.numel() == 0:
        raise ValueError(f"images must hold at least one image of one pixel, got shape {tuple(images.shape)}")
    if images.requires_grad:
        raise ValueError("images requires a gradient, which the 8-bit transform has none of: use encode, or detach()")
    least, most = images.aminmax()
    if not (least >= 0 and most <= 1):  # a comparison with NaN is false
        raise ValueError(f"images must be in [0, 1], got values from {least:g} to {most:g}; divide 0..255 by 255")


def _kind(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {', '.join(sorted({type(item).__name__ for item in value}))}"
    return f"a tensor of {value.dtype}" if isinstance(value, Tensor) else type(value).__name__


# The part of an open_clip model that runs -----------------------------------------------------------------------------


def _known_name(model: Any, pretrained: Any) -> str:
    """The model's name as open_clip lists it, once both are of the right kind."""
    if not isinstance(model, str):
        raise TypeError(f"model must be the name of an open_clip model, got {model!r}")
    if not isinstance(pretrained, str | None):
        raise TypeError(f"pretrained must be a tag, a file name or None, got {pretrained!r}")
    if pretrained == "":  # open_clip would take it for None and go on with random weights
        raise ValueError("pretrained is empty; give a tag or a file name, or None for random weights")
    name = model.replace("/", "-")  # ViT-B/16, as the papers write it; open_clip takes it, too
    if name not in open_clip.list_models():
        raise ValueError(f"open_clip has no built-in model {model!r}; open_clip.list_models() lists what it has")
    return name


def _depth(model: str) -> int:
    """How many blocks the model's image tower has, found without building it. Raises `ValueError` for no plain ViT."""
    vision = open_clip.CLIPVisionCfg(**open_clip.get_model_config(model)["vision_cfg"])
    if vision.timm_model_name:
        return _timm_depth(model, vision.timm_model_name)
    if not isinstance(vision.layers, int):
        raise ValueError(f"{model} cannot serve: its image tower is a ResNet, which has no patch tokens; take a ViT")
    return vision.layers


def _timm_depth(model: str, timm_name: str) -> int:
    with torch.device("meta"):  # its shapes, without its memory
        trunk: Any = timm.create_model(timm_name)
    if not hasattr(trunk, "forward_intermediates"):
        raise ValueError(f"{model} cannot serve: timm's {timm_name} has no forward_intermediates to read tokens from")
    stem = getattr(getattr(trunk, "patch_embed", None), "proj", None)
    if not isinstance(stem, nn.Conv2d) or not hasattr(trunk, "blocks"):
        raise ValueError(
            f"{model} cannot serve: its image tower, timm's {timm_name}, is no plain stack of blocks over patches "
            f"({type(trunk).__name__} has a convolutional stem or a hierarchy of stages); take a ViT"
        )
    return len(trunk.blocks)


def _tower(model: str, pretrained: str | None, num_layers: int) -> tuple[Any, str, Size]:
    """The image tower cut down to what its first `num_layers` blocks need, their dotted name, and its patch size."""
    config = open_clip.get_model_config(model)
    overrides: dict[str, Any] = {}
    if pretrained is None:
        overrides = {part: _LEAST_TEXT for part in ("text_cfg", "multimodal_cfg") if part in config}
        overrides["pretrained_text"] = False
        overrides["vision_cfg"] = config["vision_cfg"] | {"layers": num_layers}  # timm's towers pay no heed to it
    visual = open_clip.create_model(model, pretrained, **overrides).visual.eval()
    if hasattr(visual, "trunk"):  # open_clip's wrapper around a timm model
        visual.trunk.prune_intermediate_layers([num_layers - 1], prune_norm=True)
        visual.head = nn.Identity()
        return visual, "trunk.blocks", visual.trunk.patch_embed.patch_size
    visual.prune_intermediate_layers([num_layers - 1], prune_norm=True)
    visual.attn_pool = None
    return visual, "transformer.resblocks", visual.patch_size

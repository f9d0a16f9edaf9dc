"""timm's own transform for a model and its patch tokens: no fault, once the lift knows the margin around the crop."""

import timm

from diagnostics import Pipeline
from reference import geometry_of, sample_points

model = timm.create_model("vit_tiny_patch16_224", pretrained=False, depth=2).eval()
config = timm.data.resolve_model_data_config(model)
preprocess = timm.data.create_transform(**config)
without_margin = timm.data.create_transform(**{**config, "crop_pct": 1.0})


def encode(crops):
    """The patch tokens as a map; class and register tokens, which come first, are left out."""
    tokens = model.forward_features(crops)[:, model.num_prefix_tokens :]
    return tokens.mT.unflatten(-1, model.patch_embed.grid_size)


def lift(features, points, image_size, transform=preprocess):
    """Features and validity of pixel indices, where the transform puts them."""
    return sample_points(features[0], points, geometry_of(transform, image_size, feat_size=(14, 14)))


def lift_without_margin(features, points, image_size):
    """The short side taken to become the crop's 224 pixels, as it does for CLIP."""
    return lift(features, points, image_size, without_margin)


pipeline = Pipeline(name="timm", preprocess=preprocess, encode=encode, lift=lift, normalization="half")
margin_forgotten = Pipeline(
    name="timm, margin forgotten", preprocess=preprocess, lift=lift_without_margin, normalization="half"
)

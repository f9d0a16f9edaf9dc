"""PyTorch alone, `interpolate`, slicing and `grid_sample`: no fault; but `scale_factor` is not the scale of `size`."""

import numpy as np
import torch
from torch.nn.functional import grid_sample, interpolate

from diagnostics import Pipeline

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]
SIDE = 224


def window(image_size):
    """(height, width) of the resized image and (top, left) of the crop in it: one rule for pixels and points."""
    resized = [side * SIDE // min(image_size) for side in image_size]
    return resized, [(side - SIDE) // 2 for side in resized]


def preprocess(image, **scale):
    """PIL image to normalised crop."""
    pixels = torch.from_numpy(np.array(image)).movedim(-1, 0)[None] / 255
    resized, (top, left) = window(pixels.shape[-2:])
    pixels = interpolate(pixels, **(scale or {"size": resized}), mode="bicubic", antialias=True)
    return (pixels[0, :, top : top + SIDE, left : left + SIDE] - MEAN) / STD


def preprocess_by_factor(image):
    """The factor in place of the size: the same number of pixels, but not the same scale."""
    return preprocess(image, scale_factor=SIDE / min(image.size))


def lift(features, points, image_size):
    """Pixel i covers [i, i + 1], so half a pixel is added once; `grid_sample` counts from the same edges."""
    resized, start = (points.new_tensor(pair[::-1]) for pair in window(image_size))
    crop = (points + 0.5) * resized / points.new_tensor(image_size[::-1]) - start
    places = (2 * crop / SIDE - 1)[None, None]
    values = grid_sample(features, places, padding_mode="border", align_corners=False)[0, :, 0].T
    return values, ((crop >= 0) & (crop < SIDE)).all(dim=-1)


pipeline = Pipeline(name="hand-written", preprocess=preprocess, lift=lift, validity="crop")
by_factor = Pipeline(name="hand-written, scale_factor", preprocess=preprocess_by_factor, lift=lift, validity="crop")

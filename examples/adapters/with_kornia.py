"""kornia's `AugmentationSequential` with keypoints: exact for pixel indices; by default it does not smooth first."""

import torch
from kornia.augmentation import AugmentationSequential, CenterCrop, Normalize, Resize
from open_clip import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from torch.nn.functional import grid_sample
from torchvision.transforms.functional import to_tensor

from diagnostics import Pipeline
from reference.geometry import edge_from_index

DATA = ["input", "keypoints"]
smooth = AugmentationSequential(Resize(224, align_corners=False, antialias=True), CenterCrop(224), data_keys=DATA)
default = AugmentationSequential(Resize(224), CenterCrop(224), data_keys=DATA)
normalize = Normalize(torch.tensor(OPENAI_DATASET_MEAN), torch.tensor(OPENAI_DATASET_STD))


def preprocess(image, window=smooth):
    """PIL image to normalised crop."""
    return normalize(window(to_tensor(image)[None], data_keys=["input"]))[0]


def lift(features, points, image_size, window=smooth):
    """Pixel indices go in and come out as pixel indices, along with an image of their size."""
    _, crop = window(torch.zeros(1, 1, *image_size), points[None])
    crop = edge_from_index(crop[0])
    places = (2 * crop / 224 - 1)[None, None]
    values = grid_sample(features, places, padding_mode="border", align_corners=False)[0, :, 0].T
    return values, ((crop >= 0) & (crop < 224)).all(dim=-1)


def preprocess_as_shipped(image):
    """The defaults: corners aligned, nothing smoothed."""
    return preprocess(image, default)


def lift_as_shipped(features, points, image_size):
    """The keypoints of the defaults."""
    return lift(features, points, image_size, default)


pipeline = Pipeline(name="kornia", preprocess=preprocess, lift=lift, validity="crop")
as_shipped = Pipeline(name="kornia, defaults", preprocess=preprocess_as_shipped, lift=lift_as_shipped, validity="crop")

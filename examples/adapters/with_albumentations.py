"""albumentations with keypoints: half a pixel off for indices; `SmallestMaxSize` scales them by a ratio of its own."""

import os

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it asks the network for its newest version on import

import albumentations as A  # noqa: N812 - the name that its documentation uses
import numpy as np
import torch
from open_clip import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from torch.nn.functional import grid_sample

from diagnostics import Pipeline
from reference.geometry import edge_from_index

KEYPOINTS = A.KeypointParams(format="xy", remove_invisible=False)
crop = A.CenterCrop(224, 224)
window = A.Compose([A.SmallestMaxSize(224, area_for_downscale="image"), crop], keypoint_params=KEYPOINTS)
normalize = A.Compose([A.Normalize(OPENAI_DATASET_MEAN, OPENAI_DATASET_STD), A.ToTensorV2()])


def preprocess(image):
    """PIL image to normalised crop."""
    return normalize(image=window(image=np.asarray(image), keypoints=[])["image"])["image"]


def keypoints_through(window, points, image_size):
    """Points through a window, along with an image of their size."""
    found = window(image=np.zeros((*image_size, 3), np.uint8), keypoints=points.numpy())
    return torch.as_tensor(found["keypoints"], dtype=torch.float32)


def read(features, crop):
    """Values and mask at edge coordinates of the crop."""
    places = (2 * crop / 224 - 1)[None, None]
    values = grid_sample(features, places, padding_mode="border", align_corners=False)[0, :, 0].T
    return values, ((crop >= 0) & (crop < 224)).all(dim=-1)


def lift(features, points, image_size):
    """Count from the edges, and let `Resize`, which scales by whole sizes, do what `SmallestMaxSize` did."""
    height, width = (round(side * 224 / min(image_size)) for side in image_size)
    exact = A.Compose([A.Resize(height, width), crop], keypoint_params=KEYPOINTS)
    return read(features, keypoints_through(exact, edge_from_index(points), image_size))


def lift_of_indices(features, points, image_size):
    """Pixel indices in, and what comes out taken for pixel indices."""
    return read(features, edge_from_index(keypoints_through(window, points, image_size)))


def lift_of_edge_points(features, points, image_size):
    """Count from the edges, but leave the scale to `SmallestMaxSize`."""
    return read(features, keypoints_through(window, edge_from_index(points), image_size))


pipeline = Pipeline(name="albumentations", preprocess=preprocess, lift=lift, validity="crop")
as_shipped = Pipeline(name="albumentations, indices", preprocess=preprocess, lift=lift_of_indices, validity="crop")
edge_points = Pipeline(
    name="albumentations, edge points", preprocess=preprocess, lift=lift_of_edge_points, validity="crop"
)

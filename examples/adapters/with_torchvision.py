"""torchvision v2 with `KeyPoints`: exact for points that count from the pixels' edges, half a pixel off for indices."""

import torch
from open_clip import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from torch.nn.functional import grid_sample
from torchvision.transforms import v2
from torchvision.tv_tensors import KeyPoints

from diagnostics import Pipeline
from reference.geometry import edge_from_index

window = v2.Compose([v2.Resize(224, v2.InterpolationMode.BICUBIC), v2.CenterCrop(224)])
to_tensor = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
normalize = v2.Normalize(OPENAI_DATASET_MEAN, OPENAI_DATASET_STD)


def preprocess(image):
    """PIL image to normalised crop."""
    return normalize(to_tensor(window(image)))


def read(features, crop):
    """Values and mask at edge coordinates of the crop."""
    places = (2 * crop / 224 - 1)[None, None]
    values = grid_sample(features, places, padding_mode="border", align_corners=False)[0, :, 0].T
    return values, ((crop >= 0) & (crop < 224)).all(dim=-1)


def lift(features, points, image_size):
    """Count from the edges before the window; what it gives back counts from the edges, too."""
    return read(features, window(KeyPoints(edge_from_index(points), canvas_size=image_size)))


def lift_of_indices(features, points, image_size):
    """Pixel indices in, and what comes out taken for pixel indices."""
    return read(features, edge_from_index(window(KeyPoints(points, canvas_size=image_size))))


def lift_of_edge_points(features, points, image_size):
    """Points that count from the edges anyway, as COLMAP's do, need nothing."""
    return read(features, window(KeyPoints(points, canvas_size=image_size)))


def lift_of_integers(features, points, image_size):
    """A tensor of whole pixels keeps its dtype: the resized places are cut to whole crop pixels."""
    return lift_of_indices(features, points.int(), image_size)


pipeline = Pipeline(name="torchvision", preprocess=preprocess, lift=lift, validity="crop")
as_shipped = Pipeline(name="torchvision, indices", preprocess=preprocess, lift=lift_of_indices, validity="crop")
edge_points = Pipeline(
    name="torchvision, edge points", preprocess=preprocess, lift=lift_of_edge_points, validity="crop", origin="edge"
)
integers = Pipeline(name="torchvision, integers", preprocess=preprocess, lift=lift_of_integers, validity="crop")

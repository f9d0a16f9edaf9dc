"""OpenCV's `remap` and `resize`: no fault where one matrix makes crop and points; `fx` is not what the size says."""

import cv2
import numpy as np
import torch
from open_clip import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from torch.nn.functional import grid_sample

from diagnostics import Pipeline

SIDE = 224


def window(image_size):
    """(width, height) of the resized image and (left, top) of the crop in it."""
    resized = [round(side * SIDE / min(image_size)) for side in reversed(image_size)]
    return resized, [(side - SIDE) // 2 for side in resized]


def crop_from_image(image_size):
    """The 2x3 matrix from image to crop; pixel indices, as everywhere in OpenCV, hence the (s - 1) / 2."""
    resized, start = window(image_size)
    scale = np.divide(resized, image_size[::-1])
    return np.column_stack([np.diag(scale), (scale - 1) / 2 - start])


def to_tensor(pixels):
    """RGB bytes to a normalised tensor."""
    return torch.from_numpy((pixels / 255 - OPENAI_DATASET_MEAN) / OPENAI_DATASET_STD).movedim(-1, 0).float()


def preprocess(image):
    """PIL image to normalised crop by `remap`, which only interpolates: the image is smoothed first."""
    matrix = crop_from_image(image.size[::-1])
    smooth = cv2.GaussianBlur(np.asarray(image), (0, 0), 1 / (2 * matrix[0, 0]))
    grid = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).astype(np.float32)
    maps = cv2.transform(grid, cv2.invertAffineTransform(matrix))
    return to_tensor(cv2.remap(smooth, maps, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def resize(image, interpolation=cv2.INTER_AREA, **size):
    """PIL image to normalised crop by `resize` and slicing."""
    resized, (left, top) = window(image.size[::-1])
    pixels = cv2.resize(np.asarray(image), **(size or {"dsize": resized}), interpolation=interpolation)
    return to_tensor(pixels[top : top + SIDE, left : left + SIDE])


def resize_linear(image):
    """The default interpolation, which does not smooth."""
    return resize(image, cv2.INTER_LINEAR)


def resize_by_factor(image):
    """The factor in place of the size."""
    factor = SIDE / min(image.size)
    return resize(image, dsize=None, fx=factor, fy=factor)


def lift(features, points, image_size):
    """Points through the matrix that made the crop; crop index i has its centre at sampler (2 i + 1) / SIDE - 1."""
    crop = torch.from_numpy(cv2.transform(points[None].numpy(), crop_from_image(image_size))[0])
    places = (2 * crop + 1) / SIDE - 1
    values = grid_sample(features, places[None, None], padding_mode="border", align_corners=False)[0, :, 0].T
    return values, ((places >= -1) & (places < 1)).all(dim=-1)


pipeline = Pipeline(name="OpenCV, remap", preprocess=preprocess, lift=lift, validity="crop")
area = Pipeline(name="OpenCV, resize by area", preprocess=resize, lift=lift, validity="crop")
linear = Pipeline(name="OpenCV, resize by default", preprocess=resize_linear, lift=lift, validity="crop")
by_factor = Pipeline(name="OpenCV, resize by fx and fy", preprocess=resize_by_factor, lift=lift, validity="crop")

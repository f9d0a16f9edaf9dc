"""How transforms are measured: short kernels, all kinds of padding, both axes at once where channels stay apart."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms as v1

from reference.measure import measure_map
from reference.preprocess import geometry_of


def to_tensor(image):
    return torch.from_numpy(np.array(image)).movedim(-1, 0) / 255


SHORT_KERNELS = {
    "box just below full size": (lambda image: to_tensor(image.resize((336, 336), Image.Resampling.BOX)), (400, 400)),
    "box, two scales": (lambda image: to_tensor(image.resize((336, 224), Image.Resampling.BOX)), (899, 720)),
    "Hamming, enlarged": (lambda image: to_tensor(image.resize((336, 224), Image.Resampling.HAMMING)), (149, 173)),
    "area": (
        lambda image: torch.nn.functional.interpolate(to_tensor(image)[None], (224, 224), mode="area"),
        (400, 400),
    ),
}


@pytest.mark.parametrize("name", SHORT_KERNELS)
def test_kernels_of_a_pixel_or_two_stray_by_half_a_pixel_and_bend_nothing(name):
    """They weigh whole pixels, so that the place read jumps; the same at the same part of a pixel, wherever that is."""
    transform, size = SHORT_KERNELS[name]
    measured = measure_map(transform, size)
    assert measured.residual > 0.15
    assert measured.bend < 0.06 * max(measured.coarseness)
    height, width = measured.crop_size
    assert geometry_of(transform, size).resized_size == (height, width)


def test_padding_that_mirrors_more_than_it_shows_is_no_mirror():
    """85 of 240 columns: 79 crop pixels of image between 72 and 73 of mirrored padding."""
    letterbox = v1.Compose([v1.Resize((224, 79)), v1.Pad((72, 0, 73, 0), padding_mode="reflect"), v1.ToTensor()])
    geometry = geometry_of(lambda image: letterbox(image), (240, 85))
    assert (geometry.resized_size, geometry.offset) == ((224, 79), (-72, 0))


def test_a_strip_in_a_letterbox_is_measured():
    """1326 x 85 pixels become 14 rows of 224."""

    def letterbox(image):
        canvas = Image.new("RGB", (224, 224))
        canvas.paste(image.resize((224, 14), Image.Resampling.BICUBIC), (0, 105))
        return to_tensor(canvas)

    geometry = geometry_of(letterbox, (85, 1326))
    assert (geometry.resized_size, geometry.offset) == ((14, 224), (0, -105))


MIXED = {
    "grey": lambda image: to_tensor(image.resize((224, 168), Image.Resampling.BICUBIC).convert("L").convert("RGB")),
    "red into green": lambda image: to_tensor(image.resize((224, 168), Image.Resampling.BICUBIC))[[0, 0, 2]],
    "channels turned": lambda image: to_tensor(image.resize((224, 168), Image.Resampling.BICUBIC))[[1, 2, 0]],
    "no green": lambda image: to_tensor(image.resize((224, 168))) * torch.tensor([1, 0, 1])[:, None, None],
    "one channel": lambda image: to_tensor(image.resize((224, 168)))[:1],
}


@pytest.mark.parametrize("name", MIXED)
def test_where_channels_do_not_stay_apart_each_axis_is_measured_alone(name):
    """Green carries the stripes of y only where it arrives as green and nothing else does."""
    calls = []

    def transform(image):
        calls.append(image)
        return MIXED[name](image)

    geometry = geometry_of(transform, (480, 640))
    assert (geometry.resized_size, geometry.offset) == ((168, 224), (0, 0))
    assert len(calls) == 22


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]])
def test_where_channels_stay_apart_both_axes_are_measured_at_once(order):
    calls = []

    def transform(image):
        calls.append(image)
        return to_tensor(image.resize((224, 168), Image.Resampling.BICUBIC))[order] ** 2.2

    geometry = geometry_of(transform, (480, 640))
    assert (geometry.resized_size, geometry.offset) == ((168, 224), (0, 0))
    assert len(calls) == 12

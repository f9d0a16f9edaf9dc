"""Known pixels go through the real resize and crop and come back where the maps say."""

import numpy as np
import open_clip
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from blobs import blob_misses
from reference.preprocess import geometry_of

MODES = {"official": "shortest", "letterbox": "longest", "stretch": "squash"}
SIZES = [(480, 640), (481, 640), (637, 480), (479, 643), (1080, 1920), (90, 100), (31, 47)]


def transform_of(mode, target=(224, 224)):
    return open_clip.image_transform(target, False, mean=(0, 0, 0), std=(1, 1, 1), resize_mode=MODES[mode])


def ramps(size, first, last):
    """Two grey images whose value rises by one level a pixel along x and along y, between two pixels of each axis."""
    x, y = (
        np.clip(np.arange(side) - start, 0, stop - start)
        for side, start, stop in zip(size[::-1], first, last, strict=True)
    )
    for grey in (np.broadcast_to(x[None, :], size), np.broadcast_to(y[:, None], size)):
        yield Image.fromarray(np.repeat(grey.astype(np.uint8)[..., None], 3, axis=-1))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", MODES)
def test_blobs_come_out_where_the_map_says(mode, size):
    """Sub-pixel: a blob anywhere in the image lands within 0.02 pixels of the coarser raster of `crop_from_image`."""
    transform = transform_of(mode)
    geometry = geometry_of(transform, size)
    misses = blob_misses(transform, geometry)
    assert len(misses) >= 1
    assert abs(misses).max() <= 0.02 * max(1, *geometry.scale)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", MODES)
def test_a_ramp_says_at_every_crop_pixel_where_it_was_read(mode, size):
    """A value of v levels was read v pixels into the ramp: `image_from_crop` says the same to the rounding of 8 bits.

    A kernel that is symmetric keeps a straight line straight, so only the levels' rounding (half a level on the way in
    of the second pass, half on the way out) and the ramp's bent ends count; six pixels of either raster are kept clear.
    """
    transform = transform_of(mode)
    geometry = geometry_of(transform, size)
    clear = 6 * max(1, 1 / min(geometry.scale))
    middle = geometry.image_from_crop(np.array([(side - 1) / 2 for side in geometry.crop_size[::-1]]))
    reach = np.minimum(120, np.array(size[::-1]) / 2 - 1)
    first, last = np.floor(middle - reach).astype(int), np.floor(middle + reach).astype(int)
    rows, columns = np.indices(geometry.crop_size)
    places = geometry.image_from_crop(np.stack([columns, rows], axis=-1).astype(float))
    sharp = ((places > first + clear) & (places < last - clear)).all(axis=-1)
    assert sharp.sum() > 100
    for axis, image in enumerate(ramps(size, first, last)):
        read = np.asarray(transform(image))[0] * 255 + first[axis]
        assert abs(read - places[..., axis])[sharp].max() <= 1.01, "two roundings to half a level"
        assert abs((read - places[..., axis])[sharp].mean()) <= 0.1


@settings(max_examples=40)
@given(
    mode=st.sampled_from(list(MODES)),
    size=st.tuples(st.integers(24, 700), st.integers(24, 700)).filter(lambda s: max(s) < 8 * min(s)),
    target=st.sampled_from([(224, 224), (112, 112), (96, 160)]),
    seed=st.integers(0, 3),
)
def test_a_bright_pixel_comes_out_brightest_where_the_map_says(mode, size, target, seed):
    """Whole-pixel: the crop's brightest pixel lies within the bright square, at odd sizes, portrait, up and down."""
    transform = transform_of(mode, target)
    geometry = geometry_of(transform, size)
    side = max(3, int(3 / min(geometry.scale)))
    rng = np.random.default_rng(seed)
    u, v = (int(rng.integers(0, max(1, s - side))) for s in size[::-1])
    centre = np.array([u + (side - 1) / 2, v + (side - 1) / 2])
    if not geometry.valid(centre, "crop"):
        return
    image = np.zeros((*size, 3), dtype=np.uint8)
    image[v : v + side, u : u + side] = 255
    plane = np.asarray(transform(Image.fromarray(image)))[0]
    row, column = np.unravel_index(plane.argmax(), plane.shape)
    place = geometry.image_from_crop(np.array([column, row], dtype=float))
    half = side / 2 + 1 / np.array(geometry.scale)  # the square and one crop pixel
    assert (abs(place - centre) <= half).all()

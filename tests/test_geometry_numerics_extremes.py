"""Images of one pixel, of 65,535, and as narrow as lines: the right geometry, or an error that says what is wrong."""

from io import BytesIO

import numpy as np
import pytest
from open_clip.transform import CenterCropOrPad, ResizeKeepRatio
from PIL import Image
from torchvision import transforms

from diagnostics.landing import count_landings
from diagnostics.picture import draw_landings
from reference import geometry_of
from reference.closed_form import geometry_for
from reference.geometry import GeomMeta

OFFICIAL = transforms.Compose([transforms.Resize(224), transforms.CenterCrop(224), transforms.ToTensor()])
STRETCH = transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor()])
LETTERBOX = transforms.Compose([ResizeKeepRatio((224, 224), longest=1), CenterCropOrPad(224), transforms.ToTensor()])


@pytest.mark.parametrize(
    ("size", "resized", "offset"),
    [
        ((1, 1), (224, 224), (0, 0)),
        ((1, 7), (224, 1568), (672, 0)),
        ((1, 65_535), (224, 14_679_840), (7_339_808, 0)),
        ((65_535, 1), (14_679_840, 224), (0, 7_339_808)),
        ((65_535, 65_535), (224, 224), (0, 0)),
    ],
)
def test_a_transform_that_is_read_has_its_geometry_at_any_size(size, resized, offset):
    """No image of those sizes is ever made: the long one would take 10 GB."""
    assert geometry_of(OFFICIAL, size) == GeomMeta("official", size, resized, (224, 224), (14, 14), offset)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (6, 480), (65_535, 1)])
def test_an_image_too_small_to_measure_is_said_to_be_that(size):
    with pytest.raises(ValueError, match=rf"images of \({size[0]}, {size[1]}\) .* too small to be measured.*larger"):
        geometry_of(lambda image: STRETCH(image), size)


def test_a_side_that_a_transform_rounds_to_zero_is_told_with_the_size():
    """Pillow alone says `height and width must be > 0`."""
    with pytest.raises(ValueError, match=r"fails on images of \(8, 20000\) .*ValueError: height and width must be > 0"):
        geometry_of(LETTERBOX, (8, 20_000))


@pytest.mark.parametrize("error", [MemoryError(), ValueError("cannot write mode RGBX")], ids=["no message", "message"])
def test_what_a_transform_raises_is_told_whole_with_the_size(error):
    def failing(image):
        raise error

    told = f"{type(error).__name__}{': ' if error.args else ''}{error}"
    with pytest.raises(ValueError, match=rf"fails on images of \(7, 9\) \(height, width\), {told}$"):
        geometry_of(failing, (7, 9))


@pytest.mark.parametrize("size", [(1, 20_000), (20_000, 1), (3, 65_535)])
def test_a_line_of_an_image_is_drawn_as_a_bar_that_can_be_read(size):
    """One page pixel thick, or all of it frame, it would show nothing: colours of the landings must be seen."""
    geometry = geometry_for("stretch", size, (224, 224), (16, 16))
    points = np.random.default_rng(0).uniform(-0.5, np.array(size[::-1]) - 0.5, (20_000, 2))
    landings = count_landings([points], geometry, [(14, 14)])
    image = Image.new("RGB", size[::-1], "grey")
    page = np.asarray(Image.open(BytesIO(draw_landings(image, landings, "lines", ""))))
    if size[1] < size[0]:
        assert (page[120:164, 430:439] == 255).all()  # the title ends before that of the crop begins
    bar = page[168:208, 60:1500] if size[1] > size[0] else page[180:900, 60:100]
    coloured = np.ptp(bar.astype(int), axis=-1) > 30
    orange = (bar == (255, 111, 0)).all(axis=-1)
    assert (coloured & ~orange).mean() > 0.8

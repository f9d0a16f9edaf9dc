"""`geometry_of` measures what it cannot read: other libraries, hand-written code, and what it has to refuse."""

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from torchvision import models
from torchvision import transforms as v1
from torchvision.transforms import functional, v2

from blobs import blob_misses
from reference.geometry import GeomMeta
from reference.preprocess import geometry_of

BICUBIC = v1.InterpolationMode.BICUBIC


def to_tensor(image):
    return torch.from_numpy(np.array(image)).movedim(-1, 0) / 255


def hand_written(image):
    """Short side to 224 with the long side rounded up, then a crop that floors: nobody's rule but its own."""
    scale = 224 / min(image.size)
    image = image.resize(tuple(-int(-side * scale // 1) for side in image.size), Image.Resampling.BICUBIC)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    return to_tensor(image.crop((left, top, left + 224, top + 224)))


def crop_before_resize(image):
    return to_tensor(image.crop((96, 16, 544, 464)).resize((224, 224), Image.Resampling.BICUBIC))


def margin_of_a_tensor(image):
    tensor = v2.functional.resize(to_tensor(image), 256, antialias=True)
    return v2.functional.center_crop(tensor, 224)


def numpy_output(image):
    return np.moveaxis(np.asarray(image.resize((224, 224))), -1, 0)


def nearest(image):
    return to_tensor(image.resize((298, 224), Image.Resampling.NEAREST).crop((37, 0, 261, 224)))


def grey_padding(image):
    return to_tensor(v1.functional.pad(image.resize((224, 60)), (0, 82), fill=127))


CASES = {
    "v2": (
        v2.Compose([v2.Resize(224, BICUBIC), v2.CenterCrop(224), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]),
        {(480, 640): ((224, 298), (37, 0)), (480, 641): ((224, 299), (38, 0)), (480, 637): ((224, 297), (36, 0))},
    ),
    "tensor without antialias": (
        v1.Compose([to_tensor, v1.Resize(224, antialias=False), v1.CenterCrop(224)]),
        {(480, 640): ((224, 298), (37, 0)), (968, 1296): ((224, 299), (38, 0))},
    ),
    "torchvision preset": (
        models.ResNet50_Weights.IMAGENET1K_V2.transforms(),
        {(480, 640): ((232, 309), (42, 4)), (640, 480): ((309, 232), (4, 42)), (100, 90): ((257, 232), (4, 16))},
    ),
    "hand-written": (hand_written, {(480, 640): ((224, 299), (37, 0)), (641, 480): ((300, 224), (0, 38))}),
    "crop before resize": (crop_before_resize, {(480, 640): ((240, 320), (48, 8))}),
    "tensor margin": (margin_of_a_tensor, {(480, 641): ((256, 341), (58, 16))}),
    "numpy uint8": (numpy_output, {(480, 640): ((224, 224), (0, 0)), (100, 90): ((224, 224), (0, 0))}),
    "PIL output": (lambda image: image.resize((224, 336)), {(480, 640): ((336, 224), (0, 0))}),
    "nearest": (nearest, {(480, 640): ((224, 298), (37, 0))}),
    "crop alone": (v1.Compose([v1.CenterCrop(224), v1.ToTensor()]), {(480, 641): ((480, 641), (208, 128))}),
    "grey padding": (grey_padding, {(480, 640): ((60, 224), (0, -82))}),
    "mirrored padding": (
        v1.Compose([v1.Resize((168, 224)), v1.Pad((0, 28), padding_mode="reflect"), v1.ToTensor()]),
        {(480, 640): ((168, 224), (0, -28))},
    ),
    "repeated padding": (
        v1.Compose([v1.Resize((60, 224)), v1.Pad((0, 82), padding_mode="edge"), v1.ToTensor()]),
        {(375, 1242): ((60, 224), (0, -82))},
    ),
    "one grey channel, gamma, batch of one": (
        v1.Compose([v1.Resize(224), v1.CenterCrop(224), v1.Grayscale(), lambda im: to_tensor_grey(im)[None] ** 2.2]),
        {(480, 640): ((224, 298), (37, 0))},
    ),
}


def to_tensor_grey(image):
    return torch.from_numpy(np.array(image))[None] / 255


@pytest.mark.parametrize("name", CASES)
def test_whatever_the_callable_is_its_whole_numbers_come_out(name):
    transform, expected = CASES[name]
    for size, (resized, offset) in expected.items():
        geometry = geometry_of(transform, size)
        assert (geometry.resized_size, geometry.offset) == (resized, offset), size


@pytest.mark.parametrize("name", ["hand-written", "crop before resize", "tensor margin"])
def test_blobs_land_where_the_measured_geometry_says(name):
    transform, expected = CASES[name]
    for size in expected:
        misses = blob_misses(transform, geometry_of(transform, size))
        assert len(misses) >= 4
        assert abs(misses).max() <= 0.02


@pytest.mark.parametrize(
    ("crop_mode", "resized", "crop", "offset", "mode"),
    [
        ("center", (248, 331), (224, 224), (54, 12), "official"),
        ("squash", (248, 248), (224, 224), (12, 12), "stretch"),
        ("border", (186, 248), (224, 224), (12, -19), "letterbox"),
    ],
)
def test_timm(crop_mode, resized, crop, offset, mode):
    """crop_pct 0.9 of every crop mode, at an odd excess."""
    timm_data = pytest.importorskip("timm.data")
    transform = timm_data.create_transform(224, crop_pct=0.9, crop_mode=crop_mode)
    geometry = geometry_of(transform, (480, 641))
    assert geometry == GeomMeta(mode, (480, 641), resized, crop, (14, 14), offset)


def test_hugging_face_floors_where_torchvision_rounds_half_to_even():
    """An excess of 75 and of 117: 37 and 58 where torchvision has 38 and 58; processors are taken as they are."""
    transformers = pytest.importorskip("transformers", reason="the extra `models` installs it")
    clip = transformers.CLIPImageProcessor()
    assert geometry_of(clip, (480, 641)).offset == (37, 0)
    assert geometry_of(clip, (480, 640)) == GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0))
    dino = transformers.BitImageProcessor(size={"shortest_edge": 256}, crop_size={"height": 224, "width": 224})
    assert geometry_of(dino, (480, 637)).offset == (57, 16)
    assert geometry_of(lambda image: dino(image, return_tensors="pt")["pixel_values"], (480, 637)).offset == (57, 16)
    siglip = transformers.SiglipImageProcessor()
    assert geometry_of(siglip, (480, 640)).mode == "stretch"


def test_kornia_crops_at_half_pixels():
    """37.0 at an even excess is whole; 37.5 at an odd one is no whole geometry and is refused with the measured map."""
    kornia = pytest.importorskip("kornia", reason="the extra `models` installs it")

    def transform(image):
        resized = kornia.geometry.transform.resize(to_tensor(image)[None], 224, side="short", antialias=True)
        return kornia.geometry.transform.center_crop(resized, (224, 224))

    assert geometry_of(transform, (480, 640)).offset == (37, 0)
    with pytest.raises(ValueError, match=r"fraction of a pixel.*-37\.500"):
        geometry_of(transform, (480, 641))


def resized_to_tensor(image, **kwargs):
    return to_tensor(image.resize((224, 224), Image.Resampling.BICUBIC, **kwargs))


REFUSED = {
    "mirrors": (lambda image: resized_to_tensor(image).flip(-1), r"mirrors.*-0\.35000 x"),
    "mirrors rows": (lambda image: resized_to_tensor(image).flip(-2), "mirrors"),
    "turns": (lambda image: resized_to_tensor(image.transpose(Image.Transpose.ROTATE_90)), "turns, transposes"),
    "transposes": (lambda image: resized_to_tensor(image).transpose(-1, -2), "turns, transposes"),
    "leans": (lambda image: to_tensor(image.rotate(0.2, Image.Resampling.BICUBIC)), "turns, transposes"),
    "bends": (
        lambda image: to_tensor(
            image.transform(
                (224, 224), Image.Transform.QUAD, (0, 0, 10, 480, 630, 470, 640, 9), Image.Resampling.BICUBIC
            )
        ),
        "turns, transposes or shears|no scale and shift",
    ),
    "bulges at full size": (lambda image: bulge(to_tensor(image.crop((150, 60, 374, 284)))), "no scale and shift"),
    "bulges": (lambda image: bulge(resized_to_tensor(image)), "no scale and shift"),
    "fractional window": (lambda image: resized_to_tensor(image, box=(10.5, 3.25, 400.25, 401)), "fraction of a pixel"),
    "align_corners": (
        lambda image: torch.nn.functional.interpolate(
            to_tensor(image)[None], (224, 224), mode="bilinear", align_corners=True
        ),
        "fraction of a pixel",
    ),
    "torch nearest": (
        lambda image: functional.center_crop(
            functional.resize(to_tensor(image), 224, v1.InterpolationMode.NEAREST), 224
        ),
        "fraction of a pixel",
    ),
    "random crop": (v1.Compose([v1.RandomResizedCrop(224), v1.ToTensor()]), "random"),
    "random colours": (v1.Compose([v1.Resize((224, 224)), v1.ColorJitter(0.3), v1.ToTensor()]), "random"),
    "flat": (lambda _: torch.zeros(3, 224, 224), "nothing of the image"),
    "not finite": (lambda image: resized_to_tensor(image) * float("nan"), "nothing of the image"),
    "no image": (lambda _: "crop", "must return a tensor"),
    "two channels": (lambda image: resized_to_tensor(image)[:2], r"shape \(2, 224, 224\)"),
    "a batch": (lambda image: resized_to_tensor(image).expand(2, 3, 224, 224), r"shape \(2, 3, 224, 224\)"),
    "one pixel": (lambda image: resized_to_tensor(image)[:, :1, :1], "too small|too little"),
    "a strip": (lambda image: resized_to_tensor(image)[:, :, :4], "too little"),
}


def bulge(tensor):
    """A barrel distortion of one crop pixel at most."""
    side = torch.linspace(-1, 1, 224)
    y, x = torch.meshgrid(side, side, indexing="ij")
    shrink = 1 + 0.02 * (x**2 + y**2)
    return torch.nn.functional.grid_sample(
        tensor[None], torch.stack([x * shrink, y * shrink], -1)[None], align_corners=True
    )


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_whole_geometry_is_refused_and_says_why(name):
    transform, says = REFUSED[name]
    torch.manual_seed(0)
    with pytest.raises(ValueError, match=says):
        geometry_of(transform, (480, 640))


def test_too_small_an_image_is_refused_when_measured_and_read_when_known():
    with pytest.raises(ValueError, match="too small to be measured"):
        geometry_of(numpy_output, (5, 4))
    read = v1.Compose([v1.Resize((224, 224)), v1.ToTensor()])
    assert geometry_of(read, (5, 4)).resized_size == (224, 224)


@pytest.mark.parametrize("size", [(0, 640), (480.0, 640), None])
def test_an_image_size_is_checked(size):
    with pytest.raises((TypeError, ValueError), match=r"^image_size must be"):
        geometry_of(numpy_output, size)


def test_a_transform_is_a_callable():
    with pytest.raises(TypeError, match=r"a callable that takes a PIL image, got str$"):
        geometry_of("ViT-B-16", (480, 640))


@pytest.mark.parametrize(("crop", "grid"), [((12, 40), (1, 2)), ((40, 12), (2, 1)), ((15, 15), (1, 1))])
def test_a_crop_of_less_than_sixteen_pixels_is_one_cell(crop, grid):
    transform = open_clip.image_transform(crop, is_train=False, resize_mode="squash")
    assert geometry_of(transform, (48, 64)).feat_size == grid


def test_an_answer_is_kept_per_transform_size_and_settings():
    calls = []

    class Transform:
        side = 224

        def __call__(self, image):
            calls.append(image.size)
            return to_tensor(image.resize((self.side, self.side)))

        def __repr__(self):
            return f"Transform({self.side})"

    transform = Transform()
    first = geometry_of(transform, (48, 64))
    count = len(calls)
    assert geometry_of(transform, (48, 64), (7, 7)) == first.with_grid((7, 7))
    assert len(calls) == count
    geometry_of(transform, (64, 48))
    assert len(calls) == 2 * count
    transform.side = 112  # a setting that shows in the repr is noticed
    assert geometry_of(transform, (48, 64)).crop_size == (112, 112)


def test_a_transform_that_cannot_be_kept_is_measured_each_time():
    class Unhashable:
        __hash__ = None

        def __call__(self, image):
            return numpy_output(image)

    assert geometry_of(Unhashable(), (48, 64)).mode == "stretch"


@pytest.mark.parametrize("resample", [Image.Resampling.BILINEAR, Image.Resampling.HAMMING])
@pytest.mark.parametrize("size", [(379, 917), (405, 921), (260, 400)])
def test_a_kernel_that_ripples_from_pixel_to_pixel_is_no_warp(size, resample):
    """Short kernels cut into pixels stray by a tenth of one near scale 1; the map is exact all the same."""
    geometry = geometry_of(lambda image: to_tensor(image.resize((336, 224), resample)), size)
    assert (geometry.resized_size, geometry.offset) == ((224, 336), (0, 0))

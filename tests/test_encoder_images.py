"""Laws of what goes into the encoder: images and crops with their geometry, what is refused and why."""

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from torch import nn

from reference import EnhancedCLIPEncoder, official_preprocess
from towers import SMALL, build, known_to_open_clip, random_crops, random_picture


@pytest.fixture(scope="module", autouse=True)
def small_models():
    with known_to_open_clip():
        yield


def as_tensor(*pictures):
    return torch.stack([torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255 for picture in pictures])


@torch.no_grad()
def test_images_come_back_with_their_geometry():
    """480 x 640 through ViT-B-16: 224 x 298, left 37, 14 x 14 cells; the numbers of the design's opening example."""
    encoder = EnhancedCLIPEncoder(num_layers=1, trainable_blocks=0).eval()
    features, geometry = encoder([random_picture(480, 640)])
    assert features.shape == (1, 256, 14, 14)
    assert geometry.to_dict() == {
        "mode": "official",
        "in_size": [480, 640],
        "resized_size": [224, 298],
        "crop_size": [224, 224],
        "feat_size": [14, 14],
        "offset": [37, 0],
        "align_corners": False,
    }


@pytest.mark.parametrize("model", SMALL)
@torch.no_grad()
def test_the_geometry_has_the_grid_of_the_features(model):
    encoder = build(model)
    features, geometry = encoder([random_picture(90, 100)])
    assert geometry.in_size == (90, 100)
    assert geometry.feat_size == encoder.feat_size == tuple(features.shape[2:])
    assert geometry.crop_size == tuple(16 * cells for cells in encoder.feat_size)


@torch.no_grad()
def test_a_remainder_too_small_for_a_patch_is_outside_the_geometry():
    """A crop of 78 pixels has 4 patches of 16; the last 14 pixels change no feature and lie in no cell."""
    encoder = build("small-remainder")
    assert (encoder.crop_size, encoder.patch_size, encoder.feat_size) == ((78, 78), (16, 16), (4, 4))
    _, geometry = encoder.preprocess(random_picture(78, 78))
    assert geometry.crop_size == (64, 64)
    crops = random_crops(encoder, 1)
    changed = crops.clone()
    changed[:, :, 64:], changed[:, :, :, 64:] = 9, 9
    assert torch.equal(encoder.encode(changed), encoder.encode(crops))
    changed[:, :, 63] = 9
    assert not torch.equal(encoder.encode(changed), encoder.encode(crops))


@torch.no_grad()
def test_preprocess_and_encode_make_forward():
    """A data loader's crops give bit-identical features, and the crop is the official transform's."""
    encoder, pictures = build(), [random_picture(90, 100, seed=seed) for seed in range(2)]
    crops, geometries = zip(*(encoder.preprocess(picture) for picture in pictures), strict=True)
    features, geometry = encoder(pictures)
    assert torch.equal(encoder.encode(torch.stack(crops)), features)
    assert set(geometries) == {geometry}
    assert torch.equal(crops[0], official_preprocess("small")(pictures[0]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@torch.no_grad()
def test_a_tensor_is_the_picture_it_was_made_from(dtype):
    """All 256 levels, in every floating dtype: the features and the geometry are exactly those of the PIL images."""
    encoder = build()
    levels = np.arange(90 * 100 * 3, dtype=np.uint8).reshape(90, 100, 3)
    pictures = [Image.fromarray(levels), random_picture(90, 100)]
    from_pictures, geometry = encoder(pictures)
    from_tensor, same_geometry = encoder(as_tensor(*pictures).to(dtype))
    assert torch.equal(from_tensor, from_pictures)
    assert same_geometry == geometry


@torch.no_grad()
def test_a_tensor_is_rounded_not_truncated():
    """Four tenths of a level either way change nothing; six tenths are the next level."""
    encoder, picture = build(), Image.new("RGB", (100, 90), (100, 150, 200))
    expected, _ = encoder([picture])
    for shift, same in ((0.4, True), (-0.4, True), (0.6, False)):
        features, _ = encoder(as_tensor(picture) + shift / 255)
        assert torch.equal(features, expected) == same


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "CMYK"])
@torch.no_grad()
def test_other_pil_modes_go_through_the_transforms_own_rgb_conversion(mode):
    encoder, picture = build(), random_picture(90, 100, mode)
    assert torch.equal(encoder([picture])[0], encoder((picture.convert("RGB"),))[0])


IMAGE = torch.full((2, 3, 90, 100), 0.5)
BAD_IMAGES = {
    "uint8": (
        (IMAGE * 255).to(torch.uint8),
        TypeError,
        r"^images must be floating point .*torch.uint8; divide 8-bit images by 255$",
    ),
    "int64": (IMAGE.long(), TypeError, "floating point"),
    "0..255 floats": (IMAGE * 255, ValueError, r"in \[0, 1\], got values from 127.5 to 127.5; divide 0\.\.255 by 255$"),
    "just above one": (IMAGE + 0.5001, ValueError, r"in \[0, 1\]"),
    "just below zero": (IMAGE - 0.5001, ValueError, r"in \[0, 1\]"),
    "normalised": ((IMAGE - 0.48) / 0.27 - 1, ValueError, r"in \[0, 1\]"),
    "one NaN": (IMAGE.index_put((torch.tensor(1), *[torch.tensor(2)] * 3), torch.tensor(torch.nan)), ValueError, "nan"),
    "infinite": (IMAGE / 0, ValueError, "inf"),
    "one channel": (IMAGE[:, :1], ValueError, r"\(B, 3, H, W\), RGB, got \(2, 1, 90, 100\)"),
    "four channels": (IMAGE[:, [0, 1, 2, 2]], ValueError, r"got \(2, 4, 90, 100\)"),
    "channels last": (
        IMAGE.permute(0, 2, 3, 1),
        ValueError,
        r"; a single .* channels-last ones are images.permute\(0, 3, 1, 2\)$",
    ),
    "no batch axis": (IMAGE[0], ValueError, r"a single image is images\[None\]"),
    "empty batch": (IMAGE[:0], ValueError, r"at least one image of one pixel, got shape \(0, 3, 90, 100\)$"),
    "no pixels": (IMAGE[:, :, :0], ValueError, "at least one image of one pixel"),
    "wants a gradient": (
        IMAGE.clone().requires_grad_(),
        ValueError,
        r"^images requires a gradient, .*: use encode, or detach\(\)$",
    ),
    "NumPy": (IMAGE.numpy(), TypeError, "got ndarray"),
    "list of tensors": (list(IMAGE), TypeError, "list of PIL images, got a list of Tensor"),
    "one PIL image": (random_picture(90, 100), TypeError, "list of PIL images, got Image"),
    "PIL and tensor": ([random_picture(90, 100), IMAGE[0]], TypeError, "got a list of Image, Tensor"),
    "mixed sizes": (
        [random_picture(90, 100), random_picture(100, 90)],
        ValueError,
        r"one size, got \[\(90, 100\), \(100, 90\)\]; ",
    ),
    "palette": (
        [random_picture(90, 100, "P")],
        ValueError,
        "mode P are not resized smoothly; load_image makes them RGB$",
    ),
    "bilevel": ([random_picture(90, 100, "1")], ValueError, "mode 1 are not resized smoothly"),
    "two modes": ([random_picture(90, 100, mode) for mode in ("P", "1", "RGB")], ValueError, "of mode 1, P are not "),
    "16 bits": ([Image.new("I;16", (100, 90))], ValueError, "mode I;16 are not"),
    "float PIL": ([Image.new("F", (100, 90))], ValueError, "mode F are not"),
    "empty list": ([], ValueError, "^images is an empty list; give at least one image$"),
    "a path": ("image.png", TypeError, "got str"),
    "nothing": (None, TypeError, "got NoneType"),
}
CROP = torch.zeros(2, 3, 64, 64)
BAD_CROPS = {
    "wrong size": (
        CROP[..., :32],
        ValueError,
        r"\(B, 3, 64, 64\), got \(2, 3, 64, 32\); images of another size go through .*forward`$",
    ),
    "a multiple of the size": (CROP.repeat(1, 1, 2, 2), ValueError, r"\(B, 3, 64, 64\)"),
    "no batch axis": (CROP[0], ValueError, r"\(B, 3, 64, 64\)"),
    "one channel": (CROP[:, :1], ValueError, r"\(B, 3, 64, 64\)"),
    "empty batch": (CROP[:0], ValueError, "^crops is an empty batch; give at least one$"),
    "uint8": (CROP.to(torch.uint8), TypeError, "floating-point tensor.*got a tensor of torch.uint8"),
    "NaN": (
        CROP.clone().fill_(torch.nan),
        ValueError,
        "^crops holds NaN or infinite values; .* where the images are read$",
    ),
    "PIL": (random_picture(64, 64), TypeError, "floating-point tensor, as `preprocess` makes them, got Image$"),
    "one infinite": (
        CROP.index_put((torch.tensor(1), *[torch.tensor(2)] * 3), torch.tensor(torch.inf)),
        ValueError,
        "NaN",
    ),
}


@pytest.fixture(scope="module")
def small(small_models):
    return build()


@pytest.mark.parametrize(("images", "error", "message"), BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_images_that_would_give_wrong_numbers_are_refused(small, images, error, message):
    with pytest.raises(error, match=message):
        small(images)


@pytest.mark.parametrize(("crops", "error", "message"), BAD_CROPS.values(), ids=BAD_CROPS)
def test_crops_that_would_give_wrong_numbers_are_refused(small, crops, error, message):
    with pytest.raises(error, match=message):
        small.encode(crops)


def test_the_size_that_crops_must_have_is_height_and_width():
    with pytest.raises(ValueError, match=r"^crops must have shape \(B, 3, 64, 96\), got \(2, 3, 64, 64\); "):
        build("small-oblong").encode(CROP)


@torch.no_grad()
def test_bounds_of_the_image_range_and_every_float_dtype_of_crops_are_allowed(small):
    assert torch.isfinite(small(torch.tensor([0.0, 1.0]).repeat(1, 3, 90, 50))[0]).all()
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        assert small.encode(CROP.to(dtype)).dtype == torch.float32
    assert build().double().encode(CROP).dtype == torch.float64


# Construction ---------------------------------------------------------------------------------------------------------

BAD_ARGUMENTS = {
    "RN50": ({"model": "RN50"}, ValueError, "^RN50 cannot serve: its image tower is a ResNet, .*; take a ViT$"),
    "RN50x64": ({"model": "RN50x64"}, ValueError, "RN50x64 cannot serve"),
    "ConvNeXt": (
        {"model": "convnext_base"},
        ValueError,
        "convnext_base cannot serve.*no plain stack of blocks .*ConvNeXt has .* of stages\\); take a ViT$",
    ),
    "Swin": ({"model": "swin_base_patch4_window7_224"}, ValueError, "swin_base.* cannot serve"),
    "ViTamin": ({"model": "ViTamin-S"}, ValueError, "ViTamin-S cannot serve.*convolutional stem"),
    "MobileCLIP": ({"model": "MobileCLIP-B"}, ValueError, "MobileCLIP-B cannot serve"),
    "FastViT": ({"model": "MobileCLIP-S1"}, ValueError, "MobileCLIP-S1 cannot serve"),
    "unknown model": ({"model": "ViT-B-17"}, ValueError, r"no built-in model 'ViT-B-17'; open_clip.list_models\(\)"),
    "a hub's model": ({"model": "hf-hub:timm/ViT-B-16"}, ValueError, "no built-in model"),
    "no name": ({"model": None}, TypeError, "^model must be the name of an open_clip model, got None$"),
    "unknown tag": ({"model": "ViT-B-16", "pretrained": "openay"}, ValueError, "no weights 'openay'.*openai"),
    "an empty tag": ({"pretrained": ""}, ValueError, "^pretrained is empty; give .* or None for random weights$"),
    "a tag that is no name": ({"pretrained": 5}, TypeError, "^pretrained must be a tag, .* got 5$"),
    "no blocks": ({"num_layers": 0}, ValueError, r"num_layers of small must be in 1\.\.4, got 0"),
    "too many blocks": ({"num_layers": 5}, ValueError, r"in 1\.\.4, got 5"),
    "too many for the default": ({"model": "ViT-B-16", "num_layers": 13}, ValueError, r"in 1\.\.12, got 13"),
    "too many for a huge one": ({"model": "EVA02-E-14-plus", "num_layers": 65}, ValueError, r"in 1\.\.64, got 65"),
    "half a block": ({"num_layers": 2.0}, TypeError, "num_layers of small must be a whole number, got 2.0"),
    "true blocks": ({"num_layers": True}, TypeError, "num_layers"),
    "thaws too many": ({"trainable_blocks": 4}, ValueError, r"trainable_blocks must be in 0\.\.3, got 4"),
    "thaws minus one": ({"trainable_blocks": -1}, ValueError, r"^trainable_blocks must be in 0\.\.3, got -1"),
    "thaws half a block": ({"trainable_blocks": 0.5}, TypeError, "trainable_blocks"),
    "no features": ({"out_dim": 0}, ValueError, "^out_dim must be at least 1"),
    "drops everything": ({"dropout": 1}, ValueError, "dropout"),
    "drops a string": ({"dropout": "0.1"}, TypeError, "dropout"),
}


@pytest.mark.parametrize(("arguments", "error", "message"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_what_cannot_serve_is_refused_by_name_before_anything_is_built(monkeypatch, arguments, error, message):
    monkeypatch.setattr(open_clip, "create_model", lambda *args, **kwargs: pytest.fail("built before it was refused"))
    with pytest.raises(error, match=message):
        build(**arguments)


def test_a_tower_without_forward_intermediates_is_refused(monkeypatch):
    monkeypatch.setattr("timm.create_model", lambda name: nn.Identity())
    with pytest.raises(ValueError, match=r"EVA02-B-16 cannot serve: .* has no forward_intermediates"):
        build("EVA02-B-16")


def test_a_name_may_be_written_with_a_slash():
    """ViT-B/32, as the papers have it."""
    assert build("ViT-B/32", num_layers=1).feat_size == (7, 7)

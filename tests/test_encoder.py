"""Laws of the image encoder: open_clip's own tokens, nothing else held, no image sees another, bad input refused."""

import copy
import functools

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from torch import nn

from reference import EnhancedCLIPEncoder, official_preprocess

# The contract's tolerance for tokens and features: float32 sums in another order.
FLOAT32 = 1e-5

SMALL_TEXT = {"context_length": 4, "vocab_size": 8, "width": 32, "heads": 1, "layers": 1}
SMALL_VISION = {"image_size": 64, "patch_size": 16, "layers": 4, "width": 64, "head_width": 32}

# Small towers in every shape that open_clip's own ViT comes in, so that most laws are tested in milliseconds.
SMALL = {
    "small": {},
    "small-oblong": {"image_size": [64, 96]},
    "small-remainder": {"image_size": 78},
    "small-attentional-pool": {"attentional_pool": True, "attn_pooler_heads": 2},
    "small-patch-dropout": {"patch_dropout": 0.5},
    "small-average-pool": {"no_ln_pre": True, "pool_type": "avg", "final_ln_after_pool": True},
    "small-layer-scale": {"ls_init_value": 0.1},
}
NATIVE = [("ViT-B-32", 3), ("ViT-B-16", 6), ("ViT-L-14-336", 1)]
TIMM = [("ViT-B-16-SigLIP", 2), ("EVA02-B-16", 2)]


@pytest.fixture(scope="module", autouse=True)
def small_models():
    with pytest.MonkeyPatch.context() as patch:
        for name, vision in SMALL.items():
            config = {"embed_dim": 32, "vision_cfg": SMALL_VISION | vision, "text_cfg": SMALL_TEXT}
            patch.setitem(open_clip.factory._MODEL_CONFIGS, name, config)
        yield


def build(model="small", seed=0, **arguments):
    torch.manual_seed(seed)
    return EnhancedCLIPEncoder(model, **{"num_layers": 3, "out_dim": 8, "trainable_blocks": 1} | arguments).eval()


@functools.cache
def built(model, num_layers):
    """One encoder for every test that only reads it: the large towers take seconds to make."""
    return build(model, num_layers=num_layers)


def random_crops(encoder, count=2):
    return torch.randn(count, 3, *encoder.crop_size, generator=torch.Generator().manual_seed(0))


def random_picture(height, width, mode="RGB", seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def as_tensor(*pictures):
    return torch.stack([torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255 for picture in pictures])


# Tokens ---------------------------------------------------------------------------------------------------------------


def tower_blocks(visual):
    return visual.trunk.blocks if hasattr(visual, "trunk") else visual.transformer.resblocks


def tokens_by_hook(visual, block, crops, grid):
    """What leaves block number `block` in open_clip's own forward pass, class and register tokens cut off the front."""
    caught = []
    handle = tower_blocks(visual)[block].register_forward_hook(lambda module, args, out: caught.append(out))
    visual(crops)
    handle.remove()
    patches = caught[0][:, -grid[0] * grid[1] :]
    return patches.unflatten(1, grid).permute(0, 3, 1, 2)


def full_model(model, layers):
    """open_clip's model with all its image tower has after the blocks; its ViTs only as deep as the test looks."""
    config = open_clip.get_model_config(model)
    vision = config["vision_cfg"] | {"layers": layers}
    return open_clip.create_model(model, vision_cfg=vision, text_cfg=SMALL_TEXT).eval()


@pytest.mark.parametrize(("model", "blocks"), NATIVE + TIMM + [(name, 3) for name in SMALL])
@torch.no_grad()
def test_tokens_are_those_of_open_clip_after_k_blocks(model, blocks):
    """A hook on block K of open_clip's full forward pass sees the same patch tokens, from the same weights."""
    encoder = copy.deepcopy(built(model, blocks))
    full = full_model(model, blocks + 1)
    weights = full.visual.state_dict()
    encoder.visual.load_state_dict({name: weights[name] for name in encoder.visual.state_dict()})
    crops = random_crops(encoder)
    expected = tokens_by_hook(full.visual, blocks - 1, crops, encoder.feat_size)
    torch.testing.assert_close(encoder.tokens(crops), expected, rtol=0, atol=FLOAT32)
    assert not torch.allclose(expected, tokens_by_hook(full.visual, blocks, crops, encoder.feat_size), atol=0.01)


@torch.no_grad()
def test_features_are_the_head_applied_to_every_token():
    encoder = build("small-oblong")
    crops = random_crops(encoder)
    features, tokens = encoder.encode(crops), encoder.tokens(crops)
    assert features.shape == (2, 8, 4, 6)
    for row, column in np.ndindex(4, 6):
        expected = encoder.head(tokens[:, :, row, column])
        torch.testing.assert_close(features[:, :, row, column], expected, rtol=0, atol=FLOAT32)


@pytest.mark.parametrize("model", ["small-oblong", "small-remainder"])
@torch.no_grad()
def test_a_patch_answers_in_its_own_cell(model):
    """Change one patch of 16 x 16 crop pixels: the cell of its row and column changes most."""
    encoder = build(model)
    crops = random_crops(encoder, 1)
    before = encoder.tokens(crops)
    for row, column in np.ndindex(*encoder.feat_size):
        changed = crops.clone()
        changed[:, :, 16 * row : 16 * row + 16, 16 * column : 16 * column + 16] += 1
        change = (encoder.tokens(changed) - before).norm(dim=1)[0]
        assert np.unravel_index(int(change.argmax()), change.shape) == (row, column)


# What is held ---------------------------------------------------------------------------------------------------------


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_a_third_of_the_parameters_is_kept():
    """ViT-B-16 with 6 blocks and its head keeps 0.293 of the full CLIP model's 149,620,737 numbers; 0.35 is allowed."""
    encoder = EnhancedCLIPEncoder()
    stem = 768 * 3 * 16 * 16 + 768 + 197 * 768 + 2 * 768
    block = 4 * (768 * 768 + 768) + 2 * 768 * 3072 + 3072 + 768 + 4 * 768
    assert count(encoder.head) == 526_080
    assert count(encoder) == stem + 6 * block + 526_080 == 43_796_736
    assert count(encoder) <= 0.35 * 149_620_737


@pytest.mark.parametrize("model", [*SMALL, "ViT-B-16-SigLIP", "EVA02-B-16", "PE-Core-T-16-384"])
def test_nothing_is_held_but_what_runs(model):
    """With everything thawed, every parameter has a part in the features."""
    encoder = copy.deepcopy(built(model, 2)).requires_grad_(True)
    encoder.encode(random_crops(encoder, 1)).square().sum().backward()
    assert [name for name, parameter in encoder.named_parameters() if parameter.grad is None] == []
    assert len(tower_blocks(encoder.visual)) == 2


def test_weights_are_read_from_a_checkpoint(tmp_path):
    """A file of a full model's weights gives its image tower, cut down the same way."""
    torch.manual_seed(7)
    full = open_clip.create_model("small")
    torch.save(full.state_dict(), tmp_path / "small.pt")
    encoder = build(pretrained=str(tmp_path / "small.pt"), seed=0)
    weights = full.visual.state_dict()
    for name, value in encoder.visual.state_dict().items():
        assert torch.equal(value, weights[name]), name
    assert count(encoder) == count(build())


# Independence ---------------------------------------------------------------------------------------------------------


def leak_between_images(encode, crops):
    """Largest derivative of image 0's features with respect to a pixel of any other image of the batch."""
    crops = crops.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(encode(crops)[0].square().sum(), crops)
    assert gradient[0].abs().max() > 0
    return float(gradient[1:].abs().max())


def swap_batch_and_sequence(encoder):
    """The wrong twin: a block loop that permutes to (sequence, batch, channels) for blocks that are batch-first."""
    blocks = tower_blocks(encoder.visual)
    blocks[0].register_forward_pre_hook(lambda module, args: (args[0].transpose(0, 1), *args[1:]))
    blocks[-1].register_forward_hook(lambda module, args, out: out.transpose(0, 1))
    return encoder


@pytest.mark.parametrize("model", [*SMALL, "PE-Core-T-16-384"])
def test_images_of_a_batch_do_not_see_each_other(model):
    """The Jacobian between images is exactly zero, and an image's features are those it has alone."""
    encoder = build(model)
    crops = random_crops(encoder, 3)
    assert leak_between_images(encoder.encode, crops) == 0
    with torch.no_grad():
        together = encoder.encode(crops)
        for image in range(3):
            alone = encoder.encode(crops[image : image + 1])
            torch.testing.assert_close(alone, together[image : image + 1], rtol=0, atol=FLOAT32)


def test_a_block_loop_with_swapped_axes_is_caught():
    """The same law, on the wrong twin: shapes are right, no error is thrown, and the images leak."""
    encoder = swap_batch_and_sequence(build())
    crops = random_crops(encoder, 3)
    assert encoder.encode(crops).shape == (3, 8, 4, 4)
    assert leak_between_images(encoder.encode, crops) > 1e-6


# Training -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "blocks"),
    [("small", "visual.transformer.resblocks"), ("PE-Core-T-16-384", "visual.trunk.blocks")],
)
@pytest.mark.parametrize("trainable_blocks", [0, 2, 4])
def test_the_trainable_set_is_the_last_blocks_and_the_head(model, blocks, trainable_blocks):
    """Exactly: no embedding, no norm before the blocks, no earlier block."""
    encoder = build(model, num_layers=4, trainable_blocks=trainable_blocks)
    names = [f"{blocks}.{block}." for block in range(4 - trainable_blocks, 4)]
    assert encoder.trainable == (*(f"{name}*" for name in names), "head.*")
    for name, parameter in encoder.named_parameters():
        assert parameter.requires_grad == name.startswith((*names, "head.")), name


def test_only_the_thawed_parts_are_in_training_mode():
    """train() reaches the last block and the head; eval() reaches all."""
    encoder = build("small-patch-dropout").train()
    thawed = ("visual.transformer.resblocks.2", "head")
    for name, part in encoder.named_modules():
        assert part.training == (name == "" or name.startswith(thawed)), name
    assert not any(part.training for part in encoder.eval().modules())


@pytest.mark.parametrize("trainable_blocks", [0, 3])
def test_dropout_acts_in_training_in_the_head_alone(trainable_blocks):
    """Two passes in train() differ with the head's dropout and are the same without; no patch is ever dropped."""
    for dropout, same in ((0.5, False), (0.0, True)):
        encoder = build("small-patch-dropout", dropout=dropout, trainable_blocks=trainable_blocks).train()
        crops = random_crops(encoder)
        assert torch.equal(encoder.tokens(crops), encoder.tokens(crops))
        assert torch.equal(encoder.encode(crops), encoder.encode(crops)) == same


def test_a_step_changes_what_is_thawed_and_nothing_else():
    encoder = build().train()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    encoder.encode(random_crops(encoder)).square().sum().backward()
    torch.optim.SGD([p for p in encoder.parameters() if p.requires_grad], lr=0.1).step()
    changed = {name for name, value in encoder.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}


@torch.no_grad()
def test_state_goes_round():
    """Weights of one encoder loaded into another give bit-identical features, twice the same."""
    one, other = build(seed=0), build(seed=1)
    crops = random_crops(one)
    assert not torch.equal(one.encode(crops), other.encode(crops))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.encode(crops), other.encode(crops))


@pytest.mark.parametrize("model", ["small", "PE-Core-T-16-384"])
def test_runs_under_autocast(model):
    """bfloat16 features are finite, near the float32 ones, and carry gradients."""
    encoder = build(model).train().eval()
    crops = random_crops(encoder)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        features = encoder.encode(crops)
    features.float().sum().backward()
    assert torch.isfinite(features).all()
    exact = encoder.encode(crops).detach()
    # A handful of layers in series, each rounding to 8 bits: a few times 2**-8 of the largest feature.
    assert (features.float() - exact).abs().max() <= 10 * 2**-8 * exact.abs().max()


# Images ---------------------------------------------------------------------------------------------------------------


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
    "uint8": ((IMAGE * 255).to(torch.uint8), TypeError, "floating point.*torch.uint8; divide 8-bit images by 255"),
    "int64": (IMAGE.long(), TypeError, "floating point"),
    "0..255 floats": (IMAGE * 255, ValueError, r"in \[0, 1\], got values from 127.5 to 127.5; divide"),
    "just above one": (IMAGE + 0.5001, ValueError, r"in \[0, 1\]"),
    "just below zero": (IMAGE - 0.5001, ValueError, r"in \[0, 1\]"),
    "normalised": ((IMAGE - 0.48) / 0.27 - 1, ValueError, r"in \[0, 1\]"),
    "one NaN": (IMAGE.index_put((torch.tensor(1), *[torch.tensor(2)] * 3), torch.tensor(torch.nan)), ValueError, "nan"),
    "infinite": (IMAGE / 0, ValueError, "inf"),
    "one channel": (IMAGE[:, :1], ValueError, r"\(B, 3, H, W\), RGB, got \(2, 1, 90, 100\)"),
    "four channels": (IMAGE[:, [0, 1, 2, 2]], ValueError, r"got \(2, 4, 90, 100\)"),
    "channels last": (IMAGE.permute(0, 2, 3, 1), ValueError, r"images.permute\(0, 3, 1, 2\)"),
    "no batch axis": (IMAGE[0], ValueError, r"a single image is images\[None\]"),
    "empty batch": (IMAGE[:0], ValueError, "at least one image"),
    "no pixels": (IMAGE[:, :, :0], ValueError, "at least one image of one pixel"),
    "wants a gradient": (IMAGE.clone().requires_grad_(), ValueError, "use encode"),
    "NumPy": (IMAGE.numpy(), TypeError, "got ndarray"),
    "list of tensors": (list(IMAGE), TypeError, "list of PIL images, got a list of Tensor"),
    "one PIL image": (random_picture(90, 100), TypeError, "list of PIL images, got Image"),
    "PIL and tensor": ([random_picture(90, 100), IMAGE[0]], TypeError, "got a list of Image, Tensor"),
    "mixed sizes": ([random_picture(90, 100), random_picture(100, 90)], ValueError, r"one size, got \[\(90, 100\), "),
    "palette": ([random_picture(90, 100, "P")], ValueError, "mode P are not resized smoothly; reference.load_image"),
    "bilevel": ([random_picture(90, 100, "1")], ValueError, "mode 1 are not resized smoothly"),
    "16 bits": ([Image.new("I;16", (100, 90))], ValueError, "mode I;16 are not"),
    "float PIL": ([Image.new("F", (100, 90))], ValueError, "mode F are not"),
    "empty list": ([], ValueError, "empty list"),
    "a path": ("image.png", TypeError, "got str"),
    "nothing": (None, TypeError, "got NoneType"),
}
CROP = torch.zeros(2, 3, 64, 64)
BAD_CROPS = {
    "wrong size": (CROP[..., :32], ValueError, r"\(B, 3, 64, 64\), got \(2, 3, 64, 32\); images of another size go"),
    "a multiple of the size": (CROP.repeat(1, 1, 2, 2), ValueError, r"\(B, 3, 64, 64\)"),
    "no batch axis": (CROP[0], ValueError, r"\(B, 3, 64, 64\)"),
    "one channel": (CROP[:, :1], ValueError, r"\(B, 3, 64, 64\)"),
    "empty batch": (CROP[:0], ValueError, "empty batch"),
    "uint8": (CROP.to(torch.uint8), TypeError, "floating-point tensor.*got a tensor of torch.uint8"),
    "NaN": (CROP.clone().fill_(torch.nan), ValueError, "NaN or infinite"),
    "PIL": (random_picture(64, 64), TypeError, "floating-point tensor"),
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


@torch.no_grad()
def test_bounds_of_the_image_range_and_every_float_dtype_of_crops_are_allowed(small):
    assert torch.isfinite(small(torch.tensor([0.0, 1.0]).repeat(1, 3, 90, 50))[0]).all()
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        assert small.encode(CROP.to(dtype)).dtype == torch.float32
    assert build().double().encode(CROP).dtype == torch.float64


# Construction ---------------------------------------------------------------------------------------------------------

BAD_ARGUMENTS = {
    "RN50": ({"model": "RN50"}, ValueError, "RN50 cannot serve: its image tower is a ResNet"),
    "RN50x64": ({"model": "RN50x64"}, ValueError, "RN50x64 cannot serve"),
    "ConvNeXt": ({"model": "convnext_base"}, ValueError, "convnext_base cannot serve.*no plain stack of blocks"),
    "Swin": ({"model": "swin_base_patch4_window7_224"}, ValueError, "swin_base.* cannot serve"),
    "ViTamin": ({"model": "ViTamin-S"}, ValueError, "ViTamin-S cannot serve.*convolutional stem"),
    "MobileCLIP": ({"model": "MobileCLIP-B"}, ValueError, "MobileCLIP-B cannot serve"),
    "FastViT": ({"model": "MobileCLIP-S1"}, ValueError, "MobileCLIP-S1 cannot serve"),
    "unknown model": ({"model": "ViT-B-17"}, ValueError, r"no built-in model 'ViT-B-17'; open_clip.list_models\(\)"),
    "a hub's model": ({"model": "hf-hub:timm/ViT-B-16"}, ValueError, "no built-in model"),
    "no name": ({"model": None}, TypeError, "model must be the name"),
    "unknown tag": ({"model": "ViT-B-16", "pretrained": "openay"}, ValueError, "no weights 'openay'.*openai"),
    "no blocks": ({"num_layers": 0}, ValueError, r"num_layers of small must be in 1\.\.4, got 0"),
    "too many blocks": ({"num_layers": 5}, ValueError, r"in 1\.\.4, got 5"),
    "too many for the default": ({"model": "ViT-B-16", "num_layers": 13}, ValueError, r"in 1\.\.12, got 13"),
    "too many for a huge one": ({"model": "EVA02-E-14-plus", "num_layers": 65}, ValueError, r"in 1\.\.64, got 65"),
    "half a block": ({"num_layers": 2.0}, TypeError, "num_layers of small must be a whole number, got 2.0"),
    "true blocks": ({"num_layers": True}, TypeError, "num_layers"),
    "thaws too many": ({"trainable_blocks": 4}, ValueError, r"trainable_blocks must be in 0\.\.3, got 4"),
    "thaws minus one": ({"trainable_blocks": -1}, ValueError, "trainable_blocks"),
    "thaws half a block": ({"trainable_blocks": 0.5}, TypeError, "trainable_blocks"),
    "no features": ({"out_dim": 0}, ValueError, "out_dim must be at least 1"),
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

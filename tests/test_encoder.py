"""Laws of the image encoder: open_clip's own tokens, nothing else held, no image sees another, frozen stays frozen."""

import copy

import numpy as np
import open_clip
import pytest
import torch

from reference import EnhancedCLIPEncoder
from towers import SMALL, blocks_of, build, built, count, full_model, known_to_open_clip, random_crops

# The contract's tolerance for tokens and features: float32 sums in another order.
FLOAT32 = 1e-5

NATIVE = [("ViT-B-32", 3), ("ViT-B-16", 6), ("ViT-L-14-336", 1)]
SMALL_TIMM = ["PE-Core-T-16-384", "vit_medium_patch16_gap_256"]  # a pooled EVA tower, and one with a projection
TIMM = [("ViT-B-16-SigLIP", 2), ("EVA02-B-16", 2)]


@pytest.fixture(scope="module", autouse=True)
def small_models():
    with known_to_open_clip():
        yield


# Tokens ---------------------------------------------------------------------------------------------------------------


def tokens_by_hook(visual, block, crops, grid):
    """What leaves block number `block` in open_clip's own forward pass, class and register tokens cut off the front."""
    caught = []
    handle = blocks_of(visual)[block].register_forward_hook(lambda module, args, out: caught.append(out))
    visual(crops)
    handle.remove()
    patches = caught[0][:, -grid[0] * grid[1] :]
    return patches.unflatten(1, grid).permute(0, 3, 1, 2)


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


def test_a_third_of_the_parameters_is_kept():
    """ViT-B-16 with 6 blocks and its head keeps 0.293 of the full CLIP model's 149,620,737 numbers; 0.35 is allowed."""
    encoder = EnhancedCLIPEncoder()
    stem = 768 * 3 * 16 * 16 + 768 + 197 * 768 + 2 * 768
    block = 4 * (768 * 768 + 768) + 2 * 768 * 3072 + 3072 + 768 + 4 * 768
    assert count(encoder.head) == 526_080
    assert count(encoder) == stem + 6 * block + 526_080 == 43_796_736
    assert count(encoder) <= 0.35 * 149_620_737
    assert encoder.trainable == ("visual.transformer.resblocks.4.*", "visual.transformer.resblocks.5.*", "head.*")


@pytest.mark.parametrize("model", [*SMALL, *(name for name, _ in TIMM), *SMALL_TIMM])
def test_nothing_is_held_but_what_runs(model):
    """With everything thawed, every parameter has a part in the features."""
    encoder = copy.deepcopy(built(model, 2)).requires_grad_(True)
    encoder.encode(random_crops(encoder, 1)).square().sum().backward()
    assert [name for name, parameter in encoder.named_parameters() if parameter.grad is None] == []
    assert len(blocks_of(encoder.visual)) == 2


def test_little_more_is_built_than_is_kept(monkeypatch):
    """Without weights, neither the later blocks of ViT-B-16 nor its text tower ever take memory: 1 % more is built."""
    create, made = open_clip.create_model, []

    def counting(*args, **kwargs):
        model = create(*args, **kwargs)
        made.append(count(model))
        return model

    monkeypatch.setattr(open_clip, "create_model", counting)
    kept = count(EnhancedCLIPEncoder().visual)
    assert [kept < numbers <= 1.01 * kept for numbers in made] == [True]


@pytest.mark.parametrize(("model", "texts"), [("ViT-B-32", 1), ("coca_ViT-B-32", 2)])
def test_without_weights_the_least_that_may_be_of_text_is_asked_for(monkeypatch, model, texts):
    """Neither a tower that is thrown away nor weights of one from a hub; with weights, the model as it is."""
    asked = []

    def create(*args, **overrides):
        asked.append(overrides)
        raise InterruptedError

    monkeypatch.setattr(open_clip, "create_model", create)
    for pretrained in (None, __file__):
        with pytest.raises(InterruptedError):
            EnhancedCLIPEncoder(model, pretrained, num_layers=2)
    least = {"context_length": 1, "vocab_size": 1, "width": 1, "heads": 1, "layers": 1}
    vision = open_clip.get_model_config(model)["vision_cfg"] | {"layers": 2}
    parts = dict.fromkeys(["text_cfg", "multimodal_cfg"][:texts], least)
    assert asked == [{**parts, "pretrained_text": False, "vision_cfg": vision}, {}]


def test_nothing_runs_for_naught(monkeypatch):
    """To know the shape of tokens, one block; for tokens, the blocks alone, and no pooling."""
    ran, forward = [], open_clip.transformer.ResidualAttentionBlock.forward
    counting = lambda *args, **kwargs: (ran.append(1), forward(*args, **kwargs))[1]  # noqa: E731
    monkeypatch.setattr(open_clip.transformer.ResidualAttentionBlock, "forward", counting)
    monkeypatch.setattr(open_clip.transformer.VisionTransformer, "_pool", lambda *_: pytest.fail("it pooled"))
    encoder = build()
    assert len(ran) == 1
    encoder.tokens(random_crops(encoder))
    assert len(ran) == 1 + 3


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
    blocks = blocks_of(encoder.visual)
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
    """train() reaches the last block and the head, a new encoder is in train(); eval() reaches all."""
    thawed = ("visual.transformer.resblocks.2", "head")
    new = EnhancedCLIPEncoder("small-patch-dropout", num_layers=3, trainable_blocks=1)
    for encoder in (new, build("small-patch-dropout").train()):
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
    encoder = build(model)
    crops = random_crops(encoder)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        features = encoder.encode(crops)
    features.float().sum().backward()
    assert torch.isfinite(features).all()
    exact = encoder.encode(crops).detach()
    # Some ten roundings to 8 significant bits in series, each below 2**-8 of the largest feature.
    assert (features.float() - exact).abs().max() <= 10 * 2**-8 * exact.abs().max()

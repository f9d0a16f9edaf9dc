"""`geometry_of` for every transform that open_clip has: read, measured, in closed form, and by blobs sent through."""

import json
from functools import cache

import open_clip
import pytest
import torch
from open_clip.transform import ResizeKeepRatio
from torchvision import transforms

from blobs import blob_misses
from reference import model_sizes
from reference.closed_form import centre_offset, geometry_for, kept_ratio_size
from reference.fields import as_size
from reference.measure import measure_map
from reference.model_sizes import model_names, vision_sizes
from reference.preprocess import geometry_of, official_preprocess
from reference.reading import read_geometry
from reference.snapping import snap

SIZES = [
    (480, 640),
    (480, 641),
    (480, 637),
    (480, 643),
    (640, 480),
    (968, 1296),
    (375, 1242),
    (224, 224),
    (100, 90),
    (30, 40),
]
LANDING_TOLERANCE = 0.02  # crop pixels, what the blobs themselves are good to
MODE_OF_RESIZE = {"shortest": "official", "longest": "letterbox", "squash": "stretch"}


@cache
def distinct_transforms():
    """The transforms of all pretrained tags, one for each that moves pixels differently."""
    transforms = [official_preprocess(model, tag) for model, tag in open_clip.list_pretrained()]
    assert len(transforms) >= 196
    return {repr(transform.transforms[:-3]): transform for transform in transforms}


@pytest.mark.parametrize("size", SIZES)
def test_every_tag_lands_where_blobs_do(size):
    """Blobs sent through the transform of every pretrained tag land within 0.02 crop pixels of its geometry."""
    for transform in distinct_transforms().values():
        misses = blob_misses(transform, geometry_of(transform, size))
        assert len(misses), f"no blob is seen whole through {transform}"
        assert abs(misses).max() <= LANDING_TOLERANCE, transform


def test_every_tag_measures_as_it_reads():
    """Stripes and settings give the same whole numbers."""
    for transform in distinct_transforms().values():
        assert snap(measure_map(transform, (241, 320))) == read_geometry(transform, (241, 320))


@pytest.mark.parametrize("size", SIZES)
def test_every_size_measures_as_it_reads(size):
    transform = official_preprocess()
    assert snap(measure_map(transform, size)) == read_geometry(transform, size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("target", [(224, 224), (336, 336), (240, 320), (378, 224)])
@pytest.mark.parametrize("resize_mode", MODE_OF_RESIZE)
def test_the_closed_form_is_what_open_clip_does(resize_mode, target, size):
    """Square targets and others, in all three modes, by reading open_clip's own transform."""
    transform = open_clip.image_transform(target, is_train=False, resize_mode=resize_mode)
    geometry = geometry_for(MODE_OF_RESIZE[resize_mode], size, target, (16, 16))
    assert read_geometry(transform, size) == geometry_for_whole_crop(geometry, target)


def geometry_for_whole_crop(geometry, target):
    whole = geometry.to_dict() | {"crop_size": target, "feat_size": (1, 1)}
    return type(geometry).from_dict(whole)


@pytest.mark.parametrize("size", [(480, 641), (640, 480), (90, 100)])
@pytest.mark.parametrize("target", [(224, 224), (240, 320)])
@pytest.mark.parametrize("resize_mode", MODE_OF_RESIZE)
def test_reading_open_clip_agrees_with_measuring_it(resize_mode, target, size):
    transform = open_clip.image_transform(target, is_train=False, resize_mode=resize_mode)
    assert snap(measure_map(transform, size)) == read_geometry(transform, size)


@pytest.mark.parametrize(
    ("size", "resized", "offset"),
    [
        ((480, 640), (224, 298), (37, 0)),  # 298.67 truncated
        ((480, 641), (224, 299), (38, 0)),  # an excess of 75 halved to even: 37.5 -> 38
        ((480, 637), (224, 297), (36, 0)),  # 36.5 -> 36
        ((480, 643), (224, 300), (38, 0)),  # 300.07: rounding and truncating agree
        ((640, 480), (298, 224), (0, 37)),
        ((375, 1242), (224, 741), (258, 0)),
        ((100, 90), (248, 224), (0, 12)),
        ((30, 40), (224, 298), (37, 0)),
    ],
)
def test_pinned_geometries_of_the_official_transform(size, resized, offset):
    geometry = geometry_of(official_preprocess(), size)
    assert (geometry.resized_size, geometry.crop_size, geometry.offset) == (resized, (224, 224), offset)
    assert (geometry.mode, geometry.feat_size) == ("official", (14, 14))


def test_a_grid_is_given_or_one_cell_for_sixteen_pixels():
    transform = official_preprocess("ViT-L-14-336")
    assert geometry_of(transform, (480, 640)).feat_size == (21, 21)
    assert geometry_of(transform, (480, 640), (24, 24)).feat_size == (24, 24)


@pytest.mark.parametrize("model", ["ViT-B-32", "RN50", "ViT-B-16-SigLIP"])
@pytest.mark.parametrize("tag", [None, "first"])
def test_the_official_transform_is_the_one_that_open_clip_makes(model, tag):
    """Compared with `create_model_and_transforms`, whose settings for a tag need no weights of it."""
    tag = tag and open_clip.list_pretrained_tags_by_model(model)[0]
    settings = open_clip.get_pretrained_cfg(model, tag) if tag else {}
    ours = official_preprocess(model, tag)
    overrides = {f"image_{name}": settings.get(name) for name in ("mean", "std", "interpolation", "resize_mode")}
    with torch.device("meta"):  # no weights are made
        _, _, theirs = open_clip.create_model_and_transforms(model, device="meta", **overrides)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    ("model", "tag", "says"),
    [
        ("ViT-B-17", None, "no model 'ViT-B-17'"),
        ("ViT-B-16", "nowhere", "no weights 'nowhere' for ViT-B-16; its tags are: openai, "),
        ("ViT-B/16", "nowhere", "no weights 'nowhere' for ViT-B/16; its tags are: openai, "),
        ("coca_base", "nowhere", "no weights 'nowhere' for coca_base; its tags are: none$"),
    ],
)
def test_unknown_models_and_tags_are_refused(model, tag, says):
    with pytest.raises(ValueError, match=says):
        official_preprocess(model, tag)


def test_a_model_is_known_with_a_slash_as_openai_writes_it():
    assert repr(official_preprocess("ViT-B/32", "openai")) == repr(official_preprocess("ViT-B-32", "openai"))
    assert repr(official_preprocess("ViT-B/32", "openai")) != repr(official_preprocess("ViT-L/14-336", "openai"))


def test_a_model_that_states_no_image_size_has_open_clips_default(monkeypatch):
    """As a configuration of the user's own may, added by `open_clip.add_model_config`."""
    config = {"embed_dim": 512, "vision_cfg": {"patch_size": 16}, "text_cfg": {}}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "of-no-size", config)
    assert repr(official_preprocess("of-no-size")) == repr(official_preprocess("ViT-B-16"))


def test_model_sizes_are_open_clips_own():
    """Names, crops and patches read from open_clip's files are those that open_clip gives."""
    assert model_names() == sorted(open_clip.list_models())
    for name in model_names():
        vision = open_clip.get_model_config(name)["vision_cfg"]
        if "timm_model_name" in vision or isinstance(vision["layers"], list):
            continue
        crop, patch = vision_sizes(name)
        assert crop == as_size([vision["image_size"]] * 2, "image_size")
        assert patch[0] == vision.get("patch_size", patch[0])


@pytest.mark.parametrize(
    ("model", "sizes"),
    [
        ("ViT-B-16", ((224, 224), (16, 16))),
        ("ViT-L/14", ((224, 224), (14, 14))),
        ("ViT-SO400M-14-SigLIP-384", ((384, 384), (14, 14))),
        ("EVA02-L-14-336", ((336, 336), (14, 14))),
    ],
)
def test_pinned_model_sizes(model, sizes):
    assert vision_sizes(model) == sizes


@pytest.mark.parametrize("model", ["RN50", "convnext_base", "swin_base_patch4_window7_224", "ViT-B-17", "../RN50"])
def test_models_without_a_patch_grid_are_refused_by_name(model):
    with pytest.raises(ValueError, match=repr(model)[1:-1]):
        vision_sizes(model)


@pytest.mark.parametrize(
    ("vision", "sizes"),
    [
        ({}, ((224, 224), (16, 16))),  # open_clip's defaults
        ({"image_size": [240, 320], "patch_size": [12, 20]}, ((240, 320), (12, 20))),
        ({"layers": 12, "patch_size": 32}, ((224, 224), (32, 32))),
    ],
)
def test_sizes_a_model_file_does_not_state_are_open_clips_defaults(vision, sizes, tmp_path, monkeypatch):
    (tmp_path / "mine.json").write_text(json.dumps({"vision_cfg": vision}), encoding="utf-8")
    monkeypatch.setattr(model_sizes, "_folder", lambda: tmp_path)
    assert vision_sizes("mine") == sizes
    (tmp_path / "resnet.json").write_text(json.dumps({"vision_cfg": {"layers": [3, 4]}}), encoding="utf-8")
    with pytest.raises(ValueError, match="resnet is no plain grid of patches"):
        vision_sizes("resnet")
    with pytest.raises(ValueError, match=r"no model 'yours'; it has mine, resnet$"):
        vision_sizes("yours")


def test_without_open_clip_there_are_no_model_files(monkeypatch):
    model_sizes._folder.cache_clear()
    monkeypatch.setattr(model_sizes, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r"^open_clip is not installed: pip install open_clip_torch$"):
        model_names()


def test_an_extreme_image_that_leaves_no_pixel_is_refused():
    with pytest.raises(ValueError, match="resized_size"):
        geometry_for("letterbox", (1, 1000), (224, 224), (16, 16))
    with pytest.raises(ValueError, match="official, letterbox, stretch"):
        geometry_for("shortest", (10, 10), (224, 224), (16, 16))


def test_pinned_sides_of_a_kept_ratio():
    """375/224 is less than 1242/336: that ratio covers the target, the other fits inside."""
    assert kept_ratio_size((375, 1242), (224, 336), min) == (224, 742)
    assert kept_ratio_size((375, 1242), (224, 336), max) == (101, 336)
    assert kept_ratio_size((1242, 375), (336, 224), max) == (336, 101)


@pytest.mark.parametrize(
    ("resized", "offset"),
    [(298, 37), (229, 2), (231, 4), (225, 0), (224, 0), (223, 0), (222, -1), (221, -1), (101, -61)],
)
def test_pinned_offsets_of_a_crop_of_224_pixels(resized, offset):
    """Half of an excess, half to even; of what is missing, the smaller half comes before."""
    assert centre_offset(resized, 224) == offset


@pytest.mark.parametrize(
    ("image_size", "crop_size", "name"),
    [((0, 640), (224, 224), "image_size"), ((480, 640), (224, 0), "crop_size"), ((1, 1000), (9, 9), "resized_size")],
)
def test_a_closed_form_names_the_size_that_is_none(image_size, crop_size, name):
    with pytest.raises(ValueError, match=rf"^{name} must be"):
        geometry_for("letterbox", image_size, crop_size, (1, 1))


NEAREST = transforms.InterpolationMode.NEAREST
CENTRE = transforms.CenterCrop(224)
NOT_READ = {
    "a callable": transforms.ToTensor(),
    "nothing moves": transforms.Compose([transforms.ToTensor()]),
    "two crops": transforms.Compose([transforms.Resize(256), transforms.CenterCrop(240), CENTRE]),
    "nearest": transforms.Compose([transforms.Resize(224, NEAREST), CENTRE]),
    "a longest side": transforms.Compose([transforms.Resize(224, max_size=300), CENTRE]),
    "a flip": transforms.Compose([transforms.RandomHorizontalFlip(), CENTRE]),
    "a random crop": transforms.Compose([transforms.Resize(256), transforms.RandomCrop(224)]),
    "between longest and shortest": transforms.Compose([ResizeKeepRatio(224, longest=0.5), CENTRE]),
    "a random scale": transforms.Compose([ResizeKeepRatio(224, random_scale_prob=0.1), CENTRE]),
    "a random aspect": transforms.Compose([ResizeKeepRatio(224, random_aspect_prob=0.1), CENTRE]),
    "both": transforms.Compose([ResizeKeepRatio(224, random_scale_prob=0.1, random_aspect_prob=0.1), CENTRE]),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_not_known_to_be_a_resize_and_a_centre_crop_is_not_read(name):
    assert read_geometry(NOT_READ[name], (480, 640)) is None


def test_a_resize_that_leaves_one_pixel_is_read_and_one_that_leaves_none_is_not():
    transform = transforms.Compose([ResizeKeepRatio(224, longest=1)])
    assert read_geometry(transform, (4, 900)).resized_size == (1, 224)
    assert read_geometry(transform, (1, 900)) is None

"""Facts on the way from file to crop: how a picture is read, resampled and scaled, and what is claimed of it."""

from __future__ import annotations

from docs.generate.fact import Fact

_NORMALISE = "Normalize(mean=(0.481, 0.458, 0.408), std=(0.269, 0.261, 0.276))  # CLIP's, on values in [0, 1]"
_TELL = (
    ("range-255", "white arrives hundreds of times too large"),
    ("channels-bgr", "red and blue change places; grey tells nothing"),
)

FACTS: dict[str, Fact] = {
    "exif-ignored": Fact(
        "the EXIF orientation is ignored",
        "image = exif_transpose(open(path))",
        "image = open(path)                 as the sensor lay",
        "A quarter turn, a half turn or a mirror, in tagged files only: phones' photographs, hardly ever test images.",
        "image = PIL.ImageOps.exif_transpose(PIL.Image.open(path))  # before its size is read\n"
        "image = reference.load_image(path)  # or this",
        (("axes-swapped", "in every file; EXIF shows in tagged ones only: try one with tag 6"),),
    ),
    "load-mode": Fact(
        "files of unusual modes arrive in wrong colours",
        "palette, alpha, CMYK, 16 bits → 8-bit RGB of the same picture",
        "indices as grey levels, inks as colours, the low byte of sixteen bits",
        "Nothing moves. Single files of a data set give features of another picture.",
        'image = image.convert("RGB")  # 16-bit grey first: / 257, rounded to 8 bits\n'
        "image = reference.load_image(path)  # or this",
        (("channels-bgr", "in every file"),),
    ),
    "preprocess-not-affine": Fact(
        "the preprocess is no resize and crop",
        "x_crop = s·x − d                   one scale and one shift an axis",
        "a warp, a mirror, a turn, or another window at every call",
        "No lift can follow it: straight lines arrive bent, or two calls differ.",
        "preprocess = Compose([Resize(224), CenterCrop(224), ToTensor(), normalise])  # no random crop, flip or warp",
        (("geometry-claim", "a map that is affine, but not the one that is reported"),),
    ),
    "resample-nearest": Fact(
        "the image is resized with nearest neighbour",
        "each crop pixel averages the source pixels it covers",
        "each crop pixel copies one of them",
        "Edges become staircases: each pixel is read up to half a source pixel beside its place on either axis by "
        "PIL's nearest, up to a whole one by torch's.",
        "Resize(224, interpolation=InterpolationMode.BICUBIC, antialias=True)",
        (("not-antialiased", "it interpolates, but only between neighbours: edges stay soft"),),
    ),
    "not-antialiased": Fact(
        "nothing is smoothed before downscaling",
        "the kernel widens with 1/s         a fine checkerboard arrives grey",
        "the kernel stays one pixel wide    it arrives as a coarse pattern that is not there",
        "Moiré on fine texture. Nothing moves.",
        "Resize(224, antialias=True)  # on tensors; PIL's resize always smooths; cv2.INTER_AREA",
        (("resample-nearest", "the contrast is left whole, and edges are hard"),),
    ),
    "normalisation-imagenet": Fact(
        "normalised with ImageNet's statistics",
        "(x − (0.481, 0.458, 0.408)) / (0.269, 0.261, 0.276)      CLIP",
        "(x − (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)      ImageNet",
        "Contrast is 17 to 23 % too high. The picture looks right, so nobody notices.",
        _NORMALISE,
        (("normalisation-half", "contrast too low: black is −1"), *_TELL),
    ),
    "normalisation-half": Fact(
        "normalised with one half",
        "(x − (0.481, 0.458, 0.408)) / (0.269, 0.261, 0.276)      CLIP",
        "(x − 0.5) / 0.5",
        "Values run from −1 to 1: contrast is about half of what CLIP was trained on.",
        _NORMALISE,
        (("normalisation-missing", "black is 0"), ("normalisation-imagenet", "contrast too high"), *_TELL),
    ),
    "normalisation-missing": Fact(
        "not normalised at all",
        "(x − (0.481, 0.458, 0.408)) / (0.269, 0.261, 0.276)      CLIP",
        "x",
        "Black arrives as 0: everything is too bright and too pale.",
        _NORMALISE,
        (("normalisation-half", "black is −1"), *_TELL),
    ),
    "range-255": Fact(
        "values from 0 to 255",
        "(x/255 − mean) / std",
        "(x − mean) / std                   x from 0 to 255",
        "Everything but black arrives far beyond white.",
        "x = x / 255  # once; ToTensor() and do_rescale=True do it, too",
        (("normalisation-missing", "may act on top; the numbers of black and white tell both"),),
    ),
    "range-double-scaled": Fact(
        "divided by 255 twice",
        "(x/255 − mean) / std",
        "(x/255/255 − mean) / std",
        "Every image arrives almost black.",
        "image_processor(tensor_in_0_1, do_rescale=False)  # or give it bytes",
        (("range-255", "the other direction"),),
    ),
    "channels-bgr": Fact(
        "red and blue are exchanged",
        "channel 0 is red",
        "channel 0 is blue                  OpenCV's order",
        "Skies turn orange. Grey images tell nothing.",
        "image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)",
        (("load-mode", "files of single kinds only"),),
    ),
    "geometry-claim": Fact(
        "the geometry reported is not the one that acts",
        "geometry_of(preprocess, size)      measured",
        "GeomMeta(…)                        computed a second time, by another rule",
        "Whatever is computed from the claim lands beside its place; the preprocess itself may be fine.",
        "geometry = reference.geometry_of(preprocess, image_size, feat_size=grid)",
        (("preprocess-not-affine", "no geometry could be right"),),
    ),
}

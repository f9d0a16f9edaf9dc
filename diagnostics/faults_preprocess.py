"""The catalogue from file to crop: how an image is read, resampled, scaled, and what is claimed about it."""

from __future__ import annotations

from diagnostics.faults import Entry

_NORMALISE = "Normalize(mean={mean}, std={std}) on values in [0, 1]: the statistics of {declared!r}."
_ARRIVES = " Black arrives as {black} and white as {white}; with {declared!r} they are {want_black} and {want_white}."

CATALOGUE: dict[str, Entry] = {
    "exif-ignored": Entry(
        stage="load",
        explanation=(
            "Cameras store a photograph as the sensor lay and say in the EXIF orientation tag how to turn it. These "
            "files do not arrive upright: {files}. The points live in the upright image, so a point reads what lies up "
            "to {worst:.0f} source pixels away, in tagged files only."
        ),
        remedy="image = PIL.ImageOps.exif_transpose(PIL.Image.open(path)), before its size is read.",
        seen_in="mmcv PR 805, supervision PR 2577",
    ),
    "load-mode": Entry(
        stage="load",
        explanation=(
            "These files arrive in other colours than the plain RGB file of the very same picture: {files}. Palette "
            "indices, inverted inks or clipped 16-bit levels are taken for colours. Nothing moves, but the features "
            "are those of another image."
        ),
        remedy=(
            "image.convert('RGB') before anything else; 16-bit grey first as "
            "PIL.Image.fromarray(numpy.rint(numpy.asarray(image) / 257).astype('uint8')); or use "
            "reference.load_image(path)."
        ),
        seen_in="Pillow's conversion of I;16 clips at 255; torchvision's ToTensor keeps palette indices",
    ),
    "preprocess-not-affine": Entry(
        stage="preprocess",
        explanation=(
            "The preprocess {how}. No scale and shift an axis says where its pixels come from, so no lift can read the "
            "right place. {measured}"
        ),
        remedy=(
            "For evaluation use Resize and CenterCrop (or a pad) alone: no random crop, flip, rotation, colour jitter "
            "or lens correction; what must be warped, warp before the points are measured."
        ),
        seen_in="training transforms used for evaluation",
    ),
    "resample-nearest": Entry(
        stage="preprocess",
        explanation=(
            "The image is resized with nearest neighbour: of a two-toned image {between:.1%} of the crop's pixels lie "
            "between the tones, where every interpolation leaves most of them there. At a scale of {scale:.3f} each "
            "crop pixel copies one source pixel, up to {beside:.2f} source pixels beside its place."
        ),
        remedy="Resize(size, interpolation=InterpolationMode.BICUBIC, antialias=True), as CLIP was trained.",
        seen_in="torch.nn.functional.interpolate, whose default mode is nearest",
    ),
    "not-antialiased": Entry(
        stage="preprocess",
        explanation=(
            "Nothing is smoothed before the image is made smaller. Stripes of single pixels should turn grey at a "
            "scale of {scale:.3f}; {contrast:.0%} of their contrast is left, as patterns that are not in the image. "
            "Nothing moves, but fine texture gives other features than the model was trained on."
        ),
        remedy="Resize(size, antialias=True) on tensors, PIL's resize, or cv2.INTER_AREA.",
        seen_in="pytorch/vision#2950",
    ),
    "normalisation-imagenet": Entry(
        stage="preprocess",
        explanation="Pixels are normalised with ImageNet's mean and standard deviation." + _ARRIVES,
        remedy=_NORMALISE,
        seen_in="openai/CLIP#20",
    ),
    "normalisation-half": Entry(
        stage="preprocess",
        explanation="Pixels are normalised with mean 0.5 and standard deviation 0.5, to [-1, 1]." + _ARRIVES,
        remedy=_NORMALISE,
        seen_in="open_clip#204",
    ),
    "normalisation-missing": Entry(
        stage="preprocess",
        explanation="Pixels are not normalised at all: no mean is subtracted." + _ARRIVES,
        remedy=_NORMALISE,
        seen_in="openai/CLIP#20",
    ),
    "range-255": Entry(
        stage="preprocess",
        explanation="Pixels run from 0 to 255 where 0 to 1 is meant: the division by 255 is missing." + _ARRIVES,
        remedy="x = x / 255 before the mean is subtracted; once, ToTensor() does it too.",
        seen_in="transformers#25195",
    ),
    "range-double-scaled": Entry(
        stage="preprocess",
        explanation="Pixels are divided by 255 twice, so that every image is almost black." + _ARRIVES,
        remedy="Drop one of the two divisions: ToTensor() divides by itself, as does do_rescale=True.",
        seen_in="transformers#25195",
    ),
    "channels-bgr": Entry(
        stage="preprocess",
        explanation="In {what} red and blue are exchanged: OpenCV's order where RGB is meant. Nothing moves.",
        remedy="image = image[..., ::-1], or cv2.cvtColor(image, cv2.COLOR_BGR2RGB), once.",
        seen_in="segment-geospatial#170",
    ),
    "geometry-claim": Entry(
        stage="geometry",
        explanation=(
            "The geometry that the pipeline reports is not the one that its preprocess has: {what}. Whatever is "
            "computed from it lands up to {worst:.2f} source pixels away."
        ),
        remedy="geometry = reference.geometry_of(preprocess, image_size, feat_size=grid); here {measured}",
        seen_in="nominal ratios and offsets kept where the realised ones differ",
    ),
}

"""The catalogue of the lift: every known way from an image point to the wrong place of the grid."""

from __future__ import annotations

from diagnostics.faults import Entry

_RIGHT = "((u + 1/2) * W1/W0 - dx) * Wf/Wc - 1/2"


def _lift(explanation: str, remedy: str, seen_in: str) -> Entry:
    return Entry("lift", f"{explanation} It reads {{shift}}.", remedy, seen_in)


CATALOGUE: dict[str, Entry] = {
    "source-half-pixel": _lift(
        "The half pixel between index and edge coordinates is missing or in the wrong place ({detail}): u is scaled as "
        "if pixel 0 began at its centre.",
        f"Scale edge coordinates: {_RIGHT}.",
        "torchvision KeyPoints resize, albumentations keypoints_scale, SAM when fed indices; tensorflow#19627",
    ),
    "scale-nominal": _lift(
        "Points are scaled by the ideal ratio target/short side on both axes, {detail}, but the resize made whole "
        "pixels of the long side.",
        "Scale each axis by its realised size: resized_width / width and resized_height / height.",
        "diffusers#8911, albumentations SmallestMaxSize",
    ),
    "scale-rounded": _lift(
        "The long side of the resized image is taken as {detail}, the transform makes it another whole number.",
        "Take the resized size from the transform itself: geometry_of(preprocess, image_size).resized_size.",
        "open_clip ResizeKeepRatio rounds, torchvision Resize truncates",
    ),
    "scale-align-corners": _lift(
        "Points are scaled by (w - 1)/(W - 1), corner pixel to corner pixel, but the image is resized edge to edge.",
        "Scale by w/W in edge coordinates: (u + 1/2) * w/W - 1/2.",
        "open-mmlab/mmpose PR 291, tensorflow#26278",
    ),
    "scale-axes-swapped": _lift(
        "Height and width are exchanged where points are scaled: {detail}.",
        "x goes with the width and y with the height: sx = W1/W0, sy = H1/H0.",
        "albumentations#433, caffe#950",
    ),
    "assumes-stretch": _lift(
        "Points are mapped u * n/W over the whole image, but the preprocess crops or pads.",
        f"Follow the crop: {_RIGHT}.",
        "ZzZZCHS/Chat-Scene#69",
    ),
    "assumes-crop": _lift(
        "Points are mapped through a resize and centre crop that the preprocess does not make.",
        "Follow what the preprocess does: geometry_of(preprocess, image_size).grid_from_image(points).",
        "big_vision#91, transformers#11992",
    ),
    "assumes-letterbox": _lift(
        "Points are mapped through a longest-side resize with padding that the preprocess does not make.",
        "Follow what the preprocess does: geometry_of(preprocess, image_size).grid_from_image(points).",
        "open_clip resize_mode, LLaVA#623",
    ),
    "resize-margin": _lift(
        "Preprocess and lift disagree on the margin between resize and crop: the lift believes in a crop of {detail} "
        "times the resized short side.",
        "Use the size that the transform resizes to, not the crop's: geometry_of(preprocess, image_size).resized_size.",
        "RobustBench PR 106",
    ),
    "applied-twice": _lift(
        "The map from image to crop is applied to points that are in the crop already.",
        "Apply it once.",
        "WildDet3D PR 9",
    ),
    "crop-offset-missing": _lift(
        "The crop's offset is never subtracted.", f"Subtract dx, dy: {_RIGHT}.", "self-supervised-depth-completion#30"
    ),
    "pad-offset-missing": _lift(
        "The letterbox padding before the image is never added.",
        "A padded crop starts at a negative offset: x_crop = x * W1/W0 + pad_left.",
        "LLaVA#623, LLaVA#606",
    ),
    "crop-offset-sign": _lift(
        "The crop's offset is added where it is to be subtracted.", f"Subtract it: {_RIGHT}.", "gsplat#381"
    ),
    "crop-offset-rounding": _lift(
        "The crop's offset is half of what the resized image has more, {detail}; the transform rounds it otherwise.",
        "Take the offset from the transform itself: geometry_of(preprocess, image_size).offset.",
        "transformers PR 40856, pytorch/vision#5274, ultralytics PR 23967",
    ),
    "crop-offset-unscaled": _lift(
        "The crop's offset is in the wrong pixels ({detail}): it counts pixels of the resized image.",
        "Scale first, then subtract: x * W1/W0 - dx.",
        "",
    ),
    "crop-offset-swapped": _lift(
        "The offsets dx and dy are exchanged.", "dx, from the left, goes with x and dy, from the top, with y.", ""
    ),
    "patch-size": _lift(
        "Crop pixels are divided by a patch of {detail}, not by the crop's pixels per cell.",
        "Divide by crop size / grid size of the map that is sampled.",
        "FeatUp#11",
    ),
    "patch-remainder": _lift(
        "Whole patches leave a strip of the crop uncovered, but the lift spreads the grid over {detail}.",
        "Divide by the patch, not by crop size / grid size: index = x_crop / P - 1/2; GeomMeta.with_patches cuts the "
        "crop to what the patches cover.",
        "dinov2#77, LERF",
    ),
    "patch-overlap": _lift(
        "The patches overlap, their stride is shorter than they are, but the lift takes them {detail}.",
        "Cell j has its centre at j*stride + P/2: index = (x_crop - P/2) / stride.",
        "dino-vit-features",
    ),
    "half-cell-missing": _lift(
        "An edge coordinate of the grid is used as a cell index: the half cell after the scaling is missing.",
        "The centre of cell 0 lies half a cell from the edge: index = x_crop / P - 1/2.",
        "onnxruntime#6921, pytorch/vision#1871 (RoIAlign aligned=False)",
    ),
    "half-cell-doubled": _lift("The half cell is subtracted twice.", "Subtract it once: index = x_crop / P - 1/2.", ""),
    "recipe-half-cell": _lift(
        "The written recipe u14 = (s*u - dx)/16, then 2*(u14 + 1/2)/14 - 1, takes an edge coordinate for a cell index "
        "and adds the half cell to it once more; its scale and offset {detail}.",
        f"index = {_RIGHT}, then 2*(index + 1/2)/n - 1 for grid_sample(align_corners=False).",
        "this project's own starting notes",
    ),
    "align-corners-sample": _lift(
        "A grid in [-1, 1] from edge to edge is sampled with align_corners=True.",
        "grid_sample(..., align_corners=False).",
        "pytorch#20785, mmdetection3d point_fusion.py",
    ),
    "align-corners-normalise": _lift(
        "Indices are normalised 2*i/(n - 1) - 1 {detail}, which is right for align_corners=True only, but sampled with "
        "False.",
        "Normalise 2*(i + 1/2)/n - 1, or sample with align_corners=True.",
        "kornia#3904, monodepth2 after the default changed",
    ),
    "align-corners-both-edge": _lift(
        "Edge coordinates are divided by n - 1 {detail}: two conventions in one formula.",
        "Normalise edge coordinates 2*x/n - 1 for align_corners=False.",
        "kornia PR 4558",
    ),
    "align-corners-upsample": _lift(
        "The map is upsampled with align_corners=True {detail} and sampled with False.",
        "interpolate(..., align_corners=False).",
        "pytorch-pwc#33, pytorch#98566",
    ),
    "asymmetric-upsample": _lift(
        "The map is upsampled on the asymmetric grid of old TensorFlow {detail}: cell j of the fine map holds place "
        "j*n/m.",
        "Upsample half-pixel exact: interpolate(..., align_corners=False).",
        "tensorflow#6720",
    ),
    "axes-swapped": _lift(
        "(row, column) is given where (x, y) is expected.",
        "grid_sample wants (x, y) on the last axis: flip it, points.flip(-1).",
        "deformable-attention#6, voxelmorph PR 652",
    ),
    "axis-flipped-x": _lift("The x axis is mirrored.", "x runs to the right, from the first column.", "bmild/nerf#8"),
    "axis-flipped-y": _lift("The y axis is mirrored.", "y runs down, from the first row.", "bmild/nerf#8"),
    "flip-off-by-one": _lift(
        "The preprocess mirrors the image, and the lift mirrors its points one pixel beside it: {detail}.",
        "Index coordinates mirror as W - 1 - u, edge coordinates as W - x.",
        "fvcore PR 11, albumentations#1500",
    ),
    "nearest-sampling": _lift(
        "Every point reads one single cell, where interpolation between four was meant.",
        "grid_sample(..., mode='bilinear').",
        "ConceptFusion",
    ),
    "cell-rounded": _lift(
        "The nearest cell is taken as round(f) of an edge coordinate f: cell j covers [j, j + 1], so every other "
        "point falls into the next cell.",
        "cell = floor(f), or round(f - 1/2).",
        "OpenScene/3DMV round() on edge coordinates",
    ),
    "cell-truncated": Entry(
        "lift",
        "Cells are taken by int(f), which rounds toward zero: points up to one cell, {pixels:.1f} source pixels, left "
        "of or above the crop fall into its first column or row and count as valid.",
        "cell = floor(f), then test 0 <= cell < n.",
        "RAFT#120",
    ),
    "integer-points": _lift(
        "Coordinates are cut to whole pixels, of the image or of the crop, before they are sampled.",
        "Keep coordinates in floats until they are sampled.",
        "torchvision resize_keypoints on integer dtype",
    ),
    "half-precision-points": _lift(
        "Coordinates are held in half precision: float16 knows only quarter pixels from 256 on and halves from 512 on, "
        "bfloat16 only every second pixel from 256 on.",
        "Compute coordinates in float32.",
        "LERF",
    ),
    "outside-not-masked": Entry(
        "lift",
        "Points outside what the rule {rule!r} allows count as valid everywhere: {share:.1%} of the image reads the "
        "rim's features.",
        "valid = geometry.valid(points, rule={rule!r}); give zeros where it is false.",
        "pytorch PR 3599",
    ),
    "mask-too-tight": Entry(
        "lift",
        "The mask drops points that the rule {rule!r} allows, up to {depth:.2f} source pixels inside its bound.",
        "valid = geometry.valid(points, rule={rule!r}): bounds included, no safety margin.",
        "RAFT#120",
    ),
    "mask-too-wide": Entry(
        "lift",
        "The mask accepts points that the rule {rule!r} does not allow, up to {depth:.2f} source pixels outside its "
        "bound.",
        "valid = geometry.valid(points, rule={rule!r}).",
        "RAFT#120",
    ),
    "zero-padding-halo": Entry(
        "lift",
        "Features within half a cell of the crop's border fade to {share:.0%} and still count as valid: grid_sample "
        "pads with zeros.",
        "grid_sample(..., padding_mode='border'), or leave those points to the rule 'centre'.",
        "nerfstudio#135",
    ),
    "map-l2-normalised": Entry(
        "lift",
        "The map is L2-normalised cell by cell before it is sampled: between cells that differ, features lose length "
        "and strong cells their weight.",
        "Normalise after sampling, per point: sample_points(..., normalize=True).",
        "this project's starting notes",
    ),
}

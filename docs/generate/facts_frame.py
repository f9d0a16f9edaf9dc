"""Facts on the first half of a lift, from image point to crop point: half pixel, scale, offset."""

from __future__ import annotations

from docs.generate.fact import Fact

_FOLLOW = "geometry = geometry_of(preprocess, image_size, feat_size)\ncells = geometry.grid_from_image(points)"
_OTHER_MODE = "the mode the transform was built with, and the error on the other axis"

FACTS: dict[str, Fact] = {
    "source-half-pixel": Fact(
        "the half pixel before the scale is missing",
        "x_crop = (u + 1/2)·s − d",
        "x_crop = u·s − d                   the half is missing\n"
        "x_crop = u·s + 1/2 − d             it is added after the scale (ONNX: asymmetric)",
        "A constant shift. Missing, it is half a source pixel at every image size; after the scale, ½(1/s − 1), which "
        "grows the more the image is made smaller.",
        "x_crop = (points[:, 0] + 0.5) * W1 / W0 - dx  # add the half first, then scale",
        (
            (
                "principal-point-origin",
                "it shifts by half a pixel too, but in `project`: probe `project` alone, and change the image size",
            ),
            ("integer-points", "its *mean* is half a pixel; ask for points at fractions of a pixel"),
        ),
    ),
    "scale-nominal": Fact(
        "the ideal ratio instead of the realised one",
        "s = W1/W0                          298/640, the size that was really made",
        "s = target/short side              224/480 = 298.67/640, on both axes",
        "A gain of 1.0022 on the long axis only. Silent wherever the ratio gives whole pixels.",
        "sx, sy = geometry.scale  # resized_width / width, resized_height / height\n"
        "dx, dy = geometry.offset  # and the offset that goes with it",
        (
            (
                "scale-axes-swapped",
                "the same on x for a square target; `scale-axes-swapped` shows on y as well",
            ),
            ("scale-rounded", "its gain is 299/298; 643×480, where both rules agree, silences it alone"),
        ),
    ),
    "scale-rounded": Fact(
        "the long side rounded by another rule",
        "W1 = ⌊target·W0/H0⌋                298 (torchvision truncates)",
        "W1 = round(target·W0/H0)           299 (open_clip's letterbox rounds), or the reverse",
        "A gain of 299/298 on the long axis, of up to two source pixels at the rim. Silent at 643×480, where both "
        "rules give the same side.",
        "H1, W1 = geometry_of(preprocess, image_size).resized_size  # never computed a second time",
        (
            ("scale-nominal", "its gain is 1.0022 and it shows at 643×480, too"),
            ("crop-offset-rounding", "it is a constant of one crop pixel, without any gain"),
        ),
    ),
    "scale-align-corners": Fact(
        "corner pixels aligned at image level",
        "x_crop = (u + 1/2)·W1/W0 − d",
        "u_crop = u·(W1 − 1)/(W0 − 1) − d   ONNX: align_corners; “UDP” in pose estimation",
        "Zero in the middle of the image, up to half of (1/s − 1) source pixels towards its border, on both axes.",
        "u_crop = (u + 0.5) * W1 / W0 - 0.5 - dx  # images are resized edge to edge",
        (
            ("align-corners-normalise", "it acts on the grid and is tens of times larger; change the image size"),
            ("source-half-pixel", "it is constant; look at both ends of the image"),
        ),
    ),
    "scale-axes-swapped": Fact(
        "the scales of x and y are exchanged",
        "sx = W1/W0, sy = H1/H0",
        "sx = H1/H0, sy = W1/W0",
        "About a pixel where the target is square, because the two ratios are almost one; huge where it is not.",
        "sx, sy = W1 / W0, H1 / H0  # sizes are (height, width), points are (x, y)",
        (("scale-nominal", "the same on x for a square target: y decides"),),
    ),
    "assumes-stretch": Fact(
        "the lift believes that the image is stretched",
        "x_grid = ((u + 1/2)·s − d)·n/Wc",
        "x_grid = (u + 1/2)·n/W0            the whole image on the whole grid",
        "Points at the image's left read from the crop's left: a gain below 1 along the axis that is cropped, or above "
        "1 along the one that is padded; the other axis is right.",
        _FOLLOW,
        (("assumes-letterbox", "it is wrong on both axes of a crop; this one on the long axis only"),),
    ),
    "assumes-crop": Fact(
        "the lift believes in a centre crop",
        "s = W1/W0 of what was made         here a letterbox: s = 336/640, d = (0, −42)",
        "s = target/short side, d = half the excess",
        "Points spread away from the middle, on the long axis of a stretch and on both axes of a letterbox.",
        _FOLLOW,
        (
            ("assumes-stretch", _OTHER_MODE),
            ("pad-offset-missing", "it is a constant; a wrong mode has a gain"),
        ),
    ),
    "assumes-letterbox": Fact(
        "the lift believes in a padded image",
        "s = W1/W0 of what was made         here a crop: s = 298/640, d = (37, 0)",
        "s = target/long side, d = −half the gap",
        "Points draw together towards the middle: a gain of about 0.75 on both axes of a crop.",
        _FOLLOW,
        (("assumes-stretch", "it is right on the short axis"),),
    ),
    "resize-margin": Fact(
        "resize and crop disagree on the margin",
        "Resize(256), CenterCrop(224):  s = 256/480, d = half of what is more than 224",
        "Resize(224), CenterCrop(224):  s = 224/480",
        "Zero in the middle, a gain of 0.875 (224/256) or its inverse 1.143 on both axes.",
        "H1, W1 = geometry_of(preprocess, image_size).resized_size  # 256, not the crop's 224",
        (
            ("align-corners-sample", "its gain (n − 1)/n follows the grid: change n, a margin stays"),
            ("patch-size", "it is zero at the crop's left top, not in its middle"),
        ),
    ),
    "applied-twice": Fact(
        "the map to the crop is applied twice",
        "x_crop = (u + 1/2)·s − d",
        "x_crop = ((u + 1/2)·s − d)·s − d",
        "Everything shrinks by s once more, towards the left top.",
        "crop_points = geometry.crop_from_image(points)  # once; what is in the crop stays there",
        (("intrinsics-not-rescaled", "a gain in `project`: probe `project` and `lift` apart"),),
    ),
    "crop-offset-missing": Fact(
        "the crop's offset is not subtracted",
        "x_crop = (u + 1/2)·s − d",
        "x_crop = (u + 1/2)·s",
        "A constant of d/s source pixels, +79.5 at 640×480, along the cropped axis only.",
        "crop_points = (points + 0.5) * scale - offset  # offset = (dx, dy), left and top of the crop",
        (
            ("crop-offset-sign", "twice as far"),
            ("pad-offset-missing", "the same link of a padded image: the other direction, the short axis"),
        ),
    ),
    "crop-offset-sign": Fact(
        "the crop's offset has the wrong sign",
        "x_crop = (u + 1/2)·s − d",
        "x_crop = (u + 1/2)·s + d",
        "A constant of 2d/s source pixels along the cropped axis: twice what a missing offset costs.",
        "crop_points = (points + 0.5) * scale - offset  # a crop takes away, a pad (negative offset) adds",
        (("crop-offset-missing", "half as far"),),
    ),
    "crop-offset-rounding": Fact(
        "the crop's offset is rounded by another rule",
        "d = what the transform makes       round half to even (torchvision), ⌊ ⌋ (Hugging Face)",
        "d = another whole number, or 37.5  where half the excess is no whole number",
        "Nothing at 640×480. One crop pixel where the excess is odd: an excess of 1 and one of 3 modulo 4 are both "
        "needed to name the rule, at 224 pixels those of 641×480 and 637×480.",
        "dx, dy = geometry_of(preprocess, image_size).offset  # never halved a second time",
        (
            ("scale-rounded", "it has a gain, and shows at 640×480"),
            ("crop-offset-unscaled", "far larger, at every size"),
        ),
    ),
    "crop-offset-unscaled": Fact(
        "the crop's offset counts the wrong pixels",
        "x_crop = (u + 1/2)·s − d           d in pixels of the resized image",
        "x_crop = (u + 1/2)·s − d/s         d in source pixels\n"
        "x_crop = ((u + 1/2) − d)·s         taken off before the scale",
        "A constant along the cropped axis, d(1/s − 1) crop pixels or less.",
        "crop_points = (points + 0.5) * scale - offset  # scale first, then subtract",
        (("crop-offset-missing", "a constant of its own size, d/s; compare the number, at two image sizes"),),
    ),
    "crop-offset-swapped": Fact(
        "dx and dy are exchanged",
        "x_crop = … − dx, y_crop = … − dy",
        "x_crop = … − dy, y_crop = … − dx",
        "A constant on both axes, in opposite directions.",
        "offset = torch.tensor([left, top])  # points are (x, y): left first",
        (("axes-swapped", "it mirrors the whole map about the diagonal; this one keeps its directions"),),
    ),
    "pad-offset-missing": Fact(
        "the letterbox padding is forgotten",
        "y_crop = (v + 1/2)·s + pad         d = −pad, 42 here",
        "y_crop = (v + 1/2)·s",
        "A constant of −pad/s source pixels, −80 at 640×480, along the padded axis only.",
        "crop_points = (points + 0.5) * scale + padding  # padding = (left, top) = -offset",
        (
            ("crop-offset-missing", "the same link of a crop: the other direction, the long axis"),
            ("assumes-stretch", "a gain, no constant"),
        ),
    ),
    "recipe-half-cell": Fact(
        "the recipe everybody writes down",
        "x_grid  = ((u + 1/2)·W1/W0 − dx)/16         an edge coordinate\n"
        "sampler = 2·x_grid/14 − 1                   so no half cell here",
        "u14     = (s·u − dx)/16                     is an edge coordinate as well …\n"
        "sampler = 2·(u14 + 1/2)/14 − 1              … but half a cell is added as if it were an index",
        "Points read 16 to 17 source pixels to the lower right. Three smaller mistakes ride along: the ideal ratio "
        "224/480 for 298/640, the ideal offset 37.33 for 37, and the half pixel of u.",
        "cells = ((points + 0.5) * scale - offset) / 16 - 0.5  # a true index\n"
        "grid = 2 * (cells + 0.5) / 14 - 1  # for align_corners=False",
        (
            ("half-cell-missing", "exactly half a cell on both axes; the recipe has 0.5 px less on y, and a gain on x"),
            ("asymmetric-upsample", "+16.1 as well, but the same on both axes and without the gain on x"),
        ),
    ),
}

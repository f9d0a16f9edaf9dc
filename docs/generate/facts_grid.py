"""Facts on the second half of a lift, from crop point to the place of the grid that is read: cells and sampler."""

from __future__ import annotations

from docs.generate.fact import Fact

FACTS: dict[str, Fact] = {
    "patch-size": Fact(
        "divided by another patch size",
        "x_grid = x_crop·n/Wc               224/14 = 16 pixels a cell",
        "x_grid = x_crop/14                 another model's patch, or an upsampler's factor forgotten",
        "A gain of 16/14, zero at the crop's left top and growing to the right and down.",
        "cells = edge / (torch.tensor(crop_size[::-1]) / torch.tensor(features.shape[:1:-1]))",
        (
            ("align-corners-both-edge", "zero at the left top as well, with a gain of n/(n − 1) = 14/13"),
            ("resize-margin", "zero in the middle"),
        ),
    ),
    "patch-remainder": Fact(
        "the remainder of the crop that no patch covers",
        "x_grid = x_crop/P                  the map covers ⌊Wc/P⌋·P pixels",
        "x_grid = x_crop·n/Wc               as if it covered all Wc",
        "A contraction towards the left top; zero where the crop is a multiple of the patch.",
        "cells = edge / patch  # or geometry.with_patches((patch, patch)).grid_from_image(points)",
        (("patch-size", "wrong for every crop; a remainder vanishes where the crop divides by the patch"),),
    ),
    "patch-overlap": Fact(
        "patches overlap and the lift thinks they tile",
        "centre of cell j = j·stride + P/2  so index = (x_crop − P/2)/stride",
        "index = x_crop·n/Wc − 1/2          as if n tiles of Wc/n pixels lay side by side",
        "A gain just below 1 about the middle of the crop: 0.964 for a stride of 8.",
        "index = (edge - patch / 2) / stride",
        (
            ("half-cell-missing", "its constant form, ½ cell, is the same function: probe `encode` alone"),
            ("align-corners-sample", "its gain is (n − 1)/n: change the number of cells"),
        ),
    ),
    "half-cell-missing": Fact(
        "an edge coordinate is used as a cell index",
        "index = x_crop/P − 1/2             the centre of cell 0 lies half a cell from the edge",
        "index = x_crop/P                   RoIAlign's aligned=False",
        "A constant of half a cell on both axes, +17.2 source pixels at 640×480; it depends on the patch, not on the "
        "image.",
        "index = x_crop / P - 0.5\ngrid = 2 * (index + 0.5) / n - 1",
        (
            ("recipe-half-cell", "the same with the image's half pixel lost on top: +16.6 on y, a gain on x"),
            ("asymmetric-upsample", "½(1 − n/m) cell, a little less: +16.1 for ×16"),
            ("align-corners-both-edge", "followed by `align_corners=True` it is the same function"),
        ),
    ),
    "half-cell-doubled": Fact(
        "the half cell is subtracted twice",
        "index = x_crop/P − 1/2",
        "index = x_crop/P − 1",
        "A constant of half a cell on both axes to the upper left.",
        "index = x_crop / P - 0.5  # once: in the index, or in the normalisation",
        (("half-cell-missing", "the same distance in the other direction"),),
    ),
    "align-corners-sample": Fact(
        "sampled with align_corners=True",
        "sampler = 2·x_grid/n − 1 for grid_sample(align_corners=False)",
        "the same grid for grid_sample(align_corners=True): reads f·(n − 1)/n, an index",
        "Half a cell at the left, none in the middle, half a cell back at the right: gain 13/14 on both axes, "
        "depending on n alone.",
        "grid_sample(features, grid, align_corners=False)",
        (
            ("resize-margin", "a gain about the middle as well: change n, a margin stays"),
            ("align-corners-upsample", "its gain is 0.9327 for ×16, this one's 0.9286"),
        ),
    ),
    "align-corners-normalise": Fact(
        "normalised for the other align_corners",
        "sampler = 2·(i + 1/2)/n − 1        for align_corners=False",
        "sampler = 2·i/(n − 1) − 1          which is right for align_corners=True only",
        "Zero in the middle, half a cell outwards at the rim: gain 14/13 on cells, 224/223 on crop pixels.",
        "grid = 2 * (cells + 0.5) / n - 1  # or keep it, and sample with align_corners=True",
        (
            ("align-corners-both-edge", "the same gain, but zero at the left top"),
            ("scale-align-corners", "image level, under a pixel"),
        ),
    ),
    "align-corners-both-edge": Fact(
        "edge coordinates divided by n − 1",
        "sampler = 2·x/n − 1                x an edge coordinate",
        "sampler = 2·x/(n − 1) − 1",
        "Zero at the left top edge, growing to a whole cell at the right: gain 14/13.",
        "grid = 2 * edge / n - 1  # edges go with n, centres go with n - 1 and align_corners=True",
        (
            ("align-corners-normalise", "the same gain, but zero in the middle"),
            ("half-cell-missing", "what this becomes when sampled with `align_corners=True`"),
        ),
    ),
    "align-corners-upsample": Fact(
        "upsampled with align_corners=True, sampled with False",
        "interpolate(map, (m, m), align_corners=False)",
        "interpolate(map, (m, m), align_corners=True): cell j holds the place j·(n − 1)/(m − 1)",
        "A gain of (n − 1)m/(n(m − 1)) about the middle: 0.9327 for ×16, 0.963 for ×2.",
        'fine = interpolate(features, size, mode="bilinear", align_corners=False)',
        (
            ("align-corners-sample", "its gain is (n − 1)/n = 0.9286 whatever m"),
            ("resize-margin", "it stays when the upsampling is taken away"),
        ),
    ),
    "asymmetric-upsample": Fact(
        "upsampled on the grid of old TensorFlow",
        "cell j of the fine map holds the place (j + 1/2)·n/m − 1/2",
        "cell j of the fine map holds the place j·n/m        ONNX: asymmetric",
        "A constant of ½(1 − n/m) cell on both axes: +16.1 source pixels for ×16.",
        'fine = interpolate(features, size, mode="bilinear", align_corners=False)',
        (
            ("half-cell-missing", "½ cell whatever m: +17.2; change the factor"),
            ("recipe-half-cell", "it has a gain on x"),
        ),
    ),
    "axes-swapped": Fact(
        "(row, column) where (x, y) is expected",
        "grid[..., 0] = x, grid[..., 1] = y",
        "grid[..., 0] = y, grid[..., 1] = x",
        "The map is mirrored about its diagonal; points on the diagonal are right, so a test in the middle passes.",
        "grid = grid.flip(-1)  # grid_sample wants (x, y), tensors are indexed [row, column]",
        (
            ("token-order-transposed", "the same function on a square grid: probe `encode` alone, or use 14×20 cells"),
            ("crop-offset-swapped", "a constant"),
        ),
    ),
    "axis-flipped-x": Fact(
        "the x axis is mirrored",
        "x_grid = f",
        "x_grid = n − f",
        "Gain −1 on x: right in the middle column, further off the further from it.",
        "cells = ((points + 0.5) * scale - offset) / patch - 0.5  # no n - 1 - x: x runs to the right",
        (("flip-off-by-one", "an image mirrored on purpose, and one pixel off"),),
    ),
    "axis-flipped-y": Fact(
        "the y axis is mirrored",
        "y_grid = f",
        "y_grid = n − f                     y taken upwards, as OpenGL does",
        "Gain −1 on y: right in the middle row, further off the further from it.",
        "cells = ((points + 0.5) * scale - offset) / patch - 0.5  # no n - 1 - y: y runs down",
        (("camera-axes", "y up in the camera flips v about the principal point: probe `project` alone"),),
    ),
    "flip-off-by-one": Fact(
        "mirrored about the wrong line",
        "u → W − 1 − u for index points     x → W − x for edge points",
        "u → W − u                          or the reverse",
        "A constant of one pixel, only where the image is mirrored.",
        "flipped = width - 1 - u  # index coordinates; width - x for edge coordinates",
        (
            ("axis-flipped-x", "a mirroring that nobody meant"),
            ("source-half-pixel", "half as far, mirrored or not"),
        ),
    ),
}

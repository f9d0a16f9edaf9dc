"""Facts on how a lift reads and what it counts: interpolation, precision, masks, padding, norms."""

from __future__ import annotations

from docs.generate.fact import Fact

_VALID = 'valid = geometry.valid(points, rule="centre")'

FACTS: dict[str, Fact] = {
    "nearest-sampling": Fact(
        "the nearest cell instead of interpolation",
        'grid_sample(features, grid, mode="bilinear")',
        'grid_sample(features, grid, mode="nearest")',
        "A staircase one cell high with mean 0: right at the cells' centres, half a cell off between them.",
        'grid_sample(features, grid, mode="bilinear", align_corners=False)\n'
        '# where single cells are meant: Pipeline(..., interpolation="nearest")',
        (
            ("cell-rounded", "its staircase has a mean of half a cell"),
            ("integer-points", "steps of one source pixel, not of one cell"),
        ),
    ),
    "cell-rounded": Fact(
        "the nearest cell found by round() on an edge coordinate",
        "cell = ⌊f⌋                         the cell that contains the place",
        "cell = round(f)                    which is right for f − 1/2",
        "A staircase one cell high whose mean is half a cell, to the lower right.",
        "column = torch.floor(edge_x * n / crop_width).long()",
        (
            ("half-cell-missing", "for a lift that means to read single cells, the same function"),
            ("nearest-sampling", "the same steps with mean 0"),
        ),
    ),
    "cell-truncated": Fact(
        "int() sends points left of the crop into column 0",
        "cell = ⌊f⌋                         −0.3 lies in cell −1, outside",
        "cell = int(f)                      −0.3 becomes 0",
        "Nothing inside the crop. A strip one cell wide at its left and top counts as inside.",
        "column = torch.floor(edge_x * n / crop_width).long()\ninside = (column >= 0) & (column < n)",
        (("mask-too-wide", "wider on every side; this one on the left and top only"),),
    ),
    "integer-points": Fact(
        "points cast to whole pixels",
        "x_crop = (u + 1/2)·s − d",
        "x_crop = (⌊u⌋ + 1/2)·s − d         or round(u)",
        "A staircase of one source pixel; its mean is half a pixel where the points are cut off.",
        "points = points.float()  # and keep them so until they are sampled",
        (
            ("source-half-pixel", "half a pixel for whole-numbered points, too; ask at fractions of a pixel"),
            ("half-precision-points", "steps that grow with the coordinate"),
        ),
    ),
    "half-precision-points": Fact(
        "coordinates in float16",
        "float32: steps of 2⁻¹⁴ px from 512 on",
        "float16: steps of ¼ px from 256 on, ½ px from 512, 1 px from 1024",
        "A staircase whose steps double at every power of two, so that it hides in small images.",
        "with torch.autocast(device_type, enabled=False):\n    cells = geometry.grid_from_image(points.float())",
        (("integer-points", "steps of one pixel everywhere"),),
    ),
    "outside-not-masked": Fact(
        "points outside count as valid",
        "valid = 0 ≤ index ≤ n − 1 on both axes",
        "valid = all, or “in the image”     the rim's features for everything the crop left out",
        "Nothing moves inside the crop. At 640×480 a quarter of the columns is cut off and reads the rim.",
        "values, valid = sample_points(features, points, geometry)  # zeros and no gradient where not valid",
        (("mask-too-wide", "a mask that exists, but is looser than its rule"),),
    ),
    "mask-too-tight": Fact(
        "valid points are dropped",
        "0 ≤ index ≤ n − 1                  bounds included",
        "0 < index < n − 1, or a “safety margin” of half a pixel",
        "Points at the rim are missing; none is wrong.",
        _VALID,
        (("mask-too-wide", "the other direction; a wrong landing alone moves a mask, and is then no second fault"),),
    ),
    "mask-too-wide": Fact(
        "a mask looser than its rule",
        "0 ≤ index ≤ n − 1                  in cells, tested on the grid",
        "0 ≤ u ≤ W, or tested in another frame, or letterbox padding accepted",
        "Points at the rim or in the padding count, and read a clamped feature.",
        _VALID,
        (
            ("outside-not-masked", "no usable mask at all"),
            ("cell-truncated", "only the left and the top are too wide"),
        ),
    ),
    "zero-padding-halo": Fact(
        "features fade at the crop's border",
        'grid_sample(..., padding_mode="border")',
        'grid_sample(..., padding_mode="zeros") under a rule that accepts the outer half cell',
        "Nothing moves: the norm falls to one half at the crop's border, to a quarter in its corners. It cannot show "
        "under the rule “centre”.",
        'grid_sample(features, grid, padding_mode="border", align_corners=False)',
        (("map-l2-normalised", "norms drop between all cells, not at the border"),),
    ),
    "map-l2-normalised": Fact(
        "the map is normalised before it is sampled",
        "normalise(sample(map))             every point has norm 1",
        "sample(normalise(map))             every cell has norm 1, points between them less",
        "Sampled norms below 1 wherever neighbouring cells differ, and weak cells count as much as strong ones.",
        "values = torch.nn.functional.normalize(sample(features, points), dim=-1)",
        (("zero-padding-halo", "at the border only"),),
    ),
}

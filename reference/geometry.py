"""Where a pixel goes: exact maps between image, crop, patch grid and sampler, from the sizes that were really made.

Edge coordinates `x`: pixel i covers [i, i+1]. Index coordinates `u = x - 1/2`: a pixel's centre is a whole number.
The public maps take and give points `(u, v)` in index coordinates; the formulas are written in edge coordinates, where
every step is pure scale and shift. Only `edge_from_index` and `index_from_edge` know the half pixel between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from array_api_compat import device

from reference.arrays import as_float_points
from reference.fields import Size, as_size, as_whole_pair, checked_fields
from reference.interval import Interval
from reference.linear import Linear
from reference.precision import Precision

Pair = tuple[Linear, Linear]
_IDENTITY: Pair = (Linear.identity(), Linear.identity())

MODES = ("official", "letterbox", "stretch")
RULES = ("centre", "crop", "image")
MAPS = ("crop_from_image", "grid_from_image", "sampler_from_image", "image_from_crop", "image_from_grid")


def edge_from_index(index: Any) -> Any:
    """Edge coordinate of an index coordinate: the centre of pixel i has index i and lies at edge i + 1/2."""
    return index + 0.5


def index_from_edge(edge: Any) -> Any:
    """Index coordinate of an edge coordinate: the left edge of pixel 0 lies at edge 0 and has index -1/2."""
    return edge - 0.5


def mode_of(in_size: Size, resized_size: Size, crop_size: Size, offset: tuple[int, int]) -> str:
    """What a resize + crop did, by its numbers: `letterbox`, `stretch` or `official`.

    `letterbox` where the crop window reaches outside the resized image, so that something was padded; `stretch` where
    no single ratio explains both sides, each rounded by less than a pixel in either direction; else `official`.
    """
    left_or_top, far = offset, (offset[0] + crop_size[1], offset[1] + crop_size[0])
    if min(left_or_top) < 0 or far[0] > resized_size[1] or far[1] > resized_size[0]:
        return "letterbox"
    least = max(Fraction(resized - 1, source) for resized, source in zip(resized_size, in_size, strict=True))
    most = min(Fraction(resized + 1, source) for resized, source in zip(resized_size, in_size, strict=True))
    return "official" if least < most else "stretch"


@dataclass(frozen=True)
class GeomMeta:
    """The geometry of one resize + crop / pad + patch grid, in realised whole numbers.

    mode: what happened, `"official"`, `"letterbox"` or `"stretch"` (see `mode_of`).
    in_size, resized_size, crop_size: `(height, width)` of the image, of it after the resize, and of the crop, pixels.
    feat_size: `(height, width)` of the patch or sampling grid, cells.
    offset: `(dx, dy)`, left and top of the crop in the resized frame; negative where padded.
    align_corners: always `False`; the field states the convention of `sampler_from_image`.

    Per axis, in edge coordinates, with realised sizes and never the ideal ratio::

        x_crop  = x_image * W1 / W0 - dx
        x_grid  = x_crop * Wf / Wc
        sampler = 2 * x_grid / Wf - 1

    Every map takes points of shape `(..., 2)`, `(u, v)` in index coordinates, of any array library that
    array-api-compat knows, and gives back the same library, device and float dtype; whole-number points become the
    library's default float. A coordinate that is not finite stays so. Coefficients are exact rationals, rounded once to
    the points' dtype (half-precision points are mapped in float32 and rounded at the end).

    Raises `TypeError` or `ValueError` where the numbers describe no geometry.
    """

    mode: str
    in_size: Size
    resized_size: Size
    crop_size: Size
    feat_size: Size
    offset: tuple[int, int]
    align_corners: bool = False

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, got {self.mode!r}")
        for name in ("in_size", "resized_size", "crop_size", "feat_size"):
            object.__setattr__(self, name, as_size(getattr(self, name), name))
        object.__setattr__(self, "offset", as_whole_pair(self.offset, "offset", "(dx, dy)"))
        if self.align_corners is not False:
            raise ValueError(
                "align_corners must be False: every map here is written for grid_sample(align_corners=False); "
                f"got {self.align_corners!r}"
            )

    @property
    def scale(self) -> tuple[float, float]:
        """`(sx, sy)`, resized pixels per image pixel, from the realised sizes."""
        return self.resized_size[1] / self.in_size[1], self.resized_size[0] / self.in_size[0]

    def with_grid(self, feat_size: Size) -> GeomMeta:
        """The same geometry over another sampling grid of `(height, width)` cells that covers the same crop."""
        return replace(self, feat_size=feat_size)

    def with_patches(self, patch_size: Size) -> GeomMeta:
        """The same geometry over a ViT's whole patches of `(height, width)` crop pixels.

        Patches start at the crop's left top and a remainder too small for a patch is read by nobody (384 pixels hold 27
        patches of 14 and 6 pixels more), so the crop is cut to what the patches cover. Raises `ValueError` where not
        even one patch fits.
        """
        patch = as_size(patch_size, "patch_size")
        cells = (self.crop_size[0] // patch[0], self.crop_size[1] // patch[1])
        if min(cells) < 1:
            raise ValueError(f"a patch of {patch} is larger than the crop, {self.crop_size} (height, width)")
        return replace(self, feat_size=cells, crop_size=(cells[0] * patch[0], cells[1] * patch[1]))

    # The law, one line a step, run on exact linear forms --------------------------------------------------------------

    @cached_property
    def _crop_from_image(self) -> Pair:
        def law(u: Linear, source: int, resized: int, start: int) -> Any:
            return index_from_edge(edge_from_index(u) * resized / source - start)

        return self._each_axis(law, self.in_size, self.resized_size, self.offset[::-1])

    @cached_property
    def _grid_from_image(self) -> Pair:
        def law(u: Linear, crop: int, cells: int) -> Any:
            return index_from_edge(edge_from_index(u) * cells / crop)

        return self._each_axis(law, self.crop_size, self.feat_size, start=self._crop_from_image)

    @cached_property
    def _sampler_from_image(self) -> Pair:
        def law(u: Linear, cells: int) -> Any:
            return 2 * edge_from_index(u) / cells - 1

        return self._each_axis(law, self.feat_size, start=self._grid_from_image)

    @staticmethod
    def _each_axis(law: Any, *sizes: tuple[int, int], start: Pair = _IDENTITY) -> Pair:
        """Run `law` on x with the second and on y with the first number of every `(height, width)` pair."""
        return law(start[0], *(size[1] for size in sizes)), law(start[1], *(size[0] for size in sizes))

    def exact(self, name: str) -> Pair:
        """The map called `name`, one of `MAPS`, on x and on y in exact rationals: `exact("grid_from_image")[0](u)`.

        Raises `ValueError` for an unknown name.
        """
        if name not in MAPS:
            raise ValueError(f"a map is one of {', '.join(MAPS)}, got {name!r}")
        target, source = name.split("_from_")
        if source == "image":
            pair: Pair = getattr(self, f"_{target}_from_image")
            return pair
        return self._image_from({"crop": "crop", "grid": "centre"}[source])

    # The maps on points -----------------------------------------------------------------------------------------------

    def crop_from_image(self, points: Any) -> Any:
        """Crop index coordinates of image points `(..., 2)`, in crop pixels."""
        return _apply(self._crop_from_image, points)

    def grid_from_image(self, points: Any) -> Any:
        """Grid index coordinates of image points `(..., 2)`, in cells: 0 is the centre of the first cell."""
        return _apply(self._grid_from_image, points)

    def sampler_from_image(self, points: Any) -> Any:
        """Normalised coordinates of image points `(..., 2)` for `grid_sample(align_corners=False)`.

        -1 and 1 are the outer edges of the crop, as in torch.nn.functional.grid_sample.
        """
        return _apply(self._sampler_from_image, points)

    def image_from_crop(self, points: Any) -> Any:
        """Image index coordinates of crop points `(..., 2)`, in image pixels."""
        return _apply(self._image_from("crop"), points)

    def image_from_grid(self, points: Any) -> Any:
        """Image index coordinates of grid points `(..., 2)`, in image pixels."""
        return _apply(self._image_from("centre"), points)

    # Validity ---------------------------------------------------------------------------------------------------------

    def valid(self, points: Any, rule: str = "centre") -> Any:
        """Which image points `(..., 2)` may read a feature: a boolean array `(...)`.

        `"centre"`: between the outermost cell centres, 0 <= grid index <= n - 1 on both axes, bounds included.
        `"crop"`: in the crop's area. `"image"`: in the image. Areas are half-open in edge coordinates, [0, W). A point
        outside the image is valid under no rule, letterbox padding included; neither is one that is not finite.

        Bounds are taken to the image by `image_from_grid` and `image_from_crop` in the points' own dtype, so that the
        centre of a cell inside the image is valid exactly as these maps give it. A point may so be judged otherwise
        than in exact numbers where it is nearer to such a bound than the dtype can tell (`reference.rounding.map_error`
        and the rounding of the crop's corner to the dtype): for 640x480 pixels, 1e-4 pixels in float32, but 0.15 in
        float16 and 1.2 in bfloat16. The image's own bounds are exact in every dtype.

        Raises `ValueError` for an unknown rule.
        """
        xp, points = as_float_points(points)
        across, down = self._valid_intervals(_known(rule), Precision.of(xp, points.dtype))
        return across.holds(points[..., 0]) & down.holds(points[..., 1])

    def _valid_intervals(self, rule: str, precision: Precision) -> tuple[Interval, Interval]:
        if (rule, precision) not in self._kept_intervals:
            x, y = zip(self._intervals(rule, precision), self._intervals("image", precision), strict=True)
            self._kept_intervals[rule, precision] = x[0].cut(x[1]), y[0].cut(y[1])
        return self._kept_intervals[rule, precision]

    @cached_property
    def _kept_intervals(self) -> dict[tuple[str, Precision], tuple[Interval, Interval]]:
        """Worked out once: that takes longer than to ask a thousand points."""
        return {}

    def _intervals(self, rule: str, precision: Precision) -> list[Interval]:
        """On x and on y, what `rule` alone allows, in the image."""
        bounds = zip(self._image_from(rule), *self._bounds(rule), strict=True)
        if rule == "image":  # Rounded up, the end has the same numbers of the dtype before it.
            return [Interval(first, precision.rounded_up(last), with_last=False) for _, first, last in bounds]
        return [
            Interval(precision.at(image_from, first), precision.at(image_from, last), with_last=rule == "centre")
            for image_from, first, last in bounds
        ]

    def valid_ratio(self, rule: str = "centre") -> float:
        """The exact fraction of the image's area that is valid under `rule`, in closed form, in [0, 1].

        Raises `ValueError` for an unknown rule.
        """
        ratio = Fraction(1)
        for axis, (image_from, first, last) in enumerate(zip(self._image_from(rule), *self._bounds(rule), strict=True)):
            side = self.in_size[1 - axis]
            edge = edge_from_index(image_from)
            ratio *= max(min(edge(last), side) - max(edge(first), 0), 0) / Fraction(side)
        return float(ratio)

    def _image_from(self, rule: str) -> Pair:
        """The exact map to the image from the frame in which `rule` states its bounds."""
        to_frame = {"centre": self._grid_from_image, "crop": self._crop_from_image, "image": _IDENTITY}[_known(rule)]
        return to_frame[0].inverse(), to_frame[1].inverse()

    def _bounds(self, rule: str) -> tuple[tuple[float, float], tuple[float, float]]:
        """First and last index coordinates `(x, y)` that `rule` allows, in its own frame."""
        if rule == "centre":
            return (0, 0), (self.feat_size[1] - 1, self.feat_size[0] - 1)
        height, width = self.crop_size if rule == "crop" else self.in_size
        return (index_from_edge(0), index_from_edge(0)), (index_from_edge(width), index_from_edge(height))

    # JSON -------------------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON values: sizes and offset become lists."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GeomMeta:
        """Read what `to_dict` wrote. Raises `TypeError` or `ValueError` naming what is missing, unknown or wrong."""
        return cls(**checked_fields(cls, data))


def _known(rule: str) -> str:
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(RULES)}, got {rule!r}")
    return rule


def _like(xp: Any, points: Any, values: Any) -> Any:
    return xp.asarray(values, dtype=points.dtype, device=device(points))


def _apply(pair: Pair, points: Any) -> Any:
    """`scale * points + shift` on the last axis, in the points' dtype and at least in float32."""
    xp, points = as_float_points(points)
    dtype = points.dtype
    working = xp.astype(points, xp.float32) if xp.finfo(dtype).bits < xp.finfo(xp.float32).bits else points
    scale = _like(xp, working, [float(axis.scale) for axis in pair])
    shift = _like(xp, working, [float(axis.shift) for axis in pair])
    moved = working * scale
    moved += shift  # in place, where the library has that: half of the time goes into fresh memory
    return xp.astype(moved, dtype, copy=False)

"""A view of the image in a box of the page: which page pixel shows which place, and which place is at which pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnostics.picture.page import Box
from reference.geometry import GeomMeta, edge_from_index, index_from_edge

Corners = NDArray[np.float64]  # [[left, top], [right, bottom]] in image index coordinates
Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Panel:
    """The part of the image between `view`'s corners, as large as `box`; it may reach outside the image."""

    box: Box
    view: Corners

    @cached_property
    def image_points(self) -> tuple[Points, Points]:
        """Image index coordinates of the page pixels' centres: u of the columns, v of the rows."""
        height, width = self.box.size
        (left, top), (right, bottom) = self.view
        return (
            left + edge_from_index(np.arange(width)) * (right - left) / width,
            top + edge_from_index(np.arange(height)) * (bottom - top) / height,
        )

    @property
    def thicker(self) -> bool:
        """Whether a long view is drawn thicker, by more than the rounding to whole pixels, than its length asks for."""
        (height, width), (across, down) = self.box.size, self.view[1] - self.view[0]
        return bool(min(height, width) > max(height, width) * min(across, down) / max(across, down) + 1)

    def page_from_image(self, points: Points) -> Points:
        """Page edge coordinates of image points `(..., 2)`."""
        height, width = self.box.size
        share: Points = (points - self.view[0]) / (self.view[1] - self.view[0])
        return share * (width, height) + (self.box.left, self.box.top)

    def box_of(self, corners: Corners) -> Box:
        """The page pixels that lie between two corners in the image, cut to the panel, at least one each way."""
        inner = np.array([[self.box.left, self.box.top], [self.box.right, self.box.bottom]])
        (left, top), (right, bottom) = np.clip(np.rint(self.page_from_image(corners)), *inner).astype(int)
        return Box(
            min(left, self.box.right - 1), min(top, self.box.bottom - 1), max(right, left + 1), max(bottom, top + 1)
        )

    def shown(self, image: Image.Image, background: int) -> Image.Image:
        """The view in RGB, as large as the box; outside the image it is the grey `background`."""
        height, width = self.box.size
        canvas = Image.new("RGB", (width, height), (background,) * 3)
        seen = np.clip(edge_from_index(self.view), 0, image.size)
        if (seen[0] < seen[1]).all():
            left, top, right, bottom = self.box_of(index_from_edge(seen))
            size, part = (right - left, bottom - top), tuple(seen.ravel())
            scaled = image.resize(size, Image.Resampling.BICUBIC, part, reducing_gap=2)
            canvas.paste(scaled, (left - self.box.left, top - self.box.top))
        return canvas


def image_corners(geometry: GeomMeta) -> Corners:
    """The outer corners of the image."""
    height, width = geometry.in_size
    corners: Corners = index_from_edge(np.array([[0, 0], [width, height]], dtype=np.float64))
    return corners


def crop_corners(geometry: GeomMeta) -> Corners:
    """The outer corners of the crop, in the image's frame."""
    height, width = geometry.crop_size
    corners: Corners = geometry.image_from_crop(index_from_edge(np.array([[0, 0], [width, height]], dtype=np.float64)))
    return corners


def centre_corners(geometry: GeomMeta) -> Corners:
    """The centres of the first and the last grid cell, between which a point is valid, in the image's frame."""
    height, width = geometry.feat_size
    corners: Corners = geometry.image_from_grid(np.array([[0, 0], [width - 1, height - 1]], dtype=np.float64))
    return corners

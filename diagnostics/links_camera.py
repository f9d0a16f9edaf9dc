"""What a recipe of K is made of: the cameras' own K to start from, and the wrong links that lead to another."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from diagnostics.probes_camera import Bools, Fit
from diagnostics.scenes_camera import Floats
from reference.geometry import index_from_edge

Link = tuple[str, str]  # fault id, and how exactly


@dataclass(frozen=True)
class Given:
    """The cameras' own K in index coordinates, `(S, 2)` for x and y; `size` `(S, 2)` is (W, H); `edge`, `(S,)`, is
    true for cameras of edge origin.
    """

    focal: Floats
    centre: Floats
    size: Floats
    edge: Bools

    @classmethod
    def of(cls, fit: Fit) -> Given:
        """The cameras of the shots that `fit` measured."""
        cameras = [shot.scene.camera for shot in fit.shots]
        edge = np.array([camera.origin == "edge" for camera in cameras])
        centre = np.array([(camera.cx, camera.cy) for camera in cameras])
        return cls(
            focal=np.array([(camera.fx, camera.fy) for camera in cameras]),
            centre=np.where(edge[:, None], index_from_edge(centre), centre),
            size=np.array([camera.size[::-1] for camera in cameras], dtype=float),
            edge=edge,
        )

    @property
    def lengths(self) -> dict[str, Floats]:
        """What a scale may be measured by: a number an axis `(S, 2)` for each camera; `""` is the number one."""
        width, height = self.size[:, :1], self.size[:, 1:]
        alike = {
            "the short side": np.minimum(width, height),
            "the long side": np.maximum(width, height),
            "the width": width,
            "the height": height,
        }
        both = {name: np.repeat(length, 2, axis=1) for name, length in alike.items()}
        return {"": np.ones_like(self.size), "size": self.size, **both}


@dataclass(frozen=True)
class Recipe:
    """A way to come to a K: its wrong links, and the K in index coordinates, `(S, 2)` each, that they make."""

    links: tuple[Link, ...]
    focal: Floats
    centre: Floats

    def then(self, link: Link, centre: Floats) -> Recipe:
        """The recipe with one more wrong link, which brings the principal point to `centre`."""
        return replace(self, links=(*self.links, link), centre=centre)

    def scales_like(self, fit: Fit) -> bool:
        """Whether its focal lengths are the measured ones: no landing differs by more than its limit."""
        return bool((np.abs(self.focal - fit.focal) * fit.reach <= fit.limit[:, None]).all())

    def makes(self, fit: Fit) -> bool:
        """Whether its K is the measured one: no landing differs by more than its limit."""
        off = np.abs(self.focal - fit.focal) * fit.reach + np.abs(self.centre - fit.centre)
        return bool((off <= fit.limit[:, None]).all())

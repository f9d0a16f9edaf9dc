"""The links from an 8-bit colour to a crop's values: range, channel order, statistics; which of them are wrong."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from diagnostics.probes_preprocess import COLOURS
from diagnostics.subject import Floats

# (mean, deviation) of values in [0, 1], red first. "clip": open_clip.constants, not imported because that loads all of
# open_clip. "imagenet": torchvision.transforms.Normalize. "half": SigLIP.
STATISTICS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "half": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "none": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
_WHITE = {"range-255": 255.0, "": 1.0, "range-double-scaled": 1 / 255}
_ORDERS = ("rgb", "bgr", "bgr after")  # exchanged before the statistics are applied, or after
_FULL = 255
_HALF_PRECISION = 2**-11  # relative rounding of float16


@dataclass(frozen=True)
class Links:
    """One choice of every link.

    statistics: a key of `STATISTICS`. value_range: the fault that it is, or "" for 0 to 1. order: `"rgb"`, `"bgr"`
    where the image's channels were exchanged, `"bgr after"` where those of the normalised crop were.
    """

    statistics: str
    value_range: str = ""
    order: str = "rgb"

    def predicted(self) -> Floats:
        """How the `COLOURS` arrive, (6, 3)."""
        mean, std = (np.array(numbers) for numbers in STATISTICS[self.statistics])
        colours = COLOURS[:, ::-1] if self.order == "bgr" else COLOURS
        values: Floats = (colours / _FULL * _WHITE[self.value_range] - mean) / std
        return values[:, ::-1] if self.order == "bgr after" else values

    def tolerance(self) -> float:
        """Half a grey level, as a crop rounded to 8 bits has, and the rounding of half precision."""
        step = _WHITE[self.value_range] / _FULL / min(STATISTICS[self.statistics][1])
        return float(step / 2 + _HALF_PRECISION * np.abs(self.predicted()).max())

    def misfit(self, measured: Floats) -> float:
        """Largest difference between the predicted values and `measured`, (6, 3)."""
        return float(np.abs(self.predicted() - measured).max())

    def wrong(self, declared: str) -> tuple[str, ...]:
        """What is chosen wrong where the statistics `declared` are meant: ids, and `"statistics"` for one without."""
        ids = {"imagenet": "normalisation-imagenet", "half": "normalisation-half", "none": "normalisation-missing"}
        links = (
            "" if self.statistics == declared else ids.get(self.statistics, "statistics"),
            self.value_range,
            "" if self.order == "rgb" else "channels-bgr",
        )
        return tuple(link for link in links if link)


def explain(measured: Floats, declared: str) -> Links | None:
    """The links with the fewest wrong ones that `measured` fits within their tolerance, then the closest; or None."""
    choices = (Links(*links) for links in itertools.product(STATISTICS, _WHITE, _ORDERS))
    fits = [links for links in choices if links.misfit(measured) <= links.tolerance()]
    return min(fits, key=lambda links: (len(links.wrong(declared)), links.misfit(measured)), default=None)

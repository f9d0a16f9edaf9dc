"""Flags frames that are not like the others of their data set, each with the reason."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_pairs import Agreement

_APART = 0.2  # of the points compared: occlusion takes less from a frame whose neighbours it hides nothing from
_SPREADS = 5  # median absolute deviations beyond which a frame is not like the others
_NOTHING = 0.1  # of what is usual: a frame that confirms less looks elsewhere, or its pose does
_FEWEST = 100  # points compared, below which a share says nothing


@dataclass(frozen=True)
class Usual:
    """What most frames have: the image's (height, width), and how well neighbours agree, each with its spread.

    share: agreeing points of those that speak for or against the cameras; seen: of all that were asked.
    """

    size: tuple[int, int] | None
    share: float
    spread: float
    seen: float
    seen_spread: float


def usual(records: Iterable[dict[str, Any]], best: Correction) -> Usual:
    """Of all frames, under the correction that explains them; eight bytes are held a frame."""
    sizes: Counter[tuple[int, int]] = Counter()
    shares, seen = array("d"), array("d")
    for record in records:
        row = record["row"]
        if row["image_height"] is not None:
            sizes[row["image_height"], row["image_width"]] += 1
        found = _agreement(record, best)
        if _tells(found):
            shares.append(found.consistency)
        if found.asked:
            seen.append(found.restored)
    return Usual(sizes.most_common(1)[0][0] if sizes else None, *_middle(shares), *_middle(seen))


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """The median and the median of the distances from it; neither is a number where there are no values."""
    if not len(values):
        return float("nan"), float("nan")
    middle = float(np.median(values))
    return middle, float(np.median(np.abs(np.array(values) - middle)))


def flags(record: dict[str, Any], most: Usual, best: Correction) -> str:
    """Why a frame is not like the others, in words; empty where it is."""
    return "; ".join(_reasons(record, most, best))


def _reasons(record: dict[str, Any], most: Usual, best: Correction) -> Iterator[str]:
    row = record["row"]
    size = row["image_height"], row["image_width"]
    if row["error"]:
        return
    if size != most.size and most.size is not None:
        yield f"the image is {size[1]}x{size[0]}, most are {most.size[1]}x{most.size[0]}"
    if row["camera_height"] is not None and size != (row["camera_height"], row["camera_width"]):
        yield f"its camera is for {row['camera_width']}x{row['camera_height']}"
    if (row["exif_orientation"] or 1) != 1:
        yield f"it is stored turned, EXIF orientation {row['exif_orientation']}"
    found = _agreement(record, best)
    other = row["neighbour"] or "its own points"
    unusual = most.share - found.consistency > max(_APART, _SPREADS * most.spread)
    if _tells(found) and (unusual or found.agreeing < found.contradicted):
        yield (
            f"its depth contradicts {1 - found.consistency:.0%} of what {other} says and does not hide; "
            f"{1 - most.share:.0%} is usual"
        )
    elif found.asked and found.restored < _NOTHING * most.seen and most.seen > max(_APART, _SPREADS * most.seen_spread):
        yield f"it confirms {found.restored:.0%} of what {other} says; {most.seen:.0%} is usual"


def _tells(found: Agreement) -> bool:
    return found.agreeing + found.contradicted >= _FEWEST


def _agreement(record: dict[str, Any], best: Correction) -> Agreement:
    """What was counted under `best`; nothing where that was not tried on every frame."""
    return Agreement(*record["tried"].get(best.key, ()))

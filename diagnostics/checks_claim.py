"""Is the geometry that a pipeline reports the one that its `preprocess` has?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.faults import named
from diagnostics.faults_preprocess import CATALOGUE
from diagnostics.probes_map import CORNERS, affine_maps, corner_misses
from diagnostics.subject import Subject
from diagnostics.verdict import Finding
from diagnostics.words import width_by_height
from reference.fields import Size
from reference.geometry import GeomMeta
from reference.measure import MeasuredMap
from reference.snapping import snap

# In pixels of the coarser of image and crop. A map is measured to 0.02 on the part that is fitted and a little worse at
# the corners; an offset rounded wrongly is 1, a nominal scale 0.25.
_LANDING = 0.05
# Where only pixel centres are read, as nearest neighbour does: torch's own is half a crop pixel beside its place, and a
# line fitted to steps a quarter of an image pixel. That is `resample-nearest`, and no second fault.
_LANDING_OF_STEPS = 0.75
_ON_CENTRE = 0.1  # image pixels off the centre
_STANDARD_ERRORS = 3  # of the measured scale: where little is seen, as of a strip, the corners are not known better


@dataclass(frozen=True)
class _Miss:
    size: Size
    error_px: float
    limit_px: float
    corner: str
    others: tuple[str, ...]

    @property
    def severity(self) -> tuple[float, int]:
        return self.error_px / self.limit_px, len(self.others)

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is wrong with the claim at this size, in words."""
        lands = f"it lands {self.error_px:.2f} source pixels off at the crop's {self.corner}"
        return (*self.others, *((lands,) if self.error_px > self.limit_px else ()))


def check_geometry_claim(subject: Subject) -> Finding:
    """The reported geometry lands where `preprocess` lands, over the pipeline's grid, at every image size."""
    claims = subject.claims
    maps = affine_maps(subject)
    misses = [_miss(subject, claims[size], measured) for size, measured in maps.items()]
    worst = max(misses, key=lambda miss: (bool(miss.wrong), miss.severity))
    where = f"{width_by_height(worst.size)} image, {worst.corner} of the crop"
    fault = named(
        CATALOGUE,
        "geometry-claim",
        error_px=worst.error_px,
        where=where,
        what=f"for a {width_by_height(worst.size)} image {'; '.join(worst.wrong)}",
        worst=worst.error_px,
        measured=_in_words(maps[worst.size]),
    )
    return Finding(worst.error_px, worst.limit_px, "source px", where, (fault,) if worst.wrong else ())


def _miss(subject: Subject, claim: GeomMeta, measured: MeasuredMap) -> _Miss:
    distances = np.linalg.norm(corner_misses(claim, measured), axis=1)
    corner = int(distances.argmax())
    on_centres = measured.off_centre < _ON_CENTRE
    coarser = max(1.0, *(1 / measured.matrix[axis][axis] for axis in (0, 1)))
    limit = (_LANDING_OF_STEPS if on_centres else _LANDING) * coarser * np.sqrt(2) + _uncertainty(measured)
    others = tuple(_other_sizes(subject, claim, measured))
    return _Miss(measured.image_size, float(distances[corner]), float(limit), CORNERS[corner], others)


def _uncertainty(measured: MeasuredMap) -> float:
    """How far the corners may be off where they were measured, source pixels.

    A line fitted to the steps of a short kernel may run half a ripple beside their middle, and lean a little.
    """
    lean = _STANDARD_ERRORS * np.array(measured.scale_error) * measured.image_size[::-1]
    return float(np.hypot(*(lean + measured.ripple / 2)))


def _other_sizes(subject: Subject, claim: GeomMeta, measured: MeasuredMap) -> list[str]:
    """Sizes that the claim has wrong: of the image, of the crop, of the grid (an upsampled one may be any)."""
    grid, wrong = subject.pipeline.grid, []
    if claim.in_size != measured.image_size:
        wrong.append(f"it is for a {width_by_height(claim.in_size)} image")
    if not _covers(claim, measured.crop_size):
        crops = width_by_height(claim.crop_size), width_by_height(measured.crop_size)
        wrong.append(f"it has a crop of {crops[0]} where the preprocess makes {crops[1]}")
    if claim.feat_size != grid and subject.pipeline.upsample is None:
        wrong.append(f"it has a grid of {width_by_height(claim.feat_size)} where grid={grid} (height, width)")
    return wrong


def _covers(claim: GeomMeta, crop_size: Size) -> bool:
    """Whether the claimed crop is the whole crop, or what whole patches cover of it (`GeomMeta.with_patches`)."""
    sides = zip(claim.crop_size, claim.feat_size, crop_size, strict=True)
    return all(claimed <= crop < claimed + claimed / cells for claimed, cells, crop in sides)


def _in_words(measured: MeasuredMap) -> str:
    try:
        geometry = snap(measured)
    except ValueError:
        return f"it has no whole numbers: {measured}."
    return f"resized_size={geometry.resized_size}, crop_size={geometry.crop_size}, offset={geometry.offset}."

"""Does `preprocess` scale and shift the image, smoothly, and nothing else?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from diagnostics.faults import named
from diagnostics.faults_preprocess import CATALOGUE
from diagnostics.probes_map import affine_maps, departure
from diagnostics.probes_preprocess import Detail, measure_details
from diagnostics.subject import Subject
from diagnostics.verdict import Fault, Finding, SkipCheck, StageError
from diagnostics.words import width_by_height
from reference.fields import Size
from reference.measure import MeasuredMap
from reference.snapping import BENT

# Of the contrast of stripes of single pixels. What is smoothed first leaves 1/3 at most, a box at a third of the size;
# what is not leaves 0.55 and more, but nothing about the middle between two pixels, which whole even ratios read.
_CONTRAST_LEFT = 0.42
_SHRUNK = 2 - 1e-3  # image pixels a crop pixel; a scale is measured to a few parts in 10,000
_RESIZED = 1 / 224  # a scale that differs from 1 by a pixel over the crop's usual 224
_BEATS = 2  # times that the places read must run through a pixel, for stripes not to be missed by chance
_BETWEEN_TONES = 0.05  # of the crop's pixels: nearest neighbour leaves none there, interpolation most
_LEAST_OVERSHOOT = 0.02  # of an edge's step: bicubic and Lanczos kernels overshoot by 0.03 and more, 8 bits by 0.004


def check_preprocess_affine(subject: Subject) -> Finding:
    """The crop is a scale and a shift of the image on each axis, the same at every call.

    A window that starts at a fraction of a pixel is no fault here, and neither are the steps of nearest neighbour.
    """
    residuals: dict[Size, float] = {}
    faults: dict[Size, Fault] = {}
    maps, unseen = [], []
    for size in subject.image_sizes:
        try:
            measured = subject.preprocess_map(size)
        except ValueError as error:
            if fault := _random(size, str(error)):
                faults[size], residuals[size] = fault, float("inf")
            else:
                unseen.append(f"{width_by_height(size)} is not judged: {error}")
            continue
        maps.append(measured)
        residuals[size] = measured.bend / max(measured.coarseness)
        if (left := departure(measured)) is not None:
            faults[size] = _not_affine(size, left.how, f"Measured: {measured}.", left.error_px)
    if not residuals:
        raise SkipCheck("; ".join(unseen))
    worst = max(faults or residuals, key=residuals.__getitem__)
    return Finding(
        value=residuals[worst] if np.isfinite(residuals[worst]) else None,
        limit=BENT,
        unit="pixels of the coarser raster, beside a scale and shift",
        worst=f"{width_by_height(worst)} image",
        faults=(faults[worst],) if faults else (),
        note="; ".join(filter(None, [_mirrors(maps), *unseen])),
    )


def check_preprocess_resampling(subject: Subject) -> Finding:
    """The image is interpolated, and smoothed first along an axis that is made smaller by two or more."""
    resized = [at for at in affine_maps(subject).values() if max(abs(pitch - 1) for pitch in _pitch(at)) > _RESIZED]
    details = measure_details(subject, _telling(resized))
    if not details:
        raise SkipCheck("the preprocess does not resize")
    if max(detail.between for detail in details.values()) < _BETWEEN_TONES:
        return _nearest(subject, details)
    note = _kernel(details)
    left = {
        (size, axis): detail.contrast[axis]
        for size, detail in details.items()
        for axis in (0, 1)
        if detail.pitch[axis] >= _SHRUNK and _beats(subject.preprocess_map(size), axis) >= _BEATS
    }
    if not left:
        return Finding(note=f"{note}; no size that is made smaller by two or more shows whether it is smoothed")
    size, axis = worst = max(left, key=left.__getitem__)
    where = f"{width_by_height(size)} image, along {'xy'[axis]}"
    scale, contrast = details[size].scale[axis], left[worst]
    fault = named(CATALOGUE, "not-antialiased", where=where, scale=scale, contrast=contrast)
    return Finding(
        value=contrast,
        limit=_CONTRAST_LEFT,
        unit="of the contrast of stripes",
        worst=where,
        faults=(fault,) if contrast > _CONTRAST_LEFT else (),
        note=note,
    )


def _telling(maps: Sequence[MeasuredMap]) -> list[MeasuredMap]:
    """Of all sizes the one made smallest, the one made largest, and the one whose ratios are farthest from whole."""
    if not maps:
        return []
    chosen = (
        max(maps, key=lambda at: max(_pitch(at))),
        min(maps, key=lambda at: max(_pitch(at))),
        max(maps, key=lambda at: min(abs(pitch - round(pitch)) for pitch in _pitch(at))),
    )
    return list({at.image_size: at for at in chosen}.values())


def _pitch(measured: MeasuredMap) -> tuple[float, float]:
    """Image pixels a crop pixel, (x, y)."""
    return 1 / abs(measured.matrix[0][0]), 1 / abs(measured.matrix[1][1])


def _beats(measured: MeasuredMap, axis: int) -> float:
    """How often the places read run through two image pixels over the crop, or back through them."""
    stripes = _pitch(measured)[axis] / 2
    first, last = measured.reach[axis]
    return abs(stripes - round(stripes)) * (last - first)


def _mirrors(maps: Sequence[MeasuredMap]) -> str:
    """A remark on the axes that are mirrored: a negative scale, and no fault; empty for none."""
    axes = [name for axis, name in enumerate("xy") if any(measured.matrix[axis][axis] < 0 for measured in maps)]
    return f"the image is mirrored on {' and '.join(axes)}: its points have to be mirrored with it" if axes else ""


def _random(size: Size, error: str) -> Fault | None:
    """The fault of a preprocess that has no map because it is random; None where too little is seen to measure one.

    Raises `StageError` for an output that is no image tensor, or flat, or not finite.
    """
    if "is random" in error:
        return _not_affine(size, "changes from call to call", f"Measured: {error}.", None)
    if "too little" in error or "too small" in error:
        return None
    raise StageError(
        "preprocess", f"cannot be measured on a {width_by_height(size)} image: {error.replace('the transform ', '')}"
    )


def _not_affine(size: Size, how: str, measured: str, error_px: float | None) -> Fault:
    where = f"{width_by_height(size)} image"
    return named(CATALOGUE, "preprocess-not-affine", error_px=error_px, where=where, how=how, measured=measured)


def _nearest(subject: Subject, details: Mapping[Size, Detail]) -> Finding:
    """Nearest neighbour; at odd whole ratios alone, bilinear without smoothing reads the same pixels."""
    beside = {size: subject.preprocess_map(size).residual / min(detail.scale) for size, detail in details.items()}
    worst = max(beside, key=beside.__getitem__)
    where = f"{width_by_height(worst)} image"
    alike = all(np.allclose(detail.pitch % 2, 1, atol=1e-3) for detail in details.values())
    fault = named(
        CATALOGUE,
        "resample-nearest",
        error_px=beside[worst],
        where=where,
        alternatives=("not-antialiased",) if alike else (),
        between=details[worst].between,
        scale=min(details[worst].scale),
        beside=beside[worst],
    )
    between = max(detail.between for detail in details.values())
    return Finding(value=between, unit="of the crop's pixels interpolated", worst=where, faults=(fault,))


def _kernel(details: Mapping[Size, Detail]) -> str:
    """A remark on the kernel: models are trained with either, so neither is a fault."""
    sharp = max(detail.overshoot for detail in details.values()) > _LEAST_OVERSHOOT
    return f"resampled {'with' if sharp else 'without'} overshoot, as {'bicubic' if sharp else 'bilinear or area'}"

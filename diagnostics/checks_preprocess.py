"""Does `preprocess` scale and shift the image, smoothly, and nothing else?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from diagnostics.faults import named
from diagnostics.faults_preprocess import CATALOGUE
from diagnostics.probes_map import affine_maps, departure
from diagnostics.probes_preprocess import Detail, measure_detail
from diagnostics.subject import Subject
from diagnostics.verdict import Fault, Finding, SkipCheck, StageError
from diagnostics.words import width_by_height
from reference.fields import Size

# Of a checkerboard's contrast, root mean square. What is smoothed first leaves under 0.2 at half the size and below
# (box: 0.18 at worst, where one axis keeps its size); what is not leaves 1/3 (bilinear on both axes) and more.
_CONTRAST_LEFT = 0.2
_SHRUNK = 2 - 1e-3  # image pixels a crop pixel; a scale is measured to a few parts in 10,000
_BETWEEN_TONES = 0.05  # of the crop's pixels: nearest neighbour leaves none there, interpolation most
_LEAST_OVERSHOOT = 0.02  # of an edge's step: bicubic and Lanczos kernels overshoot by 0.03 and more, 8 bits by 0.004


def check_preprocess_affine(subject: Subject) -> Finding:
    """The crop is a scale and a shift of the image on each axis, the same at every call.

    A window that starts at a fraction of a pixel is no fault here, and neither are the steps of nearest neighbour.
    """
    residuals: dict[Size, float] = {}
    faults: dict[Size, Fault] = {}
    unseen = []
    for size in subject.image_sizes:
        try:
            measured = subject.preprocess_map(size)
        except ValueError as error:
            if fault := _random(size, str(error)):
                faults[size], residuals[size] = fault, float("inf")
            else:
                unseen.append(f"{width_by_height(size)} is not judged: {error}")
            continue
        residuals[size] = measured.residual / max(measured.coarseness)
        if (left := departure(measured)) is not None:
            faults[size] = _not_affine(size, left.how, f"Measured: {measured}.", left.error_px)
    if not residuals:
        raise SkipCheck("; ".join(unseen))
    worst = max(faults or residuals, key=residuals.__getitem__)
    return Finding(
        value=residuals[worst] if np.isfinite(residuals[worst]) else None,
        unit="pixels of the coarser raster, beside a scale and shift",
        worst=f"{width_by_height(worst)} image",
        faults=(faults[worst],) if faults else (),
        note="; ".join(unseen),
    )


def check_preprocess_resampling(subject: Subject) -> Finding:
    """The image is interpolated, and smoothed first where it is made smaller by two or more."""
    measured = {size: measure_detail(subject, at) for size, at in affine_maps(subject).items()}
    details = {size: detail for size, detail in measured.items() if detail.resized}
    if not details:
        raise SkipCheck("the preprocess does not resize")
    if max(detail.between for detail in details.values()) < _BETWEEN_TONES:
        return _nearest(subject, details)
    note = _kernel(details)
    shrunk = {size: detail for size, detail in details.items() if detail.downscale >= _SHRUNK}
    if not shrunk:
        return Finding(note=f"{note}; no size is made smaller by two or more, so smoothing is not judged")
    worst = max(shrunk, key=lambda size: shrunk[size].contrast)
    left, where = shrunk[worst], f"{width_by_height(worst)} image"
    fault = named(CATALOGUE, "not-antialiased", where=where, scale=1 / left.downscale, contrast=left.contrast)
    return Finding(
        value=left.contrast,
        limit=_CONTRAST_LEFT,
        unit="of a checkerboard's contrast",
        worst=where,
        faults=(fault,) if left.contrast > _CONTRAST_LEFT else (),
        note=note,
    )


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
    beside = {size: subject.preprocess_map(size).residual / min(details[size].scale) for size in details}
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
        scale=1 / details[worst].downscale,
        beside=beside[worst],
    )
    between = max(detail.between for detail in details.values())
    return Finding(value=between, unit="of the crop's pixels interpolated", worst=where, faults=(fault,))


def _kernel(details: Mapping[Size, Detail]) -> str:
    """A remark on the kernel: models are trained with either, so neither is a fault."""
    sharp = max(detail.overshoot for detail in details.values()) > _LEAST_OVERSHOOT
    return f"resampled {'with' if sharp else 'without'} overshoot, as {'bicubic' if sharp else 'bilinear or area'}"

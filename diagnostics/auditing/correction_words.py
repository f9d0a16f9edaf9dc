"""Names the faults that a correction undoes, each with what is wrong, the agreement before and after, and a remedy."""

from __future__ import annotations

from collections.abc import Iterable

from diagnostics.auditing.corrections import Correction
from diagnostics.faults import UNEXPLAINED
from diagnostics.verdict import Fault

_REMEDIES = {
    "pose-inverted": "Invert the poses: world_to_camera = inv(camera_to_world).",
    "camera-axes": "Negate the second and third row of world_to_camera.",
    "intrinsics-not-rescaled": "Use Camera.resized: K of the size that the images have.",
    "axes-swapped": "fx and cx belong to the width, fy and cy to the height.",
    "principal-point-not-shifted": "Use Camera.cropped: cx - left, cy - top.",
    "principal-point-centred": "Use the principal point of the calibration, not the middle of the image.",
    "axis-flipped-x": "Mirror the images back, left to right.",
    "axis-flipped-y": "Mirror the images back, top to bottom.",
    "exif-ignored": "Turn the images back, or turn K and the poses with them.",
    UNEXPLAINED: "Compare the unit of the depth maps with that of the poses' translations.",
}
_LENS_LEFT_OUT = "Leave the distortion out, or use the original images."
_LENS_NOT_GIVEN = "Give the lens's distortion, or undistort the images and the depth."
_TURNED = {
    "transposed": "rows and columns of the images have changed places",
    "mirrored": "the images are mirrored, left to right",
    "upside-down": "the images are mirrored, top to bottom",
    "half-turn": "the images are turned by 180 degrees against K and the poses",
    "clockwise": "the images are turned clockwise by 90 degrees against K and the poses",
    "anticlockwise": "the images are turned anticlockwise by 90 degrees against K and the poses",
}


def named(correction: Correction, before: str, after: str) -> tuple[Fault, ...]:
    """The faults that a correction undoes. before, after: how well the data agree, in words."""
    return tuple(
        Fault(
            id=fault,
            stage="data",
            error_px=None,
            where="all frames",
            explanation=f"{_sentence(_words(fault, correction))} As given {before}; corrected, {after}.",
            remedy=_remedy(fault, correction),
        )
        for fault in correction.mistakes
    )


def unexplained(before: str, tried: Iterable[Correction]) -> Fault:
    """The nameless fault of frames that do not agree, whatever of the catalogue is tried."""
    ids = sorted({fault for correction in tried for fault in correction.mistakes} - {UNEXPLAINED})
    return Fault(
        id=UNEXPLAINED,
        stage="data",
        error_px=None,
        where="all frames",
        explanation=f"As given {before}, and no mistake of the catalogue explains it; tried: {', '.join(ids)}.",
        remedy="Compare two frames by hand: the depth's unit, time stamps, and whether the poses are of these images.",
    )


def _words(fault: str, correction: Correction) -> str:
    if fault == "pose-inverted":
        return "the poses are the inverse of what they are taken for"
    if fault == "camera-axes":
        return "the cameras' axes are another convention's: OpenGL's, y up and z backward, for OpenCV's or the reverse"
    if fault == "intrinsics-not-rescaled":
        return f"K is of an image {_factors(*correction.factor)}"
    if fault == "axes-swapped" and correction.swapped:
        return "fx, cx and fy, cy have changed places"
    if fault == "distortion-ignored":
        return _lens(correction)
    if fault in ("principal-point-not-shifted", "principal-point-centred"):
        return _offset(correction)
    if fault == UNEXPLAINED:
        return f"depth is some {_many(1 / correction.depth_factor, 'large', 'small')} for the poses' translations"
    return _TURNED[correction.placed]


def _remedy(fault: str, correction: Correction) -> str:
    if fault == "distortion-ignored":
        return _LENS_NOT_GIVEN if correction.bent else _LENS_LEFT_OUT
    if fault == "axes-swapped" and not correction.swapped:
        return "Write images and depth maps as (height, width): exchange their rows and columns."
    return _REMEDIES[fault]


def _lens(correction: Correction) -> str:
    if correction.bent:
        return f"the images are bent by a lens, k1 some {correction.bent:.2g}, that the cameras do not have"
    return "the images are undistorted but the lens is still given"


def _offset(correction: Correction) -> str:
    dx, dy = correction.offset
    if correction.centred:
        x, y = round(-dx), round(-dy)  # whole, for -0.0 is not
        return f"the principal point is taken at the image's middle, but lies some {x}, {y} pixels from it"
    sides = ((dx, "at the left"), (dy, "at the top"))
    cut = [f"{pixels:.0f} px {where}" for pixels, where in sides if pixels > 0]
    added = [f"{-pixels:.0f} px {where}" for pixels, where in sides if pixels < 0]
    done = [f"{what} by some {' and '.join(px)}" for what, px in (("cropped", cut), ("padded", added)) if px]
    return f"without K knowing, the images were {' and '.join(done)}"


def _factors(x: float, y: float) -> str:
    if abs(x / y - 1) < 5e-4:  # told to four digits
        return _times(x)
    return f"{_times(x)} in width and {_times(y)} in height"


def _times(factor: float) -> str:
    return "as large" if factor == 1 else f"{_many(factor, 'smaller', 'larger', '')}"


def _many(factor: float, more: str, less: str, too: str = "too ") -> str:
    return f"{factor:.4g} times {too}{more}" if factor > 1 else f"{1 / factor:.4g} times {too}{less}"


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."

"""Every check, in the order in which data flows: an explicit list, each a law and how to run it alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from diagnostics import (
    checks_camera,
    checks_claim,
    checks_colours,
    checks_encoder,
    checks_lift,
    checks_load,
    checks_mask,
    checks_preprocess,
    checks_training,
    checks_upsample,
)
from diagnostics.subject import Subject
from diagnostics.verdict import Finding


@dataclass(frozen=True)
class Check:
    """One law that a pipeline keeps or breaks. measure: the function `check_<name>` that finds out."""

    measure: Callable[[Subject], Finding]

    @property
    def name(self) -> str:
        """The function's name without its `check_`."""
        return self.measure.__name__.removeprefix("check_")


CHECKS: tuple[Check, ...] = tuple(
    map(
        Check,
        (
            checks_camera.check_projection,
            checks_camera.check_points_behind,
            checks_load.check_load_upright,
            checks_load.check_load_colours,
            checks_preprocess.check_preprocess_affine,
            checks_preprocess.check_preprocess_resampling,
            checks_colours.check_preprocess_colours,
            checks_claim.check_geometry_claim,
            checks_encoder.check_encode_deterministic,
            checks_encoder.check_encode_batch,
            checks_encoder.check_encode_token_order,
            checks_upsample.check_upsample_keeps_places,
            checks_lift.check_lift_reads_the_place_it_is_asked_for,
            checks_lift.check_lift_interpolates_as_it_means_to,
            checks_lift.check_lift_keeps_fractions_of_a_pixel,
            checks_lift.check_lift_leaves_features_as_they_are,
            checks_mask.check_lift_counts_points_by_its_rule,
            checks_mask.check_lift_reads_whole_features_at_the_rim,
            checks_training.check_training_parameters,
            checks_training.check_training_modes,
        ),
    )
)

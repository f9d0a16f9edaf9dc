"""Which tests judge which module: the scope of the mutation tests, in the order in which data flows."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]

# Only tests that ask a module for what it promises, quick ones: each is run for every mutant that it reaches.
_CAMERA = ("geometry_camera", "geometry_camera_visible", "geometry_camera_input")
_MAPS = ("geometry_maps", "geometry_conventions", "geometry_align_corners", "geometry_known_pixels")
_UNKNOWN_MAP = "geometry_numerics::test_an_unknown_map_is_refused"
_KEPT = (
    "geometry_any_transform::test_too_small_an_image_is_refused_when_measured_and_read_when_known",
    "geometry_any_transform::test_an_image_size_is_checked",
    "geometry_any_transform::test_a_transform_is_a_callable",
    "geometry_any_transform::test_an_answer_is_kept_per_transform_size_and_settings",
    "geometry_any_transform::test_a_transform_that_cannot_be_kept_is_measured_each_time",
    "geometry_any_transform::test_a_crop_of_less_than_sixteen_pixels_is_one_cell",
)
_FAILING = (
    "geometry_numerics_extremes::test_a_side_that_a_transform_rounds_to_zero_is_told_with_the_size",
    "geometry_numerics_extremes::test_what_a_transform_raises_is_told_whole_with_the_size",
)
_OFFICIAL = (
    "geometry_transforms::test_pinned_geometries_of_the_official_transform",
    "geometry_transforms::test_a_grid_is_given_or_one_cell_for_sixteen_pixels",
    "geometry_transforms::test_the_official_transform_is_the_one_that_open_clip_makes",
    "geometry_transforms::test_unknown_models_and_tags_are_refused",
    "geometry_transforms::test_a_model_is_known_with_a_slash_as_openai_writes_it",
    "geometry_transforms::test_a_model_that_states_no_image_size_has_open_clips_default",
)
_READ = (
    "geometry_transforms::test_the_closed_form_is_what_open_clip_does",
    "geometry_transforms::test_pinned_geometries_of_the_official_transform",
    "geometry_transforms::test_an_extreme_image_that_leaves_no_pixel_is_refused",
    "geometry_transforms::test_what_is_not_known_to_be_a_resize_and_a_centre_crop_is_not_read",
    "geometry_transforms::test_a_resize_that_leaves_one_pixel_is_read_and_one_that_leaves_none_is_not",
    "geometry_transforms::test_pinned_sides_of_a_kept_ratio",
    "geometry_transforms::test_pinned_offsets_of_a_crop_of_224_pixels",
    "geometry_transforms::test_a_closed_form_names_the_size_that_is_none",
)
_SIZES = (
    "geometry_transforms::test_model_sizes_are_open_clips_own",
    "geometry_transforms::test_pinned_model_sizes",
    "geometry_transforms::test_sizes_a_model_file_does_not_state_are_open_clips_defaults",
    "geometry_transforms::test_without_open_clip_there_are_no_model_files",
    "geometry_transforms::test_models_without_a_patch_grid_are_refused_by_name",
)
_FITTED = (
    "geometry_fitted_maps",
    "geometry_measured_maps::test_kernels_of_a_pixel_or_two_stray_by_half_a_pixel_and_bend_nothing",
    "geometry_measured_maps::test_a_strip_in_a_letterbox_is_measured",
)
_STRIPES = (
    "geometry_stripes",
    "geometry_slopes",
    "geometry_measured_maps::test_padding_that_mirrors_more_than_it_shows_is_no_mirror",
    "geometry_measured_maps::test_a_strip_in_a_letterbox_is_measured",
    "geometry_measured_maps::test_where_channels_do_not_stay_apart_each_axis_is_measured_alone",
    "geometry_measured_maps::test_where_channels_stay_apart_both_axes_are_measured_at_once",
)
_ENCODED = (  # by towers that are made in hundredths of a second
    "encoder_images",
    "encoder::test_tokens_are_those_of_open_clip_after_k_blocks[small-3]",
    "encoder::test_tokens_are_those_of_open_clip_after_k_blocks[small-attentional-pool-3]",
    "encoder::test_tokens_are_those_of_open_clip_after_k_blocks[small-average-pool-3]",
    "encoder::test_features_are_the_head_applied_to_every_token",
    "encoder::test_a_third_of_the_parameters_is_kept",
    "encoder::test_nothing_is_held_but_what_runs[small]",
    "encoder::test_nothing_is_held_but_what_runs[small-attentional-pool]",
    "encoder::test_nothing_is_held_but_what_runs[PE-Core-T-16-384]",
    "encoder::test_little_more_is_built_than_is_kept",
    "encoder::test_without_weights_the_least_that_may_be_of_text_is_asked_for",
    "encoder::test_nothing_runs_for_naught",
    "encoder::test_weights_are_read_from_a_checkpoint",
    "encoder::test_the_trainable_set_is_the_last_blocks_and_the_head",
    "encoder::test_only_the_thawed_parts_are_in_training_mode",
    "encoder::test_dropout_acts_in_training_in_the_head_alone",
)
_MISFIT = (
    "torch_pair::test_only_an_import_of_torchvision_that_failed_is_taken_for_one",
    "torch_pair::test_an_error_that_only_follows_from_the_failed_import_is_one_too",
    "torch_pair::test_what_is_not_installed_is_of_no_known_version",
)
TESTS: dict[str, tuple[str, ...]] = {
    "reference/__init__.py": ("imports::test_the_packages_hand_on_their_names",),
    "reference/torch_pair.py": _MISFIT,
    "reference/arrays.py": ("geometry_bad_input", *_CAMERA, "geometry_maps"),
    "reference/linear.py": ("geometry_linear", "geometry_maps", "geometry_conventions"),
    "reference/interval.py": ("geometry_validity",),
    "reference/precision.py": ("geometry_validity",),
    "reference/fields.py": ("geometry_bad_input", *_CAMERA),
    "reference/geometry.py": (*_MAPS, "geometry_validity", "geometry_bad_input", _UNKNOWN_MAP),
    "reference/closed_form.py": _READ,
    "reference/reading.py": _READ,
    "reference/preprocess.py": (*_OFFICIAL, *_KEPT, *_FAILING),
    "reference/stripes.py": _STRIPES,
    "reference/measure.py": _FITTED,
    "reference/snapping.py": ("geometry_snapping",),
    "reference/model_sizes.py": _SIZES,
    "reference/pose.py": _CAMERA,
    "reference/distortion.py": ("geometry_distortion", *_CAMERA),
    "reference/camera.py": (*_CAMERA, "geometry_distortion"),
    "reference/rounding.py": ("geometry_rounded", "geometry_numerics"),
    "reference/sampling.py": ("geometry_sampling",),
    "reference/dense.py": ("dense",),
    "reference/heads.py": ("heads",),
    "reference/fusion.py": ("fusion",),
    "reference/image.py": ("image",),
    "reference/freezing.py": ("freezing",),
    "reference/encoder.py": _ENCODED,
    "diagnostics/chains.py": ("geometry_chains",),
    "diagnostics/recipe.py": ("geometry_recipe",),
    "diagnostics/cuts.py": ("geometry_cuts", "geometry_landing"),
    "diagnostics/ruler.py": ("geometry_cuts",),
    "diagnostics/tally.py": ("geometry_cuts", "geometry_landing"),
    "diagnostics/landing.py": ("geometry_landing", "geometry_landing_cores"),
    "diagnostics/landing_cores.py": ("geometry_landing_cores",),
    "diagnostics/ramp.py": ("geometry_ramp",),
    "diagnostics/probes_lift.py": ("geometry_probes_lift",),
    "diagnostics/checks_lift.py": ("geometry_checks_lift_words",),
    "diagnostics/checks_mask.py": ("geometry_checks_mask",),
    "diagnostics/probes_map.py": ("geometry_probes_map",),
    "diagnostics/probes_preprocess.py": ("geometry_probes_preprocess",),
    "diagnostics/checks_preprocess.py": ("geometry_checks_preprocess_words",),
    "diagnostics/probes_camera.py": ("geometry_probes_camera",),
    "diagnostics/checks_camera.py": ("geometry_checks_camera_words",),
    "diagnostics/checks_claim.py": ("geometry_checks_claim",),
    "diagnostics/checks_colours.py": ("geometry_checks_colours",),
    "diagnostics/checks_training.py": ("geometry_checks_training",),
    "diagnostics/probes_load.py": ("geometry_probes_load",),
    "diagnostics/checks_load.py": ("geometry_checks_load",),
    "diagnostics/checks.py": ("geometry_check::test_checks_are_listed_once_and_named_by_their_law",),
    "diagnostics/probes_patches.py": ("geometry_probes_patches",),
    "diagnostics/probes_upsample.py": ("geometry_probes_upsample",),
    "diagnostics/checks_upsample.py": ("geometry_checks_upsample",),
    "diagnostics/probes_encoder.py": ("geometry_probes_encoder",),
    "diagnostics/checks_encoder.py": ("geometry_checks_encoder_words",),
}


def test_files(module: str) -> list[str]:
    """The test files that judge `module`, or the tests in them, as pytest takes them."""
    named = (name.partition("::") for name in TESTS[module])
    return [f"tests/test_{file}.py{colons}{test}" for file, colons, test in named]

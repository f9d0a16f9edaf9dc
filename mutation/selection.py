"""Which tests judge which module: the scope of the mutation tests, in the order in which data flows."""

from __future__ import annotations

# Only tests that ask a module for what it promises, quick ones: each is run for every mutant that it reaches.
_MAPS = ("geometry_maps", "geometry_conventions", "geometry_align_corners", "geometry_known_pixels")
TESTS: dict[str, tuple[str, ...]] = {
    "reference/geometry.py": (*_MAPS, "geometry_validity", "geometry_bad_input"),
    "reference/linear.py": ("geometry_maps", "geometry_conventions"),
    "reference/interval.py": ("geometry_validity",),
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
    "diagnostics/checks_camera.py": ("geometry_checks_camera",),
    "diagnostics/checks_claim.py": ("geometry_checks_preprocess",),
    "diagnostics/checks_colours.py": ("geometry_checks_preprocess",),
    "diagnostics/checks_training.py": ("geometry_checks_training",),
}


def test_files(module: str) -> list[str]:
    """The paths of the test files that judge `module`."""
    return [f"tests/test_{name}.py" for name in TESTS[module]]

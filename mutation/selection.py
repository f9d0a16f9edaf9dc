"""Which tests judge which module: the scope of the mutation tests, in the order in which data flows."""

from __future__ import annotations

# Only tests that ask a module for what it promises, quick ones: each is run for every mutant that it reaches.
_MAPS = ("geometry_maps", "geometry_conventions", "geometry_align_corners", "geometry_known_pixels")
TESTS: dict[str, tuple[str, ...]] = {
    "reference/geometry.py": (*_MAPS, "geometry_validity", "geometry_bad_input"),
    "reference/linear.py": ("geometry_maps", "geometry_conventions"),
    "reference/interval.py": ("geometry_validity",),
}


def test_files(module: str) -> list[str]:
    """The paths of the test files that judge `module`."""
    return [f"tests/test_{name}.py" for name in TESTS[module]]

"""Checks as pytest parameters: `@parametrize_with_checks(pipeline)` over a test of a user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diagnostics.check import check_pipeline
from diagnostics.checks import CHECKS
from diagnostics.pipeline import Pipeline
from diagnostics.wording import report
from reference.fields import Size


@dataclass(frozen=True)
class BoundCheck:
    """One check bound to one pipeline: call it in a test."""

    pipeline: Pipeline
    name: str
    image_sizes: Sequence[Size] | None
    seed: int
    expected_failures: Mapping[str, str]

    def __call__(self) -> None:
        """Run the check. Raises `AssertionError` with the whole report where it fails; skips where it has no stage."""
        import pytest  # only a test calls this

        expected = {name: reason for name, reason in self.expected_failures.items() if name == self.name}
        diagnosis = check_pipeline(self.pipeline, self.image_sizes, [self.name], self.seed, expected)
        (result,) = diagnosis.results
        if result.status == "skipped":
            pytest.skip(result.reason)
        if result.status == "expected":
            pytest.xfail(result.reason)
        if result.status != "passed":
            raise AssertionError(f"{report(diagnosis)}\n\nReproduce with: {result.command}")


def parametrize_with_checks(
    pipeline: Pipeline,
    image_sizes: Sequence[Size] | None = None,
    seed: int = 0,
    expected_failures: Mapping[str, str] | None = None,
) -> Callable[..., Any]:
    """Decorate `def test_geometry(check): check()` so that it runs every check of `pipeline`, each a test of its own.

    Arguments are those of `diagnostics.check_pipeline`.
    """
    import pytest  # the only part of this package that needs it

    expected = dict(expected_failures or {})
    bound = [BoundCheck(pipeline, check.name, image_sizes, seed, expected) for check in CHECKS]
    return pytest.mark.parametrize("check", bound, ids=[check.name for check in bound])

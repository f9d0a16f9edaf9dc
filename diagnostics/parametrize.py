"""Checks as pytest parameters: `@parametrize_with_checks(pipeline)` over a test of a user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnostics.checks import CHECKS
from diagnostics.examination import Examination
from diagnostics.pipeline import Pipeline
from diagnostics.verdict import Diagnosis
from diagnostics.wording import report
from reference.fields import Size


@dataclass(eq=False)
class BoundCheck:
    """One check of an examination: call it in a test. All checks of one pipeline share what was measured.

    found: what the last call found, for a report of the tests; None before.
    """

    examination: Examination
    name: str
    found: Diagnosis | None = field(default=None, init=False, repr=False)

    def __call__(self) -> None:
        """Run the check: the test fails with the report, without a traceback of ours, or is skipped with a reason."""
        import pytest  # only a test calls this

        self.found = diagnosis = self.examination.diagnosis([self.name], evidence=False)
        (result,) = diagnosis.results
        if result.status == "skipped":
            pytest.skip(result.reason)
        if result.status == "expected":
            pytest.xfail(result.reason)
        if result.status != "passed":
            pytest.fail(report(diagnosis), pytrace=False)


def bound_checks(examination: Examination) -> list[BoundCheck]:
    """Every check of `examination`, in pipeline order."""
    return [BoundCheck(examination, check.name) for check in CHECKS]


def parametrize_with_checks(
    pipeline: Pipeline,
    image_sizes: Sequence[Size] | None = None,
    seed: int = 0,
    expected_failures: Mapping[str, str] | None = None,
) -> Callable[..., Any]:
    """Decorate `def test_geometry(check): check()` so that it runs every check of `pipeline`, each a test of its own.

    Arguments are those of `diagnostics.check_pipeline`, and so are the errors. Nothing is measured before a test runs.
    """
    import pytest  # the only part of this package that needs it

    bound = bound_checks(Examination(pipeline, image_sizes, seed, expected_failures))
    return pytest.mark.parametrize("check", bound, ids=[check.name for check in bound])

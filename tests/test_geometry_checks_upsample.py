"""What the check of an upsampling finds, in numbers and words: by itself, and beside what a lift makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from broken_cells import interpolate
from diagnostics import checks_upsample
from diagnostics.checks_upsample import check_upsample_keeps_places
from diagnostics.pipeline import Pipeline
from diagnostics.probes_upsample import measured_upsampling
from diagnostics.subject import Subject
from diagnostics.verdict import Fault, Finding, SkipCheck, StageError

RIGHT = interpolate((40, 60), "bilinear", False)
CORNERS = interpolate((40, 60), "bilinear", True)
COPIES = interpolate((40, 60), "nearest")


def subject_of(upsample: Any, **declared: Any) -> Subject:
    return Subject(Pipeline(upsample=upsample, grid=(10, 15), **declared))


def numbers(found: Finding) -> tuple[Any, ...]:
    return found.limit, found.unit, found.worst, found.note


def with_landing(monkeypatch: pytest.MonkeyPatch, *, right: bool = False, faults: Any = (), error: Any = None) -> None:
    """A lift that reads `right` places, or has these faults; or where it reads cannot be measured."""

    def landing_of(_: Subject) -> Any:
        if error is not None:
            raise error
        return "landing"

    monkeypatch.setattr(checks_upsample, "landing_of", landing_of)
    monkeypatch.setattr(checks_upsample, "is_right", lambda landing: landing == "landing" and right)
    monkeypatch.setattr(checks_upsample, "faults_in_landing", lambda _: faults)


def fault(name: str, stage: str) -> Fault:
    return Fault(name, stage, 12.0, "there", "", "")


def ids(found: Finding) -> list[tuple[str, str, float | None]]:
    return [(fault.id, fault.stage, fault.error_px) for fault in found.faults]


PLACES = (0.005, "coarse cells", "the upsampled map, off its rim", "")


def test_a_right_upsampling_passes_to_a_200th_of_a_coarse_cell() -> None:
    found = check_upsample_keeps_places(subject_of(RIGHT))
    assert found.value == pytest.approx(0, abs=1e-5)
    assert numbers(found) == PLACES
    assert found.faults == ()


def test_without_a_lift_the_fault_is_its_own() -> None:
    """Corners aligned, fine cell j holds 14/59 j of the 15 columns: farthest off at the first that is off the rim."""
    subject = subject_of(CORNERS)
    found = check_upsample_keeps_places(subject)
    j = np.arange(60)
    right, places = (j + 0.5) / 4 - 0.5, j * 14 / 59
    used = (np.minimum(right, places) >= 2) & (np.maximum(right, places) <= 12)
    assert found.value == pytest.approx(np.abs(places - right)[used].max(), abs=1e-4)
    assert found.value == -measured_upsampling(subject).errors.min()
    assert numbers(found) == PLACES
    assert ids(found) == [("align-corners-upsample", "upsample", None)]


@pytest.mark.parametrize("error", [SkipCheck("no lift"), StageError("lift", "raised")])
def test_where_no_landing_is_known_the_fault_is_its_own(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    with_landing(monkeypatch, right=True, error=error)
    found = check_upsample_keeps_places(subject_of(CORNERS))
    assert ids(found) == [("align-corners-upsample", "upsample", None)]


def test_a_lift_that_allows_for_it_is_remarked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns are 0.25 coarse cells off where rows are 0.18."""
    with_landing(monkeypatch, right=True, faults=(fault("seen", "upsample"),))
    found = check_upsample_keeps_places(subject_of(CORNERS))
    assert found == Finding(
        note="fine cells lie up to 0.25 coarse cells beside their place, and the lift allows for it"
    )


def test_a_right_upsampling_needs_no_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    with_landing(monkeypatch, right=True)
    found = check_upsample_keeps_places(subject_of(RIGHT))
    assert numbers(found) == PLACES


def test_the_fault_is_told_as_it_shows_through_the_lift(monkeypatch: pytest.MonkeyPatch) -> None:
    with_landing(monkeypatch, faults=(fault("seen", "upsample"), fault("other", "lift")))
    found = check_upsample_keeps_places(subject_of(CORNERS))
    assert ids(found) == [("seen", "upsample", 12.0)]
    assert numbers(found) == PLACES


def test_what_does_not_show_through_the_lift_is_told_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with_landing(monkeypatch, faults=(fault("other", "lift"),))
    assert ids(check_upsample_keeps_places(subject_of(CORNERS))) == [("align-corners-upsample", "upsample", None)]


def test_copies_are_a_fault_unless_single_cells_are_to_be_read() -> None:
    found = check_upsample_keeps_places(subject_of(COPIES))
    assert ids(found) == [("nearest-sampling", "upsample", None)]
    assert (found.value, found.note) == (None, "fine cells are copies of coarse ones")
    meant = check_upsample_keeps_places(subject_of(COPIES, interpolation="nearest"))
    assert meant == Finding(note="fine cells are copies of coarse ones")


def test_without_an_upsampling_nothing_is_judged() -> None:
    with pytest.raises(SkipCheck) as raised:
        check_upsample_keeps_places(subject_of(None))
    assert str(raised.value) == "the pipeline gives no upsample"


def test_what_follows_no_line_is_not_judged() -> None:
    """Every second column is that before it."""
    bent = lambda features: RIGHT(features)[..., torch.arange(60) // 2 * 2]  # noqa: E731
    with pytest.raises(SkipCheck, match="no straight line"):
        check_upsample_keeps_places(subject_of(bent))

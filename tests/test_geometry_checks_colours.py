"""What the check of colours finds, in numbers and words, from colours that are written down."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics import checks_colours
from diagnostics.checks_colours import check_preprocess_colours
from diagnostics.colour_links import Links
from diagnostics.pipeline import Pipeline
from diagnostics.probes_preprocess import COLOUR_NAMES
from diagnostics.subject import Subject
from diagnostics.verdict import Finding, SkipCheck

CLIP, NONE = Links("clip").predicted(), Links("none").predicted()
UNIT = "units of a normalised value"
GREYS = "colours arrive as greys: right where that is meant, as for a model of grey images"
TOLERANCE = Links("none").tolerance()  # of values that are grey levels: black is 0, white 1


def finding(monkeypatch: pytest.MonkeyPatch, colours: Any, declared: str = "clip", change: float = 0.0) -> Finding:
    monkeypatch.setattr(checks_colours, "measure_colours", lambda _: (colours, change))
    return check_preprocess_colours(Subject(Pipeline(preprocess=lambda image: image, normalization=declared)))


def arriving(**colours: Any) -> Any:
    """Colours as levels, some changed by name."""
    levels = NONE.copy()
    for name, value in colours.items():
        levels[COLOUR_NAMES.index(name)] = value
    return levels


def test_a_half_grey_level_and_the_rounding_of_half_precision_are_allowed() -> None:
    assert pytest.approx(0.5 / 255 + 2**-11) == TOLERANCE


def test_right_colours_pass_and_the_worst_of_them_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    off = CLIP.copy()
    off[2, 1] += 0.002
    off[4, 0] -= 0.003
    found = finding(monkeypatch, off)
    assert (found.value, found.limit) == (pytest.approx(0.003), Links("clip").tolerance())
    assert (found.unit, found.worst, found.faults, found.note) == (UNIT, "blue image", (), "")


def test_what_is_off_by_the_tolerance_itself_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding(monkeypatch, arriving(black=(0, TOLERANCE, 0)), "none").passed
    assert not finding(monkeypatch, arriving(black=(0, 1.001 * TOLERANCE, 0)), "none").passed


def test_a_preprocess_that_changes_its_mind_by_more_than_that_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding(monkeypatch, NONE, "none", TOLERANCE).passed
    with pytest.raises(SkipCheck) as raised:
        finding(monkeypatch, NONE, "none", 1.001 * TOLERANCE)
    assert str(raised.value) == "the preprocess is random: one colour arrives as several"


def test_colours_are_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name by which a report finds them."""
    monkeypatch.setattr(checks_colours, "measure_colours", lambda _: (CLIP, 0.0))
    subject = Subject(Pipeline(preprocess=lambda image: image))
    check_preprocess_colours(subject)
    assert subject.measured("colours") == (CLIP, 0.0)


# Greys ----------------------------------------------------------------------------------------------------------------


def test_colours_that_arrive_as_greys_are_remarked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The greys' own miss is told, with the colour that is missed most."""
    grey = CLIP.copy()
    black, white = CLIP[:2]
    for row, level in ((2, 0.3), (3, 0.59), (4, 0.11)):
        grey[row] = black + level * (white - black)
    grey[5] += 0.002
    found = finding(monkeypatch, grey)
    assert (found.value, found.limit) == (pytest.approx(0.002), Links("clip").tolerance())
    assert (found.unit, found.worst, found.faults, found.note) == (UNIT, "blue image", (), GREYS)


T, MORE = TOLERANCE, 1.001 * TOLERANCE
GREYED = {"red": (0.3,) * 3, "green": (1 + T,) * 3, "blue": (-T,) * 3}


@pytest.mark.parametrize(
    ("changed", "passes"),
    [
        ({}, True),
        ({"red": (0, 2 * T, T)}, True),
        ({"red": (0, 2 * MORE, T)}, False),
        ({"red": (1 + MORE,) * 3}, False),
        ({"blue": (-MORE,) * 3}, False),
        ({"white": (1, 1, 1 - T), "grey": (128 / 255 + 0.9 * T,) * 3}, True),
        ({"white": (1, 1, 1 - MORE)}, False),
        ({"grey": (128 / 255 + MORE,) * 3}, False),
        ({"black": (T,) * 3}, True),
        ({"black": (MORE,) * 3}, False),
    ],
)
def test_greys_lie_between_black_and_white_and_are_the_same_in_each_channel(
    changed: dict[str, Any], passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To half a level at the ends and between two channels to a whole one; black, white and grey arrive as meant."""
    found = finding(monkeypatch, arriving(**GREYED | changed), "none")
    assert (found.note == GREYS) == passes == found.passed


def test_a_level_of_greys_is_measured_by_the_narrowest_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under other statistics, of which black and white are 3.6, 3.8 and 3.7 apart."""
    tolerance, (black, white) = Links("clip").tolerance(), CLIP[:2]
    step = tolerance / (white - black).min()
    for share, passes in ((1.99, True), (2.01, False)):
        grey = CLIP.copy()
        grey[2:5] = black + 0.4 * (white - black)
        grey[2, 0] += share * step * (white - black)[0]
        assert (finding(monkeypatch, grey).note == GREYS) == passes


# Faults ---------------------------------------------------------------------------------------------------------------


def test_other_statistics_are_told_with_the_numbers_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """ImageNet's black is -0.485 / 0.229 = -2.12 in red, CLIP's -0.4815 / 0.2686 = -1.79."""
    found = finding(monkeypatch, Links("imagenet").predicted())
    (fault,) = found.faults
    assert (fault.id, fault.stage, fault.error_px) == ("normalisation-imagenet", "preprocess", None)
    assert fault.where == found.worst == "white image"
    assert found.value == pytest.approx((1 - 0.406) / 0.225 - (1 - 0.40821073) / 0.27577711)
    assert (found.limit, found.unit, found.note) == (Links("clip").tolerance(), UNIT, "")
    assert fault.explanation.endswith(
        "Black arrives as (-2.12, -2.04, -1.8) and white as (2.25, 2.43, 2.64); with 'clip' they are "
        "(-1.79, -1.75, -1.48) and (1.93, 2.07, 2.15)."
    )
    assert fault.remedy == (
        "Normalize(mean=(0.48145466, 0.4578275, 0.40821073), std=(0.26862954, 0.26130258, 0.27577711)) on values in "
        "[0, 1]: the statistics of 'clip'."
    )


def test_the_worst_colour_is_that_of_the_worst_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    off = CLIP.copy()
    off[3] += (0.0, 0.0, 0.5)
    off[4] += 0.4
    assert finding(monkeypatch, off).worst == "green image"


def test_exchanged_channels_are_those_of_the_crop(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = finding(monkeypatch, Links("clip", order="bgr").predicted()).faults
    assert (fault.id, fault.where) == ("channels-bgr", "red image")
    assert fault.explanation.startswith("In the crop red and blue are exchanged")


def test_all_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = finding(monkeypatch, Links("half", "range-255", "bgr").predicted()).faults
    assert [fault.id for fault in faults] == ["normalisation-half", "range-255", "channels-bgr"]


def test_known_statistics_without_an_id_are_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = finding(monkeypatch, CLIP, "imagenet")
    (fault,) = found.faults
    assert (fault.id, fault.stage, fault.error_px, fault.where) == ("unexplained", "preprocess", None, found.worst)
    assert fault.explanation == (
        "Colours do not arrive in the declared statistics. Pixels are normalised with the statistics of 'clip': black "
        "arrives as (-1.79, -1.75, -1.48), white as (1.93, 2.07, 2.15), grey (128) as (0.0763, 0.169, 0.34); with "
        "'imagenet' black and white are (-2.12, -2.04, -1.8) and (2.25, 2.43, 2.64)."
    )
    assert fault.remedy == (
        "Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)) on values in [0, 1], red first; or declare "
        "what is meant, Pipeline(normalization=...), one of 'clip', 'imagenet', 'half', 'none'."
    )


def test_what_no_links_explain_is_told_as_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    found = finding(monkeypatch, CLIP + 0.12)
    (fault,) = found.faults
    assert (fault.id, fault.stage, fault.error_px, fault.where) == ("unexplained", "preprocess", None, found.worst)
    assert "statistics. No known statistics, range or order of channels explain it: black arrives as" in (
        fault.explanation
    )


def test_without_a_preprocess_no_colours_are_judged() -> None:
    with pytest.raises(SkipCheck, match="gives no preprocess"):
        check_preprocess_colours(Subject(Pipeline()))

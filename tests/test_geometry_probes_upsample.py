"""Where the cells of an upsampled map come from: of 5 x 13 coarse cells, sampled at places that are written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from broken_cells import sample
from diagnostics.pipeline import Pipeline
from diagnostics.probes_upsample import (
    UPSAMPLING_LIMIT,
    MeasuredUpsampling,
    fine_size,
    measure_upsampling,
    measured_upsampling,
    repeats_cells,
    upsampled,
)
from diagnostics.subject import Subject
from diagnostics.verdict import SkipCheck, StageError

GRID = (5, 13)  # (height, width)
FINE = (20, 39)
MAP = torch.rand(1, 4, *GRID, generator=torch.Generator().manual_seed(0))


def subject_of(upsample: Any, grid: tuple[int, int] = GRID, **declared: Any) -> Subject:
    return Subject(Pipeline(upsample=upsample, grid=grid, **declared))


def resized(mode: str, size: tuple[int, int] = FINE, align_corners: bool | None = None) -> Callable[[Tensor], Tensor]:
    return lambda features: functional.interpolate(features, size, mode=mode, align_corners=align_corners)


def right(fine: int, coarse: int) -> np.ndarray:
    """Where the centres of fine cells lie: half a coarse cell before the first, the pitch, half a coarse cell less."""
    return (np.arange(fine) + 0.5) * coarse / fine - 0.5


def at(x: np.ndarray, y: np.ndarray) -> Callable[[Tensor], Tensor]:
    """An upsampling whose cell (j, i) holds the place (x[i], y[j])."""
    places = torch.from_numpy(np.stack(np.meshgrid(x, y), -1)).double()

    def upsample(features: Tensor) -> Tensor:
        return sample(features, places.reshape(-1, 2)).T.reshape(1, -1, len(y), len(x))

    return upsample


X, Y = right(39, 13), right(20, 5)


# The line -------------------------------------------------------------------------------------------------------------


def used(right: np.ndarray, places: np.ndarray, rim: float, cells: int) -> list[float]:
    """The first and the last fine cell that lie and read `rim` coarse cells or more inside the outermost centres."""
    known = [
        u for u, place in zip(right, places, strict=True) if rim <= min(u, place) and max(u, place) <= cells - 1 - rim
    ]
    return [known[0], known[-1]]


def test_a_right_upsampling_has_no_errors() -> None:
    """Off two cells of the rim of thirteen, and one of the five, of which only so many are left."""
    found = measure_upsampling(subject_of(resized("bilinear")))
    np.testing.assert_allclose(found.gain, 1, atol=1e-5)
    np.testing.assert_allclose(found.shift, 0, atol=1e-5)
    np.testing.assert_allclose(found.errors, 0, atol=1e-5)
    np.testing.assert_allclose(found.right, np.transpose([used(X, X, 2.0, 13), used(Y, Y, 1.0, 5)]), atol=1e-12)
    assert (found.fine.tolist(), found.fine.dtype) == ([39, 20], np.float64)


def test_corners_aligned_are_a_line_through_the_corners() -> None:
    """Fine cell j holds j (n - 1)/(N - 1); errors are told at the first and the last cell that was used."""
    found = measure_upsampling(subject_of(resized("bilinear", align_corners=True)))
    x, y = np.arange(39) * 12 / 38, np.arange(20) * 4 / 19
    np.testing.assert_allclose(found.gain, [3 * 12 / 38, 4 * 4 / 19], atol=1e-4)
    np.testing.assert_allclose(found.shift, [1 * 12 / 38, 1.5 * 4 / 19], atol=1e-4)
    ends = np.transpose([used(X, x, 2.0, 13), used(Y, y, 1.0, 5)])
    np.testing.assert_allclose(found.right, ends, atol=1e-12)
    np.testing.assert_allclose(found.errors, found.gain * ends + found.shift - ends, atol=1e-12)
    assert found.errors[0, 0] > 0.05 > -0.05 > found.errors[1, 0]


def test_errors_are_places_less_right_ones() -> None:
    pairs = [np.array(pair) for pair in ([2.0, 1.0], [1.0, -2.0], [[1.0, 2.0], [3.0, 4.0]], [39.0, 20.0])]
    assert MeasuredUpsampling(*pairs).errors.tolist() == [[2, -2], [4, -2]]


def test_each_axis_has_its_own_line() -> None:
    found = measure_upsampling(subject_of(at(X + 0.25, 0.9 * Y)))
    np.testing.assert_allclose(found.gain, [1, 0.9], atol=1e-5)
    np.testing.assert_allclose(found.shift, [0.25, 0], atol=1e-5)


def test_what_the_rim_clamps_is_not_fitted() -> None:
    """Two cells to the right of its own place, every fine cell within two of the right side reads the last."""
    found = measure_upsampling(subject_of(at(X + 2, Y)))
    np.testing.assert_allclose((found.gain[0], found.shift[0]), (1, 2), atol=1e-5)
    np.testing.assert_allclose(found.right[:, 0], used(X, X + 2, 2.0, 13), atol=1e-12)


@pytest.mark.parametrize(("fine", "few"), [(6, True), (7, False)])
def test_a_line_takes_three_cells(fine: int, few: bool) -> None:
    """From 1 to 3 of five coarse cells lie 2 of 6, and 3 of 7."""
    subject = subject_of(resized("bilinear", (fine, 39)))
    if not few:
        np.testing.assert_allclose(measure_upsampling(subject).gain, 1, atol=1e-5)
        return
    with pytest.raises(SkipCheck) as raised:
        measure_upsampling(subject)
    assert str(raised.value) == "upsample leaves too few cells off the rim to tell where they come from"


def test_cells_on_the_rim_itself_are_used() -> None:
    """Of five cells, whose coordinates are exact, and as many the second to the fourth."""
    found = measure_upsampling(subject_of(lambda features: features, (5, 5)))
    assert found.right.tolist() == [[1, 1], [3, 3]]


@pytest.mark.parametrize(("bent", "straight"), [(0.008, True), (0.014, False)])
def test_a_hundredth_of_a_cell_may_stray_from_the_line(bent: float, straight: bool) -> None:
    subject = subject_of(at(X + bent * (-1) ** np.arange(39), Y))
    if straight:
        np.testing.assert_allclose(measure_upsampling(subject).gain, 1, atol=2e-3)
        return
    with pytest.raises(SkipCheck) as raised:
        measure_upsampling(subject)
    assert str(raised.value) == (
        "upsample follows no straight line from coarse to fine cells; the lift is judged through it"
    )


@pytest.mark.parametrize("shape", [(4, 20, 39), (2, 4, 20, 39), (1, 2, 20, 39), (1, 4, 20, 39, 1)])
def test_what_is_no_map_is_an_error_that_tells_its_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(StageError) as raised:
        measure_upsampling(subject_of(lambda _: torch.zeros(shape)))
    assert raised.value.stage == "upsample"
    assert str(raised.value) == (
        f"upsample: must return a map (1, C, Hu, Wu), with batch and channels as given, got shape {shape}"
    )


def test_three_channels_are_a_map_and_as_many_as_are_declared_are_given() -> None:
    given = []

    def upsample(features: Tensor) -> Tensor:
        given.append(tuple(features.shape))
        return resized("bilinear")(features)[:, :3]

    np.testing.assert_allclose(measure_upsampling(subject_of(upsample, channels=6)).gain, 1, atol=1e-5)
    assert set(given) == {(1, 6, *GRID)}


def test_an_upsampling_is_measured_once() -> None:
    calls = []

    def upsample(features: Tensor) -> Tensor:
        calls.append(1)
        return resized("bilinear")(features)

    subject = subject_of(upsample)
    assert measured_upsampling(subject) is measured_upsampling(subject)
    fine_size(subject), repeats_cells(subject)
    assert len(calls) == 3  # twice to see that it repeats itself


def test_the_limit_is_that_of_a_landing() -> None:
    assert UPSAMPLING_LIMIT == 0.005


# Copies ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(10, 26), (20, 39), (7, 15)])
def test_copies_of_the_cell_that_holds_the_centre_are_told(size: tuple[int, int]) -> None:
    assert repeats_cells(subject_of(resized("nearest", size))) is True
    assert repeats_cells(subject_of(resized("bilinear", size))) is False


def test_a_map_that_is_left_as_it_is_repeats_nothing() -> None:
    assert repeats_cells(subject_of(lambda features: features)) is False


def test_copies_on_one_axis_alone_are_copies() -> None:
    assert repeats_cells(subject_of(resized("nearest", (5, 26)))) is True


def test_copies_of_another_cell_are_no_copies_of_their_own() -> None:
    """The next one; at the far side it is its own. Of three cells, whose coordinates are exact."""
    beside = lambda features: features[..., [1, 2, 2]]  # noqa: E731
    assert repeats_cells(subject_of(beside, (3, 3))) is False
    assert repeats_cells(subject_of(lambda m: resized("nearest", (10, 26))(m).roll(4, -1))) is False


@pytest.mark.parametrize(("off", "copies"), [(0.0008, True), (0.0012, False)])
def test_copies_hold_whole_cells_to_a_thousandth(off: float, copies: bool) -> None:
    x, y = np.arange(26) // 2, np.arange(10) // 2
    assert repeats_cells(subject_of(at(x - off * (x > 3), y))) is copies
    assert repeats_cells(subject_of(at(x, y + off * (y < 3)))) is copies


# What the lift is given -----------------------------------------------------------------------------------------------


def test_the_size_of_the_map_is_that_of_the_grid_without_an_upsampling() -> None:
    assert fine_size(subject_of(None)) == GRID
    assert fine_size(subject_of(resized("bilinear"))) == FINE


def test_without_an_upsampling_the_lift_is_given_the_map_itself() -> None:
    assert upsampled(subject_of(None), MAP) is MAP


@pytest.mark.parametrize("align_corners", [False, True])
def test_a_ripple_is_straightened_along_the_line(align_corners: bool) -> None:
    """Bicubic, read as bilinear at the same places, the rim beyond them."""
    x, y = (np.arange(39) * 12 / 38, np.arange(20) * 4 / 19) if align_corners else (X, Y)
    bicubic = resized("bicubic", align_corners=align_corners)
    straight = upsampled(subject_of(bicubic), MAP)
    torch.testing.assert_close(straight, at(x, y)(MAP), atol=5e-3, rtol=0)
    assert straight.dtype == torch.float32
    assert (straight - bicubic(MAP)).abs().max() > 0.02


def test_copies_are_straightened_unless_single_cells_are_to_be_read() -> None:
    copied = resized("nearest")
    torch.testing.assert_close(upsampled(subject_of(copied), MAP), at(X, Y)(MAP), atol=1e-5, rtol=0)
    assert torch.equal(upsampled(subject_of(copied, interpolation="nearest"), MAP), copied(MAP))


def test_what_follows_no_line_is_given_as_it_is() -> None:
    bent = at(X + 0.1 * np.sin(np.arange(39)), Y)
    given = upsampled(subject_of(lambda features: bent(features).double().numpy()), MAP)
    torch.testing.assert_close(given, bent(MAP).float())
    assert given.dtype == torch.float32

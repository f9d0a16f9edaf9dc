"""The arithmetic of numbers that know their error: the largest one in rationals, never less and hardly more."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from reference.precision import Precision
from reference.rounding import Rounded

SINGLE, HALF = Precision.of(np, np.dtype("f4")), Precision.of(torch, torch.float16)
H = Fraction(1, 2**24)  # half of float32's eps
LEAST = Fraction(float(np.finfo("f4").smallest_normal)) * 2 * H  # the rounding of what is below the normal numbers


def rounded(value, error, precision=SINGLE):
    return Rounded(np.array(float(value)), np.array(float(error)), precision)


def after(value, error, h=H, least=LEAST):
    """The error once the result is rounded: that of float64 and that of the dtype may both be off by `error`."""
    return error + h * (abs(value) + 2 * error) + least


A, B = (Fraction(3), Fraction(1, 2**20)), (Fraction(-5), Fraction(1, 2**10))
PRODUCT = A[1] * (5 + 2 * B[1]) + (3 + A[1]) * B[1]
QUOTIENT = (A[1] + (3 + A[1]) / (5 - 2 * B[1]) * B[1]) / (5 - 2 * B[1])
TENTH = abs(Fraction(float(np.float32(0.1))) - Fraction(0.1))  # 0.1 is rounded to float32 first

RESULTS = {
    "a + b": (lambda a, b: a + b, -2, after(-2, A[1] + B[1])),
    "a - b": (lambda a, b: a - b, 8, after(8, A[1] + B[1])),
    "-a": (lambda a, b: -a, -3, A[1]),
    "a * b": (lambda a, b: a * b, -15, after(-15, PRODUCT)),
    "a / b": (lambda a, b: a / b, Fraction(-3, 5), after(Fraction(3, 5), QUOTIENT)),
    "2 + a": (lambda a, b: 2 + a, 5, after(5, A[1])),
    "a - 1": (lambda a, b: a - 1, 2, after(2, A[1])),
    "1 - a": (lambda a, b: 1 - a, -2, after(-2, A[1])),
    "4 * a": (lambda a, b: 4 * a, 12, after(12, 4 * A[1])),
    "6 / a": (lambda a, b: 6 / a, 2, after(2, 6 / (3 - 2 * A[1]) * A[1] / (3 - 2 * A[1]))),
    "a + 0.1": (lambda a, b: a + 0.1, Fraction(3.1), after(Fraction(3.1), A[1] + TENTH)),
    "a * 1/3": (
        lambda a, b: a * Fraction(1, 3),
        1,
        after(
            Fraction(1),
            A[1] * (Fraction(1, 3) + 2 * (third := abs(Fraction(float(np.float32(1 / 3))) - Fraction(1, 3))))
            + (3 + A[1]) * third,
        ),
    ),
}


@pytest.mark.parametrize(("operation", "value", "error"), RESULTS.values(), ids=RESULTS)
def test_the_error_is_that_of_both_and_of_one_rounding(operation, value, error):
    """At least the exact bound, whose own sums in float64 are rounded up, and at most some roundings above it."""
    result = operation(rounded(*A), rounded(*B))
    assert result.precision is SINGLE
    assert float(result.value) == pytest.approx(float(value), rel=1e-15)
    assert error <= Fraction(float(result.error)) <= error * (1 + Fraction(1, 2**44))


def test_an_error_is_never_rounded_down():
    """Here it is the rounding of the result alone, and nothing else makes it larger."""
    random = np.random.default_rng(0)
    for value, other in random.uniform(-9, 9, (400, 2)):
        total = rounded(value, 0) + rounded(other, 0)
        assert after(Fraction(float(total.value)), 0) <= Fraction(float(total.error))


@pytest.mark.parametrize(("error", "finite"), [(0.5 - 2.0**-30, True), (0.5, False), (0.6, False)])
def test_what_may_be_divided_by_zero_has_an_infinite_error(error, finite):
    """A number of 1 in float64 and its error beside it, once for float64 and once for the dtype."""
    assert np.isfinite((rounded(1, 0) / rounded(1, error)).error) == finite
    assert np.isfinite((rounded(1, 0) / rounded(-1, error)).error) == finite


def test_what_may_leave_the_dtype_has_an_infinite_error():
    """The largest number of float16 is 65,504; with an error of 16 and a rounding of 32, 65,440 may pass it."""
    for value, error, finite in ((65_440, 15, True), (65_440, 17, False), (65_504, 0, False), (-65_440, 17, False)):
        kept = rounded(value, error).kept_in(HALF)
        assert np.isfinite(kept.error) == finite


def test_what_is_kept_in_another_dtype_is_rounded_once_more_and_in_its_own_not_at_all():
    number = rounded(*A)
    assert number.kept_in(SINGLE) is number
    kept = number.kept_in(HALF)
    error = after(3, A[1], Fraction(1, 2**11), Fraction(1, 2**14) * Fraction(1, 2**10))
    assert (float(kept.value), kept.precision) == (3, HALF)
    assert error <= Fraction(float(kept.error)) <= error * (1 + Fraction(1, 2**44))


def test_what_is_given_has_no_error():
    for values in ([1, 3], np.array([1, 3], np.float16)):
        given = Rounded.given(values, SINGLE)
        assert (given.value.tolist(), given.error.tolist(), given.precision) == ([1, 3], [0, 0], SINGLE)
        assert given.value.dtype == np.float64
    assert Rounded.given(2, SINGLE).error.shape == ()


@np.errstate(all="raise")
def test_what_is_not_finite_has_an_infinite_error_in_silence():
    huge, none = rounded(1e300, 0), rounded(0, 0)
    for result in (huge * huge, huge + rounded(np.inf, 0), none / none, rounded(np.inf, 0) - rounded(np.inf, 0)):
        assert np.isinf(result.error)

"""Exact one-axis maps: what each operation does to scale and shift, in rationals."""

from fractions import Fraction

import pytest

from reference.linear import Linear


def test_the_identity_changes_nothing():
    assert Linear.identity() == Linear(Fraction(1), Fraction(0))
    assert Linear.identity()(Fraction(7, 3)) == Fraction(7, 3)


def test_operations_act_on_the_target():
    """On 3 u + 2: each acts on scale and shift as on the number that the map gives."""
    law = Linear(Fraction(3), Fraction(2))
    assert law(Fraction(1, 2)) == Fraction(7, 2)
    assert law + 5 == Linear(Fraction(3), Fraction(7))
    assert law - 5 == Linear(Fraction(3), Fraction(-3))
    assert law * 4 == 4 * law == Linear(Fraction(12), Fraction(8))
    assert law / 4 == Linear(Fraction(3, 4), Fraction(1, 2))
    assert law.inverse() == Linear(Fraction(1, 3), Fraction(-2, 3))


def test_a_constant_map_has_no_inverse():
    with pytest.raises(ZeroDivisionError):
        Linear(Fraction(0), Fraction(1)).inverse()

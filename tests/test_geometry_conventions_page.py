"""Every number of docs/conventions.md is what its code gives, and a wrong one would be noticed."""

import doctest
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "conventions.md").read_text("utf-8")


def failures(text):
    """How many examples fail, and what the runner says about them."""
    said = []
    test = doctest.DocTestParser().get_doctest(text, {}, "conventions.md", "conventions.md", 0)
    failed, _ = doctest.DocTestRunner().run(test, out=said.append)
    return failed, "".join(said)


def test_every_number_on_the_page_of_conventions_is_true():
    failed, said = failures(PAGE)
    assert failed == 0, said


@pytest.mark.parametrize(
    ("number", "wrong"),
    [("((224, 298), (37, 0))", "((224, 299), (37, 0))"), ("[38, 36]", "[37, 36]"), ("159.5\n", "159.75\n")],
)
def test_a_wrong_number_is_noticed(number, wrong):
    assert number in PAGE
    failed, _ = failures(PAGE.replace(number, wrong))
    assert failed > 0

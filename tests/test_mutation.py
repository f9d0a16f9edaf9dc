"""The table of mutation tests adds up, and is written from the records as they are."""

import pytest

from mutation import page, record
from mutation.selection import ROOT, TESTS

RECORDS = {module: found for module in TESTS if (found := record.read(module))}


def test_the_page_is_that_of_the_records():
    assert page.PAGE.read_text(encoding="utf-8") == page.text({module: RECORDS.get(module) for module in TESTS})


# Module -> how many survivors nobody has looked at yet; one more or one fewer is an error.
UNEXPLAINED: dict[str, int] = {}


@pytest.mark.parametrize("module", RECORDS)
def test_every_mutant_is_killed_or_explained(module):
    found = RECORDS[module]
    assert found["module"] == module
    assert found["killed"] + len(found["survivors"]) == found["mutants"] > 0
    unexplained = [survivor for survivor in found["survivors"] if not survivor["reason"]]
    assert len(unexplained) == UNEXPLAINED.get(module, 0), unexplained


def test_every_record_is_of_a_module_in_scope_that_is_there():
    assert {path.name for path in record.RECORDS.glob("*.json")} == {record.path_of(module).name for module in RECORDS}
    assert all((ROOT / module).is_file() for module in TESTS)


def test_a_decorated_function_is_spelled_out():
    """So that it is mutated: mutmut leaves decorated functions alone."""
    pytest.importorskip("libcst", reason="the mutation tests need the extra `mutation`")
    from mutation.stage import spelled_out

    code = "class A:\n    @first\n    @second(1)\n    def f(self):\n        return 1\n"
    want = "class A:\n    def f(self):\n        return 1\n    f = first(second(1)(f))\n"
    assert spelled_out(code) == want
    assert spelled_out(code.replace("@first", "@classmethod")) == code.replace("@first", "@classmethod")

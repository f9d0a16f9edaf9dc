"""The tutorial does what it says: its file, its edits and its commands are those of the page, its outputs are real."""

import shlex
import sys

import pytest

from diagnostics import check
from fences import ROOT, fences, words

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
ENDS = [2, 1, 0, 1, 0]  # of the commands; the page says so of the full runs
PROGRAM = "python -m diagnostics.check "


def edited(code, change):
    """`code` after a diff of whole lines without numbers; what it takes away has to be there once."""
    before, after = (
        "".join(line[1:] for line in change.splitlines(keepends=True) if line[0] in kinds) for kinds in (" -", " +")
    )
    assert f"\n{code}".count(f"\n{before}") == 1, before
    return f"\n{code}".replace(f"\n{before}", f"\n{after}")[1:]


def steps(page):
    """(command, outputs, code of mine.py) in order; outputs are the blocks up to the next command."""
    code, found = "", []
    for kind, text in fences(page):
        if kind == "python":
            code = text
        elif kind == "diff":
            code = edited(code, text)
        elif kind == "bash":
            found.append((text.strip(), [], code))
        else:
            assert kind == "text"
            found[-1][1].append(text)
    return found


STEPS = steps(PAGE)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """(exit code, what was printed) of every command, run one after the other in the folder of mine.py."""
    folder, found = tmp_path_factory.mktemp("tutorial"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "path", [str(folder), *sys.path])
        for command, _, code in STEPS:
            (folder / "mine.py").write_text(code, encoding="utf-8")
            patch.delitem(sys.modules, "mine", raising=False)
            patch.setattr(sys, "dont_write_bytecode", True)
            found.append(ran(shlex.split(command.removeprefix(PROGRAM))))
        sys.modules.pop("mine", None)
    return found


def ran(arguments):
    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr(check, "say", said.append)
        return check.main(arguments), words("\n".join(said))


def test_it_starts_wrong_and_ends_green(outcomes):
    assert [code for code, _ in outcomes] == ENDS
    assert all(command.startswith(PROGRAM) for command, *_ in STEPS)
    assert [code for code in (2, 1, 0) if f"xit code {code}" in words(PAGE)] == [2, 1, 0]


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_what_the_page_shows_is_what_is_printed(outcomes, number):
    """Every line of an excerpt, in the order of the excerpt."""
    _, shown, _ = STEPS[number]
    assert shown
    for excerpt in shown:
        place = 0
        for line in filter(None, map(words, excerpt.splitlines())):
            place = outcomes[number][1].find(line, place)
            assert place >= 0, line


def test_an_edit_that_does_not_fit_is_noticed():
    assert edited("a\nb\nc\n", " a\n-b\n+d\n") == "a\nd\nc\n"
    for change in ("-x\n+y\n", "-\n+d\n"):
        with pytest.raises(AssertionError):
            edited("a\n\nb\n\n", change)

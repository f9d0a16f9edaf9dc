"""The summary of a run in Markdown: the verdict first, short whatever happens, and no text of others does anything."""

import re
import textwrap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from diagnostics.command_line import shown
from diagnostics.verdict import as_in
from gfm import Document
from reports.markdown import Lines, Markdown, code, filled, fitting, listed, name, row
from reports.summary import MOST, summary
from results_made import HOSTILE, everywhere, fault_of, faulty, result_of, results_of

OURS = {"h2", "p", "strong", "ul", "li", "code", "table", "thead", "tbody", "tr", "th", "td"}
# What GitHub or GitLab resolve in rendered text that is no code.
RESOLVED = re.compile(r"@\w|#\d|GH-\d|[!~%$&]\w|://|www\.|:\w+:|\b[0-9a-f]{7,40}\b|\$|\[|\]", re.IGNORECASE)
TABLE = "| a | b |\n| --- | --- |\n"


def assert_inert(markdown):
    """No tag but ours, nothing of the text beside code, and nothing there that a host resolves; every row is whole."""
    document = Document(markdown)
    assert set(document.tags) <= OURS
    assert not RESOLVED.search(document.prose), document.prose
    assert all(len(cells) == len(rows[0]) for rows in document.tables for cells in rows)
    return document


# Code spans ---------------------------------------------------------------------------------------------------------


@given(
    st.text(st.characters(), max_size=30)
    | st.text("`| \\a", max_size=30)
    | st.sampled_from([t for t in HOSTILE if len(t) < 70])
)
@example("")
def test_a_text_in_code_is_read_as_it_was(text):
    """In a paragraph and in a cell of a table, with its control characters written as escapes."""
    expected = shown(text) or " "
    paragraph = Document(f"Word {code(text)} word\n")
    assert (paragraph.codes, set(paragraph.tags)) == ([expected], {"p", "code"})
    table = Document(TABLE + row(text, "b") + "\n")
    assert table.codes == [expected, "b"]
    assert [len(cells) for cells in table.tables[0]] == [2, 2]


@pytest.mark.parametrize("text", ["`" * 320, "".join("`" * k + "x" for k in range(1, 25)), "`x" * 160])
def test_github_reads_code_whatever_backticks_are_in_it(text):
    """Its parser knows no run of more than 80 backticks, which is far more than stand around anything here."""
    assert "".join(Document(code(text)).codes) == text[:320]


def test_the_parser_would_see_a_text_that_is_not_code():
    """The proof that the tests below would notice."""
    found = [Document(f"{text}\n") for text in HOSTILE if text.isascii()]
    assert {"script", "a", "img", "h1", "pre", "stray end"} <= {tag for document in found for tag in document.tags}
    assert sum(bool(RESOLVED.search(document.prose)) for document in found) > 5


def test_a_long_text_is_cut_between_characters_and_says_so():
    assert code("x" * 10_000) == f"`{'x' * 320}` (and 9,680 characters more)"
    assert name("\N{PILE OF POO}" * 17) == f"`{chr(0x1F4A9) * 16}` (and 1 character more)"
    assert name("\x1b" * 20) == f"`{chr(92)}x1b{(chr(92) + 'x1b') * 15}` (and 4 characters more)"


def test_right_to_left_text_is_isolated_from_what_stands_beside_it():
    assert code("\u05d0 1") == "\u2068`\u05d0 1`\u2069"
    assert code("a 1") == "`a 1`"


def test_names_and_lines_that_are_left_out_are_counted():
    assert listed(list("abcdefgh")) == "`a`, `b`, `c`, `d`, `e`, `f` and 2 more"
    lines = [Markdown("ä" * 5)] * 3
    assert (fitting(lines, 29).left, fitting(lines, 30).left) == (1, 0)


def test_a_template_prints_as_code_what_nobody_called_markdown():
    lines = Lines((Markdown("| **a** | b |"),), 1)
    text = filled(
        "compare.md",
        verdict="<b>",
        pipelines="@you",
        faults=lines,
        remedies=[],
        checks=lines,
        differences=lines,
        commands="",
    )
    assert text.startswith("## `<b>`\n\n`@you`\n\n| Change |")
    assert "\n| **a** | b |\n" in text
    with pytest.raises(TypeError, match="NoneType"):
        row(None)


def test_a_value_that_a_template_lacks_is_an_error():
    with pytest.raises(UndefinedError, match="verdict"):
        filled("compare.md")
    with pytest.raises(UndefinedError, match="remedies"):
        filled("compare.md", verdict=0, pipelines=0, faults=Lines((), 0))


# Summaries ----------------------------------------------------------------------------------------------------------


def test_the_whole_summary_of_a_faulty_run():
    errors = [
        result_of("a", "error", reason="lift: raised"),
        result_of("b", "error", reason=as_in("lift: raised", "a")),
    ]
    skipped = [result_of(name, "skipped", reason="the pipeline gives no load") for name in ("load_one", "load_two")]
    faults = [fault_of("small", error_px=0.5), fault_of("silent", "load", None), fault_of("large", error_px=50.819)]
    found = result_of("lift_reads", "failed", [fault["id"] for fault in faults])
    run = results_of([*faults, fault_of("middle")], [found, *errors, *skipped], conditions={"command": "measure all"})
    assert summary(run) == textwrap.dedent(
        """\
        ## ❌ 4 faults found, 2 checks could not run in `mine`

        | Fault | Where | Worst landing error | What to change |
        | :--- | :--- | ---: | :--- |
        | `large` | `lift` | 50.82 source px | `index = f - 1/2` |
        | `middle` | `lift` | 17.00 source px | `index = f - 1/2` |
        | `small` | `lift` | 0.50 source px | `index = f - 1/2` |

        1 more fault: `silent`.
        Explained with pictures and figures: `docs/faults/large.md`, `docs/faults/middle.md`, `docs/faults/small.md`.

        5 checks: 1 failed, 2 could not run, 2 skipped.

        **Could not run**

        - 2 checks (`a`, `b`): `lift: raised`

        **Skipped**

        - 2 checks (`load_one`, `load_two`): `the pipeline gives no load`

        To measure it again: `measure all`
        """
    )


@pytest.mark.parametrize(
    ("run", "heading"),
    [
        (results_of([], [result_of()]), "✅ No fault found"),
        (results_of([], [result_of(), result_of("b", "expected")]), "✅ No fault found, 1 check failed as expected"),
        (results_of([], [result_of("b", "expected")]), "⚠️ Nothing passed, 1 check failed as expected"),
        (results_of([], [result_of(), result_of("b", "error")]), "⚠️ No verdict, 1 check could not run"),
        (results_of([], [result_of("b", "skipped")]), "⚠️ Nothing was measured"),
        (results_of(), "⚠️ Nothing was measured"),
        (results_of([], [result_of(status="failed")]), "❌ 1 check failed"),
        (results_of([fault_of()], [result_of(status="passed")]), "❌ 1 fault found"),
    ],
)
def test_the_verdict_comes_first_in_a_symbol_and_in_words(run, heading):
    assert summary(run).splitlines()[0] == f"## {heading} in `mine`"


def test_a_check_that_failed_without_a_named_fault_is_told():
    text = summary(results_of([], [result_of("lift_reads", "failed", [])]))
    assert "- Check `lift_reads`: `17 source px (limit 0.5)`" in text
    older = results_of([fault_of()], [result_of("lift_reads", "failed")])
    for run in (faulty("half-cell-missing"), older):
        assert "Check `lift_reads`" not in summary(run)


def test_a_file_that_records_no_command_names_those_of_the_checks_that_did_not_pass():
    assert "To measure it again: `again lift_reads`\n" in summary(faulty("half-cell-missing"))
    assert "To measure" not in summary(faulty())


def test_a_cause_that_only_another_file_tells_in_full_is_told_as_it_is():
    alone = results_of([], [result_of("b", "error", reason=as_in("lift: raised", "a"))])
    assert "- 1 check (`b`): `lift: raised, as in a`" in summary(alone)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_run_does_anything(text):
    """And the table keeps its shape: three faults of four columns."""
    document = assert_inert(summary(everywhere(text)))
    assert [len(rows) for rows in document.tables] == [4]
    skull = assert_inert(summary(everywhere(f"\N{SKULL AND CROSSBONES}{text}")))
    assert "\N{SKULL AND CROSSBONES}" not in skull.prose


@pytest.mark.parametrize("text", ["\U000e0001", "\N{PILE OF POO}", "|", "`|", "x", "\u05d0"])
def test_a_summary_is_short_whatever_it_tells(text):
    """Its bytes are half of what a comment may have in characters, and no row or code is cut."""
    markdown = summary(everywhere(text * 1000, count=1000))
    assert MOST / 4 < len(markdown.encode()) <= MOST == 65_536 / 2
    document = assert_inert(markdown)
    assert "997 more faults" in document.prose
    assert len(re.findall(r"And \d+ more\.", document.prose)) == 4

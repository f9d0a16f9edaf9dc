"""The Chinese README keeps step with the English one: the same code, commands, figures, sections and links."""

import re

import pytest

from fences import ROOT, fences, words

ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
LANGUAGES = {"README.md", "README.zh-CN.md"}  # each leads to the other


def prose(page):
    return re.sub(r"^```\w+\n.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def levels(page):
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(page), flags=re.MULTILINE)]


def links(page):
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if target not in LANGUAGES]


def figures(page):
    return [line for line in page.splitlines() if re.match(r"\| .* \| [\d.]+ \|$", line)]


def code_in(paragraph):
    return sorted(words(code) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", paragraph))


def sections(page):
    return re.split(r"^#+ .*$", prose(page), flags=re.MULTILINE)


def test_the_code_is_the_same_block_for_block():
    """So every test of the English page's code and commands is one of the Chinese page's."""
    assert len(fences(ENGLISH)) >= 7
    assert fences(CHINESE) == fences(ENGLISH)


def test_headings_map_one_to_one():
    assert len(levels(ENGLISH)) >= 9
    assert levels(CHINESE) == levels(ENGLISH)


@pytest.mark.parametrize("number", range(len(sections(ENGLISH))))
def test_each_section_names_the_same_commands_and_names_and_leads_to_the_same_places(number):
    english, chinese = sections(ENGLISH)[number], sections(CHINESE)[number]
    assert code_in(chinese) == code_in(english)
    assert sorted(links(chinese)) == sorted(links(english))


def test_figures_are_the_same():
    assert len(figures(ENGLISH)) >= 5
    assert figures(CHINESE) == figures(ENGLISH)
    (when,) = re.findall(r"\d{4}-\d\d-\d\d, [^.]+Python [\d.]+\d", words(ENGLISH))
    assert when in words(CHINESE)


def test_every_link_leads_to_a_file_and_each_language_to_the_other():
    for target in links(CHINESE):
        assert (ROOT / target.split("#")[0]).exists(), target
    assert "](README.zh-CN.md)" in ENGLISH
    assert "](README.md)" in CHINESE

"""Markdown as GitHub's own parser reads it, raw HTML included, taken apart: what is code, and what is beside it."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

from cmarkgfm.cmark import Options, markdown_to_html_with_extensions

# All that GitHub has on, but the filter that takes the effect from a few tags: no text should need it.
_EXTENSIONS = ["table", "strikethrough", "autolink", "tasklist"]


class Document(HTMLParser):
    """What is in a document.

    tags: how often each is there, comments and declarations among them. codes: the text of every code span. prose: all
    text beside code. tables: rows of the text of cells, the heading first.
    """

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.codes: list[str] = []
        self.prose = ""
        self.tables: list[list[list[str]]] = []
        self._open: list[str] = []
        self.feed(markdown_to_html_with_extensions(markdown, Options.CMARK_OPT_UNSAFE, _EXTENSIONS))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self._open.append(tag)
        if tag == "code":
            self.codes.append("")
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        if tag in self._open:
            self._open.remove(tag)
        else:
            self.tags["stray end"] += 1

    def handle_data(self, data):
        if "code" in self._open:
            self.codes[-1] += data
        else:
            self.prose += data
        if {"td", "th"} & set(self._open):
            self.tables[-1][-1][-1] += data

    def handle_comment(self, data):
        self.tags["comment"] += 1

    def handle_decl(self, decl):
        self.tags["declaration"] += 1

    def handle_pi(self, data):
        self.tags["instruction"] += 1

"""Reads the pages of reports as the standard library reads HTML, for tests that need no browser."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

_EMPTY = {"meta", "input", "img", "br", "wbr", "path", "rect", "circle", "image", "link"}


class Elements(HTMLParser):
    """What a page is made of.

    tags: how many of each, but those where a name may be broken, which depend on the name. attributes: their names.
    all: (tag, attributes) in order. ids: in order. text: all of it. under: the texts of elements by tag and class.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self._pieces: list[str] = []
        self.under: dict[str, list[str]] = {}
        self.feed(html)
        self.close()
        self.tags = Counter(tag for tag, _ in self.all if tag != "wbr")
        self.attributes = {name for _, attributes in self.all for name in attributes}
        self.ids = [attributes["id"] for _, attributes in self.all if "id" in attributes]
        self.text = "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.all.append((tag, attributes))
        if tag not in _EMPTY:
            self._open.append((".".join([tag, *attributes.get("class", "").split()]), []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        name, pieces = self._open.pop()
        assert name.split(".")[0] == tag, f"<{name}> is ended by </{tag}>"
        self.under.setdefault(name, []).append("".join(pieces))

    def handle_data(self, data: str) -> None:
        self._pieces.append(data)
        for _, pieces in self._open:
            pieces.append(data)

    def with_attribute(self, name: str, tag: str = "") -> list[str]:
        """Its values, in order, of all elements or of those of a tag."""
        return [attributes[name] for here, attributes in self.all if name in attributes and tag in ("", here)]

"""The documentation builds without a warning into a site that asks for nothing from elsewhere."""

import html.parser
import os
import re
import subprocess
import sys

import pytest

from fences import ROOT

LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}
ELSEWHERE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
STYLE_LOADS = re.compile(r"""(?:@import\s+|url\(\s*)["']?\s*((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)


class Loads(html.parser.HTMLParser):
    """What a page makes a browser load: links that a reader has to click are not among it."""

    def __init__(self, text):
        super().__init__()
        self.found = STYLE_LOADS.findall(text)
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        passive = tag == "link" and given.get("rel") == "canonical"
        if not passive and ELSEWHERE.match(given.get(LOADS.get(tag)) or ""):
            self.found.append(given[LOADS[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `tox -e docs` builds it: strict, every warning an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr  # not --quiet: that would hide warnings from --strict, too
    return folder


def test_no_page_and_no_style_loads_anything_from_elsewhere(site):
    pages, styles = sorted(site.rglob("*.html")), sorted(site.rglob("*.css"))
    assert len(pages) > 70
    assert styles
    for page in pages:
        assert not Loads(page.read_text(encoding="utf-8")).found, page
    for style in styles:
        assert not STYLE_LOADS.findall(style.read_text(encoding="utf-8")), style


def test_every_document_is_a_page_of_the_site(site):
    """New ones are taken up by themselves, in the navigation, too; the README is the front page."""
    front = (site / "index.html").read_text(encoding="utf-8")
    for document in (ROOT / "docs").glob("*.md"):
        assert (site / document.stem / "index.html").is_file()
        assert f'href="{document.stem}/"' in front
    assert "半像素" in (site / "index.zh-CN" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.invalid/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.invalid/css">',
        "<style>@import 'https://fonts.invalid/css';</style>",
        "<style>a { background: url(https://x.invalid/a.png) }</style>",
        '<img src="http://x.invalid/a.png">',
    ],
)
def test_what_loads_from_elsewhere_is_noticed(text):
    assert Loads(text).found
    assert not Loads('<a href="https://x.invalid/">a link to click</a><img src="../a.png">').found

"""Fixtures that open the pages of reports in a real browser, Debian's Chromium, and note what it says of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from report_samples import sample
from reports.page import page

_MISSING = "needs Debian's chromium: apt-get install chromium"


@dataclass(frozen=True)
class Visit:
    """A page that was opened. requests: what it asked for, itself first. complaints: of the console, and errors."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open_all(self) -> None:
        """Open every part of the page that can be closed."""
        self.page.evaluate("document.querySelectorAll('details').forEach((part) => part.open = true)")

    def width(self) -> tuple[int, int]:
        """Of the content and of the window, CSS pixels."""
        return tuple(
            self.page.evaluate(
                "(({scrollWidth, clientWidth}) => [scrollWidth, clientWidth])(document.scrollingElement)"
            )
        )

    def text(self, selector: str) -> str:
        """What is read there."""
        return self.page.locator(selector).inner_text()


Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests. Without one they are skipped; `.ci/run` installs it and says where it cannot."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip(_MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Where the page of the sample of this name is, written once."""
    folder = tmp_path_factory.mktemp("pages")

    def path_of(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(page(sample(name)), encoding="utf-8")
        return path

    return path_of


@pytest.fixture
def opened(chromium: Browser, written: Callable[[str], Path]) -> Iterator[Open]:
    """Open the page of a sample, or a file, in a window of its own; more is for Playwright's context."""
    contexts = []

    def open_page(name: str | Path, fragment: str = "", width: int = 1280, **more: Any) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **more)
        contexts.append(context)
        path = written(name) if isinstance(name, str) else name
        visit = Visit(context.new_page(), path.as_uri() + fragment)
        visit.page.on("request", lambda request: visit.requests.append(request.url))
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on("dialog", lambda dialog: (visit.complaints.append(dialog.message), dialog.dismiss()))
        visit.page.on(
            "console",
            lambda line: visit.complaints.append(line.text) if line.type in ("error", "warning") else None,
        )
        visit.page.goto(visit.url)
        return visit

    yield open_page
    for context in contexts:
        context.close()

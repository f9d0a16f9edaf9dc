"""The option `--geometry-report`, for a page of what the geometry checks of a test run found.

Loaded at the start of every pytest run wherever this package is installed, so it imports nothing but pytest.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.pytest_plugin import GROUP

OPTION, KEY = "--geometry-report", "geometry_report"
_HELP = (
    "write what the geometry checks found as a page; of several pipelines, one each: report.NAME.html; "
    "pytest -k geometry --geometry-report=report.html"
)
_THEIRS = {"--junitxml": "xmlpath", "--html": "htmlpath"}  # other reports of a run, pytest's own and pytest-html's


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup(*GROUP).addoption(OPTION, dest=KEY, metavar="report.html", help=_HELP)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to gather where the option is given; end the run with one line where nothing can be written there."""
    given: str | None = config.getoption(KEY)
    if given is None:
        return
    from diagnostics.command_line import InputError, shown
    from reports.carrying import Carrying
    from reports.gathering import Gathering

    carrying = Carrying()
    config.pluginmanager.register(carrying, "halfpixel-carrying")
    if hasattr(config, "workerinput"):  # of pytest-xdist, which has another process to gather in
        return
    taken = {option: Path(path) for option, key in _THEIRS.items() if (path := config.getoption(key, None))}
    try:
        config.pluginmanager.register(Gathering(Path(given), taken, carrying), "halfpixel-gathering")
    except InputError as error:
        raise pytest.UsageError(shown(error)) from None

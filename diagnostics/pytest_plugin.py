"""The option `--pipeline` and the ini key `geometry_pipeline`, for `pytest --pyargs diagnostics.conformance`.

Loaded at the start of every pytest run wherever this package is installed, so it imports nothing but pytest.
"""

from __future__ import annotations

import pytest

KEY = "geometry_pipeline"
GROUP = ("halfpixel", "checks of a feature lift")  # of options, in pytest --help
_HELP = "the pipeline that diagnostics.conformance checks, package.module:object"
_EXAMPLE = "pytest --pyargs diagnostics.conformance -k geometry --pipeline mine:pipeline"
mistake = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini key."""
    group = parser.getgroup(*GROUP)
    group.addoption("--pipeline", dest=KEY, metavar="package.module:object", help=f"{_HELP}; {_EXAMPLE}")
    parser.addini(KEY, _HELP)


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """End the run with one line where `diagnostics.conformance` has no pipeline to check."""
    if mistake in config.stash:
        raise pytest.UsageError(config.stash[mistake])

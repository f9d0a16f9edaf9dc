"""A test file for anybody's pipeline: `pytest --pyargs diagnostics.conformance --pipeline package.module:object`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from diagnostics.command_line import InputError
from diagnostics.pipeline import loaded
from diagnostics.pytest_plugin import KEY, mistake

if TYPE_CHECKING:
    from diagnostics.parametrize import BoundCheck


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make every check of the pipeline a test of its own; where there is no pipeline, `pytest_plugin` ends the run."""
    try:
        checks = _checks(metafunc.config)
    except InputError as error:
        metafunc.config.stash[mistake] = str(error)
        checks = []
    metafunc.parametrize("check", checks, ids=[check.name for check in checks])


def test_geometry(check: BoundCheck) -> None:
    """The pipeline keeps this law."""
    check()


def _checks(config: pytest.Config) -> list[BoundCheck]:
    path = config.getoption(KEY) or config.getini(KEY)
    if not path:
        raise InputError(f"no pipeline to check: give --pipeline package.module:object, or {KEY} in the ini file")
    for folder in (config.rootpath, config.invocation_params.dir):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    pipeline = loaded(path)
    # Only now, because they import torch, which a mistyped path need not wait for.
    from diagnostics.examination import Examination
    from diagnostics.parametrize import bound_checks

    return bound_checks(Examination(pipeline, path=path))

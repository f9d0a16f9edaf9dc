"""Runs where tests run: hangs what a geometry check found on the report of its test, for `gathering`, as JSON.

As text, because pytest-xdist carries the attributes of reports and `workeroutput` from a worker's process to another,
and of numbers only Python's own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from diagnostics.users_code import our_line, told, users_line
from diagnostics.verdict import Result

if TYPE_CHECKING:
    from diagnostics.examination import Examination
    from diagnostics.parametrize import BoundCheck

FOUND = "halfpixel_found"  # attribute of a test's report
MEASURED = "halfpixel_measured"  # key of a worker's output
_NOT_BEGUN = "its test failed before the check ran"


class Carrying:
    """A plugin for the process in which tests run, which may be one of several workers."""

    def __init__(self) -> None:
        self._keys: dict[Examination, str] = {}
        self._begun: dict[str, Examination] = {}
        self._stopped = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Give every examination a key that is the same in all workers and in every order of the tests."""
        for item in sorted(session.items, key=lambda item: item.nodeid):
            for argument, check in _checks(item).items():
                self._key(item, argument, check)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Hang on the report of a test what its check found, or that the test failed before its check ran."""
        report = yield
        if report.when == "call" or (report.when == "setup" and report.failed):
            raised = call.excinfo.value if report.failed and call.excinfo is not None else None
            records = [self._record(item, argument, check, raised) for argument, check in _checks(item).items()]
            if records:
                setattr(report, FOUND, json.dumps([record for record in records if record]))
        return report

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Sample nothing after Ctrl-C and `pytest.exit`: who wants to stop waits for no more calls of stages."""
        self._stopped = not isinstance(excinfo.value, pytest.Session.Interrupted)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what a worker measured."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[MEASURED] = json.dumps(self.measured(session))

    def measured(self, session: pytest.Session) -> dict[str, Any]:
        """What the pages draw, sampled, by the key of the examination; a text that says why where that broke down."""
        evidence: dict[str, Any] = {}
        for key, examination in {} if self._stopped else self._begun.items():
            try:
                evidence[key] = examination.evidence()
            except KeyboardInterrupt:
                session.exitstatus = pytest.ExitCode.INTERRUPTED
                break
            except Exception as error:  # a mistake of ours must not cost the user the report of the checks
                evidence[key] = f"{type(error).__name__}: {told(error)}{our_line(error)}"
        return evidence

    def _record(
        self, item: pytest.Item, argument: str, check: BoundCheck, raised: BaseException | None
    ) -> dict[str, Any] | None:
        """What `check` found, in full; None where it did not run and nothing went wrong, as in a test that is skipped.

        `cause`: the error that stopped it, in short and in full, for whoever tells each error once.
        """
        diagnosis, cause = check.found, check.examination.met.get(check.name)
        if diagnosis is None:
            if raised is None:
                return None
            error = _in_short(raised)
            nothing = check.examination.diagnosis([], evidence=False)
            diagnosis, cause = replace(nothing, results=(Result(check.name, "error", reason=error),)), (error, error)
        key = self._key(item, argument, check)
        self._begun[key] = check.examination
        return {"examination": key, "check": check.name, "diagnosis": diagnosis.to_dict(), "cause": cause}

    def _key(self, item: pytest.Item, argument: str, check: BoundCheck) -> str:
        return self._keys.setdefault(check.examination, f"{item.nodeid} {argument}")


def _in_short(raised: BaseException) -> str:
    message = told(raised)
    return f"{_NOT_BEGUN}: {type(raised).__name__}{message and f': {message}'}{users_line(raised)}"


def _checks(item: pytest.Item) -> dict[str, BoundCheck]:
    """The checks among the parameters of a test, by argument."""
    ours = sys.modules.get("diagnostics.parametrize")  # it imports torch; where nobody did, there is no check
    if ours is None:
        return {}
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return {name: value for name, value in parameters.items() if isinstance(value, ours.BoundCheck)}

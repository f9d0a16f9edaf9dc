"""One pipeline being examined: its checks, each run when it is asked for, share what was measured once."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics import surroundings
from diagnostics.checks import CHECKS, Check
from diagnostics.evidence import evidence_of
from diagnostics.pipeline import Pipeline
from diagnostics.subject import IMAGE_SIZES, Subject
from diagnostics.users_code import our_line, told
from diagnostics.verdict import Diagnosis, Fault, Finding, Result, SkipCheck, StageError, as_in, in_order
from diagnostics.versions import versions
from reference.fields import Size, as_size

Outcome = tuple[Result, tuple[Fault, ...]]


class Examination:
    """The checks of one pipeline, all on one subject: nothing that several of them need is measured twice.

    Every check starts from the same seeds and the same global state, so that it finds the same whichever checks ran
    before it. Arguments are those of `diagnostics.check_pipeline`; path: the `package.module:object` that the pipeline
    was loaded from, for commands that run in a shell, and options: what else such a command has to be given.

    Raises `TypeError` or `ValueError` as `check_pipeline` does.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        image_sizes: Sequence[Size] | None = None,
        seed: int = 0,
        expected_failures: Mapping[str, str] | None = None,
        path: str | None = None,
        options: Sequence[str] = (),
    ) -> None:
        if not isinstance(pipeline, Pipeline):
            raise TypeError(f"pipeline must be a diagnostics.Pipeline, got {type(pipeline).__name__}")
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise ValueError(f"seed must be a whole number of at least 0, got {seed!r}")
        if image_sizes is not None and not isinstance(image_sizes, Sequence):
            raise TypeError(f"image_sizes must be a list of (height, width), got {image_sizes!r}")
        if expected_failures is not None and not isinstance(expected_failures, Mapping):
            raise TypeError(f"expected_failures must be a dict of check name -> reason, got {expected_failures!r}")
        sizes = IMAGE_SIZES if image_sizes is None else tuple(as_size(size, "image_sizes") for size in image_sizes)
        if not sizes:
            raise ValueError("image_sizes is empty; give at least one (height, width)")
        self.pipeline = pipeline
        self._expected = dict(expected_failures or {})
        checks_named(self._expected)
        self._subject = Subject(pipeline, sizes, seed)
        self._path, self._options = path, options
        self.met: dict[str, tuple[str, str]] = {}  # check -> the error of a stage that it met, in short and in full

    def diagnosis(self, checks: Sequence[str] | None = None, *, evidence: bool = True) -> Diagnosis:
        """Run the checks of these names, by default all, in pipeline order. evidence: whether it is sampled, too."""
        outcomes = [self.outcome(check) for check in checks_named(checks)]
        subject = self._subject
        return Diagnosis(
            pipeline=self.pipeline.name,
            faults=in_order([fault for _, faults in outcomes for fault in faults]),
            results=tuple(result for result, _ in outcomes),
            conditions={
                "image_sizes": [list(size) for size in subject.image_sizes],
                "seed": subject.seed,
                "command": self._command(),
                "versions": versions(),
            },
            evidence=self.evidence() if evidence else {},
        )

    def evidence(self) -> dict[str, Any]:
        """What the checks that ran so far have measured, to be drawn: see `evidence.evidence_of`."""
        with surroundings.of_a_check(self._subject.seed) as self._subject.theirs:
            return evidence_of(self._subject)

    def outcome(self, check: Check) -> Outcome:
        """Run one check: its result and the faults that it names. What went wrong before is told in short."""
        try:
            with surroundings.of_a_check(self._subject.seed) as self._subject.theirs:
                finding = check.measure(self._subject)
        except SkipCheck as skip:
            return Result(check.name, "skipped", reason=str(skip)), ()
        except StageError as error:
            if check.name in self._expected:
                known = self._expected[check.name]
                return Result(check.name, "expected", command=self._command(check), reason=known), ()
            self.met[check.name] = error.brief, str(error)
            first = next(name for name, (brief, _) in self.met.items() if brief == error.brief)
            reason = str(error) if first == check.name else as_in(error.brief, first)
            return Result(check.name, "error", command=self._command(check), reason=reason), ()
        except Exception as error:  # a mistake of ours must not cost the user the other checks
            what = f"{type(error).__name__}: {told(error)}{our_line(error)}"
            reason = f"the check itself broke down over what the pipeline returned, please report it ({what})"
            return Result(check.name, "error", command=self._command(check), reason=reason), ()
        return self._judged(check, finding)

    def _judged(self, check: Check, finding: Finding) -> Outcome:
        expected = self._expected.get(check.name)
        if finding.passed and expected is not None:
            stale = f"expected to fail ({expected}) but it passes: take it off the list"
            return self._result(check, finding, "error", stale), ()
        if finding.passed:
            return self._result(check, finding, "passed", finding.note), ()
        if expected is not None:
            return self._result(check, finding, "expected", expected), ()
        return self._result(check, finding, "failed", finding.note), finding.faults

    def _result(self, check: Check, finding: Finding, status: str, reason: str) -> Result:
        return Result(
            name=check.name,
            status=status,
            value=finding.value,
            limit=finding.limit,
            unit=finding.unit,
            worst=finding.worst,
            command=self._command(check),
            reason=reason,
            faults=tuple(fault.id for fault in finding.faults) if status == "failed" else (),
        )

    def _command(self, check: Check | None = None) -> str:
        """What runs this check alone again, or all of them: in a shell where there is a path, else in Python."""
        subject = self._subject
        if self._path is not None:
            alone = f" --check {check.name}" if check else ""
            seed = f" --seed {subject.seed}" if subject.seed else ""
            options = f" {shlex.join(self._options)}" if self._options else ""
            return f"python -m diagnostics.check {shlex.quote(self._path)}{alone}{seed}{options}"
        arguments = ["pipeline"]
        if subject.image_sizes != IMAGE_SIZES:
            arguments.append(f"image_sizes={list(subject.image_sizes)}")
        if check is not None:
            arguments.append(f"checks=[{check.name!r}]")
        if subject.seed:
            arguments.append(f"seed={subject.seed}")
        return f"check_pipeline({', '.join(arguments)})"


def checks_named(names: Sequence[str] | Mapping[str, str] | None) -> list[Check]:
    """The checks of these names, by default all, in pipeline order.

    Raises `TypeError` for a bare string, `ValueError` for a name of none.
    """
    known = [check.name for check in CHECKS]
    if isinstance(names, str):
        raise TypeError(f"checks must be a list of names; write [{names!r}]")
    for name in names or ():
        if name not in known:
            raise ValueError(f"there is no check {name!r}; there are {', '.join(known)}")
    return [check for check in CHECKS if names is None or check.name in names]

"""What one page is made of, measured: the fault as it is named, its picture, and the errors in a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from diagnostics.check import check_pipeline
from diagnostics.pipeline import Pipeline
from diagnostics.subject import IMAGE_SIZES
from diagnostics.verdict import Fault
from reference.fields import Size


@dataclass(frozen=True)
class Picture:
    """An SVG file, and the words that stand for it where it cannot be seen."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Table:
    """Rows under a heading; the first column is words, the others numbers as text."""

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Specimen:
    """One planted fault.

    planted: what was planted, in words. pipeline: that makes the mistake. draw: its picture, given the fault as named.
    table: its errors, if it moves anything. image_sizes, checks: what `check_pipeline` is asked for.
    """

    planted: str
    pipeline: Pipeline
    draw: Callable[[Fault], Picture]
    table: Callable[[], Table] | None = None
    image_sizes: tuple[Size, ...] = IMAGE_SIZES
    checks: tuple[str, ...] | None = None

    def diagnose(self, fault_id: str) -> Fault:
        """The fault as `check_pipeline` names it. Raises `RuntimeError` where it is not named, or not alone."""
        faults = check_pipeline(self.pipeline, image_sizes=self.image_sizes, checks=self.checks).faults
        if [fault.id for fault in faults] != [fault_id]:
            raise RuntimeError(f"the specimen of {fault_id} is diagnosed as {[fault.id for fault in faults]}")
        return faults[0]

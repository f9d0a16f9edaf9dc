"""What a fault's page says that no measurement can: its name in words, its formula, its repair, its doubles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """The hand-written part of one page.

    name: the fault in a few plain words. right, wrong: the link as it should be and as it is, in the notation of
    `docs/conventions.md`. shows: how to recognise it in one or two sentences. fix: code.
    confused: other ids that look alike, each with the probe that tells them apart.
    """

    name: str
    right: str
    wrong: str
    shows: str
    fix: str
    confused: tuple[tuple[str, str], ...] = ()

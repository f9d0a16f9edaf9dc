"""Writes `docs/mutation.md` from the records."""

from __future__ import annotations


def write() -> None:
    """Write the page."""

"""Measures the libraries and writes what was found: `python -m examples.adapters.findings` writes docs/findings.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

import torch

from diagnostics.output import write_all
from examples.adapters.findings import keypoints, landings, windows

PAGE = Path(__file__).resolve().parents[3] / "docs" / "findings.md"
TEMPLATE = Path(__file__).with_name("template.md")
DISTRIBUTIONS = {"open_clip": "open_clip_torch", "opencv": "opencv-python-headless"}  # where it is not the library's


def page(tables: dict[str, str]) -> str:
    """The template with `<!-- name -->` replaced by the table of that name."""
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, table in tables.items():
        text = text.replace(f"<!-- {name} -->", table)
    return text


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, the library in the first column with its installed version."""
    named = [(f"{library} {version(library)}", *cells) for library, *cells in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *named))


def version(library: str) -> str:
    """The installed version of a library."""
    return metadata.version(DISTRIBUTIONS.get(library, library)).partition("+")[0]


def measured_tables() -> dict[str, str]:
    """The tables of the page as they come out today, by the name that the template has for them."""
    return {
        "landings": table(landings.HEADER, (landings.row(landings.measure(asked)) for asked in landings.ASKED)),
        "keypoints": table(keypoints.HEADER, map(keypoints.row, keypoints.OPERATIONS)),
        "windows": table(windows.HEADER, (windows.row(*name) for name in windows.WINDOWS)),
    }


def main() -> None:
    """Measure everything and write the page."""
    torch.set_num_threads(1)
    write_all({PAGE: page(measured_tables()).encode()})


if __name__ == "__main__":
    main()

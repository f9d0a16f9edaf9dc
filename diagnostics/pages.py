"""The picture that the catalogue's page has of a fault: planted in a right pipeline, alone."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from markupsafe import Markup

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 100  # characters of an id; no file has a name of any length


@dataclass(frozen=True)
class PlantedPicture:
    """An SVG file and what it says in words."""

    svg: bytes
    alt: str

    def inline(self) -> Markup:
        """An `<img>` that holds the whole picture."""
        source = base64.b64encode(self.svg).decode()
        return Markup('<img class="planted" alt="{}" src="data:image/svg+xml;base64,{}">').format(self.alt, source)


def picture_of(fault_id: str) -> PlantedPicture | None:
    """The picture of the fault of this id; None for an id that has no page, whatever it is."""
    if len(fault_id) > _LONGEST or not _ID.fullmatch(fault_id):
        return None
    page, picture = (_FAULTS / f"{fault_id}.{suffix}" for suffix in ("md", "svg"))
    if not page.is_file() or not picture.is_file():
        return None
    alt = re.search(r"^!\[(.*)\]\(", page.read_text("utf-8"), re.MULTILINE)
    return PlantedPicture(picture.read_bytes(), alt[1] if alt else fault_id)


def _pages() -> Path:
    """Where the pages are: in the package once it is installed, beside it in a clone."""
    installed = Path(str(resources.files("diagnostics"))) / "faults_pages"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[1] / "docs" / "faults"


_FAULTS = _pages()

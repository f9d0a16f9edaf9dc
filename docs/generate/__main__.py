"""Writes docs/faults and docs/robustness.md anew: `python -m docs.generate [FOLDER]`, from the repository's root."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ROOT / "docs" / "faults"


def main(argv: Sequence[str]) -> int:
    """Write every page and picture to docs/faults, without those of faults that are gone, or to another folder."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the planted faults are the tests' own
    from docs.generate.book import files
    from docs.generate.robustness import page

    folder = Path(argv[0]) if argv else FAULTS
    torch.set_num_threads(1)  # small tensors, and one order of summation everywhere
    written = files()
    folder.mkdir(exist_ok=True)
    for old in FAULTS.iterdir() if folder == FAULTS else ():
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    if folder == FAULTS:
        (ROOT / "docs" / "robustness.md").write_text(page(), encoding="utf-8")
    print(f"wrote {len(written)} files to {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

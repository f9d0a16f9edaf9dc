"""`pytest -k geometry` selects every geometry test: none hides under another name."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_k_geometry_deselects_no_geometry_test():
    """What `-k geometry` would leave out of the geometry's files, `-k "not geometry"` would find: it finds nothing."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").glob("test_geometry_*.py"))
    assert len(files) > 8
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider", *files]
    done = subprocess.run([*command, "-k", "not geometry"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (pytest.ExitCode.NO_TESTS_COLLECTED, ""), done.stdout

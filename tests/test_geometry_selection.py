"""`pytest -k geometry` selects every geometry test: none hides under another name."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_k_geometry_deselects_no_geometry_test(monkeypatch, capsys):
    """What `-k geometry` would leave out of the geometry's files, `-k "not geometry"` would find: it finds nothing.

    In this process, where most of the files are imported already.
    """
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").glob("test_geometry_*.py"))
    assert len(files) > 8
    monkeypatch.chdir(ROOT)
    options = ["--collect-only", "-qq", "-p", "no:cacheprovider", "-p", "no:xdist"]
    code = pytest.main([*options, *files, "-k", "not geometry"])
    assert (code, capsys.readouterr().err) == (pytest.ExitCode.NO_TESTS_COLLECTED, "")

"""Imports run one way and light modules stay light: rules that are executed, each with a proof that it would notice."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ORDER = ("reference", "diagnostics", "reports")  # each may import what stands to its left
LIGHT = ("diagnostics.heatmap", "diagnostics.landing", "reference", "reference.geometry", "reference.camera")


def imported_packages(source):
    """Top-level names that Python source imports, wherever the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def against_the_arrow(package, source):
    return set(imported_packages(source)) & set(ORDER[ORDER.index(package) + 1 :])


@pytest.mark.parametrize("package", ORDER)
def test_imports_run_one_way(package):
    for path in (ROOT / package).rglob("*.py"):
        assert not against_the_arrow(package, path.read_text()), path


@pytest.mark.parametrize(
    "line", ["import reports.page", "from diagnostics import landing", "def f():\n    import reports"]
)
def test_an_import_against_the_arrow_would_be_noticed(line):
    assert against_the_arrow("reference", line)


def modules_after(statement):
    code = f"import sys; {statement}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_import_no_torch(module):
    assert modules_after(f"import {module}") == "False"


def test_an_import_of_torch_would_be_noticed():
    assert modules_after("import reference.sampling") == "True"


def test_a_check_starts_without_open_clip():
    """Which would double the time until the first measurement."""
    code = "import sys, diagnostics.check; print('open_clip' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_geometry_maps_without_torch():
    assert (
        modules_after("from reference import GeomMeta; GeomMeta('stretch', *[(8, 8)] * 4, (0, 0)).valid([[1, 2]])")
        == "False"
    )


def test_the_packages_hand_on_their_names():
    import reference

    for name in reference.__all__:
        assert getattr(reference, name).__name__ == name
    assert set(reference.__all__) <= set(dir(reference))
    with pytest.raises(AttributeError, match="no attribute 'Lens'"):
        reference.Lens  # noqa: B018 - the access is what is tested


@pytest.mark.usefixtures("as_in_a_terminal")
@pytest.mark.parametrize("ours", ["diagnostics", "reports"])
def test_a_program_that_imports_us_answers_ctrl_c_as_it_likes(ours, tmp_path):
    """Also where it is started with `-m` and its package imports us before its module is found."""
    package = tmp_path / "theirs"
    package.mkdir()
    (package / "__init__.py").write_text(f"import {ours}\n")
    (package / "train.py").write_text("import signal\nprint(signal.getsignal(signal.SIGINT).__name__)\n")
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    command = [sys.executable, "-m", "theirs.train"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": paths})
    assert done.stdout.strip() == "default_int_handler"

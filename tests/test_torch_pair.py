"""A torchvision that does not fit the installed torch ends in one line with both versions, not in its traceback.

The pair is played by a torchvision that raises on import what the real one raises in such a pair.
"""

import importlib
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from diagnostics.users_code import told
from reference.torch_pair import _version, misfit

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = "site-packages"  # lines of the files in such a folder are not the user's own
RAISED = "operator torchvision::nms does not exist"
NEED_IT = ("geometry_of", "official_preprocess", "EnhancedCLIPEncoder")
SAID = (
    f"torch {metadata.version('torch')} and torchvision 0.0.7 do not fit together; install a pair: "
    f"pip install --upgrade --force-reinstall torch torchvision ({RAISED})"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with pipelines that need torchvision, and beside them a torchvision 0.0.7 whose import fails."""
    folder = tmp_path_factory.mktemp("site")
    for name, text in {
        f"{PACKAGES}/torchvision/__init__.py": "import torchvision._meta_registrations\n",
        f"{PACKAGES}/torchvision/_meta_registrations.py": f"raise RuntimeError({RAISED!r})\n",
        f"{PACKAGES}/torchvision-0.0.7.dist-info/METADATA": "Name: torchvision\nVersion: 0.0.7\n",
        "theirs.py": "from torchvision import transforms\n",
        "ours.py": "from reference import geometry_of\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(site, *arguments):
    paths = os.pathsep.join((str(site / PACKAGES), str(ROOT)))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=site,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_name_that_needs_torchvision_is_an_import_error_that_says_so(site):
    """Every time it is asked for, and without torchvision's own traceback; other names are to be had."""
    code = f"""
import traceback, reference
for name in 2 * {NEED_IT!r}:
    try:
        getattr(reference, name)
    except ImportError as error:
        print(error, "_meta_registrations.py" in traceback.format_exc())
reference.Camera, reference.GeomMeta, reference.sample_points
"""
    done = run(site, "-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{SAID} False"] * 2 * len(NEED_IT)


@pytest.mark.parametrize(
    ("command", "pipeline", "raised"),
    [
        ("diagnostics.check", "theirs:pipeline", "RuntimeError"),
        ("reports", "ours:pipeline -o page.html", "ImportError"),
    ],
)
def test_a_command_says_so_in_one_line_with_the_users_own(site, command, pipeline, raised):
    done = run(site, "-m", command, *pipeline.split())
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    module = pipeline.partition(":")[0]
    assert line.startswith(f"error: {module}:pipeline: {raised}: {SAID} at {module}.py:1: from ")
    assert not (site / "page.html").exists()


def test_a_test_run_of_a_pipeline_says_so(site):
    done = run(site, "-m", "pytest", "--pyargs", "diagnostics.conformance", "--pipeline", "theirs:pipeline")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: theirs:pipeline: RuntimeError: {SAID} at theirs.py:1" in done.stdout + done.stderr


def test_the_heatmap_needs_no_torchvision(site):
    scene = [ROOT / "examples" / name for name in ("scene.png", "points.npy")]
    camera = ("--camera", ROOT / "examples" / "camera.json", "-o", site / "landed.png")
    done = run(site, "-m", "diagnostics.heatmap", *scene, *camera)
    assert (done.returncode, done.stderr) == (0, "")


def error_of(call):
    with pytest.raises(Exception, match=r".") as caught:
        call()
    return caught.value


def test_only_an_import_of_torchvision_that_failed_is_taken_for_one(site, monkeypatch):
    """Neither an error of another library nor one that a torchvision that could be imported raises."""
    import torchvision

    blank = error_of(lambda: torchvision.transforms.functional.resize(None, 1))
    assert misfit(blank) is None
    monkeypatch.syspath_prepend(str(site / PACKAGES))
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    failed = error_of(lambda: importlib.import_module("torchvision"))
    assert misfit(failed) == told(failed) == SAID
    assert misfit(error_of(lambda: int("one"))) is None


@pytest.mark.parametrize("linked", ["from it", "while it was handled", "from it later"])
def test_an_error_that_only_follows_from_the_failed_import_is_one_too(site, monkeypatch, linked):
    """As transformers wraps it, in lines of its own."""
    monkeypatch.syspath_prepend(str(site / PACKAGES))
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)

    def wrapping():
        failed = None
        try:
            importlib.import_module("torchvision")
        except RuntimeError as error:
            if linked == "while it was handled":
                raise RuntimeError("Failed to import a model")  # noqa: B904
            if linked == "from it":
                raise RuntimeError(f"Failed to import a model because of the following:\n{error}") from error
            failed = error
        raise RuntimeError("Failed to import a model") from failed

    assert misfit(error_of(wrapping)) == SAID


def test_what_is_not_installed_is_of_no_known_version():
    assert _version("no-such-package-as-this") == "of no known version"

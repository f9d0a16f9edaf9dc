"""Builds the wheel and the sdist, installs each into an empty environment and runs there what the README promises."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHIPPED = (
    *(f"{package}/py.typed" for package in ("diagnostics", "reference", "reports")),
    "diagnostics/results.schema.json",
    *(f"diagnostics/faults_pages/{path.name}" for path in (ROOT / "docs" / "faults").iterdir()),
    *(f"reports/templates/{path.name}" for path in (ROOT / "reports" / "templates").iterdir()),
)


def run(*arguments: str | Path, cwd: Path, expected: int = 0) -> None:
    """Run a command; stop with what it says unless it ends as expected."""
    done = subprocess.run(list(map(str, arguments)), cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    print(f"{done.returncode} {' '.join(map(str, arguments[1:])).splitlines()[0][:100]}", flush=True)
    if done.returncode != expected:
        sys.exit(f"error: it should have ended with {expected}:\n{done.stdout}{done.stderr}")


def check_files(wheel: Path) -> None:
    """Stop where the wheel lacks a file that the packages read."""
    missing = set(SHIPPED) - set(zipfile.ZipFile(wheel).namelist())
    if missing:
        sys.exit(f"error: {wheel.name} lacks {', '.join(sorted(missing))}")


def run_readme(archive: Path, folder: Path) -> None:
    """Install into an empty environment and run the README's commands and code, away from the clone."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    work = folder / "work"
    work.mkdir()
    shutil.copytree(ROOT / "examples", work / "examples", ignore=shutil.ignore_patterns("*.py"))
    run(python, "-m", "pip", "install", "--quiet", archive, cwd=work)
    run(python, "-m", "pip", "check", cwd=work)
    scene = [f"examples/{name}" for name in ("scene.png", "points.npy")]
    run(python, "-m", "diagnostics.heatmap", *scene, "--camera", "examples/camera.json", cwd=work)
    mine, *rest = re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    (work / "mine.py").write_text(mine, encoding="utf-8")
    run(python, "-m", "diagnostics.check", "mine:pipeline", "--json", "results.json", cwd=work, expected=1)
    run(python, "-m", "reports", "results.json", "-o", "report.html", "--summary", "summary.md", cwd=work)
    run(python, "-m", "reports", "mine:pipeline", "-o", "report.html", cwd=work)
    run(python, "-m", "reports", "compare", "results.json", "results.json", "-o", "diff.html", cwd=work)
    for code in rest:
        if "parametrize_with_checks" not in code:  # a test file, which pytest has to run
            run(python, "-c", code, cwd=work)


def main() -> int:
    """Build and try both; the folder is taken away again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
        (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
        run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, cwd=folder)
        check_files(wheel)
        for archive in (wheel, sdist):
            (folder / archive.suffix).mkdir()
            run_readme(archive, folder / archive.suffix)
    return 0


if __name__ == "__main__":
    sys.exit(main())

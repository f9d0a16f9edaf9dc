"""The page on a million frames: its code runs, with a pool of Python's own in the place of MPI's."""

import os
import re
import subprocess
import sys
from pathlib import Path

from diagnostics.auditing.journal import Journal
from scans import write_scan

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")


def test_any_executor_measures_the_frames(tmp_path):
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "mpi4py").mkdir()
    (tmp_path / "mpi4py" / "__init__.py").touch()
    stand_in = "from concurrent.futures import ThreadPoolExecutor as MPIPoolExecutor\n"
    (tmp_path / "mpi4py" / "futures.py").write_text(stand_in)
    write_scan(tmp_path / "scans" / "office", 22)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, tmp_path)))}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    with Journal(tmp_path / "office.journal", {"frames": 22}, 22) as journal:
        rows = [record["row"] for record in journal.records()]
    assert [row["name"] for row in rows] == [f"frame-{k:06d}.color.png" for k in range(22)]
    assert rows[1]["neighbour"] == "frame-000021.color.png"
    assert rows[20]["neighbour"] == "frame-000000.color.png"

"""How long the heatmap command takes from start to picture: against importing a plotting library and saving a figure.

`python benchmarks/heatmap.py` starts both in turn, each in a process of its own, and compares their best wall times.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

POINTS = 100_000
ROUNDS = 7
PYPLOT = """
import sys, numpy, PIL.Image, matplotlib.pyplot
width, height = map(int, sys.argv[2:])
matplotlib.pyplot.figure(figsize=(width / 100, height / 100), dpi=100).savefig(sys.argv[1])
"""


def seconds(*command: str) -> float:
    """Wall time of a process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure both in turn and print the ratio."""
    examples = Path(__file__).parent.parent / "examples"
    with tempfile.TemporaryDirectory() as folder:
        points, picture, figure = (str(Path(folder) / name) for name in ("points.npy", "out.png", "figure.png"))
        np.save(points, (np.random.default_rng(0).random((POINTS, 2)) * [640, 480]).astype(np.float32))
        command = ["-m", "diagnostics.heatmap", str(examples / "scene.png"), points, "-o", picture]
        seconds(*command)
        with Image.open(picture) as drawn:
            size = [str(side) for side in drawn.size]
        rounds = [(seconds(*command), seconds("-c", PYPLOT, figure, *size)) for _ in range(ROUNDS)]
    ours, theirs = (min(times) for times in zip(*rounds, strict=True))
    print(f"{POINTS:,} points, a picture of {' x '.join(size)} pixels, best of {ROUNDS} rounds")
    print(f"diagnostics.heatmap, whole command               {ours:.2f} s")
    print(f"import numpy, PIL, pyplot; save an empty figure  {theirs:.2f} s")
    print(f"whole command / importing the same and an empty figure  {ours / theirs:.2f}  (limit 1.3)")


if __name__ == "__main__":
    main()

"""How fast landings are counted, and in how much memory: against one plain `numpy.bincount` pass over the same file.

`python benchmarks/landing.py [POINTS]` writes that many float32 points, by default 100,000,000 (800 MB), to a temporary
folder, measures each contender in a process of its own, in turn, and removes the file again.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from diagnostics.heatmap import main as heatmap
from diagnostics.landing import count_landings
from diagnostics.points_file import PointsFile
from reference.closed_form import geometry_for

HEIGHT, WIDTH = 480, 640
CHUNK = 2**16
ROUNDS = 3


def bincount_pass(file: Path) -> None:
    """The plain contender: one 480x640 histogram by pixel, chunk by chunk, of a memory-mapped array."""
    points = np.load(file, mmap_mode="r")
    counts = np.zeros(HEIGHT * WIDTH, dtype=np.int64)
    for start in range(0, len(points), CHUNK):
        u, v = np.floor(points[start : start + CHUNK] + np.float32(0.5)).T
        inside = (u >= 0) & (u < WIDTH) & (v >= 0) & (v < HEIGHT)
        pixels = v[inside].astype(np.intp) * WIDTH + u[inside].astype(np.intp)
        counts += np.bincount(pixels, minlength=len(counts))


def landing_pass(file: Path) -> None:
    """Image, crop, density and the cells of two grids, exactly."""
    geometry = geometry_for("official", (HEIGHT, WIDTH), (224, 224), (16, 16))
    count_landings(PointsFile.open(file).chunks(CHUNK), geometry, [(14, 14), (30, 40)])


def whole_command(file: Path) -> None:
    """The command from image to picture."""
    photo = file.with_name("photo.png")
    Image.new("RGB", (WIDTH, HEIGHT), "teal").save(photo)
    heatmap([str(photo), str(file), "-o", str(file.with_name("out.png"))])


CONTENDERS = {contender.__name__: contender for contender in (bincount_pass, landing_pass, whole_command)}


def measured(name: str, file: Path) -> tuple[float, float]:
    """Seconds, without the imports, and peak memory in megabytes of a contender in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.landing", name, str(file)], capture_output=True, text=True, check=True
    )
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def run(name: str, file: Path) -> None:
    """Run one contender here and print what `measured` reads."""
    start = time.perf_counter()
    CONTENDERS[name](file)
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def write_points(file: Path, count: int) -> None:
    """Points over the image and a little beyond, so that every branch is taken."""
    random = np.random.default_rng(0)
    header = {"descr": "<f4", "fortran_order": False, "shape": (count, 2)}
    with file.open("wb") as out:
        np.lib.format.write_array_header_1_0(out, header)
        # Not by a memory map: a process that is started reports the peak of the one that started it, if that is higher.
        for start in range(0, count, 2**20):
            points = random.random((min(2**20, count - start), 2)) * (1.1 * WIDTH, 1.1 * HEIGHT)
            out.write(points.astype("<f4").tobytes())


def main(count: int) -> None:
    """Measure all contenders in turn and print times, memory and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "points.npy"
        write_points(file, count)
        rounds = [{name: measured(name, file) for name in CONTENDERS} for _ in range(ROUNDS)]
    print(f"{count:,} float32 points, best of {ROUNDS} rounds")
    best = {name: min(result[name][0] for result in rounds) for name in CONTENDERS}
    for name, seconds in best.items():
        peak = max(result[name][1] for result in rounds)
        print(f"{name:14}  {seconds:6.2f} s  {seconds / count * 1e9:5.1f} ns a point  peak {peak:4.0f} MB")
    print(f"landing_pass / bincount_pass   {best['landing_pass'] / best['bincount_pass']:.2f}  (limit 4)")
    print(f"whole_command / bincount_pass  {best['whole_command'] / best['bincount_pass']:.2f}  (limit 4)")


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in CONTENDERS:
        run(sys.argv[1], Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 100_000_000)

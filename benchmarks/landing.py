"""How fast landings are counted, and in how much memory: against `np.histogram2d`, datashader and reading the file.

`python -m benchmarks.landing [POINTS]` writes that many float32 points, by default 100,000,000 (800 MB), to a temporary
folder, counts them by every contender in turn, each in a process of its own on all cores that it knows to use, and
removes the file again. Seconds are wall time without imports and compilation: run it on a machine that does nothing
else. Memory is taken on sparse files of zeros, on Linux.
"""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from diagnostics.engines import cores
from diagnostics.heatmap import main as heatmap
from diagnostics.landing_cores import count_file
from diagnostics.points_file import PointsFile
from reference.camera import Camera
from reference.closed_form import geometry_for

HEIGHT, WIDTH = 480, 640
GEOMETRY = geometry_for("official", (HEIGHT, WIDTH), (224, 224), (16, 16))
CAMERA = Camera(500, 500, 319.5, 239.5, (HEIGHT, WIDTH), np.eye(4).tolist())
ROUNDS = 3
FEW = 2_000_000  # points for what takes long or much memory; seconds are compared by the point
SHORT, LONG = 10_000_000, 1_000_000_000  # points between which memory must not grow
Timed = Iterator[None]


def reading(file: Path) -> Timed:
    """The limit: every value of a memory-mapped array, looked at once."""
    values = np.load(file, mmap_mode="r").reshape(-1)
    yield
    for start in range(0, len(values), 2**17):
        values[start : start + 2**17].max()


def histogram2d(file: Path) -> Timed:
    """One 480x640 histogram by pixel of the first points, in memory."""
    u, v = np.load(file, mmap_mode="r")[:FEW].T.copy()
    yield
    np.histogram2d(v, u, bins=(HEIGHT, WIDTH), range=((-0.5, HEIGHT - 0.5), (-0.5, WIDTH - 0.5)))


def datashader(file: Path) -> Timed:
    """One 480x640 count by pixel of the points in memory, compiled before."""
    from datashader import Canvas  # what a user may not have
    from pandas import DataFrame

    points = DataFrame(dict(zip("uv", np.load(file, mmap_mode="r").T.copy(), strict=True)))
    canvas = Canvas(WIDTH, HEIGHT, (-0.5, WIDTH - 0.5), (-0.5, HEIGHT - 0.5))
    canvas.points(points[:10], "u", "v")
    yield
    canvas.points(points, "u", "v")


def landing(file: Path) -> Timed:
    """Image, crop, density and the cells of two grids, exactly, from the file; worker processes start in the time."""
    yield from counting(file)


def landing_on_one_core(file: Path) -> Timed:
    """The same in this process alone."""
    yield from counting(file, processes=1)


def landing_by_camera(file: Path) -> Timed:
    """The same of world points, on all cores however few the points are."""
    yield from counting(file.with_name("world.npy"), CAMERA, cores())


def counting(file: Path, camera: Camera | None = None, processes: int | None = None) -> Timed:
    """Count the points of a file on two grids."""
    points = PointsFile.open(file)
    GEOMETRY.valid(np.zeros((1, 2)))  # imports what the maps need
    yield
    count_file(points, GEOMETRY, [(14, 14), (30, 40)], camera, processes)


def whole_command(file: Path) -> Timed:
    """The command from image to picture."""
    photo = file.with_name("photo.png")
    Image.new("RGB", (WIDTH, HEIGHT), "teal").save(photo)
    yield
    heatmap([str(photo), str(file), "-o", str(file.with_name("out.png"))])


def memory(file: Path) -> Timed:
    """The same count as `landing`, on all cores, however few the points are."""
    yield from counting(file, processes=cores())


CONTENDERS: dict[str, Callable[[Path], Timed]] = {
    contender.__name__: contender
    for contender in (reading, histogram2d, datashader, landing, landing_on_one_core, landing_by_camera, whole_command)
}


def run(name: str, file: Path) -> None:
    """Run one contender here and print its seconds and the peak megabytes of all of its processes."""
    timed = (CONTENDERS | {"memory": memory})[name](file)
    next(timed)
    start = time.perf_counter()
    next(timed, None)
    seconds = time.perf_counter() - start
    workers = multiprocessing.active_children()
    for worker in workers:
        worker.join()
    own, largest = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps([seconds, (own + len(workers) * largest) / 1024]))


def measured(name: str, file: Path) -> tuple[float, float]:
    """What `run` prints, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.landing", name, str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def write_points(file: Path, count: int, low: tuple[float, ...], high: tuple[float, ...]) -> None:
    """Points spread evenly over a box, float32.

    Not by a memory map: a process that is started reports the peak of the one that started it, if that is higher.
    """
    random = np.random.default_rng(0)
    with file.open("wb") as out:
        write_header(out, count, len(low))
        for start in range(0, count, 2**20):
            out.write(random.uniform(low, high, (min(2**20, count - start), len(low))).astype("<f4").tobytes())


def write_zeros(file: Path, count: int) -> None:
    """A sparse file of points at the centre of the first pixel: it takes no room on the disk."""
    with file.open("wb") as out:
        write_header(out, count, 2)
        out.truncate(out.tell() + 8 * count)


def write_header(out: BinaryIO, count: int, columns: int) -> None:
    """The `.npy` header of so many float32 points."""
    np.lib.format.write_array_header_1_0(out, {"descr": "<f4", "fortran_order": False, "shape": (count, columns)})


def main(count: int) -> None:
    """Measure all contenders in turn and print times, memory and ratios."""
    known = {name: contender for name, contender in CONTENDERS.items() if name != "datashader" or has_datashader()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "points.npy"
        write_points(file, count, (0, 0), (1.1 * WIDTH, 1.1 * HEIGHT))  # a little beyond the image
        write_points(file.with_name("world.npy"), count // 2, (-2, -1.5, -1), (2, 1.5, 6))  # some behind the camera
        rounds = [{name: measured(name, file) for name in known} for _ in range(ROUNDS)]
        peaks = []
        for zeros in (SHORT, LONG):
            write_zeros(file, zeros)
            peaks.append(measured("memory", file)[1])
    counts = dict.fromkeys(known, count) | {"histogram2d": FEW, "landing_by_camera": count // 2}
    best = {name: min(result[name][0] for result in rounds) / counts[name] * 1e9 for name in known}
    print(f"{count:,} float32 points, {cores()} cores, best of {ROUNDS} rounds, wall")
    for name, nanoseconds in best.items():
        peak = max(result[name][1] for result in rounds)
        print(f"{name:20} {nanoseconds:6.1f} ns a point of {counts[name]:,}, peak of all processes {peak:,.0f} MB")
    claims(best)
    print(f"peak of all processes: {peaks[0]:.0f} MB for {SHORT:,} points, {peaks[1]:.0f} MB for {LONG:,}")
    print(f"peak of all processes, {LONG:,} over {SHORT:,} points, MB   {max(0, peaks[1] - peaks[0]):.0f}  (limit 50)")


def claims(best: dict[str, float]) -> None:
    """Print the ratios, ours over theirs, a point."""
    ours = best["landing"]
    if "datashader" in best:
        print(
            f"landings on 2 grids / datashader's 640x480 count in memory   {ours / best['datashader']:.2f}  (limit 2)"
        )
    else:
        print("datashader is not installed: landings are not compared with it (pip install datashader)")
    print(f"landings on 2 grids / np.histogram2d in memory   {ours / best['histogram2d']:.2f}  (limit 1)")
    print(f"landings on 2 grids / looking at the file's values once   {ours / best['reading']:.1f}x")
    print(f"landings on all cores / on one   {ours / best['landing_on_one_core']:.2f}  (limit 1)")
    print(f"landings of world points / of image points   {best['landing_by_camera'] / ours:.1f}x")
    print(f"whole command / landings alone   {best['whole_command'] / ours:.2f}x")


def has_datashader() -> bool:
    """Whether the peer is installed; it is no dependency of the project."""
    return importlib.util.find_spec("datashader") is not None


if __name__ == "__main__":
    if sys.argv[1:] and not sys.argv[1].isdecimal():
        run(sys.argv[1], Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 100_000_000)

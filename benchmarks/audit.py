"""How an audit scales from one process to two, what its driver holds, and what it costs beside decoding the files.

`python -m benchmarks.audit [FRAMES]` makes a scan of that many frames of 640x480, 2,000 by default, in the layout of
7-Scenes in a temporary folder (about 100 kB a frame), and audits it and a tenth of it with the command itself.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks._memory import own_memory
from diagnostics.audit import main as audit

WIDTH, HEIGHT = 640, 480
K = np.array([[585.0, 0, 320], [0, 585, 240], [0, 0, 1]])
WALLS = np.array([[-3.0, -1.5, -2.5], [3.0, 1.5, 2.5]])  # metres
VIEWS = 50  # frames beyond are the same again, in files of their own


def main(frames: int) -> None:
    """Audit with one worker and with two, and a tenth of the frames; print what the claims say."""
    with tempfile.TemporaryDirectory() as folder:
        whole, tenth = Path(folder) / "whole", Path(folder) / "tenth"
        write_scan(whole, frames)
        write_scan(tenth, frames // 10)
        start = time.process_time()
        decode(tenth)
        decoding = (time.process_time() - start) / (frames // 10)
        one, _, driver = measured(whole, 1)
        two, held, _ = measured(whole, 2)
        _, held_by_a_tenth, driver_of_a_tenth = measured(tenth, 2)
    each = (driver - driver_of_a_tenth) / (frames - frames // 10)
    print(f"{frames:,} frames: {one / frames * 1e3:.1f} ms a frame, decoding alone {decoding * 1e3:.1f} ms")
    print(f"two processes / one, {frames:,} frames   {two / one:.2f}  (limit {1 / 1.7:.2g})")
    print(f"one process / decoding the images and depth alone   {one / frames / decoding:.2f}x")
    print(f"driver: {each * 1e3:.2f} ms of CPU time a frame: it can keep {one / frames / each:.0f} workers busy")
    print(f"driver: {held / 2**20:.0f} MB at {frames:,} frames, {held_by_a_tenth / 2**20:.0f} MB at {frames // 10:,}")
    print(f"driver's memory, {frames:,} frames / {frames // 10:,}   {held / held_by_a_tenth:.2f}  (limit 1.05)")


def measured(scan: Path, workers: int) -> tuple[float, int, float]:
    """Seconds of the whole command, process starts included; of its driver, the most bytes held and CPU seconds."""
    command = [sys.executable, "-m", "benchmarks.audit", "--once", str(scan), str(workers)]
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    held, seconds = json.loads(done.stdout.splitlines()[-1])
    return time.perf_counter() - start, held, seconds


def once(scan: str, workers: str) -> None:
    """Audit, with this process as the driver, and print what `measured` reads."""
    code = audit([scan, "-o", f"{scan}.csv", "--json", f"{scan}.json", "--workers", workers])
    if code:
        raise SystemExit(f"the audit of a scan that is right ended with {code}")
    print(json.dumps([own_memory("VmHWM"), time.process_time()]))


def decode(scan: Path) -> None:
    """Read every image and depth map and do nothing with them: what no audit can do without."""
    for path in scan.glob("*.color.jpg"):
        for file in (path, path.with_name(path.name.replace("color.jpg", "depth.png"))):
            with Image.open(file) as image:
                np.asarray(image)


def write_scan(folder: Path, frames: int) -> None:
    """A camera that turns and walks in an empty room."""
    folder.mkdir()
    np.savetxt(folder / "camera-intrinsics.txt", K)
    for index in range(frames):
        name = str(folder / f"frame-{index:06d}")
        kept = str(folder / f"frame-{index % VIEWS:06d}")
        if name == kept:
            write_view(name, pose(index))
            continue
        for suffix in (".color.jpg", ".depth.png", ".pose.txt"):
            shutil.copyfile(f"{kept}{suffix}", f"{name}{suffix}")


def write_view(name: str, world_from_camera: NDArray[np.float64]) -> None:
    """Image, depth and pose of one frame."""
    metres = depth(world_from_camera)
    shade = np.rint(255 * metres / metres.max()).astype(np.uint8)
    Image.fromarray(shade).convert("RGB").save(f"{name}.color.jpg")
    Image.fromarray(np.rint(1000 * metres).astype(np.uint16)).save(f"{name}.depth.png")
    np.savetxt(f"{name}.pose.txt", world_from_camera)


def pose(index: int) -> NDArray[np.float64]:
    """Camera to world: it turns all the way round in `VIEWS` frames, nods and walks."""
    turn, nod = 2 * np.pi * index / VIEWS, 0.2 * np.sin(index)
    about_y = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]])
    matrix = np.eye(4)
    matrix[:3, :3] = about_y @ about_x
    matrix[:3, 3] = (np.sin(turn), 0.3 * np.cos(2 * turn), 0.8 * np.cos(turn))
    return matrix


def depth(world_from_camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres along z to the wall that each pixel sees."""
    v, u = np.indices((HEIGHT, WIDTH))
    rays = np.stack([(u - K[0, 2]) / K[0, 0], (v - K[1, 2]) / K[1, 1], np.ones((HEIGHT, WIDTH))], axis=-1)
    ways = rays @ world_from_camera[:3, :3].T
    start = world_from_camera[:3, 3]
    ways = np.where(ways == 0, np.finfo(np.float64).tiny, ways)  # along a wall, which is never met
    with np.errstate(over="ignore"):
        nearest: NDArray[np.float64] = (np.where(ways > 0, WALLS[1] - start, WALLS[0] - start) / ways).min(axis=-1)
    return nearest


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        once(*sys.argv[2:])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 2000)

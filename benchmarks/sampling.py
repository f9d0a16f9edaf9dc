"""How `sample_points` compares with `grid_sample` and a transpose, with writing the values alone, and in peak memory.

`python -m benchmarks.sampling` takes CPU seconds on one thread, which a busy machine disturbs least. Every ratio is
ours over theirs, of medians of rounds in turn; memory is taken in a process of its own, on Linux.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from benchmarks._memory import own_memory
from reference import GeomMeta, sample_points

STANDARD = GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0))
GRIDS = ((14, 14), (30, 40))
CHANNELS = (64, 256, 768)
MANY, FEW = 100_000, (1_000, 10_000)
PEAK = ((256, MANY), (64, 1_000_000))


def main(argv: Sequence[str] | None = None) -> None:
    """Measure all grids, channels and numbers of points in one run and print the ratios with their limits."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sampling", description=__doc__)
    parser.add_argument("--repeats", type=int, default=9, help="rounds of 100,000 points; ten times as many of fewer")
    parser.add_argument("--peak", type=int, nargs=2, metavar=("C", "N"), help="only measure this peak, in this process")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    if options.peak:
        print(peak(*options.peak))
        return
    for grid in GRIDS:
        for channels in CHANNELS:
            for count in (*FEW, MANY):
                rounds = options.repeats * (1 if count == MANY else 10)
                show(grid, channels, count, rounds)
    for channels, count in PEAK:
        command = [sys.executable, "-m", "benchmarks.sampling", "--peak", str(channels), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        line("peak memory / values and inputs", GRIDS[-1], channels, count, float(done.stdout), 1.5)


def show(grid: tuple[int, int], channels: int, count: int, rounds: int) -> None:
    """Both reads of `count` points, theirs also with the mask that ours puts on, and a write of the values."""
    features, points, geometry = inputs(grid, channels, count)
    ours, theirs, masked, write = seconds_in_turn(
        (
            lambda: sample_points(features, points, geometry)[0],
            lambda: by_grid_sample(features, points, geometry),
            lambda: by_grid_sample(features, points, geometry) * geometry.valid(points)[:, None],
            lambda: torch.full((count, channels), 1.0),
        ),
        rounds,
    )
    main_case = count == MANY and channels == 256
    line("sample_points / grid_sample, transposed", grid, channels, count, ours / theirs, 1 / 3 if main_case else 1)
    line("sample_points / grid_sample, transposed and masked", grid, channels, count, ours / masked, 1)
    if main_case:
        line("sample_points / writing the values alone", grid, channels, count, ours / write, 1.6)


def line(claim: str, grid: tuple[int, int], channels: int, count: int, ratio: float, limit: float) -> None:
    """One claim as `python -m benchmarks` reads it."""
    case = f"{grid[0]}x{grid[1]}, C {channels}, N {count:,}"
    print(f"{claim}, {case}   {ratio:.2f}  (limit {limit:.2g})", flush=True)


def inputs(grid: tuple[int, int], channels: int, count: int) -> tuple[Tensor, Tensor, GeomMeta]:
    """A map, points over the whole image, and the geometry of the map."""
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(count, 2, generator=generator) * torch.tensor([640.0, 480.0])
    return torch.randn(channels, *grid, generator=generator), points, STANDARD.with_grid(grid)


def by_grid_sample(features: Tensor, points: Tensor, geometry: GeomMeta) -> Tensor:
    """What a user writes: `(N, C)`, contiguous, not masked."""
    places = geometry.sampler_from_image(points)[None, None]
    values = grid_sample(features[None], places, align_corners=False, padding_mode="border")
    return values[0, :, 0].T.contiguous()


def seconds_in_turn(calls: Sequence[Callable[[], Tensor]], rounds: int) -> list[float]:
    """Median CPU seconds of each call; they take turns, so that what slows the machine slows all of them."""
    seconds: list[list[float]] = [[] for _ in calls]
    with torch.no_grad():
        for call in calls:
            call()  # warm up
        for _ in range(rounds):
            for call, taken in zip(calls, seconds, strict=True):
                start = time.process_time()
                call()
                taken.append(time.process_time() - start)
    return [statistics.median(taken) for taken in seconds]


def peak(channels: int, count: int) -> float:
    """By how much one read raises this process's memory at its highest, with its inputs, over values and inputs."""
    features, points, geometry = inputs(GRIDS[-1], channels, count)
    with torch.no_grad():
        sample_points(features, points[:1], geometry)  # imports and caches
        before = own_memory("VmRSS")
        values, _ = sample_points(features, points, geometry)
    rise = own_memory("VmHWM") - before
    given = features.nbytes + points.nbytes
    return float((rise + given) / (values.nbytes + given))


if __name__ == "__main__":
    main()

"""Prints what a whole check costs, in CPU seconds and beside a plain loop over the very calls that it makes."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from diagnostics import Pipeline, check_pipeline
from reference import EnhancedCLIPEncoder, geometry_of, official_preprocess, sample_points

GRID = (14, 14)
Calls = list[tuple[str, tuple[Any, ...]]]


def main(argv: Sequence[str] | None = None) -> None:
    """Measure a check of two callables and one with an encoder, after imports, in one run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__)
    parser.add_argument(
        "--model", default="ViT-B-16", help="an open_clip model of 14 x 14 patches, with random weights"
    )
    parser.add_argument("--layers", type=int, default=12, help="blocks that the encoder runs")
    parser.add_argument("--repeats", type=int, default=3, help="checks of each, in turn with the loop; medians count")
    options = parser.parse_args(argv)

    encoder = EnhancedCLIPEncoder(options.model, num_layers=options.layers).eval()
    preprocess = official_preprocess(options.model)
    print(f"{torch.get_num_threads()} threads, CPU seconds of this process, after imports")
    for name, stages in {
        "preprocess + lift": {"preprocess": preprocess, "lift": lift_for(preprocess)},
        f"and {options.model}": {"preprocess": preprocess, "lift": lift_for(preprocess), "encode": encoder.encode},
    }.items():
        ours, plain, counts = cost(stages, options.repeats)
        what = ", ".join(f"{count} {stage}" for stage, count in counts.items())
        print(f"{name:18} {ours:5.2f} s, {ours / plain:.2f}x of its own calls in a plain loop ({plain:.2f} s: {what})")


def lift_for(preprocess: Any) -> Callable[..., Any]:
    """A right lift through `preprocess`."""

    def lift(features: Tensor, points: Tensor, image_size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        return sample_points(features[0], points, geometry_of(preprocess, image_size, GRID))

    return lift


def cost(stages: dict[str, Callable[..., Any]], repeats: int) -> tuple[float, float, dict[str, int]]:
    """CPU seconds of a check and of a plain loop over the calls of stages that it makes, and how many of each."""
    calls: Calls = []
    counts = dict.fromkeys(stages, 0)

    def recorded(name: str) -> Callable[..., Any]:
        def stage(*arguments: Any) -> Any:
            calls.append((name, deepcopy(arguments)))
            counts[name] += 1
            return stages[name](*arguments)

        return stage

    if not check_pipeline(Pipeline(**{name: recorded(name) for name in stages})).passed:
        raise SystemExit("error: the pipeline of the benchmark is not right")
    ours, plain = [], []
    for _ in range(repeats):
        ours.append(cpu_seconds(lambda: check_pipeline(Pipeline(**stages))))
        plain.append(cpu_seconds(lambda: run_all(stages, calls)))
    return statistics.median(ours), statistics.median(plain), counts


def run_all(stages: dict[str, Callable[..., Any]], calls: Calls) -> None:
    """The plain loop: what anybody would write who had the inputs, the small tensors on one thread as in a check."""
    threads = torch.get_num_threads()
    with torch.no_grad():
        for name, arguments in calls:
            torch.set_num_threads(threads if name == "encode" else 1)
            stages[name](*arguments)
    torch.set_num_threads(threads)


def cpu_seconds(act: Callable[[], object]) -> float:
    """CPU seconds of all threads of this process while it acts."""
    start = time.process_time()
    act()
    return time.process_time() - start


if __name__ == "__main__":
    main()

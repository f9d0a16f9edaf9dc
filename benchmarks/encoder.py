"""Prints what the encoder saves beside open_clip's full model: forward time on the same crops, parameters kept."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import open_clip
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from reference import EnhancedCLIPEncoder


def main(argv: Sequence[str] | None = None) -> None:
    """Measure both on one machine in one run and print the two ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoder", description=__doc__)
    parser.add_argument("--model", default="ViT-B-16", help="an open_clip model, with random weights")
    parser.add_argument("--layers", type=int, default=6, help="blocks that the encoder runs")
    parser.add_argument("--batch", type=int, default=4, help="crops a forward pass")
    parser.add_argument("--repeats", type=int, default=15, help="timed passes of each, in turn; the medians count")
    options = parser.parse_args(argv)

    full = open_clip.create_model(options.model).eval()
    encoder = EnhancedCLIPEncoder(options.model, num_layers=options.layers).eval()
    crops = torch.randn(options.batch, 3, *encoder.crop_size)
    our_rounds, their_rounds = seconds_in_turn((encoder.encode, full.visual), crops, options.repeats)
    ours, theirs = statistics.median(our_rounds), statistics.median(their_rounds)
    rounds = sorted(our / their for our, their in zip(our_rounds, their_rounds, strict=True))
    kept, all_of_it = count_parameters(encoder), count_parameters(full)

    print(f"{options.model}, {options.layers} blocks, batch {options.batch}, {torch.get_num_threads()} threads")
    print(f"{rounds[0]:.3f} to {rounds[-1]:.3f} in single rounds: the wider, the busier the machine")
    print(f"{ours:.4f} s of {theirs:.4f} s; {kept / 1e6:.1f} M of {all_of_it / 1e6:.1f} M parameters")
    print(f"floating-point operations / the full visual tower's   {work(encoder.encode, full.visual, crops):.3f}x")
    print(f"forward / the full visual tower                       {ours / theirs:.3f}  (limit 0.45)")
    print(f"parameters / the full model's                         {kept / all_of_it:.3f}x")


def seconds_in_turn(calls: Sequence[Callable[[Tensor], object]], crops: Tensor, repeats: int) -> list[list[float]]:
    """Seconds of each call, round by round; they take turns, so that what slows the machine slows all of them."""
    seconds: list[list[float]] = [[] for _ in calls]
    with torch.no_grad():
        for call in calls:
            call(crops)  # warm up
        for _ in range(repeats):
            for call, taken in zip(calls, seconds, strict=True):
                start = time.perf_counter()
                call(crops)
                taken.append(time.perf_counter() - start)
    return seconds


def work(ours: Callable[[Tensor], object], theirs: Callable[[Tensor], object], crops: Tensor) -> float:
    """The floating-point operations that one forward takes, over the other's: what no machine can change.

    Crops that ask for a gradient keep both from fused operations and from oneDNN's, which torch does not count.
    """
    totals: list[int] = []
    for call in (ours, theirs):
        with FlopCounterMode(display=False) as counter:
            call(crops.clone().requires_grad_())
        totals.append(counter.get_total_flops())
    return totals[0] / totals[1]


def count_parameters(module: nn.Module) -> int:
    """How many numbers the module learns or has learnt."""
    return sum(parameter.numel() for parameter in module.parameters())


if __name__ == "__main__":
    main()

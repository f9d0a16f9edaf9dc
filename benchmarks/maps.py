"""How long `crop_from_image` takes beside the keypoint transforms of torchvision and kornia, on the same points.

`python -m benchmarks.maps` takes CPU seconds on one thread, medians of rounds in turn. The two others do not keep the
half pixel: the line below the times says how far from the pixel's real place they put a point.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from kornia.geometry.linalg import transform_points
from torch import Tensor
from torchvision.transforms import v2
from torchvision.tv_tensors import KeyPoints

from benchmarks.sampling import STANDARD, seconds_in_turn

COUNT, ROUNDS = 1_000_000, 9
OURS = "crop_from_image"


def main() -> None:
    """Map a million float32 points into the crop in every way, in turn."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(COUNT, 2, generator=generator) * torch.tensor([640.0, 480.0])
    contenders = {
        OURS: lambda: STANDARD.crop_from_image(points),
        "torchvision's Resize and CenterCrop of KeyPoints": by_torchvision(points),
        "kornia's transform_points": by_kornia(points),
    }
    seconds = dict(zip(contenders, seconds_in_turn(list(contenders.values()), ROUNDS), strict=True))
    truth = STANDARD.crop_from_image(points)
    for name, call in contenders.items():
        off = (call() - truth).norm(dim=-1).max().item()
        print(f"{name}: {seconds[name] / COUNT * 1e9:.1f} ns a point, at most {off:.2f} crop pixels off")
    for name in list(contenders)[1:]:
        print(f"{OURS} / {name}, N {COUNT:,}   {seconds[OURS] / seconds[name]:.2f}x")


def by_torchvision(points: Tensor) -> Callable[[], Tensor]:
    """What a user of torchvision writes: the transform that the image goes through, of its points."""
    transform = v2.Compose([v2.Resize(224), v2.CenterCrop(224)])
    keypoints = KeyPoints(points, canvas_size=STANDARD.in_size)
    return lambda: transform(keypoints).as_subclass(Tensor)


def by_kornia(points: Tensor) -> Callable[[], Tensor]:
    """What a user of kornia writes: one matrix from the realised sizes."""
    (sx, sy), (dx, dy) = STANDARD.scale, STANDARD.offset
    crop_from_image = torch.tensor([[[sx, 0, -dx], [0, sy, -dy], [0, 0, 1]]])
    return lambda: transform_points(crop_from_image, points[None])[0]


if __name__ == "__main__":
    main()

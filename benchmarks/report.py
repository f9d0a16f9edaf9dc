"""Prints how long a page takes beside matplotlib drawing its figures alone, how large it is, and whether it repeats."""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch.nn.functional import grid_sample
from torchvision import transforms

from diagnostics import Pipeline, check_pipeline
from diagnostics.scene_counts import Scene, heatmaps
from reports.counts_figure import every_pixel
from reports.field_figure import Field, measured_field, own_field
from reports.page import page
from reports.places import AtSize
from reports.projection_figure import landed_points
from reports.results_file import Results, checked

SIZES = [(480, 640), (480, 641), (640, 480), (968, 1296), (400, 400)]
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
IMAGENET = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def main(argv: Sequence[str] | None = None) -> None:
    """Check a pipeline with ten faults at five image sizes, count three scenes, and time both ways to draw it all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="of each, in turn; medians count")
    options = parser.parse_args(argv)

    results = faulty_results()
    ours, theirs = [], []
    pages, figures = set(), list(drawings(results))
    page(results)  # imports and caches
    for _ in range(options.repeats):
        ours.append(seconds(lambda: pages.add(page(results))))
        theirs.append(seconds(lambda: [drawn(figure) for figure in figures]))
    (text,) = pages
    ours_s, theirs_s = statistics.median(ours), statistics.median(theirs)
    faults, sizes, scenes = (len(results[key]) for key in ("faults", "sizes", "heatmaps"))
    size = len(text.encode()) / 1e6
    print(f"{faults} faults, {sizes} image sizes, {scenes} heat maps: {size:.2f} MB, the same each time")
    print(f"page {ours_s:.2f} s; matplotlib {theirs_s:.2f} s for its {len(figures)} figures: {ours_s / theirs_s:.2f}x")


def faulty_results() -> Results:
    """What a check finds in a pipeline with ten faults, with the landings of three scenes."""
    preprocess = transforms.Compose(
        [
            transforms.Resize(224),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            IMAGENET,
            transforms.Lambda(lambda x: x.flip(0)),
        ]
    )

    def lift(features: torch.Tensor, points: torch.Tensor, size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
        scale = 224 / min(size)
        offset = points.new_tensor([(side * scale - 224) / 2 for side in size[::-1]]).round()
        places = 2 * (((points + 0.5) * scale - offset) / 16 - 0.5) / 13 - 1
        values = grid_sample(features, places[None, None], align_corners=False, padding_mode="border")[0, :, 0].T
        return values, torch.ones(len(points), dtype=torch.bool)

    def project(world: torch.Tensor, camera: object) -> tuple[torch.Tensor, torch.Tensor]:
        bare = replace(camera, distortion=(), origin="index")  # type: ignore[type-var]
        points, depth, _ = bare.image_from_world(world)
        return torch.nan_to_num(points), torch.ones_like(depth, dtype=torch.bool)

    pipeline = Pipeline(
        name="ten faults",
        load=lambda path: Image.open(path).convert("RGB"),
        project=project,
        preprocess=preprocess,
        encode=lambda crops: torch.nn.functional.avg_pool2d(crops, 16).transpose(2, 3),
        lift=lift,
    )
    diagnosis = check_pipeline(pipeline, SIZES)
    results = checked(diagnosis.to_dict(), "ten faults")
    with tempfile.TemporaryDirectory() as folder:
        points = Path(folder) / "points.npy"
        np.save(points, np.random.default_rng(0).uniform(0, (640, 480), (20_000, 2)))
        scenes = [Scene(EXAMPLES / "scene.png", points)] * 3
        return checked({**results, "heatmaps": heatmaps(scenes, results, "ten faults")}, "ten faults")


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


# The same figures by matplotlib -------------------------------------------------------------------------------------

Drawing = Callable[[Figure], None]


def drawings(results: Results) -> Iterator[Drawing]:
    """One for every figure of the page."""
    at_sizes = {tuple(record["image_size"]): AtSize(record) for record in results["sizes"]}
    for fault in results["faults"]:
        if fault["landing"]:
            at = at_sizes[tuple(fault["landing"]["image_size"])]
            field = own_field(at, fault["landing"])
            yield from (arrows(field), arrows(field))
    for at in at_sizes.values():
        field = measured_field(at)
        if field is not None:
            yield from (arrows(field), arrows(field))
        if at.record["mask"]:
            yield raster(np.array([[int(here) for here in row] for row in at.record["mask"]["rows"]]))
    first = next(iter(at_sizes.values()))
    field = measured_field(first)
    if field is not None:
        yield from (curve(field, 0), curve(field, 1), raster(every_pixel(first).own), raster(every_pixel(first).read))
    for projection in results["projections"]:
        seen, landed = landed_points(projection)
        yield quiver(seen[:30], landed[:30] - seen[:30])
    for heatmap in results["heatmaps"]:
        tables = heatmap["density"], heatmap["grids"][0], heatmap["read"]
        yield from (raster(np.array(table["counts"])) for table in tables)


def arrows(field: Field) -> Drawing:
    """Errors over their sizes."""
    return lambda figure: (
        figure.gca().imshow(field.sizes),
        quiver(field.points[::2, ::2].reshape(-1, 2), field.errors[::2, ::2].reshape(-1, 2))(figure),
    )[1]


def quiver(points: np.ndarray, errors: np.ndarray) -> Drawing:
    """Arrows from points (N, 2)."""
    return lambda figure: (figure.gca().quiver(*points.T, *errors.T, angles="xy"), None)[1]


def raster(values: np.ndarray) -> Drawing:
    """A heat map with its scale."""
    return lambda figure: (figure.colorbar(figure.gca().imshow(values)), None)[1]


def curve(field: Field, axis: int) -> Drawing:
    """Errors along an axis."""
    return lambda figure: (figure.gca().plot(field.points[..., axis], field.errors[..., axis], "."), None)[1]


def drawn(drawing: Drawing) -> bytes:
    """The figure as a PNG."""
    figure = Figure()
    FigureCanvasAgg(figure)
    drawing(figure)
    target = io.BytesIO()
    figure.savefig(target, format="png")
    return target.getvalue()


if __name__ == "__main__":
    main()

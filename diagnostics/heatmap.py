"""The command that shows where points land: `python -m diagnostics.heatmap IMAGE POINTS`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from diagnostics.command_line import Arguments, InputError, Parser, blaming, command, say, shown, watched
from diagnostics.doubts import doubt
from diagnostics.help_text import parser_with
from diagnostics.inputs import camera_at, image_at, points_at
from diagnostics.landing import Landings
from diagnostics.landing_cores import count_file
from diagnostics.output import checked_output, write_all
from diagnostics.points_file import PointsFile
from diagnostics.words import chain, points_in_words, summary
from reference.closed_form import geometry_for
from reference.fields import Size
from reference.geometry import MODES, GeomMeta
from reference.image import CONVERSIONS
from reference.model_sizes import vision_sizes

_DEFAULT_GRIDS = [(14, 14), (30, 40)]
_MOST_GRIDS, _MOST_CELLS = 12, 2000
_LONG = 5_000_000  # points, from which on progress is shown
_EXAMPLES = ["python -m diagnostics.heatmap examples/scene.png examples/points.npy --camera examples/camera.json"]
_EXITS = {0: "the picture was written"}


@command
def main(argv: Arguments = None) -> int:
    """Count, draw and sum up where points land; see `--help`."""
    asked = _parser().parse_args(argv)
    grids = _checked_grids(asked.grid or _DEFAULT_GRIDS)
    _refuse_swapped(asked)
    points = points_at(asked.points, asked.camera)
    image = image_at(asked.image)
    geometry = _geometry(asked, (image.height, image.width))
    camera = None if asked.camera is None else camera_at(asked.camera, geometry.in_size)
    picture_path, json_path = _outputs(asked)
    with blaming(str(asked.points)), _progress(points) as done:
        landings = count_file(points, geometry, grids, camera, done=done)
    contents = {picture_path: _picture(asked, image, landings)}
    if json_path is not None:
        contents[json_path] = (json.dumps(landings.to_dict()) + "\n").encode()
    write_all(contents)
    _say_summary(asked, image, landings, list(contents))
    if camera is None and (odd := doubt(points, geometry)):
        say(f"note: {odd}")
    return 0


def _parser() -> Parser:
    parser = parser_with(
        _EXAMPLES,
        _EXITS,
        prog="python -m diagnostics.heatmap",
        description="Show where points land: in the image, in the crop that a CLIP ViT sees, in the cells of its grid.",
    )
    parser.add_argument("image", metavar="IMAGE", type=_path, help="image file; its EXIF orientation is applied")
    parser.add_argument(
        "points",
        metavar="POINTS",
        type=_path,
        help=".npy file, (N, 2): index coordinates (u, v), or, with --camera, (N, 3): world points",
    )
    parser.add_argument("--camera", type=_path, metavar="camera.json", help="camera of the image, for world points")
    parser.add_argument("--model", default="ViT-B-16", help="open_clip model (default: %(default)s)")
    parser.add_argument("--mode", default=MODES[0], choices=MODES, help="how the image gets to the crop (%(default)s)")
    parser.add_argument(
        "--grid", action="append", type=_grid, metavar="HxW", help="grid to count on, repeatable (14x14 and 30x40)"
    )
    parser.add_argument(
        "-o", dest="output", type=_path, metavar="out.png", help="picture to write (<IMAGE>.landing.png)"
    )
    parser.add_argument("--json", type=_path, metavar="out.json", help="write the counts there, too")
    return parser


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("the name is empty; give the name of a file")
    return Path(text)


def _grid(text: str) -> Size:
    grid = tuple(map(int, text.split("x"))) if re.fullmatch("[0-9]{1,9}x[0-9]{1,9}", text) else ()
    if len(grid) != 2 or min(grid) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no grid; write rows x columns as in 14x14, both at least 1")
    return grid


def _refuse_swapped(asked: argparse.Namespace) -> None:
    if asked.image.suffix.lower() == ".npy" and asked.points.suffix.lower() != ".npy":
        raise InputError(f"{asked.image}: IMAGE comes first, then POINTS; give {asked.points} before {asked.image}")


def _checked_grids(grids: list[Size]) -> list[Size]:
    if len(grids) > _MOST_GRIDS or sum(max(grid) for grid in grids) > _MOST_CELLS:
        raise InputError(
            f"--grid: at most {_MOST_GRIDS} grids whose longer sides add up to at most {_MOST_CELLS} cells can be "
            "counted and shown at once; ask for fewer or coarser ones"
        )
    return grids


def _outputs(asked: argparse.Namespace) -> tuple[Path, Path | None]:
    wanted = asked.output or Path(f"{asked.image.stem}.landing.png")
    if wanted.suffix.lower() != ".png":
        raise InputError(f"-o {wanted}: the picture is a PNG; give its file the suffix .png")
    taken = {"IMAGE": asked.image, "POINTS": asked.points}
    if asked.camera is not None:
        taken["--camera"] = asked.camera
    picture = checked_output("-o", wanted, taken)
    if asked.json is None:
        return picture, None
    return picture, checked_output("--json", asked.json, {**taken, "-o": picture})


def _geometry(asked: argparse.Namespace, image_size: Size) -> GeomMeta:
    with blaming(f"--model {asked.model}", "name an open_clip model with a ViT image tower"):
        crop_size, patch_size = vision_sizes(asked.model)
    with blaming(str(asked.image), "give an image that is less narrow, or another --mode"):
        return geometry_for(asked.mode, image_size, crop_size, patch_size)


@contextmanager
def _progress(points: PointsFile) -> Iterator[Callable[[int], object] | None]:
    """What is told how many more points are counted, where a user would like to see it."""
    if points.points < _LONG or not watched():
        yield None
        return
    from tqdm import tqdm  # Most runs are over before tqdm is imported.

    with tqdm(desc="points", total=points.points, unit_scale=True, unit="", leave=False) as bar:
        yield bar.update


def _picture(asked: argparse.Namespace, image: Image.Image, landings: Landings) -> bytes:
    from diagnostics.picture import draw_landings  # Needs matplotlib: no mistake has to wait for its import.

    through = "" if asked.camera is None else f" through {asked.camera.name}"
    title = f"Where {points_in_words(landings.points)} land in {asked.image.name}"
    return draw_landings(
        image, landings, title, f"{asked.points.name}{through}   ·   {asked.model}, {chain(landings.geometry)}"
    )


def _say_summary(asked: argparse.Namespace, image: Image.Image, landings: Landings, written: list[Path]) -> None:
    done = "".join(f"; {conversion}" for conversion in image.info[CONVERSIONS])
    say(shown(f"{asked.image.name}{done}"))
    say(f"{asked.model}, {chain(landings.geometry)}\n")
    say(summary(landings))
    for path in written:
        say(f"wrote {shown(path)}")


if __name__ == "__main__":
    sys.exit(main())

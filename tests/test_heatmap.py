"""The heatmap command: what it says and writes, for every kind of good input, alike every time."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnostics import heatmap
from diagnostics.heatmap import main
from reference.closed_form import geometry_for
from reference.geometry import GeomMeta

ROOT = Path(__file__).parent.parent
EXAMPLE = [str(ROOT / "examples" / name) for name in ("scene.png", "points.npy")]
CAMERA = ["--camera", str(ROOT / "examples" / "camera.json")]
EXAMPLE_SUMMARY = """\
scene.png
ViT-B-16, official: 640x480 resized to 298x224, crop 224x224 at (37, 0)

points           count    share  if even
read            20,000
finite          20,000  100.00%
in the image    12,765   63.82%
in the crop     11,644   91.22%   75.17%
valid on 14x14  11,206   87.79%   64.81%
valid on 30x40  11,475   89.89%   70.85%

Shares from the crop on are of the points in the image; "if even": of points spread evenly over it, exactly.

wrote {}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a photo and a few points, one of them outside and one of them not a number."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (64, 48), "teal").save("photo.png")
    np.save("points.npy", np.array([[31.5, 23.5], [20, 10], [40, 30], [-3, 5], [np.nan, 1]], dtype=np.float32))
    return tmp_path


def counted(*arguments: str) -> dict[str, object]:
    """The JSON of a run that must succeed."""
    assert main([*arguments, "-o", "out.png", "--json", "out.json"]) == 0
    result = json.loads(Path("out.json").read_text())
    assert isinstance(result, dict)
    return result


# What it says and writes ----------------------------------------------------------------------------------------------


def test_the_example_is_summed_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole of stdout, beside the exact ratios of 640x480: 0.7517, 0.6481 and 0.7085. Nothing on stderr."""
    assert main([*EXAMPLE, *CAMERA]) == 0
    assert capsys.readouterr() == (EXAMPLE_SUMMARY.format(folder.resolve() / "scene.landing.png"), "")


def test_the_numbers_are_those_of_an_independent_computation(folder: Path) -> None:
    """Plain NumPy from the world points on: pinhole, the design's law, floor."""
    data = counted(*EXAMPLE, *CAMERA)
    camera = json.loads(Path(CAMERA[1]).read_text())
    pose, world = np.array(camera["world_to_camera"]), np.load(EXAMPLE[1]).astype(np.float64)
    x, y, z = pose[:3, :3] @ world.T + pose[:3, 3:]
    edge_x, edge_y = (camera["fx"] * x / z + camera["cx"] + 0.5), (camera["fy"] * y / z + camera["cy"] + 0.5)
    inside = (z > 0) & (edge_x >= 0) & (edge_x < 640) & (edge_y >= 0) & (edge_y < 480)
    crop_x, crop_y = (edge_x * 298 / 640 - 37)[inside], (edge_y * 224 / 480)[inside]
    cropped = (crop_x >= 0) & (crop_x < 224) & (crop_y >= 0) & (crop_y < 224)
    assert (data["points"], data["finite"]) == (20_000, 20_000)
    assert (data["in_image"], data["in_crop"]) == (inside.sum(), cropped.sum())
    for on in data["grids"]:
        rows, columns = on["grid"]
        cell_x, cell_y = crop_x * columns / 224, crop_y * rows / 224
        valid = (cell_x >= 0.5) & (cell_x <= columns - 0.5) & (cell_y >= 0.5) & (cell_y <= rows - 0.5)
        expected = np.zeros((rows, columns), dtype=int)
        np.add.at(expected, (np.floor(cell_y[valid]).astype(int), np.floor(cell_x[valid]).astype(int)), 1)
        np.testing.assert_array_equal(on["counts"], expected)
        assert on["valid"] == valid.sum()


def test_the_json_holds_what_the_contract_says(folder: Path) -> None:
    """Counts, the geometry with the model's own grid, and the grids in the order asked for."""
    data = counted("photo.png", "points.npy", "--grid", "2x3", "--grid", "30x40", "--model", "ViT-B-32")
    assert {"points": 5, "finite": 4, "in_image": 3, "in_crop": 3}.items() <= data.items()
    geometry = GeomMeta.from_dict(data["geometry"])
    assert geometry == geometry_for("official", (48, 64), (224, 224), (32, 32))
    assert geometry.feat_size == (7, 7)
    assert [on["grid"] for on in data["grids"]] == [[2, 3], [30, 40]]
    assert [np.shape(on["counts"]) for on in data["grids"]] == [(2, 3), (30, 40)]
    assert [np.sum(on["counts"]) for on in data["grids"]] == [on["valid"] for on in data["grids"]]


@pytest.mark.parametrize("mode", ["official", "letterbox", "stretch"])
def test_the_mode_is_the_geometry_that_is_counted_with(mode: str, folder: Path) -> None:
    data = counted("photo.png", "points.npy", "--mode", mode)
    assert data["geometry"] == geometry_for(mode, (48, 64), (224, 224), (16, 16)).to_dict()


def test_the_picture_is_named_after_the_image_and_lies_here(folder: Path) -> None:
    """`<stem>.landing.png` in the current directory, not beside the image; it replaces an earlier one."""
    Path("there").mkdir()
    Path("photo.png").rename("there/holiday.photo.png")
    Path("holiday.photo.landing.png").write_bytes(b"an earlier picture")
    assert main(["there/holiday.photo.png", "points.npy"]) == 0
    assert sorted(path.name for path in folder.rglob("*.png")) == ["holiday.photo.landing.png", "holiday.photo.png"]
    with Image.open("holiday.photo.landing.png") as picture:
        assert (picture.format, picture.mode, picture.width) == ("PNG", "RGB", 1600)


def test_the_same_input_gives_the_same_bytes_without_metadata(folder: Path) -> None:
    """Twice in this process, from another folder, and in another process: nothing of time or place gets in."""
    assert counted("photo.png", "points.npy") == counted("photo.png", "points.npy")
    first = Path("out.png").read_bytes(), Path("out.json").read_bytes()
    with Image.open("out.png") as picture:
        assert picture.info == {}
    Path("elsewhere").mkdir()
    done = run("../photo.png", "../points.npy", "-o", "a.png", "--json", "a.json", cwd=folder / "elsewhere")
    assert done.returncode == 0, done.stderr
    assert (Path("elsewhere/a.png").read_bytes(), Path("elsewhere/a.json").read_bytes()) == first


def test_an_output_that_is_a_link_is_written_where_it_leads(folder: Path) -> None:
    Path("there").mkdir()
    Path("link.png").symlink_to("there/real.png")
    assert main(["photo.png", "points.npy", "-o", "link.png"]) == 0
    assert Path("link.png").is_symlink()
    assert Path("there/real.png").read_bytes().startswith(b"\x89PNG")


def test_outputs_have_the_permissions_of_any_new_file(folder: Path) -> None:
    """Written beside and renamed, but not private to the user as temporary files are."""
    assert main(["photo.png", "points.npy", "-o", "out.png"]) == 0
    Path("plain").touch()
    assert Path("out.png").stat().st_mode == Path("plain").stat().st_mode


# Every kind of good input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "order"),
    [("<f2", "C"), ("<f4", "F"), (">f4", "C"), (">f8", "F"), ("u1", "C"), (">i4", "F"), ("<i8", "C")],
)
def test_points_of_every_dtype_and_layout_give_the_same_counts(dtype: str, order: str, folder: Path) -> None:
    """The points are whole numbers, which every dtype holds."""
    points = np.random.default_rng(4).integers(0, 64, (300, 2))
    np.save("plain.npy", points.astype(np.float64))
    np.save("other.npy", np.asarray(points, dtype=dtype, order=order))
    assert counted("photo.png", "other.npy") == counted("photo.png", "plain.npy")


@pytest.mark.parametrize(
    ("points", "finite", "in_image"),
    [
        (np.zeros((0, 2)), 0, 0),
        (np.zeros((0, 2), dtype=np.float32, order="F"), 0, 0),
        (np.array([[31.0, 20.0]]), 1, 1),
        (np.full((7, 2), np.nan), 0, 0),
        (np.array([[np.inf, 1.0], [1.0, -np.inf], [2.0, 2.0]]), 1, 1),
    ],
)
def test_few_points_and_none_are_no_error(
    points: np.ndarray, finite: int, in_image: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are counted and drawn; a share of nothing is written as a dash."""
    np.save("points.npy", points)
    data = counted("photo.png", "points.npy")
    assert (data["points"], data["finite"], data["in_image"]) == (len(points), finite, in_image)
    out, err = capsys.readouterr()
    assert err == ""
    crop = next(line for line in out.splitlines() if line.startswith("in the crop"))
    assert ("-" in crop.split()) == (in_image == 0)


def saved_images() -> dict[str, Image.Image]:
    plain = Image.new("RGB", (64, 48), "tomato")
    plain.paste("navy", (0, 0, 20, 48))
    return {
        "cmyk.jpg": plain.convert("CMYK"),
        "palette.gif": plain.convert("P", palette=Image.Palette.ADAPTIVE),
        "alpha.png": plain.convert("RGBA"),
        "grey.png": plain.convert("L"),
        "one-bit.png": plain.convert("1"),
        "sixteen.png": Image.fromarray(np.linspace(0, 65535, 48 * 64).reshape(48, 64).astype(np.uint16)),
    }


@pytest.mark.parametrize("name", saved_images())
def test_images_of_every_mode_are_drawn(name: str, folder: Path) -> None:
    """CMYK, palette, transparency, 16 bits: what `load_image` takes."""
    saved_images()[name].save(name)
    assert counted(name, "points.npy")["in_image"] == 3


def test_points_are_those_of_the_upright_image(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """EXIF orientation 6: the file is 64x48, the image that people and points see is 48x64."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (64, 48), "teal").save("turned.jpg", exif=exif)
    data = counted("turned.jpg", "points.npy")
    assert data["geometry"]["in_size"] == [64, 48]
    assert capsys.readouterr().out.startswith("turned.jpg; EXIF orientation 6 applied\n")


@pytest.mark.parametrize(
    "stem", ["$\\frac{1}", "two\nlines", "tab\tand\x1b[31m", "数据集", "x" * 200, "\udcff", "a b", "-", "%s{0}"]
)
def test_any_file_name_is_safe(stem: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Names are drawn and printed on one line, whatever is in them; the files keep their names."""
    Path("photo.png").rename(f"{stem}.png")
    np.save("p" + stem + ".npy", np.zeros((1, 2)))
    assert main(["--", f"{stem}.png", f"p{stem}.npy"]) == 0
    assert Path(f"{stem}.landing.png").exists()
    out, err = capfd.readouterr()
    assert err == ""
    assert len(out.splitlines()) == len(EXAMPLE_SUMMARY.splitlines())
    assert all(line.isprintable() for line in out.splitlines())


def test_stdout_that_knows_no_such_letters_gets_escapes(folder: Path) -> None:
    """With PYTHONIOENCODING=ascii, a name in other letters is written with escapes, not a crash."""
    Path("photo.png").rename("é数.png")
    done = run("é数.png", "points.npy", cwd=folder, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("\\xe9\\u6570.png")


# Manners --------------------------------------------------------------------------------------------------------------


def run(*arguments: str, cwd: Path, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "diagnostics.heatmap"]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, env=surroundings, cwd=cwd, check=False
    )


def test_neither_importing_nor_drawing_imports_torch_or_pyplot(folder: Path) -> None:
    """The heavy libraries stay out of a run with a model of open_clip's own."""
    code = (
        "import sys, diagnostics.heatmap as h; code = h.main(sys.argv[1:]);"
        "print(sorted({'torch', 'torchvision', 'open_clip', 'matplotlib.pyplot', 'scipy'} & set(sys.modules)), code)"
    )
    done = run("photo.png", "points.npy", cwd=folder, code=code)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "[] 0"
    # The check notices: the same line, with pyplot imported.
    noticed = run("photo.png", "points.npy", cwd=folder, code="import matplotlib.pyplot;" + code)
    assert noticed.stdout.splitlines()[-1] == "['matplotlib.pyplot'] 0"


def test_ctrl_c_leaves_one_line_and_no_output(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(heatmap, "count_file", interrupted)
    before = sorted(folder.iterdir())
    assert main(["photo.png", "points.npy"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")
    assert sorted(folder.iterdir()) == before


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    """As with `| true`: the pipe is closed before anything is printed."""
    command = [sys.executable, "-m", "diagnostics.heatmap", "photo.png", "points.npy"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
    assert Path("photo.landing.png").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("long", "terminal", "shown"), [(1, True, True), (1, False, False), (10**6, True, False)])
def test_progress_is_shown_for_long_input_on_a_terminal_alone(
    long: int, terminal: bool, shown: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar on stderr, and the same counts."""
    expected = counted("photo.png", "points.npy")
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(heatmap, "_LONG", long)
    monkeypatch.setattr(sys, "stderr", stream)
    assert counted("photo.png", "points.npy") == expected
    assert ("points" in stream.getvalue()) == shown

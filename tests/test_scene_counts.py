"""Landings of given images in the results: counted as `diagnostics.heatmap` counts them, and by what the lift reads."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from diagnostics.check import main
from diagnostics.landing import count_landings
from diagnostics.scene_counts import Scene, heatmaps
from reference.closed_form import geometry_for

ADAPTER = """
from torch.nn.functional import grid_sample
from diagnostics import Pipeline
from reference import geometry_of, official_preprocess

CROP = official_preprocess()

def claim(size):
    return geometry_of(CROP, size)

def lift(features, points, size):  # half a cell to the lower right
    places = claim(size).sampler_from_image(points) + 1 / 14
    return grid_sample(features, places[None, None], align_corners=False)[0, :, 0].T

pipeline = Pipeline(name="mine", geometry=claim, lift=lift)
"""
POINTS = np.random.default_rng(1).uniform((-50, -40), (250, 190), (3000, 2))
SHIFTED = {"scale": [0.07, 0.07], "shift": [0.3, -0.2], "swapped": False, "residual": 0.0}


@pytest.fixture
def scene(tmp_path):
    Image.new("RGB", (200, 150), (90, 120, 40)).save(tmp_path / "image.png")
    np.save(tmp_path / "points.npy", POINTS)
    return Scene(tmp_path / "image.png", tmp_path / "points.npy")


def results_with(landing, size=(150, 200)):
    geometry = geometry_for("official", size, (224, 224), (16, 16))
    return {"sizes": [{"image_size": list(size), "geometry": geometry.to_dict(), "read_from_image": landing}]}, geometry


@pytest.mark.parametrize("swapped", [False, True])
def test_counts_are_those_of_every_point_by_itself(scene, swapped):
    results, geometry = results_with({**SHIFTED, "swapped": swapped})
    (heatmap,) = heatmaps([scene], results, "results.json")
    expected = count_landings([POINTS], geometry, [(14, 14)])
    assert heatmap["grids"][0]["counts"] == expected.grids[0].counts.tolist()
    assert (heatmap["points"], heatmap["in_image"]) == (3000, expected.in_image)
    counts, elsewhere = np.zeros((14, 14), dtype=int), 0
    for point in POINTS[geometry.valid(POINTS)]:
        own = np.floor(geometry.grid_from_image(point) + 0.5)
        read = np.floor(0.07 * (point[::-1] if swapped else point) + (0.3, -0.2) + 0.5)
        elsewhere += (own != read).any()
        if (read >= 0).all() and (read < 14).all():
            counts[int(read[1]), int(read[0])] += 1
    assert heatmap["read"] == {"grid": [14, 14], "counts": counts.tolist(), "elsewhere": elsewhere}


def test_a_pipeline_without_a_lift_has_the_truth_alone(scene):
    (heatmap,) = heatmaps([scene], results_with(None)[0], "results.json")
    assert heatmap["read"] is None


def test_the_preview_is_the_image_made_small(scene):
    Image.new("RGB", (1500, 1000), (90, 120, 40)).save(scene.image)
    (heatmap,) = heatmaps([scene], results_with(None, (1000, 1500))[0], "results.json")
    preview = Image.open(io.BytesIO(base64.b64decode(heatmap["preview"])))
    assert (preview.format, preview.size) == ("WEBP", (640, 427))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"image_size": [150, 201]}, "has not measured images of [150, 200]"),
        ({"geometry": None}, "no geometry in whole numbers"),
    ],
)
def test_an_image_that_cannot_be_counted_is_refused_with_what_to_do(scene, change, told):
    from diagnostics.command_line import InputError

    results, _ = results_with(SHIFTED)
    results["sizes"][0] |= change
    with pytest.raises(InputError, match="--image") as raised:
        heatmaps([scene], results, "results.json")
    assert told in str(raised.value)


@pytest.fixture
def adapter(tmp_path, monkeypatch, scene):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "counted_adapter.py").write_text(ADAPTER)
    return "counted_adapter:pipeline"


def test_the_check_measures_the_images_size_and_says_so_in_its_command(adapter, tmp_path):
    options = ["--image", "image.png", "--points", "points.npy"]
    assert main([adapter, "--json", "results.json", *options]) == 1
    results = json.loads((tmp_path / "results.json").read_text())
    assert [150, 200] in results["conditions"]["image_sizes"]
    assert results["conditions"]["command"] == f"python -m diagnostics.check {adapter} {' '.join(options)}"
    (heatmap,) = results["heatmaps"]
    assert 0 < heatmap["read"]["elsewhere"] <= heatmap["grids"][0]["valid"]


MISTAKES = {
    "points before an image": (["--points", "points.npy"], "--image"),
    "an image without points": (["--image", "image.png"], "--points"),
    "two files of points": (["--image", "image.png", "--points", "points.npy", "--points", "points.npy"], "has one"),
    "no image": (["--image", "points.npy", "--points", "points.npy"], "points.npy"),
    "no points": (["--image", "image.png", "--points", "image.png"], "image.png"),
    "a missing camera": (["--image", "image.png", "--points", "points.npy", "--camera", "none.json"], "none.json"),
}


@pytest.mark.parametrize(("options", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_one_line_and_nothing_is_written(adapter, tmp_path, capsys, options, told):
    before = set(tmp_path.iterdir())
    assert main([adapter, "--json", "results.json", *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error:")
    assert error.count("\n") == 1
    assert told in error
    assert {path for path in tmp_path.iterdir() if path.name != "__pycache__"} == before

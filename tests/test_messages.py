"""A newcomer's mistakes are answered with what is wrong, where, and what to do, in one line."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d, grid_sample
from torchvision import transforms

from diagnostics import Pipeline, audit, check, check_pipeline, heatmap
from reports import __main__ as reports

EYE = np.eye(4).tolist()
CAMERA = {"fx": 50, "fy": 50, "cx": 31.5, "cy": 23.5, "size": [48, 64], "world_to_camera": EYE}
POINTS = np.array([[1.0, 2.0], [60.0, 40.0], [30.0, 20.0]])


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with an image, points and a camera, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in ("mine", "leaves"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    Image.new("RGB", (64, 48), "white").save("photo.png")
    np.save("points.npy", POINTS)
    np.save("world.npy", np.ones((3, 3)))
    Path("camera.json").write_text(json.dumps(CAMERA))
    return tmp_path


def told(main, capsys, *arguments):
    """What the command prints to stderr, which is one line, with exit 2."""
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
    return err


# Files ----------------------------------------------------------------------------------------------------------------

SHAPES = {
    "one row": (np.zeros(6), "give one point a row"),
    "columns": (np.zeros((2, 9)), "transpose it (points.T)"),
    "a batch": (np.zeros((1, 9, 2)), "drop the axis of length 1 (points[0])"),
    "colours, too": (np.zeros((9, 6)), "keep the columns of the coordinates"),
    "homogeneous": (np.ones((9, 3)), "keep points[:, :2]"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_points_of_the_wrong_shape_are_told_how_to_get_the_right_one(shape, here, capsys):
    values, advice = SHAPES[shape]
    np.save("odd.npy", values)
    assert advice in told(heatmap.main, capsys, "photo.png", "odd.npy")


def test_text_in_place_of_points_is_told_how_to_become_points(here, capsys):
    np.savetxt("points.csv", POINTS, delimiter=",")
    assert "numpy.loadtxt reads text" in told(heatmap.main, capsys, "photo.png", "points.csv")


def test_exchanged_arguments_are_told_apart(here, capsys):
    err = told(heatmap.main, capsys, "points.npy", "photo.png")
    assert "give photo.png before points.npy" in err


def test_a_relative_path_is_told_where_it_starts(here, capsys):
    assert "starts in the current folder" in told(heatmap.main, capsys, "phot.png", "points.npy")


CAMERAS = {
    "K": ({"K": [[50, 0, 31.5], [0, 50, 23.5], [0, 0, 1]]}, "fx = K[0][0], fy = K[1][1], cx = K[0][2], cy = K[1][2]"),
    "camera to world": ({"c2w": EYE}, "its inverse (numpy.linalg.inv)"),
    "width": ({"width": 64}, "give size, [height, width]"),
    "3x4": ({"world_to_camera": EYE[:3]}, "append (0, 0, 0, 1)"),
    "3x3": ({"world_to_camera": np.eye(3).tolist()}, "append the translation as a column"),
    "flat": ({"world_to_camera": np.eye(4).ravel().tolist()}, "reshape(4, 4)"),
    "a quaternion": ({"world_to_camera": [1, 0, 0, 0, 0, 0, 0]}, "make a 3x3 rotation of it"),
    "a quaternion beside": ({"quaternion": [1, 0, 0, 0]}, "make a 3x3 rotation of it"),
    "transposed": ({"world_to_camera": [*EYE[:3], [0, 0, 1, 1]]}, "last row (0, 0, 0, 1)"),
}


@pytest.mark.parametrize("form", CAMERAS)
def test_a_camera_of_another_form_is_told_how_to_become_ours(form, here, capsys):
    changes, advice = CAMERAS[form]
    Path("camera.json").write_text(json.dumps({**CAMERA, **changes}))
    err = told(heatmap.main, capsys, "photo.png", "world.npy", "--camera", "camera.json")
    assert advice in err
    assert "--camera camera.json" in err


ODD = {
    "rows first": (POINTS[:, ::-1], "if these are (row, column), exchange the columns"),
    "shares of the image": (POINTS / 64, "multiply them by the size of the image"),
    "pixels": (POINTS, ""),
    "outside either way": (POINTS + 500, ""),
    "one point": (np.zeros((1, 2)), ""),
    "no point": (np.zeros((0, 2)), ""),
    "not a number": (np.full((3, 2), np.nan), ""),
}


@pytest.mark.parametrize("odd", ODD)
def test_points_in_another_convention_are_counted_with_a_note(odd, here, capsys):
    """Nothing is refused, because points may lie outside; right points get no note."""
    values, note = ODD[odd]
    np.save("odd.npy", values)
    assert heatmap.main(["photo.png", "odd.npy"]) == 0
    out = capsys.readouterr().out
    assert ("note: " in out) == bool(note)
    assert note in out


def test_a_folder_of_no_known_layout_is_told_how_to_be_listed(here, capsys):
    (here / "frames").mkdir()
    assert "can be listed in a manifest" in told(audit.main, capsys, "frames", "-o", "rows.csv")


def test_an_audit_tells_what_is_wrong_with_a_frame_that_it_cannot_read(here, capsys):
    Path("m.jsonl").write_text('{"image": "photo.png", "camera": {"K": []}}\n')
    assert audit.main(["m.jsonl", "-o", "rows.csv"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "such as photo.png: m.jsonl line 1: Camera has no field 'K'; take fx = K[0][0]" in out
    assert "the column error of the rows has all" in out


# Pipelines ------------------------------------------------------------------------------------------------------------

MINE = """
from diagnostics import Pipeline

pipeline = Pipeline(name="mine")
number = 3


def nothing():
    pass


def of(path):
    return pipeline


def misspelt():
    return Pipeline(name="mine", preproces=print)
"""
PATHS = {
    "mine": "write mine:pipeline",
    "mine.py": "write mine:pipeline",
    "package/mine.py:right": "write package.mine:right",
    "mine.py:pipeline": "write mine, without .py",
    "mine:pipelin": "did you mean pipeline?",
    "elsewhere:pipeline": "run in the folder that holds elsewhere, or add that folder to PYTHONPATH",
    "mine:number": "it is of type int, not a Pipeline; write number = diagnostics.Pipeline(",
    "mine:nothing": "what it returns is of type NoneType",
    "mine:of": "a function is called without arguments",
    "mine:misspelt": "its fields, each given by name, are name, load, preprocess",
    "results.json": "python -m reports makes a page of a results file",
}


@pytest.mark.parametrize("path", PATHS)
def test_what_names_no_pipeline_is_told_how_to_name_one(path, here, capsys):
    Path("mine.py").write_text(MINE)
    assert PATHS[path] in told(check.main, capsys, path)


def test_a_module_that_reads_arguments_on_import_is_one_line(here, capsys):
    """What it prints itself is swallowed, argparse's usage on stderr, too."""
    Path("leaves.py").write_text("import argparse\nargparse.ArgumentParser().parse_args(['x'])\n")
    assert 'put what must not run on import under if __name__ == "__main__"' in told(check.main, capsys, "leaves:x")


@pytest.mark.parametrize("arguments", [["mine.py"], ["mine"], ["compare", "mine:pipeline", "mine:pipeline"]])
def test_a_pipeline_in_place_of_a_results_file_is_told_what_to_give(arguments, here, capsys):
    Path("mine.py").write_text(MINE)
    err = told(reports.main, capsys, *arguments, "-o", "page.html")
    assert "write one with `python -m diagnostics.check mine:pipeline --json FILE`" in err


# Stages ---------------------------------------------------------------------------------------------------------------

CROP = transforms.Compose([transforms.Resize((64, 64)), transforms.ToTensor()])


def lift(features, points, size):
    places = 2 * (points + 0.5) / points.new_tensor(size[::-1]) - 1
    return grid_sample(features, places[None, None], align_corners=False)[0, :, 0].T


def changed(change):
    return lambda *arguments: change(lift(*arguments))


STAGES = {
    "channels last": ("preprocess", lambda image: CROP(image).permute(1, 2, 0), "as permute(2, 0, 1) does"),
    "a batch of two": ("preprocess", lambda image: CROP(image).expand(2, 3, 64, 64), "return one crop, no batch"),
    "crop and more": ("preprocess", lambda image: (CROP(image), 1), "got tuple of 2; return the tensor alone"),
    "takes a path": ("preprocess", lambda image: CROP(Image.open(image)), "it is given one PIL image"),
    "transposed": ("lift", changed(lambda values: values.T), "; transpose it"),
    "a batch": ("lift", changed(lambda values: values[None]), "; drop the axes of length 1"),
    "as sampled": ("lift", changed(lambda values: values.T[None, :, None]), "length 1 and transpose it"),
    "a list of both": (
        "lift",
        changed(lambda values: [values, values[:, 0] > 0]),
        "; return a tuple, (values, valid)",
    ),
    "nothing": ("lift", changed(lambda values: None), "end the function with return and the result"),
    "a mask of columns": ("lift", changed(lambda values: (values, values[:, :1] > 0)), "; squeeze it"),
    "a mask of scores": ("lift", changed(lambda values: (values, values[:, 0] / 2)), "; compare: > 0"),
    "of two arguments": ("lift", lambda features, points: points, "points (N, 2) and (height, width)"),
    "of many channels": ("lift", changed(torch.nn.Linear(768, 3)), "channels unless Pipeline(channels=...)"),
    "tokens": ("encode", lambda crops: torch.zeros(len(crops), 17, 8), "without the class token, tokens[:, 1:]"),
    "channels at the end": ("encode", lambda crops: avg_pool2d(crops, 16).permute(0, 2, 3, 1), "permute(0, 3, 1, 2)"),
    "an array": ("load", lambda path: np.zeros((4, 4, 3)), "Image.fromarray makes one"),
    "sizes": ("geometry", lambda size: (64, 64), "reference.geometry_of(preprocess, image_size, grid) makes one"),
    "three columns": ("project", lambda world, camera: (world, world[:, 2] > 0), "keep (u, v) alone"),
}


@pytest.mark.parametrize("mistake", STAGES)
def test_what_a_stage_does_wrong_is_told_with_the_way_out(mistake):
    stage, behaviour, advice = STAGES[mistake]
    stages = {"preprocess": CROP, "lift": lift} | {stage: behaviour}
    diagnosis = check_pipeline(Pipeline(grid=(4, 4), normalization="none", **stages), [(60, 80)])
    reasons = [result.reason for result in diagnosis.results if result.status == "error"]
    assert any(reason.startswith(f"{stage}: ") and advice in reason for reason in reasons), reasons

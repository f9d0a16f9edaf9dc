"""What a check measured is recorded as it is: maps that are the law's, errors that were read, masks tile by tile."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from broken import LANDING_FAULTS, Lift
from diagnostics import Pipeline, check_pipeline
from reference import Camera, GeomMeta, official_preprocess
from reference.geometry import RULES, index_from_edge
from reference.preprocess import geometry_of

CROP = official_preprocess()
SIZES = [(480, 640), (400, 300)]


def claim(size):
    return geometry_of(CROP, size, (14, 14))


def project(world, camera):
    points, _, in_front = camera.image_from_world(world)
    return points, in_front


RIGHT = Pipeline(name="right", geometry=claim, lift=Lift(CROP))
MASKED = Pipeline(name="masked", geometry=claim, lift=Lift(CROP, mask=lambda g, points: g.valid(points)))


def records(pipeline, **options):
    return check_pipeline(pipeline, SIZES, **options).to_dict()["sizes"]


def applied(affine, points):
    return np.array(affine["scale"]) * points + np.array(affine["shift"])


def test_the_true_maps_are_those_of_the_geometry():
    points = np.random.default_rng(0).uniform(-20, 700, (50, 2))
    for record, size in zip(records(RIGHT), SIZES, strict=True):
        geometry = claim(size)
        np.testing.assert_allclose(applied(record["crop_from_image"], points), geometry.crop_from_image(points))
        np.testing.assert_allclose(applied(record["grid_from_image"], points), geometry.grid_from_image(points))
        assert tuple(record["crop_size"]) == geometry.crop_size


def test_the_maps_of_the_opening_example_as_literals():
    record = records(RIGHT)[0]
    assert record["crop_from_image"]["scale"] == pytest.approx([298 / 640, 224 / 480])
    assert record["crop_from_image"]["shift"] == pytest.approx([149 / 640 - 37.5, 112 / 480 - 0.5])
    assert record["offset"] == [37, 0]
    assert record["resized_size"] == [224, 298]


@pytest.mark.parametrize("stages", [{"preprocess": CROP}, {"geometry": claim}])
def test_a_preprocess_that_is_measured_or_claimed_brings_its_geometry(stages):
    geometry = records(Pipeline(name="right", lift=Lift(CROP), **stages))[0]["geometry"]
    assert GeomMeta.from_dict(geometry) == claim((480, 640))


def between_centres(record):
    u, v = record["lattice"]["u"], record["lattice"]["v"]
    places = applied(record["grid_from_image"], np.stack(np.meshgrid(u, v), axis=-1))
    return ((places >= 0) & (places <= np.array(record["grid"])[::-1] - 1)).all(axis=-1)


def errors(record):
    return np.stack([np.array(record["lattice"][key], dtype=float) for key in ("error_x", "error_y")], axis=-1)


def test_a_right_lift_reads_without_error_between_the_outermost_centres():
    for record in records(RIGHT):
        inside = between_centres(record)
        assert inside.sum() > 100
        assert np.abs(errors(record)[inside]).max() < 1e-3


def test_a_planted_shift_of_half_a_cell_is_recorded_in_source_pixels():
    """Half a cell is 8 crop pixels, 8 / scale source pixels; what is read at the rim is clamped and differs."""
    wrong = replace(RIGHT, lift=Lift(CROP, **LANDING_FAULTS["half-cell-missing"]))
    record = records(wrong)[0]
    middle = errors(record)[8, 10]
    np.testing.assert_allclose(middle, [8 / (298 / 640), 8 / (224 / 480)], atol=1e-3)
    shift = np.subtract(record["read_from_image"]["shift"], record["grid_from_image"]["shift"])
    np.testing.assert_allclose(shift, 0.5, atol=1e-4)


def test_what_reads_nothing_is_null_and_stays_json():
    lattice = records(RIGHT)[0]["lattice"]
    assert lattice["error_x"][8][0] is None
    assert (lattice["u"][0], lattice["u"][-1], lattice["v"][-1]) == (0, 639, 479)


def test_swapped_axes_are_recorded_as_such():
    record = records(replace(RIGHT, lift=Lift(CROP, swap=True)))[0]
    assert record["read_from_image"]["swapped"] is True


@pytest.mark.parametrize("rule", RULES)
def test_a_mask_is_recorded_tile_by_tile_with_its_exact_share(rule):
    lift = Lift(CROP, mask=lambda g, points: g.valid(points, rule), padding="border")
    for record, size in zip(records(replace(RIGHT, lift=lift, validity=rule)), SIZES, strict=True):
        geometry, mask = claim(size), record["mask"]
        rows, columns = len(mask["rows"]), len(mask["rows"][0])
        tiles = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1) + 0.5
        centres = index_from_edge(tiles * np.array(size)[::-1] / (columns, rows))
        said = np.array([[here == "1" for here in row] for row in mask["rows"]])
        assert (said == geometry.valid(centres.astype(np.float32), rule)).all()
        assert mask["exact"] == pytest.approx(geometry.valid_ratio(rule))
        assert mask["share"] == said.mean()


def test_a_lift_without_a_mask_has_none():
    assert {record["mask"] for record in records(RIGHT)} == {None}


def test_nothing_is_measured_for_the_record_alone():
    """A check that needs no landing leaves no record of one."""
    assert records(replace(RIGHT, project=project), checks=["projection"]) == []


def test_a_lift_that_fails_where_nobody_asked_before_leaves_the_rest_of_the_record():
    def picky(features, points, size):
        if (points == 0).all(dim=1).any():
            raise ValueError("no point at the corner, please")
        return Lift(CROP)(features, points, size)

    record = records(replace(RIGHT, lift=picky))[0]
    assert record["lattice"] is None
    assert record["read_from_image"] is not None


def test_cameras_are_recorded_where_the_projection_is_worst():
    def off(world, camera):
        points, _, in_front = camera.image_from_world(world)
        return points + (3.0 if camera.size == SIZES[1] else 0.0), in_front

    projections = check_pipeline(Pipeline(name="off", project=off), SIZES).to_dict()["projections"]
    assert {tuple(one["camera"]["size"]) for one in projections} == {SIZES[1]}
    for one in projections:
        valid = np.array(one["valid"])
        apart = np.subtract(np.array(one["landed"])[valid], np.array(one["seen"])[valid])
        np.testing.assert_allclose(apart, 3.0, atol=0.05)
        assert Camera.from_dict(one["camera"]).size == SIZES[1]


def test_colours_are_recorded_beside_those_declared():
    colours = check_pipeline(Pipeline(name="crop", preprocess=CROP), SIZES).to_dict()["colours"]
    assert np.abs(np.subtract(colours["measured"], colours["expected"])).max() <= colours["tolerance"]
    assert colours["names"][0] == "black"


def test_the_fault_knows_its_link_and_what_it_does_alone():
    wrong = Lift(CROP, **LANDING_FAULTS["half-cell-missing"], flip=(0,))
    faults = {fault["id"]: fault for fault in check_pipeline(replace(RIGHT, lift=wrong), SIZES).to_dict()["faults"]}
    assert faults["half-cell-missing"]["links"] == ["cell"]
    assert faults["axis-flipped-x"]["links"] == ["axes"]
    alone = faults["half-cell-missing"]["landing"]
    true = claim(tuple(alone["image_size"])).grid_from_image(np.zeros((1, 2)))[0]
    np.testing.assert_allclose(np.subtract(alone["shift"], true), 0.5)


def test_results_name_the_faults_that_they_found():
    wrong = replace(RIGHT, lift=Lift(CROP, **LANDING_FAULTS["half-cell-missing"]))
    diagnosis = check_pipeline(wrong, SIZES).to_dict()
    found = {result["name"]: result["faults"] for result in diagnosis["results"] if result["faults"]}
    assert found == {"lift_reads_the_place_it_is_asked_for": ["half-cell-missing"]}


def test_recording_leaves_the_global_state_alone():
    torch.manual_seed(5)
    check_pipeline(MASKED, SIZES[:1])
    after = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(after, torch.rand(1))

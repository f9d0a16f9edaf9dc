"""The schema of results files that is shipped: what a check writes fits it, and a file that does not is told why."""

import json

import pytest
from jsonschema import Draft202012Validator

import report_samples
from diagnostics import Pipeline
from diagnostics.check import check_pipeline
from diagnostics.command_line import InputError
from report_samples import CONTRACT, SAMPLES, sample, sample_text
from reports.page import page
from reports.results_file import checked
from results_drawn import SCHEMA


def test_the_schema_is_one_and_asks_for_what_the_contract_promises():
    Draft202012Validator.check_schema(SCHEMA)
    asked = {"": SCHEMA, "faults": SCHEMA["$defs"]["fault"], "results": SCHEMA["$defs"]["result"]}
    assert {place: set(schema["required"]) for place, schema in asked.items()} == {
        k: set(v) for k, v in CONTRACT.items()
    }
    named = set(json.dumps(SCHEMA).split('"#/$defs/')[1:])
    assert {name.split('"')[0] for name in named} == set(SCHEMA["$defs"])


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_check_writes_fits_the_schema(name):
    found = json.loads(sample_text(name))
    found |= {"heatmaps": found["heatmaps"][:1]} if "heatmaps" in found else {}  # jsonschema alone takes seconds each
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(found)] == []
    assert checked(found, name).items() >= found.items()


STAGES = ("load", "project", "preprocess", "encode", "upsample", "lift", "geometry", "module")
COMBINATIONS = [{stage} for stage in STAGES] + [set(STAGES) - {stage} for stage in STAGES] + [{"preprocess", "lift"}]


@pytest.mark.parametrize("stages", COMBINATIONS, ids=lambda stages: "+".join(sorted(stages)))
def test_whatever_stages_a_pipeline_has_its_results_fit_and_are_drawn(stages):
    whole = report_samples.clean()
    given = {stage: getattr(whole, stage) for stage in stages}
    trained = {"trainable": whole.trainable} if "module" in stages else {}
    found = check_pipeline(Pipeline(name="part", grid=whole.grid, **given, **trained), [(120, 161)]).to_dict()
    found = json.loads(json.dumps(found, allow_nan=False))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(found)] == []
    assert "part" in page(checked(found, "here"))


# Every place of a file whose schema asks for keys.
PLACES = [
    (),
    ("faults", 0),
    ("faults", 0, "landing"),
    ("results", 0),
    ("declared",),
    ("sizes", 0),
    ("sizes", 0, "crop_from_image"),
    ("sizes", 0, "grid_from_image"),
    ("sizes", 0, "read_from_image"),
    ("sizes", 0, "lattice"),
    ("sizes", 0, "mask"),
    ("projections", 0),
    ("projections", 0, "camera"),
    ("colours",),
    ("heatmaps", 0),
    ("heatmaps", 0, "density"),
    ("heatmaps", 0, "grids", 0),
    ("heatmaps", 0, "read"),
    ("audit",),
    ("audit", "points"),
    ("audit", "agreement", 0),
    ("audit", "first_flagged", 0),
]


def schema_at(place):
    """The schema of what is at a path of keys in a file; of two, the one that is not null's."""
    schema = SCHEMA
    for key in (*place, None):
        if "$ref" in schema:
            schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        if "oneOf" in schema:
            schema = next(one for one in schema["oneOf"] if one.get("type") != "null")
            schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema
        if key is not None:
            schema = schema["items"] if isinstance(key, int) else schema["properties"][key]
    return schema


@pytest.fixture(scope="module")
def whole():
    """The text of results with something at every place, and small."""
    results = sample("faulty")
    results["faults"] = [fault for fault in results["faults"] if fault["landing"]]
    results["sizes"] = results["sizes"][:1]
    results["sizes"][0]["lattice"] = {axis: [0, 1] for axis in "uv"} | {f"error_{axis}": [[0, 1]] * 2 for axis in "xy"}
    results["projections"] = results["projections"][:1]
    results["heatmaps"] = [{**results["heatmaps"][0], "density": {"side": 320, "counts": [[1, 2], [3, 4]]}}]
    results["audit"] = sample("data")["audit"]
    return json.dumps(results)


def at(results, place):
    for key in place:
        results = results[key]
    return results


KEYS = [(place, key) for place in PLACES for key in schema_at(place)["required"]]


def asking(schema):
    """Every part of a schema that asks for keys."""
    if isinstance(schema, dict):
        yield from [id(schema)] if "required" in schema else []
        for part in schema.values():
            yield from asking(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from asking(part)


def test_the_places_are_all_that_ask_for_keys():
    assert set(asking(SCHEMA)) == {id(schema_at(place)) for place in PLACES}


@pytest.mark.parametrize(("place", "key"), KEYS, ids=[".".join(map(str, (*place, key))) for place, key in KEYS])
def test_a_key_that_is_missing_or_of_another_type_is_refused_by_its_name(whole, place, key):
    results = json.loads(whole)
    assert checked(results, "here")
    right = at(results, place).pop(key)
    with pytest.raises(InputError, match=rf"^here: .*\b{key}\b"):
        checked(results, "here")
    others = [wrong for wrong in ({"a": 1}, [[]], "word", True, None) if type(wrong) is not type(right)]
    for wrong in others:
        at(results, place)[key] = wrong
        if Draft202012Validator(SCHEMA).is_valid(results):
            assert wrong is None  # which some may be
        else:
            with pytest.raises(InputError, match=rf"^here: .*\b{key}\b"):
                checked(results, "here")

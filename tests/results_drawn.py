"""Hypothesis strategies of results files, read from the JSON Schema itself: nasty values of every shape it allows."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

SCHEMA = json.loads(resources.files("diagnostics").joinpath("results.schema.json").read_text("utf-8"))
_TEXTS = st.sampled_from(["", "lift", "unexplained", "half-cell-missing", "<b>", "\ud800", "\x00", "\u202e", "x" * 300])
_LONGEST = 3  # items of a list, where the schema does not ask for more


def results() -> st.SearchStrategy[Any]:
    """Diagnoses with tables that fit their axes, which the schema alone does not ask for."""
    sizes = st.lists(_of(SCHEMA["$defs"]["at_size"]), min_size=1, max_size=2)
    return st.builds(lambda found, sizes: _fitted({**found, "sizes": sizes}), _of(SCHEMA), sizes)


def _of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a (sub)schema allows."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        more = {key: value for key, value in schema.items() if key not in ("$ref", "description")}
        return st.deferred(lambda: _of({**SCHEMA["$defs"][name], **more}))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "oneOf" in schema:
        return st.one_of(map(_of, schema["oneOf"]))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_KINDS[kind](schema) for kind in kinds])


def _object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    parts = {key: _of(part) for key, part in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {key: part for key, part in parts.items() if key in required},
        optional={key: part for key, part in parts.items() if key not in required},
    )


def _array(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    least = schema.get("minItems", 0)
    return st.lists(_of(schema["items"]), min_size=least, max_size=min(schema["maxItems"], max(least, _LONGEST)))


def _number(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema["maximum"]
    nasty = (0, -0.0, 1, 0.5, -1, 0.03, 1e-9, -3e7, 5e-324, low, high)
    return (st.sampled_from(nasty) | st.floats(low, high)).filter(Draft202012Validator(schema).is_valid)


def _integer(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum", -5), schema.get("maximum", 10**18)
    return st.integers(low, min(high, 40)) | st.sampled_from([low, high])


def _string(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "pattern" in schema:
        return st.just("01" if "01" in schema["pattern"] else "")
    return _TEXTS.filter(lambda text: len(text) >= schema.get("minLength", 0))


_KINDS = {
    "object": _object,
    "array": _array,
    "number": _number,
    "integer": _integer,
    "string": _string,
    "boolean": lambda _: st.booleans(),
    "null": lambda _: st.none(),
}


def _fitted(found: dict[str, Any]) -> dict[str, Any]:
    for record in found.get("sizes", ()):
        lattice = record.get("lattice")
        if lattice:
            lattice |= {axis: sorted({*lattice[axis], 0, 1}) for axis in "uv"}
            for key in ("error_x", "error_y"):
                value = lattice[key][0][0]
                lattice[key] = [[value] * len(lattice["u"]) for _ in lattice["v"]]
    for projection in found.get("projections", ()):
        count = min(len(projection[key]) for key in ("seen", "landed", "valid"))
        projection |= {key: projection[key][:count] for key in ("seen", "landed", "valid")}
    if colours := found.get("colours"):
        count = min(len(colours[key]) for key in ("names", "measured", "expected"))
        colours |= {key: colours[key][:count] for key in ("names", "measured", "expected")}
    found.pop("heatmaps", None)  # counts that agree with a geometry are not to be had by chance
    return found

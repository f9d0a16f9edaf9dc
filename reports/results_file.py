"""Reads a results file of `diagnostics.check --json`: checked against its schema, or refused in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from diagnostics.command_line import InputError, blaming
from diagnostics.strict_json import strict_json
from diagnostics.verdict import SCHEMA
from reports.agreement import refuse_disagreement

Results = dict[str, Any]
_MOST_BYTES = 64 * 2**20  # some fifty times what a run over many image sizes writes
_REMEDY = "give a file that `python -m diagnostics.check mine:pipeline --json FILE` wrote"
# What an older file may lack, and what is then shown: nothing.
_ABSENT: Results = {
    "conditions": {},
    "declared": None,
    "sizes": [],
    "projections": [],
    "colours": None,
    "heatmaps": [],
    "audit": None,
}


def read_results(path: Path) -> Results:
    """The diagnosis in the JSON file at `path`, in full: what an older file may lack is there and empty.

    Raises `InputError` that names the file, for one that is not there, is no JSON, is of another schema or has
    something else in a place than its schema says.
    """
    with blaming(str(path)), path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise InputError(f"{path}: it has more than {_MOST_BYTES >> 20} MB, which no diagnosis has; {_REMEDY}")
    try:
        found = strict_json(content)
    except ValueError as error:
        raise InputError(f"{path}: no JSON that can be read ({error}); {_REMEDY}") from None
    return checked(found, str(path))


def checked(found: Any, name: str) -> Results:
    """`found` with what an older file may lack, empty. Raises `InputError` naming `name` where it is no diagnosis."""
    if not isinstance(found, dict) or "schema" not in found:
        raise InputError(f"{name}: no diagnosis, it has no schema; {_REMEDY}")
    version = found["schema"]
    if version != SCHEMA or isinstance(version, bool):
        newer = isinstance(version, int) and version > SCHEMA
        advice = "install a newer halfpixel to read it" if newer else _REMEDY
        raise InputError(f"{name}: its schema is {_brief(version)}, this version reads {SCHEMA}; {advice}")
    if wrong := best_match(_validator().iter_errors(found)):
        raise InputError(f"{name}: {_in_words(wrong)}; {_REMEDY}")
    with blaming(name, _REMEDY):
        refuse_disagreement(found)
    return {**_ABSENT, **found}


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(resources.files("diagnostics").joinpath("results.schema.json").read_text("utf-8"))
    numbers = {f"#/$defs/{name}": schema["$defs"][name] for name in ("count", "number", "number_or_null")}

    def items(validator: Any, of: Any, found: Any, where: Any) -> Iterator[ValidationError]:
        """As jsonschema has it, which takes seconds for tables of numbers; those that are right are told at once."""
        if not (isinstance(found, list) and of.get("$ref") in numbers and _all_fit(found, numbers[of["$ref"]])):
            yield from Draft202012Validator.VALIDATORS["items"](validator, of, found, where)

    validator: Draft202012Validator = extend(Draft202012Validator, {"items": items})(schema)  # type: ignore[no-untyped-call]
    return validator


def _all_fit(found: list[Any], schema: Results) -> bool:
    """Whether all are numbers that a schema of numbers within bounds allows; no is no answer."""
    allowed = {int} if schema["type"] == "integer" else {int, float}
    kinds = set(map(type, found))
    if kinds <= allowed | ({type(None)} if "null" in schema["type"] else set()):
        values = [value for value in found if value is not None]
        return not values or (min(values) >= schema["minimum"] and max(values) <= schema["maximum"])
    return False


def _in_words(wrong: ValidationError) -> str:
    """What a validator found, without what it found there, which may be all of the file."""
    place = wrong.json_path.removeprefix("$").removeprefix(".")
    if wrong.validator == "required":
        return f"{wrong.message} of {place}" if place else wrong.message  # names the key alone
    return f"{place} is {_brief(wrong.instance)}, which breaks {wrong.validator}: {_brief(wrong.validator_value)}"


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}..."

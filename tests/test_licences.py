"""The page of licences has every direct dependency, and says what the installed packages say of themselves."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from extras import PROJECT

PAGE = Path(__file__).resolve().parents[1] / "docs" / "licences.md"
ROWS = dict(re.findall(r"^\| ([a-z][a-z_\d-]*) \| ([^|]+) \|", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:])
FAMILIES = {"MIT": "MIT", "BSD": "BSD", "Apache": "Apache", "MPL": "MPL", "PSF": "Python Software Foundation"}


def families(licence):
    return {words for start, words in FAMILIES.items() if start in licence}


def test_every_direct_dependency_has_its_row_and_no_other_package():
    asked = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    assert set(ROWS) == {Requirement(text).name for text in asked}


@pytest.mark.parametrize("package", ROWS)
def test_the_licence_is_the_one_that_the_package_states(package):
    try:
        said = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed here")
    fields = [said.get("License-Expression"), said.get("License"), *(said.get_all("Classifier") or [])]
    licence = " ".join(field for field in fields if field)
    files = [file for file in metadata.files(package) or () if re.search("(?i)licen[sc]e", file.name)]
    if not families(licence):  # some name no licence, or "BSD" by its text alone
        licence += " ".join(file.read_text() for file in files[:1])
    assert families(ROWS[package])
    assert any(words in licence for words in families(ROWS[package])), licence[:300]


@pytest.mark.parametrize("licence", ["GPL-3.0", "", "proprietary"])
def test_a_licence_of_no_known_family_would_be_noticed(licence):
    assert families(licence) == set()

"""The pages on the faults say what the diagnosis says today; every fault has one; every link leads somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from diagnostics import faults_camera, faults_encoder, faults_lift, faults_preprocess, faults_training
from docs.generate.robustness import page

ROOT = Path(__file__).resolve().parents[1]
FAULTS = ROOT / "docs" / "faults"
IDS = [
    fault_id
    for module in (faults_camera, faults_encoder, faults_lift, faults_preprocess, faults_training)
    for fault_id in module.CATALOGUE
]
LARGEST_PICTURE = 25_000  # bytes: a page of pictures must load at once
NUMBER = re.compile(r"\d+(?:\.(\d+))?")
LINK = re.compile(r"\]\(([^)\s]+)\)")
AGAIN = "run `python -m docs.generate` and look at what changed"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder of pages and pictures written now, by the documented command; every warning is an error."""
    folder = tmp_path_factory.mktemp("docs") / "faults"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", "-m", "docs.generate", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def differences(committed, now):
    """What differs beyond the last digit of a number, which another machine may round the other way."""
    if NUMBER.sub("#", committed) != NUMBER.sub("#", now):
        lines = zip(committed.splitlines(), now.splitlines(), strict=False)
        return next((pair for pair in lines if NUMBER.sub("#", pair[0]) != NUMBER.sub("#", pair[1])), "lines")
    pairs = zip(NUMBER.finditer(committed), NUMBER.finditer(now), strict=True)
    return [
        (one[0], other[0])
        for one, other in pairs
        if abs(float(one[0]) - float(other[0])) > 1.01 * 10.0 ** -max(len(one[1] or ""), len(other[1] or ""))
    ]


def test_pages_and_pictures_say_what_is_measured_now(written):
    names = {path.name for path in FAULTS.iterdir()}
    assert names == {path.name for path in written.iterdir()}, AGAIN
    for name in sorted(names):
        found = differences((FAULTS / name).read_text("utf-8"), (written / name).read_text("utf-8"))
        assert not found, f"{name}: {found}; {AGAIN}"


@pytest.mark.parametrize(
    ("now", "same"),
    [
        ("reads 16.19 px at 640", True),
        ("reads 16.20 px at 640", False),
        ("reads 16.18 px at 642", False),
        ("reads 16.18 px to 640", False),
        ("reads 16.18 px", False),
    ],
)
def test_a_page_may_differ_in_the_last_digit_and_nothing_else(now, same):
    assert (not differences("reads 16.18 px at 640", now)) == same


@pytest.mark.parametrize("fault_id", IDS)
def test_every_fault_has_its_page_and_its_picture(fault_id):
    text = (FAULTS / f"{fault_id}.md").read_text("utf-8")
    for part in (f"# {fault_id}\n", f"]({fault_id}.svg)", "## The formula", "## In numbers", "## The fix"):
        assert part in text
    picture = (FAULTS / f"{fault_id}.svg").read_bytes()
    assert len(picture) < LARGEST_PICTURE
    assert ElementTree.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own file
    assert f"({fault_id}.md)" in (FAULTS / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    "path", [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.name
)
def test_every_link_to_a_file_of_ours_leads_there(path):
    for target in LINK.findall(path.read_text("utf-8")):
        if not target.startswith(("http", "#")):
            assert (path.parent / target.split("#")[0]).exists(), target


def test_the_page_on_bad_input_and_faults_lists_what_the_tests_run_and_every_test_of_it_exists():
    text = (ROOT / "docs" / "robustness.md").read_text("utf-8")
    assert text == page(), AGAIN
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| what")]
    assert len(set(rows)) == len(rows) >= 112
    for file, name in set(re.findall(r"`(test_\w+\.py)::(\w+)`", text)):
        assert f"def {name}(" in (ROOT / "tests" / file).read_text("utf-8"), name

"""Runs of pytest within a test, in this process, on a module `mine` with pipelines of many kinds."""

import importlib
import sys
from importlib import metadata

import torchvision  # noqa: F401 - `mine` does, and it can be imported only once in a process

import diagnostics.conformance  # what is not imported by now is imported anew by each run
import diagnostics.pytest_plugin
import reports.pytest_plugin
from diagnostics.check import check_pipeline
from diagnostics.checks import CHECKS
from reports.gathering import Gathering  # noqa: F401 - the same
from reports.merged import merged  # noqa: F401 - the same
from reports.page import page
from reports.results_file import checked

REPORT = "--geometry-report=report.html"
NAMES = [check.name for check in CHECKS]
SIZES = [(60, 80), (90, 70)]

MINE = """
    from collections import Counter
    from dataclasses import replace

    from torchvision import transforms

    from diagnostics import Pipeline
    from reference import GeomMeta, sample_points

    preprocess = transforms.Compose([transforms.Resize((64, 64)), transforms.ToTensor()])
    calls = Counter()

    def claim(size):
        return GeomMeta("stretch", size, (64, 64), (64, 64), (4, 4), (0, 0))

    def right(features, points, size):
        calls["lift"] += 1
        return sample_points(features[0], points, claim(size))

    def wrong(features, points, size):
        return right(features.mT, points, size)

    def raising(features, points, size):
        raise RuntimeError(f"no weights for {len(points)} points")

    pipeline = Pipeline(name="mine", geometry=claim, lift=wrong, grid=(4, 4))
    clean = replace(pipeline, name="clean", lift=right)
    stuck = replace(pipeline, name="stuck", lift=raising)
    whole = replace(pipeline, name="whole", preprocess=preprocess)
"""
TESTS = """
    from diagnostics import parametrize_with_checks
    from mine import *

    @parametrize_with_checks({}, image_sizes=[(60, 80), (90, 70)])
    def test_geometry(check):
        check()
"""

# The plugins that pytest does not find by itself, as it does where the package is installed.
KNOWN = {entry.value for entry in metadata.entry_points(group="pytest11")}
PLUGINS = [plugin for plugin in (diagnostics.pytest_plugin, reports.pytest_plugin) if plugin.__name__ not in KNOWN]


def prepared(pytester):
    """A fresh directory with `mine`, which tests in it can import."""
    sys.modules.pop("mine", None)  # another test's, which the runs of this one would find instead
    pytester.makepyfile(mine=MINE)
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    pytester.syspathinsert()
    return pytester


def run(folder, *arguments, plugins=()):
    # What pytest-xdist does is done by hand where it is tested, and is in no way of who has not installed it.
    arguments = ("-p", "no:cacheprovider", "-p", "no:xdist", *arguments)
    return folder.runpytest_inprocess(*arguments, plugins=[*PLUGINS, *plugins], no_reraise_ctrlc=True)


def page_of(diagnosis):
    return page(checked(diagnosis.to_dict(), "here"))


def examined(name):
    """The page that a check of the pipeline `name` of `mine` makes."""
    return page_of(check_pipeline(getattr(importlib.import_module("mine"), name), SIZES))


def written(folder, name="report.html"):
    return (folder.path / name).read_text(encoding="utf-8")


def reports_in(folder):
    return sorted(path.name for path in folder.path.glob("*.html"))


class Calls:
    """Counts the calls of a stage in a run."""

    def pytest_unconfigure(self):
        self.count = sys.modules["mine"].calls["lift"]

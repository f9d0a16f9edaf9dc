"""A points file is counted alike by any number of processes, in ranges of any length, and a lost process is no loss."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics import engines, landing_cores
from diagnostics.command_line import InputError
from diagnostics.landing import LandingCuts, Landings, count_landings
from diagnostics.landing_cores import count_file, shared
from diagnostics.points_file import PointsFile
from reference.camera import Camera
from reference.closed_form import geometry_for

VGA = geometry_for("official", (480, 640), (224, 224), (16, 16))
GRIDS = [(14, 14), (30, 40)]
CAMERA = Camera(500, 500, 319.5, 239.5, (480, 640), np.eye(4).tolist())


def same(counted: Landings, expected: Landings) -> bool:
    return counted.to_dict() == expected.to_dict() and bool((counted.density == expected.density).all())


def some_points(count: int, dtype: str = "f4", order: Any = "C") -> np.ndarray:
    """In the image and around it, one in seven not finite."""
    points = np.random.default_rng(count).uniform((-20, -15), (660, 500), (count, 2))
    points[::7, count % 2] = np.nan
    return np.asarray(points, dtype, order=order)


def saved(folder: Path, values: np.ndarray) -> PointsFile:
    np.save(folder / "points.npy", values)
    return PointsFile.open(folder / "points.npy")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", "f8"])
@pytest.mark.parametrize(("count", "length"), [(0, 5), (1, 1), (1, 100), (100, 1), (100, 7), (100, 100)])
def test_ranges_of_any_length_count_what_one_pass_counts(
    count: int, length: int, dtype: str, order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No point twice and none left out, in files of no point and of one as well; progress adds up to all."""
    monkeypatch.setattr(landing_cores, "_RANGE", length)
    monkeypatch.setattr(landing_cores, "_POINTS_AN_ENTRY", 0)
    points, done = some_points(count, dtype, order), [0]
    counted = count_file(saved(tmp_path, points), VGA, GRIDS, done=done.append)
    assert same(counted, count_landings([points], VGA, GRIDS))
    assert len(done) - 1 == -(-count // length)
    assert sum(done) == count


@pytest.mark.parametrize("columns", [2, 3])
def test_processes_count_what_one_counts(columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two others beside this one, and this one alone: the same to the last count, with a camera as well."""
    monkeypatch.setattr(landing_cores, "_RANGE", 1500)
    monkeypatch.setattr(landing_cores, "_POINTS_AN_ENTRY", 0)
    camera = CAMERA if columns == 3 else None
    points = np.concatenate([some_points(20_001), np.full((20_001, 1), 500, np.float32)], axis=1)[:, :columns]
    file = saved(tmp_path, points)
    counted = count_file(file, VGA, GRIDS, camera, processes=3)
    assert same(counted, count_file(file, VGA, GRIDS, camera, processes=1))
    assert same(counted, count_landings([points], VGA, GRIDS, camera))


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 5), st.integers(1, 3))
def test_every_range_is_counted_once_whoever_counts_it(count: int, length: int, ahead: int, workers: int) -> None:
    """Through any executor; what is handed out and not yet taken is never more than asked."""
    points = some_points(count)
    asked = LandingCuts.of(VGA, [(2, 3)])
    ranges = [range(start, min(start + length, count)) for start in range(0, count, length)]
    begun: list[range] = []

    def part(within: range) -> Any:
        begun.append(within)
        return asked.count([points[within.start : within.stop]])

    with ThreadPoolExecutor(workers) as executor:
        total = asked.nothing()
        for taken, counted in enumerate(shared(executor, ahead, part, ranges)):
            total.add(counted)
            assert len(begun) <= taken + 1 + ahead
    assert sorted(begun, key=lambda within: within.start) == ranges
    assert same(asked.landings(total), count_landings([points], VGA, [(2, 3)]))


class Deadly(PointsFile):
    """Ends every process but the first that reads it, as the system does where memory runs out."""

    def chunks(self, length: int, within: range | None = None) -> Any:
        if multiprocessing.parent_process() is not None:
            os._exit(9)
        return super().chunks(length, within)


def test_a_process_that_dies_is_an_error_and_never_a_wrong_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for the user, however much the others had counted."""
    monkeypatch.setattr(landing_cores, "_RANGE", 100)
    monkeypatch.setattr(landing_cores, "_POINTS_AN_ENTRY", 0)
    good = saved(tmp_path, some_points(1000))
    deadly = Deadly(**vars(good))
    assert same(count_file(deadly, VGA, GRIDS, processes=1), count_file(good, VGA, GRIDS, processes=1))
    with pytest.raises(InputError, match=r"^a worker process died, .*: run the same command again$"):
        count_file(deadly, VGA, GRIDS, processes=2)


@pytest.mark.parametrize(("points", "cores", "others"), [(10**6, 64, 0), (10**8, 1, 0), (10**8, 2, 1), (10**9, 64, 29)])
def test_no_process_is_started_that_is_not_worth_it(
    points: int, cores: int, others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One a core, and none that would still be starting when all is counted."""
    asked: list[int] = []

    def counts(_: Any, __: Any, others: int) -> list[Any]:
        asked.append(others)
        return []

    monkeypatch.setattr(engines, "cores", lambda: cores)
    monkeypatch.setattr(landing_cores, "_counts", counts)
    count_file(PointsFile(Path("long.npy"), points, 2, np.dtype("f4"), False, 128), VGA, GRIDS)
    assert asked == [others]


@pytest.mark.parametrize("grid", [(14, 14), (600, 500)])
def test_a_range_is_long_against_the_table_of_its_counts(
    grid: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four million points, or 16 for each entry of a larger table: to hand in the counts is little beside the work."""
    asked: list[range] = []

    def counts(_: Any, ranges: Any, __: int) -> list[Any]:
        asked.extend(ranges)
        return []

    monkeypatch.setattr(landing_cores, "_counts", counts)
    entries = LandingCuts.of(VGA, [grid]).nothing().table.size
    length = 2**22 if grid == (14, 14) else 16 * entries
    assert (16 * entries > 2**22) == (grid != (14, 14))
    count_file(PointsFile(Path("long.npy"), 2 * length + 5, 2, np.dtype("f4"), False, 128), VGA, [grid])
    assert asked == [range(length), range(length, 2 * length), range(2 * length, 2 * length + 5)]


def test_every_other_process_is_started_and_handed_two_ranges_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """One to count and one that waits for it; this process is not among them."""
    asked: list[tuple[Any, ...]] = []

    @contextlib.contextmanager
    def engine(*arguments: Any) -> Any:
        asked.append(arguments)
        yield "executor", 0

    def handed(executor: Any, ahead: int, *_: Any) -> list[Any]:
        asked.append((executor, ahead))
        return []

    monkeypatch.setattr(engines, "engine", engine)
    monkeypatch.setattr(landing_cores, "shared", handed)
    count_file(PointsFile(Path("long.npy"), 5, 2, np.dtype("f4"), False, 128), VGA, GRIDS, processes=4)
    assert asked == [("processes", 3, None), ("executor", 6)]

"""Counts the landings of a whole points file on the cores of this machine, range by range; any order adds up alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from functools import partial

from diagnostics.command_line import InputError
from diagnostics.landing import Counted, LandingCuts, Landings
from diagnostics.points_file import PointsFile
from reference.camera import Camera
from reference.fields import Size
from reference.geometry import GeomMeta

_CHUNK = 2**15  # points; what is made of them then stays in the processor's cache
_RANGE = 2**22  # points, at least: some 50 ms, against which to set out and to hand in the counts is little
_POINTS_AN_ENTRY = 16  # of a table of counts that is larger than usual
_WORTH_A_PROCESS = 2**25  # points, which one process counts while another one starts
_AHEAD = 2  # ranges that every other process is handed ahead


def count_file(
    points: PointsFile,
    geometry: GeomMeta,
    grids: Sequence[Size],
    camera: Camera | None = None,
    processes: int | None = None,
    done: Callable[[int], object] | None = None,
) -> Landings:
    """Count the landings of all points of a file: the `Landings` are those of `count_landings`, on any number of cores.

    processes: how many count, this one among them; by default one a core, as far as they are worth starting. Threads
    would not do: NumPy holds the interpreter's lock for a sixth of the work, and to hand it over takes longer than the
    rest gains.
    done: is called with the number of points counted since its last call.

    Raises `OSError` or `ValueError` where the file cannot be read any more as it was when it was opened, and
    `InputError` where another process died.
    """
    asked = LandingCuts.of(geometry, grids)
    total = asked.nothing()
    length = max(_RANGE, _POINTS_AN_ENTRY * total.table.size)
    ranges = (range(start, min(start + length, points.points)) for start in range(0, points.points, length))
    others = _others(points.points) if processes is None else processes - 1
    for part in _counts(partial(count_range, asked, points, camera), ranges, others):
        total.add(part)
        if done is not None:
            done(part.points)
    return asked.landings(total)


def count_range(asked: LandingCuts, points: PointsFile, camera: Camera | None, within: range) -> Counted:
    """Count a range of the points of a file, in any process."""
    return asked.count(points.chunks(_CHUNK, within), camera)


def _counts(count: Callable[[range], Counted], ranges: Iterable[range], others: int) -> Iterator[Counted]:
    if others < 1:
        yield from map(count, ranges)
        return
    from diagnostics.engines import engine  # Most runs are over before what it needs is imported.

    try:
        with engine("processes", others, None) as (executor, _):
            yield from shared(executor, _AHEAD * others, count, ranges)
    except BrokenExecutor:
        raise InputError(
            "a worker process died, as it does where memory runs out; nothing was written: run the same command again"
        ) from None


def shared(
    executor: Executor, ahead: int, count: Callable[[range], Counted], ranges: Iterable[range]
) -> Iterator[Counted]:
    """What `count` returns for all ranges, in any order: the executor is handed some ahead, this process counts others.

    So nobody waits for the executor to start, and no more than `ahead` results wait to be taken.
    """
    handed: set[Future[Counted]] = set()
    for within in ranges:
        if len(handed) < ahead:
            handed.add(executor.submit(count, within))
            continue
        yield count(within)
        returned = {future for future in handed if future.done()}
        handed -= returned
        yield from (future.result() for future in returned)
    yield from (future.result() for future in as_completed(handed))


def _others(points: int) -> int:
    """Processes beside this one that are worth starting."""
    worth = points // _WORTH_A_PROCESS
    if not worth:
        return 0
    from diagnostics.engines import cores

    return min(worth, cores() - 1)

"""Where the frames of an audit are measured: processes of this machine, or the executor of a Dask cluster."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from diagnostics.command_line import InputError
from diagnostics.users_code import told

_WAITING = 4  # tasks a worker that are handed out ahead: enough to keep it busy, few enough to hold in memory
_RETRIES = 3  # of a task whose worker died
_MOST_PROCESSES = 61 if sys.platform == "win32" else 10_000  # Windows waits for no more at once (concurrent.futures)


@contextlib.contextmanager
def engine(name: str, workers: int | None, address: str | None) -> Iterator[tuple[Executor, int]]:
    """An executor and how many tasks to hand it ahead. name: `"processes"` or `"dask"`; address: of Dask's scheduler.

    Raises `InputError` where Dask is not installed or its scheduler does not answer.
    """
    if name == "dask":
        with _dask(address) as client:
            threads = sum(client.nthreads().values()) or 1
            # Not pure: what a task gives is in files, which may have been repaired since it was last asked.
            yield client.get_executor(retries=_RETRIES, pure=False), _WAITING * threads
        return
    count = min(workers or cores(), _MOST_PROCESSES)
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that this process's threads hold
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_end_with_the_driver)
    try:
        with _unheard_by_workers():
            for _ in range(count):
                pool.submit(os.getpid)  # Each starts a worker.
        yield pool, _WAITING * count
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def cores() -> int:
    """Cores of this machine that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _unheard_by_workers() -> Iterator[None]:
    """Processes that are started within never hear Ctrl-C: the driver answers it. Only a main thread sees to that."""
    heard = signal.getsignal(signal.SIGINT)
    if heard is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def _end_with_the_driver() -> None:
    """In a worker: leave Ctrl-C to the driver, and end when the driver does, also where that was killed.

    `concurrent.futures` would let it wait for a task for ever, as it holds both ends of the queue.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows does not hand on what `_unheard_by_workers` sets.

    def watch() -> None:
        driver = multiprocessing.parent_process()
        if driver is not None:
            driver.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def results(
    executor: Executor, ahead: int, function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]
) -> Iterator[Any]:
    """What `function` returns for every task, in their order; never more than `ahead` of them are under way.

    Raises `InputError` where the executor fails: a worker process died, the scheduler went away. What `function` raises
    is taken for that, too.
    """
    waiting: deque[Future[Any]] = deque()
    for task in tasks:
        with _told_of_the_executor():
            waiting.append(executor.submit(function, *task))
        if len(waiting) >= ahead:
            yield _taken(waiting.popleft())
    while waiting:
        yield _taken(waiting.popleft())


def _taken(future: Future[Any]) -> Any:
    with _told_of_the_executor():
        return future.result()


@contextlib.contextmanager
def _told_of_the_executor() -> Iterator[None]:
    again = "what was measured is kept: run the same command again"
    try:
        yield
    except BrokenProcessPool:
        died = "a worker process died, as it does where memory runs out"
        raise InputError(f"{died}; {again}, with fewer --workers") from None
    except Exception as error:  # an executor's own, of whatever library
        raise InputError(f"the engine failed ({type(error).__name__}: {told(error)}); {again}") from None


def _dask(address: str | None) -> Any:
    try:
        distributed: Any = importlib.import_module("distributed")  # an extra, and without types
    except ImportError:
        raise InputError("--engine dask: Dask is not installed; pip install 'halfpixel[cluster]'") from None
    if address is None:
        raise InputError("--engine dask: give the scheduler's --address, such as tcp://127.0.0.1:8786")
    try:
        return distributed.Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"--address {address}: no Dask scheduler answers there ({type(error).__name__})") from None

"""An engine works wherever it is started, and what is wrong with one is told in one line that says what to do."""

import importlib
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import SimpleNamespace

import pytest

from diagnostics.command_line import InputError
from diagnostics.engines import engine, results

SCHEDULER = "tcp://127.0.0.1:8786"


def test_a_worker_that_died_is_told_with_what_to_do():
    class Dying:
        def submit(self, *_):
            future = Future()
            future.set_exception(BrokenProcessPool("gone"))
            return future

    with pytest.raises(InputError, match=r"^a worker process died, .*: run the same .* again, with fewer --workers$"):
        list(results(Dying(), 4, abs, [(1,)]))


def test_processes_are_started_from_any_thread():
    """Only the main thread may say who hears Ctrl-C: another leaves it as it is."""

    def asked():
        with engine("processes", 1, None) as (executor, ahead):
            return list(results(executor, ahead, abs, [(-7,)]))

    with ThreadPoolExecutor(1) as other:
        assert other.submit(asked).result() == [7]


def stands_for_dask(monkeypatch, found):
    """What importing `distributed` gives, or raises."""

    def imported(name):
        assert name == "distributed"
        return found()

    monkeypatch.setattr(importlib, "import_module", imported)


def test_dask_that_is_not_installed_is_told_with_the_extra(monkeypatch):
    def missing():
        raise ImportError

    stands_for_dask(monkeypatch, missing)
    with (
        pytest.raises(InputError, match=r"^--engine dask: Dask is not installed; pip install 'halfpixel\[cluster\]'$"),
        engine("dask", None, SCHEDULER),
    ):
        pass


@pytest.mark.parametrize("error", [OSError, ValueError])
def test_a_scheduler_that_does_not_answer_is_told_with_its_address(monkeypatch, error):
    def silent(*_, **__):
        raise error

    stands_for_dask(monkeypatch, lambda: SimpleNamespace(Client=silent))
    told = rf"^--address {SCHEDULER}: no Dask scheduler answers there \({error.__name__}\)$"
    with pytest.raises(InputError, match=told), engine("dask", None, SCHEDULER):
        pass

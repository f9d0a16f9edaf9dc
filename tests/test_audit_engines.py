"""Wherever frames are measured, and whoever dies meanwhile, the rows are the same and no frame is measured twice."""

import os
import signal
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from diagnostics.audit import main
from diagnostics.auditing.journal import Journal
from diagnostics.command_line import InputError
from diagnostics.engines import engine, results
from scans import write_scan

FRAMES = 18  # more than a cluster of three is handed ahead
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    return write_scan(tmp_path_factory.mktemp("scans") / "scan", FRAMES, said_pose=np.linalg.inv)


def audited(folder, scan, *options):
    """What the command writes: rows and diagnosis."""
    folder.mkdir(exist_ok=True)
    assert main([str(scan), "-o", str(folder / "rows.csv"), "--json", str(folder / "a.json"), *options]) == 1
    return (folder / "rows.csv").read_bytes(), (folder / "a.json").read_bytes()


@pytest.fixture(scope="module")
def local(tmp_path_factory, scan):
    return audited(tmp_path_factory.mktemp("local"), scan, "--workers", "1")


@pytest.fixture
def added(monkeypatch):
    """The indices of the frames that were measured, in the order in which their records were kept."""
    indices, add = [], Journal.add

    def noted(self, index, record):
        add(self, index, record)
        indices.append(index)

    monkeypatch.setattr(Journal, "add", noted)
    return indices


# A cluster ----------------------------------------------------------------------------------------------------------


class Cluster:
    """A Dask scheduler and workers on this machine, each a process of its own."""

    def __init__(self, folder, workers):
        pytest.importorskip("distributed", reason="Dask is not installed: pip install 'halfpixel[cluster]'")
        self._file = str(folder / "scheduler.json")
        self._scheduler = self._started("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = self._told(self._scheduler, "Scheduler at:")
        self.workers = [
            self._started("worker", "--no-nanny", "--nthreads", "1", "--no-dashboard") for _ in range(workers)
        ]
        for worker in self.workers:
            self._told(worker, "Registered to:")

    def _started(self, what, *options):
        command = [sys.executable, "-m", "distributed.cli.dask_" + what, "--scheduler-file", self._file, *options]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)

    @staticmethod
    def _told(process, words):
        """What a process says after these words, which it says when it is ready."""
        said = []
        for line in process.stderr:
            said.append(line)
            if words in line:
                return line.split(words)[1].strip()
        raise RuntimeError("".join(said))

    def close(self):
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    running = Cluster(tmp_path_factory.mktemp("cluster"), workers=3)
    yield running
    running.close()


def test_a_cluster_of_three_measures_the_same_byte_for_byte_also_while_a_worker_is_killed(
    tmp_path, scan, local, cluster, added, monkeypatch
):
    """A worker that dies in mid-run loses and doubles nothing."""
    add = Journal.add

    def and_kill(self, index, record):
        add(self, index, record)
        if len(added) == 2:
            cluster.workers[1].kill()

    assert audited(tmp_path / "whole", scan, "--engine", "dask", "--address", cluster.address) == local
    assert added == list(range(FRAMES))
    added.clear()
    monkeypatch.setattr(Journal, "add", and_kill)
    assert audited(tmp_path / "killed", scan, "--engine", "dask", "--address", cluster.address) == local
    assert added == list(range(FRAMES))
    assert cluster.workers[1].wait() == -signal.SIGKILL


def test_data_that_are_named_from_here_are_found_by_workers_elsewhere(tmp_path, scan, local, cluster, monkeypatch):
    monkeypatch.chdir(scan.parent)
    rows, _ = audited(tmp_path / "out", Path(scan.name), "--engine", "dask", "--address", cluster.address)
    assert rows == local[0]


def test_a_driver_of_a_cluster_that_was_killed_and_started_again_measures_the_rest_only(
    tmp_path, scan, local, cluster, added
):
    options = ["--engine", "dask", "--address", cluster.address]
    kill_the_driver(tmp_path, scan, *options)
    assert audited(tmp_path, scan, *options) == local
    assert added == list(range(3, FRAMES))


# Processes of this machine ------------------------------------------------------------------------------------------

SCRIPT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell has background jobs ignore
from diagnostics.auditing.journal import Journal
from diagnostics.audit import main
add = Journal.add
def add_and_end(journal, index, record):
    add(journal, index, record)
    if index == 2:
        {end}
Journal.add = add_and_end
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


def ended(end, folder, scan, *options):
    """Start the command as `audited` does and let it end so as soon as three frames are in its journal.

    Its workers hold its stderr open: to return is to say that they are gone, too.
    """
    script = folder / "ended.py"
    script.write_text(SCRIPT.format(end=end))
    command = [sys.executable, str(script), str(scan), "-o", str(folder / "rows.csv"), "--json", str(folder / "a.json")]
    done = subprocess.run(
        [*command, *options], capture_output=True, env=ENVIRONMENT, start_new_session=True, timeout=60
    )
    assert not (folder / "rows.csv").exists()
    return done.returncode, done.stderr


def kill_the_driver(folder, scan, *options):
    code, said = ended("os.kill(os.getpid(), signal.SIGKILL)", folder, scan, *options)
    assert code == -signal.SIGKILL, said


def test_a_driver_that_was_killed_leaves_no_worker_behind_and_the_next_measures_the_rest_only(
    tmp_path, scan, local, added
):
    kill_the_driver(tmp_path, scan, "--workers", "2")
    assert audited(tmp_path, scan, "--workers", "2") == local
    assert added == list(range(3, FRAMES))


def test_an_interrupted_audit_ends_with_130_and_one_line(tmp_path, scan):
    """Ctrl-C reaches the driver and every worker."""
    said = ended("os.killpg(os.getpid(), signal.SIGINT)", tmp_path, scan, "--workers", "2")
    assert said == (130, b"interrupted\n")
    assert (tmp_path / "rows.csv.journal").exists()


def test_a_worker_that_is_just_starting_does_not_hear_ctrl_c(tmp_path):
    script = tmp_path / "starting.py"
    script.write_text(
        "import os, signal\n"
        "from diagnostics.engines import engine\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # which a shell has background jobs ignore
        "if __name__ == '__main__':\n"
        "    with engine('processes', 2, None) as (executor, _):\n"
        "        try:\n"
        "            os.killpg(os.getpid(), signal.SIGINT)\n"
        "        except KeyboardInterrupt:\n"
        "            print(executor.submit(abs, -7).result())\n"
    )
    command = [sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, start_new_session=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"7\n", b"")


def test_an_engine_that_fails_is_told_in_one_line():
    class Gone:
        def submit(self, *_):
            future = Future()
            future.cancel()
            return future

    with pytest.raises(InputError, match=r"engine failed \(CancelledError.*run the same command again"):
        list(results(Gone(), 4, abs, [(1,)]))


def test_a_disk_that_is_full_is_told_in_one_line(tmp_path, scan):
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)); import runpy, sys; "
    command = [
        sys.executable,
        "-c",
        f"{limited}sys.argv[0] = 'audit'; runpy.run_module('diagnostics.audit', run_name='__main__')",
    ]
    unmeasured = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [*command, str(scan), "-o", str(tmp_path / "rows.csv"), "--workers", "1"],
        capture_output=True, text=True, env=unmeasured, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "rows.csv.journal: File too large" in done.stderr


def test_tasks_that_are_handed_out_ahead_are_few_and_their_results_come_in_order():
    waiting, most = 0, 0

    def tasks():
        nonlocal waiting, most
        for number in range(40):
            waiting += 1
            most = max(most, waiting)
            yield (-number,)

    with engine("processes", 2, None) as (executor, ahead):
        for number, result in enumerate(results(executor, ahead, abs, tasks())):
            assert result == number
            waiting -= 1
    assert most == ahead < 40

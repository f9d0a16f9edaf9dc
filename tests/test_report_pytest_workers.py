"""The option `--geometry-report` under pytest-xdist: reports and evidence of several processes make the same page."""

import marshal
from types import SimpleNamespace

import pytest

from report_runs import MINE, NAMES, REPORT, TESTS, examined, prepared, reports_in, run, written

pytest_plugins = ["pytester"]


@pytest.fixture
def folder(pytester):
    return prepared(pytester)


class Worker:
    """What pytest-xdist does in the process of a worker: collects all tests, runs its share, sends plain values."""

    def __init__(self, share):
        self.share, self.sent = share, []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        config.workerinput, config.workeroutput = {}, {}
        self.config = config

    def pytest_runtestloop(self, session):
        for item in session.items[self.share]:
            self.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return True

    def pytest_runtest_logreport(self, report):
        values = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.sent.append(marshal.dumps(values))  # of Python's own types alone, as execnet

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self):
        yield
        self.output = marshal.dumps(self.config.workeroutput)


class Hooks:
    """The hook of pytest-xdist that the plugin answers."""

    def pytest_testnodedown(self, node, error):
        """A worker ended."""


class Controller:
    """What pytest-xdist does in the other process: runs no test, hands on what the workers send."""

    def __init__(self, *workers):
        self.workers = workers

    def pytest_addhooks(self, pluginmanager):
        pluginmanager.add_hookspecs(Hooks)

    def pytest_collection(self):
        return True

    def pytest_runtestloop(self, session):
        hook = session.config.hook
        for number, worker in enumerate(self.workers):
            for sent in worker.sent:
                report = hook.pytest_report_from_serializable(config=session.config, data=marshal.loads(sent))  # noqa: S302
                session.testscollected += 1
                hook.pytest_runtest_logreport(report=report)
            node = SimpleNamespace(gateway=SimpleNamespace(id=f"gw{number}"))
            if worker.output:
                node.workeroutput = marshal.loads(worker.output)  # noqa: S302
            hook.pytest_testnodedown(node=node, error=None)
        return True


def run_workers(folder, *shares):
    workers = [Worker(share) for share in shares]
    for worker in workers:
        run(folder, REPORT, plugins=[worker])
    assert reports_in(folder) == []
    return workers


LIFT = NAMES.index("lift_reads_the_place_it_is_asked_for")
MASK = NAMES.index("lift_counts_points_by_its_rule")
SHARES = {
    "both measure the landing": (slice(0, None, 2), slice(1, None, 2)),
    "the first does": (slice(MASK), slice(MASK, None)),
    "the last does": (slice(LIFT), slice(LIFT, None)),
}


@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES)
@pytest.mark.parametrize("name", ["whole", "stuck"])
def test_workers_have_one_page_that_is_the_same(folder, name, shares):
    folder.makepyfile(test_mine=TESTS.format(name))
    done = run(folder, REPORT, plugins=[Controller(*run_workers(folder, *shares))])
    done.stdout.fnmatch_lines(["geometry report: wrote report.html"])
    assert written(folder) == examined(name)


def test_what_a_lost_worker_found_is_on_the_page(folder):
    folder.makepyfile(test_mine=TESTS.format("pipeline"))
    (worker,) = run_workers(folder, slice(None))
    worker.output = b""
    done = run(folder, REPORT, plugins=[Controller(worker)])
    done.stdout.fnmatch_lines(["geometry report: wrote report.html; the run was cut short, so nothing was sampled*"])
    assert "axes-swapped" in written(folder)


def test_of_a_test_that_ran_again_the_last_run_counts(folder):
    folder.makepyfile(test_mine=TESTS.format("pipeline"), mine=MINE.replace("calls[", "lost["))
    (failed,) = run_workers(folder, slice(None))
    folder.makepyfile(mine=MINE)
    (again,) = run_workers(folder, slice(None))
    run(folder, REPORT, plugins=[Controller(failed, again)])
    assert written(folder) == examined("pipeline")

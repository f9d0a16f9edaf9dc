"""Whatever the machine, the terminal or another run does to a command: whole files or none, and at most one line."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnostics import audit, check, command_line, heatmap, output
from diagnostics.auditing.journal import Journal
from diagnostics.command_line import InputError, command, say
from report_samples import sample_text
from reports import __main__ as reports
from scans import write_scan

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {
    "heatmap": (heatmap, ["photo.png", "points.npy", "-o", "out/p.png", "--json", "out/h.json"]),
    "check": (check, ["fault_subject:pipeline", "--json", "out/r.json"]),
    "audit": (audit, ["scan", "-o", "out/rows.csv", "--json", "out/a.json", "--workers", "1"]),
    "reports": (reports, ["results.json", "-o", "out/r.html", "--summary", "out/s.md"]),
    "reports compare": (reports, ["compare", "results.json", "results.json", "-o", "out/d.html"]),
}
EVERY = pytest.mark.parametrize("name", COMMANDS)
ALL, ONE = "all five", "`heatmap`, by the code that all share"

# fault: (which commands, what happens, the test that shows it); docs/robustness.md is written from it
FAULTS = {
    "the disk is full": (ALL, "exit 2, `error: FILE: No space left on device`; nothing is left beside", "disk_is_full"),
    "a file grows beyond a limit": ("`audit`", "exit 2, `error: FILE: File too large`", None),
    "the output's folder vanishes": (ALL, "exit 2, `error: FILE: No such file or directory`", "folder_vanishes"),
    "a file takes the folder's place": (ALL, "exit 2, `error: FILE: Not a directory`", "takes_its_place"),
    "the output's folder is read-only": (
        ALL,
        "exit 2, `error: ... is not writable`, before anything is measured",
        "ro",
    ),
    "killed in mid-write": (ONE, "the earlier file is whole; a hidden `.*.part` may stay", "killed_in_mid_write"),
    "Ctrl-C in mid-write": (ALL, "exit 130, `interrupted`; nothing is left beside", "signal_in_mid_write"),
    "Ctrl-C while libraries are imported": (ALL, "exit 130, `interrupted`", "while_it_starts"),
    "SIGTERM": (ALL, "exit 143, `terminated`; nothing is left beside", "signal_in_mid_write"),
    "the terminal is closed (SIGHUP)": (ALL, "exit 129, `hung up`; nothing is left beside", "signal_in_mid_write"),
    "killed in mid-audit": ("`audit`", "the next run measures the rest only, the same bytes", None),
    "a worker process dies": (
        "`audit`",
        "exit 2, `error: a worker process died ...`; what was measured is kept",
        "dies",
    ),
    "the reader of stdout goes away": (ALL, "the files are written, the exit code is that of the result", "goes_away"),
    "stdout is full": (ALL, "exit 2, `error: stdout: No space left on device`", "stdout_that_is_full"),
    "stdout and stderr are closed": (ALL, "the files are written, the exit code is that of the result", "are_closed"),
    "two audits into one output": (
        "`audit`",
        "the second: exit 2, `error: ... another audit is writing`",
        "kept_apart",
    ),
    "two runs into one output": ("the others", "every file is whole, that of the run that ended last", "side_by_side"),
    "input that can only be read": (ALL, "as ever", "only_be_read"),
    "a disk that fails while input is read": ("`reports`", "exit 2, `error: FILE: Input/output error`", "fails"),
    "no file can be opened any more": (ALL, "exit 2, `error: Too many open files`", "refuses_is_told"),
    "memory runs out": (
        ALL,
        "exit 2, `error: memory ran out ...`, where the system refuses it",
        "memory_that_runs_out",
    ),
    "a mistake of ours": (ALL, "exit 3, a traceback and `error: ... please report it`; never 1", "mistake_of_ours"),
}
ELSEWHERE = {
    "a file grows beyond a limit": "test_audit_engines.py::test_a_disk_that_is_full_is_told_in_one_line",
    "killed in mid-audit": "test_audit_engines.py::test_a_driver_that_was_killed_leaves_no_worker_behind_"
    "and_the_next_measures_the_rest_only",
}


def shown_by(fault):
    """The id of the test of a fault."""
    part = FAULTS[fault][2]
    if part is None:
        return ELSEWHERE[fault]
    (name,) = (name for name in globals() if name.startswith("test_") and name.endswith(part))
    return f"test_faults.py::{name}"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    Image.new("RGB", (64, 48), "teal").save(folder / "photo.png")
    np.save(folder / "points.npy", np.array([[3.0, 4.0]]))
    write_scan(folder / "scan", 2)
    (folder / "results.json").write_text(sample_text("stuck"))
    (folder / "fault_subject.py").write_text(
        "from diagnostics import Pipeline\nfrom reference import load_image\n"
        "pipeline = Pipeline(name='mine', load=load_image)\n"
    )
    return folder


@pytest.fixture
def folder(tmp_path, inputs, monkeypatch):
    """A working directory with inputs, and with outputs of an earlier run."""
    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def run(name):
    module, arguments = COMMANDS[name]
    return module.main(arguments)


def left():
    return sorted(path.name for path in Path("out").iterdir() if not path.name.endswith(".journal"))


def refused(name, capsys, says, code=2):
    assert run(name) == code
    line = capsys.readouterr().err
    assert line.count("\n") == 1, line
    assert says in line


# The output ---------------------------------------------------------------------------------------------------------


def before_writing(monkeypatch, act):
    """Something happens when all is measured and the first file is about to be written."""
    real = Path.open

    def opened(path, mode="r", *rest, **how):
        if mode == "xb":
            act()
        return real(path, mode, *rest, **how)

    monkeypatch.setattr(Path, "open", opened)


@EVERY
def test_a_disk_is_full(name, folder, capsys):
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", "out"], check=False).returncode
    ):
        pytest.skip("only root may mount a small disk")
    try:
        Path("out/filler").write_bytes(bytes(4096))
        refused(name, capsys, "No space left on device")
        assert left() == ["filler"]
    finally:
        subprocess.run(["umount", "-l", "out"], check=True)


@EVERY
def test_the_folder_vanishes(name, folder, capsys, monkeypatch):
    before_writing(monkeypatch, lambda: shutil.rmtree("out", ignore_errors=True))
    refused(name, capsys, "No such file or directory")


@EVERY
def test_a_file_takes_its_place(name, folder, capsys, monkeypatch):
    def replaced():
        shutil.rmtree("out")
        Path("out").write_text("")

    before_writing(monkeypatch, replaced)
    refused(name, capsys, "Not a directory")


@EVERY
def test_a_folder_that_is_ro(name, folder, capsys, monkeypatch):
    monkeypatch.setattr(output.os, "access", lambda *_: False)
    refused(name, capsys, "is not writable")
    assert list(Path("out").iterdir()) == []


def sent(script, *arguments, cwd, **how):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, *(["-c", script] if script else []), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, timeout=60, check=False, **how)


def test_killed_in_mid_write(tmp_path):
    """What stood there stands there whole; the next run is not in the way of what was left beside."""
    (tmp_path / "page.html").write_text("an earlier page")
    script = (
        "import os, signal\nfrom pathlib import Path\nfrom diagnostics.output import write_all\n"
        "def half(file):\n    file.write(b'half')\n    file.flush()\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_all({Path('page.html'): half})\n"
    )
    assert sent(script, cwd=tmp_path).returncode == -signal.SIGKILL
    assert (tmp_path / "page.html").read_text() == "an earlier page"
    output.write_all({tmp_path / "page.html": b"a new page"})
    assert (tmp_path / "page.html").read_text() == "a new page"


STOPS = {signal.SIGINT: ("interrupted", 130), signal.SIGTERM: ("terminated", 143), signal.SIGHUP: ("hung up", 129)}


@pytest.mark.usefixtures("as_in_a_terminal")
@EVERY
@pytest.mark.parametrize("stop", STOPS)
def test_a_signal_in_mid_write(stop, name, folder, capsys, monkeypatch):
    """The second file is begun when it comes, so that the first is whole beside its place: neither stays."""
    before = {number: signal.getsignal(number) for number in STOPS}
    monkeypatch.setattr(output.os, "fsync", lambda _: os.kill(os.getpid(), stop))
    line, code = STOPS[stop]
    refused(name, capsys, line, code)
    assert left() == []
    assert {number: signal.getsignal(number) for number in STOPS} == before


@pytest.mark.usefixtures("as_in_a_terminal")
@pytest.mark.parametrize("module", ["diagnostics.heatmap", "diagnostics.check", "diagnostics.audit", "reports"])
def test_ctrl_c_while_it_starts(module, tmp_path):
    """Also in a library that makes another error of it, as NumPy does."""
    (tmp_path / "numpy.py").write_text(
        "import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    import time; time.sleep(9)\n"
        "except KeyboardInterrupt as error:\n    raise ImportError('no NumPy') from error\n"
    )
    if module == "reports":
        (tmp_path / "jsonschema.py").write_text((tmp_path / "numpy.py").read_text())
    done = sent(None, "-m", module, "x", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")


def test_a_worker_dies(folder, capsys, monkeypatch):
    monkeypatch.setattr(audit, "record_of", _dying)
    refused("audit", capsys, "a worker process died")
    assert left() == []


def _dying(*_):
    os._exit(1)


# The terminal -------------------------------------------------------------------------------------------------------


@EVERY
def test_a_reader_that_goes_away(name, folder, monkeypatch):
    """Nothing is lost but what nobody reads: the audit that stopped there had written nothing and ended with 0."""
    usual = run(name)
    files = left()
    shutil.rmtree("out")
    Path("out").mkdir()
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        assert run(name) == usual
    assert left() == files


@EVERY
def test_stdout_that_is_full(name, folder, capsys, monkeypatch):
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert run(name) == 2
    assert capsys.readouterr().err == "error: stdout: No space left on device; send it to another place\n"


@EVERY
def test_streams_that_are_closed(name, folder, monkeypatch):
    """Python has None for them then."""
    usual = run(name)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert run(name) == usual


def test_a_mistake_is_told_by_its_code_alone_where_stderr_is_full(monkeypatch):
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        assert heatmap.main([]) == 2
        monkeypatch.setattr(sys, "stderr", None)
        assert heatmap.main([]) == 2
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


def test_what_is_said_is_said_at_once(capsys):
    say("one")
    assert capsys.readouterr().out == "one\n"


# Other runs ---------------------------------------------------------------------------------------------------------


def test_two_audits_are_kept_apart(folder, capsys):
    with Journal(Path("out/rows.csv.journal"), {}, 2):
        refused("audit", capsys, "rows.csv.journal: another audit is writing to the same output")
    Path("out/rows.csv.journal").unlink()
    assert run("audit") in (0, 1)


def test_the_lock_of_an_audit_that_was_killed_is_in_nobodys_way(tmp_path):
    script = (
        "import os, signal\nfrom pathlib import Path\nfrom diagnostics.auditing.journal import Journal\n"
        "journal = Journal(Path('j'), {}, 2)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert sent(script, cwd=tmp_path).returncode == -signal.SIGKILL
    with Journal(tmp_path / "j", {}, 2) as journal:
        assert journal.done == 0
        with pytest.raises(InputError, match="another audit"):
            Journal(tmp_path / "j", {}, 2)


def test_runs_side_by_side(tmp_path):
    """Each file is one run's, whole, whoever is last."""
    contents = [bytes([k]) * 100_000 for k in range(8)]
    path = tmp_path / "page.html"
    threads = [threading.Thread(target=output.write_all, args=({path: content},)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


# The input and the machine ------------------------------------------------------------------------------------------


@EVERY
def test_input_that_can_only_be_read(name, folder):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    for path in before:
        path.chmod(0o444)
    assert run(name) in (0, 1, 2)
    assert left()
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_disk_that_fails(tmp_path, capsys):
    """Linux answers so to whoever reads its own memory from the start."""
    if not Path("/proc/self/mem").exists():
        pytest.skip("needs Linux's /proc/self/mem, a file whose reading fails")
    assert reports.main(["/proc/self/mem", "-o", str(tmp_path / "r.html")]) == 2
    assert capsys.readouterr().err.startswith("error: /proc/self/mem: Input/output error")


def ending(error):
    def body():
        raise error

    return command(body)()


def test_what_the_machine_refuses_is_told(capsys):
    assert ending(OSError(24, "Too many open files", "a\nb")) == 2
    assert capsys.readouterr().err == "error: a\\nb: Too many open files; nothing more was written\n"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        assert command(lambda: os.pipe()[0])() == 2
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert capsys.readouterr().err == "error: Too many open files; nothing more was written\n"


def test_memory_that_runs_out(capsys):
    assert ending(MemoryError()) == 2
    assert capsys.readouterr().err.startswith("error: memory ran out; ")


def test_a_mistake_of_ours(capsys):
    """An interpreter ends with 1 after an error, which here would say that faults were found."""
    assert ending(KeyError("gone")) == command_line.BROKE_DOWN == 3
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1] == "error: this broke down, please report it (KeyError: 'gone')"


def test_twelve_kinds_of_fault_are_shown_by_tests_that_exist():
    assert len(FAULTS) >= 12
    for fault in FAULTS:
        file, name = shown_by(fault).split("::")
        assert f"def {name}(" in (ROOT / "tests" / file).read_text()

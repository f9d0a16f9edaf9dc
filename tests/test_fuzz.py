"""Every reader gives a value or one line, whatever it is given; what the fuzzer found once is read again here."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import oracle
from fuzz.oracle import Finding, command_kept, read_or_refused
from fuzz.readers import BY_NAME, READERS

CORPUS = Path(__file__).parent / "corpus"
FOUND = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
KEPT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzzed")


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once_is_read_or_refused(path, tmp_path):
    BY_NAME[path.parent.name].read()(path.read_bytes(), tmp_path)


def test_every_folder_of_the_corpus_is_a_readers():
    assert {path.parent.name for path in FOUND} <= set(BY_NAME)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_edited_files_are_read_or_refused(reader, folder):
    """Good files, edited up to four times in ways that suit their form."""
    seeds, read = list(reader.seeds()), reader.read()

    @settings(KEPT, max_examples=max(1, settings().max_examples * reader.share // 100))
    @given(st.sampled_from(seeds), st.integers(1, 4), st.randoms(use_true_random=False))
    def hold(content, edits, random):
        for _ in range(edits):
            content = reader.edit(content, random)
        read(content, folder)

    hold()


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_good_files_cut_off_anywhere_are_read_or_refused(reader, folder):
    content, read = max(reader.seeds(), key=len), reader.read()
    for length in np.linspace(0, len(content), 2 + reader.share // 10).astype(int):
        read(content[:length], folder)


# The oracle notices -------------------------------------------------------------------------------------------------


class _Armed:
    def __reduce__(self):
        return os.getcwd, ()


def _unpickled():
    return pickle.loads(pickle.dumps(_Armed()))  # noqa: S301 - what must be noticed


def _raised(error):
    raise error


BAD = {
    "another exception": lambda: {}["x"],
    "recursion": lambda: _raised(RecursionError()),
    "no memory": lambda: _raised(MemoryError()),
    "the end of the program": lambda: sys.exit(3),
    "a warning": lambda: warnings.warn("odd", stacklevel=1),
    "an empty message": lambda: _raised(ValueError("")),
    "a message without an end": lambda: _raised(ValueError("x" * 100_000)),
    "a line": lambda: print("odd"),
    "a line of a C library": lambda: os.write(2, b"odd"),
    "a program": lambda: subprocess.run(["true"], check=True),
    "a pickle": _unpickled,
    "a file elsewhere": lambda: Path("elsewhere").write_bytes(b"x"),
    "a file removed": lambda: Path("there").unlink(),
    "a folder": lambda: Path("made").mkdir(),
}


@pytest.mark.parametrize("read", BAD.values(), ids=BAD)
def test_the_oracle_notices(read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("there").touch()
    with pytest.raises(Finding):
        read_or_refused(read)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak and resets it")
def test_the_oracle_notices_memory(monkeypatch):
    monkeypatch.setattr(oracle, "MOST_GROWTH", 1 << 26)  # the system may take back some of what is held
    with pytest.raises(Finding, match=r"it took [0-9]+ MB"):
        read_or_refused(lambda: b"x" * (1 << 28))
    assert len(read_or_refused(lambda: b"x" * (1 << 22))) == 1 << 22


def test_the_oracle_lets_pass_what_readers_may_do(tmp_path):
    (tmp_path / "file").write_text("text")
    assert read_or_refused((tmp_path / "file").read_text) == "text"
    assert read_or_refused((tmp_path / "nowhere").read_text) is None
    assert read_or_refused(lambda: _raised(ValueError("no\nimage \x1b[31m"))) is None


def _told(line, code=2, write=None):
    def main(arguments):
        print(line, end="", file=sys.stderr)
        if write:
            Path(write).write_text("x")
        return code

    return main


MANNERLESS = {
    "two lines": _told("error: one\nerror: two\n"),
    "no error": _told("cannot\n"),
    "nothing": _told(""),
    "another code": _told("", 3),
    "a word on stderr": _told("oh\n", 0),
    "a file beside": _told("", 0, "beside"),
    "a file half written": _told("error: no\n", 2, "out"),
    "an exit": lambda arguments: sys.exit(2),
}


@pytest.mark.parametrize("main", MANNERLESS.values(), ids=MANNERLESS)
def test_the_oracle_notices_a_command_without_manners(main, tmp_path):
    with pytest.raises(Finding):
        command_kept(main, [], tmp_path, [tmp_path / "out"])


def test_the_oracle_lets_a_command_write_its_output(tmp_path):
    assert command_kept(_told("", 0, "out"), [], tmp_path, [tmp_path / "out"]) == 0
    assert command_kept(_told("error: no\n"), [], tmp_path, []) == 2

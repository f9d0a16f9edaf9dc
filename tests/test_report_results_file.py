"""What is given to `python -m reports`: a diagnosis is shown, whatever else it is is refused in one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics import check
from diagnostics.command_line import InputError
from report_samples import SAMPLES, sample_text
from reports.__main__ import main
from reports.page import page
from reports.results_file import checked, read_results

ROOT = Path(__file__).resolve().parents[1]
GOOD = json.dumps({"schema": 1, "pipeline": "mine", "passed": True, "faults": [], "results": []})
EARLIER = "an earlier page"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a good file and with a page of an earlier run."""
    monkeypatch.chdir(tmp_path)
    Path("good.json").write_text(GOOD)
    Path("report.html").write_text(EARLIER)
    Path("folder.html").mkdir()
    return tmp_path


def with_schema(version):
    return GOOD.replace('"schema": 1', f'"schema": {version}').encode()


def with_value(text):
    result = {"name": "a", "status": "passed", "limit": 1, "unit": "", "worst": "", "command": ""}
    return GOOD.replace('"results": []', f'"results": [{json.dumps(result)[:-1]}, "value": {text}}}]').encode()


BAD = {
    "empty": b"",
    "blank": b" \n",
    "cut off at once": b"{",
    "cut off in a key": GOOD[:30].encode(),
    "cut off before its end": GOOD[:-1].encode(),
    "twice": (GOOD * 2).encode(),
    "a comma too many": (GOOD[:-1] + ",}").encode(),
    "binary": bytes(range(256)) * 10,
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "utf-16": GOOD.encode("utf-16"),
    "latin-1": GOOD.replace("mine", "m\u00eeen").encode("latin-1"),
    "byte order mark": GOOD.encode("utf-8-sig"),
    "null": b"null",
    "number": b"3",
    "text": b'"schema"',
    "list": f"[{GOOD}]".encode(),
    "object": b"{}",
    "foreign": b'{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "other"}}}]}',
    "foreign, with a schema": b'{"$schema": "https://example.com", "schema": "https://example.com"}',
    "schema 0": with_schema(0),
    "schema 2": with_schema(2),
    "schema of much later": with_schema(10**30),
    "schema of text": with_schema('"1"'),
    "schema true": with_schema("true"),
    "schema null": with_schema("null"),
    "schema beyond numbers": with_schema("1e999"),
    "schema alone": b'{"schema": 1}',
    "not a number": with_value("NaN"),
    "infinity": with_value("-Infinity"),
    "beyond numbers": with_value("1e999"),
    "beyond measure": with_value("1e300"),
    "more digits than are read": with_value("1" * 5000),
    "no value": with_value(""),
    "value of text": with_value('"0.5"'),
    "value true": with_value("true"),
    "nested": b"[" * 200_000,
    "nested far inside": GOOD.replace("[]", "[" * 100_000 + "]" * 100_000, 1).encode(),
    "surrogate in a key": GOOD.replace('"pipeline"', r'"\ud800\n<b>"').encode(),
}


def refused(capsys, *arguments):
    """The one line on stderr of a command that must end so and change nothing."""
    before = sorted(Path().iterdir())
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert told.err.endswith("\n")
    assert told.err[:-1].isprintable()
    assert sorted(Path().iterdir()) == before
    assert Path("report.html").read_text() == EARLIER
    return told.err


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_file_that_is_no_diagnosis_is_refused_in_one_line(folder, capsys, content):
    Path("bad.json").write_bytes(content)
    for output in ("report.html", "new.html"):
        assert "bad.json: " in refused(capsys, "bad.json", "-o", output)
    assert "bad.json: " in refused(capsys, "compare", "good.json", "bad.json", "-o", "report.html")
    assert len(refused(capsys, "compare", "bad.json", "good.json", "-o", "report.html")) < 400


def test_a_file_of_a_later_version_says_what_to_do(folder, capsys):
    Path("later.json").write_bytes(with_schema(2))
    told = refused(capsys, "later.json", "-o", "report.html")
    assert told == "error: later.json: its schema is 2, this version reads 1; install a newer halfpixel to read it\n"


def test_a_file_that_is_much_too_large_is_not_read_to_its_end(folder, capsys):
    with Path("bad.json").open("wb") as file:
        file.truncate(70 * 2**20)
    assert "more than 64 MB" in refused(capsys, "bad.json", "-o", "report.html")


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (["missing.json", "-o", "report.html"], "missing.json: No such file"),
        ([".", "-o", "report.html"], ".: Is a directory"),
        (["good.json/x", "-o", "report.html"], "good.json/x: Not a directory"),
        (["x" * 300, "-o", "report.html"], "File name too long"),
        (["a\0b", "-o", "report.html"], "embedded null"),
        (["no_such_module:pipeline", "-o", "report.html"], "no_such_module"),
        (["good.json"], "-o"),
        ([], "RESULTS"),
        (["good.json", "-o", "report.pdf"], "-o report.pdf"),
        (["good.json", "-o", "folder.html"], "-o folder.html"),
        (["good.json", "-o", "missing/report.html"], "-o missing/report.html"),
        (["report.html", "-o", "report.html"], "-o report.html"),
        (["good.json", "-o", "report.html", "--wrong"], "--wrong"),
        (["good.json", "more.json", "-o", "report.html"], "more.json"),
        (["compare", "good.json", "-o", "report.html"], "head.json"),
        (["compare", "good.json", "missing.json", "-o", "report.html"], "missing.json: No such file"),
        (["compare", "good.json", "good.json", "-o", "good.json"], "-o good.json"),
    ],
)
def test_a_mistake_on_the_command_line_names_its_culprit(folder, capsys, arguments, culprit):
    assert culprit in refused(capsys, *arguments)


def test_the_command_itself_ends_with_exit_code_2_and_no_traceback(folder):
    Path("bad.json").write_text(GOOD[:-5])
    command = [sys.executable, "-m", "reports", "bad.json", "-o", "report.html"]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: bad.json: no JSON that can be read")
    assert done.stderr.count("\n") == 1
    assert Path("report.html").read_text() == EARLIER


def test_the_command_that_checks_writes_what_the_command_that_reports_reads(tmp_path, capsys):
    results, html = tmp_path / "r.json", tmp_path / "r.html"
    assert check.main(["report_samples:stuck", "--json", str(results)]) == 2
    assert main([str(results), "-o", str(html)]) == 0
    assert capsys.readouterr().out.endswith(f"wrote {html}\n")
    assert html.read_text() == page(read_results(results))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_is_shown_however_old_and_reading_it_again_changes_nothing(tmp_path, capsys, name):
    results, html = tmp_path / "r.json", tmp_path / "r.html"
    results.write_text(sample_text(name))
    assert main([str(results), "-o", str(html)]) == 0
    assert html.read_text() == page(read_results(results))
    assert checked(read_results(results), "here") == read_results(results)


def test_every_beginning_of_a_file_is_refused(tmp_path):
    path, text = tmp_path / "part.json", with_value("0.5").decode()
    for end in range(len(text)):
        path.write_text(text[:end])
        with pytest.raises(InputError, match=r"part\.json: no JSON that can be read"):
            read_results(path)
    path.write_text(text)
    assert read_results(path)["results"][0]["value"] == 0.5

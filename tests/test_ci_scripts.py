"""The shell of the CI examples, run for real in a real repository: exit codes, files, and what people are told."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
GITHUB = yaml.safe_load((ROOT / "examples/ci/github/geometry.yml").read_text(encoding="utf-8"))
GITLAB = yaml.safe_load((ROOT / "examples/ci/gitlab/.gitlab-ci.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in GITHUB["jobs"]["geometry"]["steps"] if "run" in step}
CHECK, REPORT, COMPARE, SHOW = list(STEPS)[1:]  # after the installation, which needs the network

# Stands for `python`: `mine.py` holds the exit code of the check, every file that is asked for says by which command.
STAND_IN = """\
#!/bin/bash
asked="$*"
code=0
if [ "$2" = diagnostics.check ]; then
  [ -f mine.py ] || { echo "error: there is no module mine" >&2; exit 2; }
  code=$(cat mine.py)
fi
while [ $# -gt 0 ]; do
  case $1 in --json|-o|--summary) echo "exit $code of $asked" > "$2" ;; esac
  shift
done
exit "$code"
"""
THIS_PYTHON = f'#!/bin/bash\nexec "{sys.executable}" "$@"\n'

RIGHT = textwrap.dedent("""\
    from diagnostics import Pipeline
    from reference import GeomMeta, sample_points


    def claim(size):
        return GeomMeta("stretch", size, (64, 64), (64, 64), (4, 4), (0, 0))


    def lift(features, points, size):
        return sample_points(features[0], points, claim(size))


    pipeline = Pipeline(name="mine", geometry=claim, lift=lift, grid=(4, 4))
""")
WRONG = RIGHT.replace("features[0], points", "features.mT[0], points")


def repository(folder, base, head):
    """A checkout as GitHub's: HEAD merges `head` into `base`; None is a commit without `mine.py`."""
    folder.mkdir()
    names = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = os.environ | names | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, check=True)

    def commit(content):
        (folder / "mine.py").unlink(missing_ok=True)
        if content is not None:
            (folder / "mine.py").write_text(content)
        git("add", "--all")
        git("commit", "--allow-empty", "-m", "x")

    git("init", "-b", "main")
    commit(base)
    git("checkout", "-b", "topic")
    commit(head)
    git("checkout", "main")
    git("merge", "--no-ff", "-m", "x", "topic")
    return folder


def environment_of(tmp_path, python, **values):
    """The variables of a job, with `python` first on the path."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python").write_text(python)
    (programs / "python").chmod(0o755)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | values


def run_github(tmp_path, python, base, head, steps=(CHECK, REPORT, COMPARE, SHOW)):
    """The steps as a runner runs them after a check of any outcome: `bash -e`, nothing from one step to the next."""
    checkout, temp, page = repository(tmp_path / "checkout", base, head), tmp_path / "temp", tmp_path / "page.md"
    temp.mkdir()
    environment = environment_of(
        tmp_path, python, **GITHUB["env"], RUNNER_TEMP=str(temp), GITHUB_STEP_SUMMARY=str(page)
    )
    codes, said = {}, ""
    for name in steps:
        links = {key: f"https://example.invalid/{key}" for key in STEPS[name].get("env", {})}
        done = subprocess.run(
            ["bash", "-e", "-c", STEPS[name]["run"]],
            cwd=checkout, env=environment | links, capture_output=True, text=True, check=False,
        )  # fmt: skip
        codes[name], said = done.returncode, said + done.stdout
    files = {path.name for path in (temp / "geometry").iterdir()}
    shown = page.read_text() if page.exists() else ""
    return SimpleNamespace(codes=codes, said=said, files=files, shown=shown, folder=temp / "geometry")


BOTH = {"results.json", "base.json", "report.html", "diff.html", "summary.md", "diff.md"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (0, ""),
        (1, "::error title=geometry::Faults found."),
        (2, "::error title=geometry::Could not be checked (exit 2)"),
    ],
)
def test_the_exit_code_of_the_check_is_the_jobs_and_everything_is_kept(tmp_path, code, told):
    """An exit 2 with results is one where single checks could not run: what was measured is shown."""
    job = run_github(tmp_path, STAND_IN, "0", str(code))
    assert job.codes == {CHECK: code, REPORT: 0, COMPARE: 0, SHOW: 0}
    assert told in job.said
    assert ("::error" in job.said) == (code != 0)
    assert job.files == BOTH
    assert job.shown == (
        "exit 0 of -m reports results.json -o report.html --summary summary.md\n\n"
        "exit 0 of -m reports compare base.json results.json -o diff.html --summary diff.md\n\n"
        "[Open the report](https://example.invalid/REPORT)\n\n[Open the comparison](https://example.invalid/DIFF)\n"
    )
    assert job.shown.startswith((job.folder / "summary.md").read_text())


def test_the_base_is_the_first_parent_of_the_merge(tmp_path):
    """Checked in a folder of its own, where its own `mine.py` is the one that Python finds first."""
    job = run_github(tmp_path, STAND_IN, "0", "1")
    assert (job.folder / "results.json").read_text().startswith("exit 1 of -m diagnostics.check mine:pipeline ")
    assert (job.folder / "base.json").read_text().startswith("exit 0 of -m diagnostics.check mine:pipeline ")


def test_a_base_without_the_pipeline_is_a_notice_and_no_failure(tmp_path):
    job = run_github(tmp_path, STAND_IN, None, "1")
    assert job.codes == {CHECK: 1, REPORT: 0, COMPARE: 0, SHOW: 0}
    assert job.files == {"results.json", "report.html", "summary.md"}
    assert "::notice title=geometry::Not compared: mine:pipeline" in job.said
    assert "Not compared with the base branch" in job.shown


def test_no_results_no_report_and_the_summary_says_so(tmp_path):
    job = run_github(tmp_path, STAND_IN, "0", None)
    assert job.codes == {CHECK: 2, REPORT: 0, COMPARE: 0, SHOW: 0}
    assert job.files == {"base.json", "summary.md"}
    assert "could not be checked" in job.shown


def test_a_committed_file_is_never_taken_for_a_result(tmp_path):
    """Everything is read from the runner's own folder, whatever the repository holds."""
    checkout = repository(tmp_path / "other", "0", "0")
    for name in BOTH:
        (checkout / name).write_text("planted")
    (checkout / "mine.py").unlink()
    temp = tmp_path / "temp"
    environment = environment_of(tmp_path, STAND_IN, **GITHUB["env"], RUNNER_TEMP=str(temp))
    for name in (CHECK, REPORT):
        subprocess.run(["bash", "-e", "-c", STEPS[name]["run"]], cwd=checkout, env=environment, check=False)
    assert {path.name for path in (temp / "geometry").iterdir()} == {"summary.md"}
    assert "could not be checked" in (temp / "geometry" / "summary.md").read_text()


def test_a_broken_pipeline_really_ends_with_two(tmp_path):
    job = run_github(tmp_path, THIS_PYTHON, "", "import nothing_of_this_name\n", steps=[CHECK])
    assert job.codes == {CHECK: 2}
    assert "Could not be checked (exit 2)" in job.said
    assert job.files == set()


def test_a_pull_request_that_breaks_a_clean_pipeline_really_gets_its_pages(tmp_path):
    """The whole job with the real commands: red, and both pages, the summary and the data are there."""
    job = run_github(tmp_path, THIS_PYTHON, RIGHT, WRONG)
    assert job.codes == {CHECK: 1, REPORT: 0, COMPARE: 0, SHOW: 0}
    assert job.files == BOTH
    assert "axes-swapped" in job.shown
    assert all("axes-swapped" in (job.folder / page).read_text() for page in ("report.html", "diff.html"))


def run_gitlab(tmp_path, name, base, head):
    checkout = repository(tmp_path / "checkout", base, head)
    (checkout / "geometry-report").mkdir()
    git = ["git", "rev-parse", "HEAD^1"]
    sha = subprocess.run(git, cwd=checkout, capture_output=True, text=True, check=True).stdout.strip()
    given = {"CI_PROJECT_DIR": str(checkout), "CI_MERGE_REQUEST_DIFF_BASE_SHA": sha, "TMPDIR": str(tmp_path)}
    environment = environment_of(tmp_path, STAND_IN, **GITLAB["variables"], **given)
    script = "\n".join(["set -eo pipefail", *GITLAB[name]["script"]])
    done = subprocess.run(
        ["bash", "-c", script], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, {path.name for path in (checkout / "geometry-report").iterdir()}


@pytest.mark.parametrize(
    ("head", "code", "told", "files"),
    [
        ("0", 0, "", {"results.json", "report.html"}),
        ("1", 1, "Faults found.", {"results.json", "report.html"}),
        ("2", 2, "Could not be checked (exit 2).", {"results.json", "report.html"}),
        (None, 2, "Could not be checked (exit 2).", set()),
    ],
)
def test_gitlab_ends_with_the_code_of_the_check(tmp_path, head, code, told, files):
    ended, said, written = run_gitlab(tmp_path, "geometry", "0", head)
    assert (ended, written) == (code, files)
    assert told in said


@pytest.mark.parametrize(("base", "compared"), [("0", True), (None, False)])
def test_gitlab_compares_where_both_sides_can_be_checked(tmp_path, base, compared):
    """A comparison informs: it is green with faults, and where there is nothing to compare with."""
    code, said, files = run_gitlab(tmp_path, "geometry-compare", base, "1")
    assert code == 0
    assert ("diff.html" in files) == compared
    assert ("Not compared: mine:pipeline" in said) != compared

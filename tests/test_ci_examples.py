"""The CI examples keep their promises: what each may do, what reaches a script, and only commands that there are."""

import functools
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
import yaml

from fences import ROOT, fences

EXAMPLES = ROOT / "examples" / "ci"
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
TEXTS = {
    path.relative_to(EXAMPLES).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(EXAMPLES.rglob("*"))
    if path.suffix in {".yml", ".yaml"}
}
CHECK, COMMENT, GITLAB = (
    yaml.safe_load(TEXTS[name])
    for name in ("github/geometry.yml", "github/geometry-comment.yml", "gitlab/.gitlab-ci.yml")
)
STEPS = CHECK["jobs"]["geometry"]["steps"]
COMMENT_STEPS = COMMENT["jobs"]["comment"]["steps"]
TRIGGERS = True  # PyYAML reads the key `on` as YAML 1.1 does
FENCES = fences(PAGE)

SHELL = {f"github: {step.get('name')}": step["run"] for step in STEPS if "run" in step}
SHELL |= {
    f"gitlab: {name} {part}": "\n".join(job[part])
    for name, job in GITLAB.items()
    for part in ("before_script", "script")
    if part in job
}
SHELL |= {f"docs/ci.md: {number}": code for number, (kind, code) in enumerate(FENCES) if kind == "bash"}
JAVASCRIPT = [step["with"]["script"] for step in COMMENT_STEPS if "script" in step.get("with", {})]


def strings(value):
    """Every string anywhere in a YAML document."""
    if isinstance(value, dict | list):
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        return [text for part in parts for text in strings(part)]
    return [value] if isinstance(value, str) else []


# What the files may do ----------------------------------------------------------------------------------------------


def test_the_workflow_that_runs_a_pull_requests_code_can_only_read():
    """No permission beyond reading, none added by a job, no secret, no credentials left in the checkout."""
    assert CHECK[TRIGGERS].keys() == {"pull_request", "push"}
    assert CHECK["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in CHECK["jobs"].values())
    assert "secrets" not in " ".join(strings(CHECK))
    (checkout,) = (step for step in STEPS if step.get("uses", "").startswith("actions/checkout@"))
    assert checkout["with"]["persist-credentials"] is False


def test_the_workflow_that_may_write_runs_nothing_of_the_pull_request():
    """`workflow_run` has the token to write comments, so: no checkout, no shell, no further permission, no secret."""
    assert COMMENT[TRIGGERS] == {"workflow_run": {"workflows": [CHECK["name"]], "types": ["completed"]}}
    assert COMMENT["permissions"] == {}
    (job,) = COMMENT["jobs"].values()
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert [step["uses"].split("@")[0] for step in job["steps"]] == [
        "actions/download-artifact",
        "actions/github-script",
    ]
    assert not any("run" in step for step in job["steps"])
    assert "secrets" not in " ".join(strings(COMMENT))


def test_no_expression_stands_in_a_script():
    """`${{ }}` is pasted into a script before it runs; what a stranger may have named reaches it as data only."""
    for script in [*SHELL.values(), *JAVASCRIPT]:
        assert "${{" not in script


def test_expressions_name_only_what_github_itself_sets():
    """No title, branch, body or login: a number, an outcome, an event's name, a folder of the runner or a token."""
    known = (
        r"github\.(ref|token|event_name)|github\.event\.workflow_run\.(id|event|conclusion)|runner\.temp"
        r"|steps\.[\w-]+\.(outcome|outputs\.artifact-url)|cancelled\(\)|'[\w -]*'|==|!=|&&|!"
    )
    for document in (CHECK, COMMENT):
        found = re.findall(r"\$\{\{(.*?)\}\}", "\n".join(strings(document)))
        assert found
        for expression in found:
            assert not re.sub(known, "", expression).strip(), expression


@pytest.mark.parametrize("name", SHELL)
def test_every_shell_script_is_valid_bash(name, tmp_path):
    script = tmp_path / "script"
    script.write_text(SHELL[name], encoding="utf-8")
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_all_actions_are_githubs_own_and_of_a_named_major_version():
    used = [step["uses"] for step in STEPS + COMMENT_STEPS if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", use) for use in used)


# How the files fit together -----------------------------------------------------------------------------------------


def uploads(zipped):
    chosen = [step for step in STEPS if step.get("uses", "").startswith("actions/upload-artifact@")]
    return [step["with"] for step in chosen if step["with"].get("archive", True) is zipped]


def test_each_page_is_one_file_that_is_not_zipped():
    """Then a click opens it. The artifact is named after the file: `name` would be ignored, two alike would clash."""
    pages = [upload["path"].rsplit("/", 1)[-1] for upload in uploads(zipped=False)]
    assert pages == ["report.html", "diff.html"]
    assert all(upload.keys() == {"path", "archive", "if-no-files-found"} for upload in uploads(zipped=False))
    for job, page in (("geometry", "report.html"), ("geometry-compare", "diff.html")):
        assert GITLAB[job]["artifacts"]["paths"] == [f"geometry-report/{page}"]
        assert GITLAB[job]["artifacts"]["expose_as"]


def test_the_comment_finds_what_the_check_uploads():
    (data,) = uploads(zipped=True)
    fetched, posted = COMMENT_STEPS
    assert fetched["with"]["name"] == data["name"]
    assert "${{ runner.temp }}/geometry/summary.md" in data["path"].splitlines()
    assert fetched["with"]["path"] == "${{ runner.temp }}/geometry"
    assert "`${process.env.RUNNER_TEMP}/geometry/summary.md`" in posted["with"]["script"]
    assert all(f"'{page}'" in posted["with"]["script"] for page in ("report.html", "diff.html"))


def test_a_red_check_keeps_its_report():
    after = STEPS[[step.get("id") for step in STEPS].index("check") + 1 :]
    assert all(step["if"].startswith("${{ !cancelled() && ") for step in after)
    assert GITLAB["geometry"]["artifacts"]["when"] == "always"


@pytest.mark.parametrize("values", [CHECK["env"], GITLAB["variables"]], ids=["github", "gitlab"])
def test_the_address_to_replace_leads_nowhere(values):
    """RFC 2606 reserves .invalid: whoever forgets to replace it gets an error, and nobody else's package."""
    assert values["HALFPIXEL"].startswith("halfpixel @ git+https://example.invalid/REPLACE-ME/")
    assert values["PIPELINE"] == "mine:pipeline"


# The commands -------------------------------------------------------------------------------------------------------


CALL = re.compile(r"python -m ((?:diagnostics|reports)[\w.]*\b(?: compare)?)([^\n|&;)`]*)")


def commands():
    """Command -> options of every `python -m …` of the project, in the examples and on the page."""
    calls = CALL.findall("\n".join([*SHELL.values(), PAGE]))
    return {name: {option for other, rest in calls if other == name for option in options(rest)} for name, _ in calls}


def options(line):
    return re.findall(r"(?<=\s)--?[a-z][\w-]*", line)


@functools.cache
def help_of(*arguments):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", *arguments, "--help"]
    done = subprocess.run(command, cwd=EXAMPLES, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), arguments
    return done.stdout


def test_the_commands_are_found():
    """The next test is about something."""
    assert commands() == {
        "diagnostics.check": {"--json"},
        "reports": {"-o", "--summary"},
        "reports compare": {"-o", "--summary"},
    }


@pytest.mark.parametrize("command", commands())
def test_every_option_is_one_that_the_command_knows(command):
    assert commands()[command] <= set(options(help_of(*command.split())))


def test_every_option_of_pytest_is_one_that_it_knows():
    used = {option for line in re.findall(r"^pytest .*", PAGE, flags=re.MULTILINE) for option in options(line)}
    assert used == {"-k", "--pyargs", "--pipeline", "--geometry-report", "--junitxml"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = {entry.name for entry in metadata.entry_points(group="pytest11")}
    modules = [module for name, module in project["entry-points"]["pytest11"].items() if name not in installed]
    known = set(options(help_of("pytest", *(part for module in modules for part in ("-p", module)))))
    assert used <= known | {"--junitxml"}  # an alias that --help spells --junit-xml


# The page -----------------------------------------------------------------------------------------------------------


def test_the_page_leads_to_every_example_and_to_nothing_that_is_not_there():
    targets = {target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", PAGE)}
    assert all((ROOT / "docs" / target).exists() for target in targets)
    assert {f"../examples/ci/{name}" for name in TEXTS} <= targets
    assert all(yaml.safe_load(code) for kind, code in FENCES if kind == "yaml")


def test_the_sizes_on_the_page_are_those_in_the_script():
    (script,) = JAVASCRIPT
    assert "LARGEST_FILE = 200_000" in script
    assert "at most 200 KB" in PAGE
    assert "LONGEST_TEXT = 60_000" in script
    assert "cut at 60,000 characters | 65,536" in PAGE

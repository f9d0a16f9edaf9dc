"""The script that comments on pull requests, run for real: whom it believes, what it posts, and what it takes away."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = yaml.safe_load((ROOT / "examples/ci/github/geometry-comment.yml").read_text(encoding="utf-8"))
SCRIPT = WORKFLOW["jobs"]["comment"]["steps"][1]["with"]["script"]
MARKER = "<!-- halfpixel: geometry -->"
COMMENT_LIMIT = 65_536  # characters: what GitHub says itself when it refuses a longer one

# Runs the script as actions/github-script does, on a GitHub that is a JSON file, and prints what it did.
HARNESS = """\
const world = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
const did = []
const answer = (data) => async (asked) => { did.push(['asked', asked]); return { data } }
const write = (kind) => async ({ owner, repo, ...rest }) => { did.push([kind, rest]) }
const github = {
  paginate: async (list, asked) => (await list(asked)).data,
  rest: {
    pulls: { list: answer(world.pulls) },
    actions: { listWorkflowRunArtifacts: answer({ artifacts: world.artifacts }) },
    issues: { listComments: answer(world.comments), createComment: write('created'), updateComment: write('updated') },
  },
}
const say = (kind) => (text) => { did.push([kind, text]) }
const core = { notice: say('notice'), warning: say('warning') }
const context = { repo: { owner: 'us', repo: 'lift' }, payload: { workflow_run: world.run } }
const Async = Object.getPrototypeOf(async () => {}).constructor
new Async('github', 'context', 'core', 'require', world.script)(github, context, core, require)
  .then(() => console.log(JSON.stringify(did)))
"""


def node():
    """Node.js of this machine, or the one that Playwright for Python brings along."""
    found = shutil.which("node")
    if found is None:
        driver = pytest.importorskip("playwright._impl._driver", reason="there is no Node.js here")
        found = driver.compute_driver_executable()[0]
    return found


RUN = {
    "id": 7,
    "head_sha": "a" * 40,
    "head_branch": "topic",
    "html_url": "https://github.com/us/lift/actions/runs/7",
    "head_repository": {"id": 42, "owner": {"login": "stranger"}},
}
PULL = {"number": 12, "head": {"sha": "a" * 40, "repo": {"id": 42}}}
ARTIFACTS = [
    {"id": 4, "name": "report.html"},  # of the first attempt
    {"id": 9, "name": "report.html"},
    {"id": 2, "name": "geometry-data"},
    {"id": 3, "name": "diff.html"},
]
BOT = "github-actions[bot]"


def comment(number, login, body):
    return {"id": number, "user": {"login": login}, "body": body}


def outcome(tmp_path, summary="fine", **world):
    """What the script does, as [kind, what] pairs; `summary` is what the run left, None for nothing."""
    folder = tmp_path / "geometry"
    folder.mkdir(exist_ok=True)
    if summary is not None:
        (folder / "summary.md").write_text(summary, encoding="utf-8", newline="")
    known = {"run": RUN, "pulls": [PULL], "artifacts": ARTIFACTS, "comments": [], "script": SCRIPT}
    done = subprocess.run(
        [node(), "-e", HARNESS],
        input=json.dumps(known | world), env={"RUNNER_TEMP": str(tmp_path)},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def posted(did):
    return [(kind, what) for kind, what in did if kind in {"created", "updated"}]


def body_of(tmp_path, summary):
    ((_, what),) = posted(outcome(tmp_path, summary))
    return what["body"]


def test_the_first_run_creates_a_comment_with_verdict_and_links(tmp_path):
    ((kind, what),) = posted(outcome(tmp_path, "**1 fault**: `axes-swapped`\n\n| a | b |\n|---|---|\n"))
    assert (kind, what["issue_number"]) == ("created", 12)
    pages = "https://github.com/us/lift/actions/runs/7"
    assert what["body"] == (
        f"{MARKER}\n**geometry** · {'a' * 40} · [report]({pages}/artifacts/9) · [comparison]({pages}/artifacts/3)"
        f" · [run]({pages})\n\n**1 fault**: `axes-swapped`\n\n| a | b |\n|---|---|\n"
    )


def test_later_runs_update_that_comment_and_nobody_elses(tmp_path):
    """Not a stranger's with the mark planted in it, not the bot's other comments."""
    comments = [comment(1, "stranger", f"{MARKER}\nhello"), comment(2, BOT, "other"), comment(3, BOT, f"{MARKER}\nold")]
    ((kind, what),) = posted(outcome(tmp_path, comments=comments))
    assert (kind, what["comment_id"]) == ("updated", 3)
    ((kind, what),) = posted(outcome(tmp_path, comments=comments[:2]))
    assert kind == "created"


def test_the_pull_request_is_found_by_what_github_says_of_the_run(tmp_path):
    """GitHub lists none for a commit of a fork, but all of a fork's branch."""
    kind, asked = outcome(tmp_path)[0]
    assert kind == "asked"
    assert (asked["head"], asked["state"]) == ("stranger:topic", "open")


@pytest.mark.parametrize(
    "head",
    [{"sha": "b" * 40, "repo": {"id": 42}}, {"sha": "a" * 40, "repo": {"id": 43}}, {"sha": "a" * 40, "repo": None}],
    ids=["a newer commit", "another repository", "a deleted fork"],
)
def test_a_run_that_is_not_of_the_head_of_the_pull_request_says_nothing(tmp_path, head):
    did = outcome(tmp_path, pulls=[PULL | {"head": head}])
    assert posted(did) == []
    assert did[-1][0] == "notice"


def test_a_run_whose_fork_is_gone_says_nothing(tmp_path):
    assert [kind for kind, _ in outcome(tmp_path, run=RUN | {"head_repository": None})] == ["notice"]


def test_only_a_plain_file_of_a_sensible_size_is_read(tmp_path):
    """A link could lead to the token of the job, and the comment would show it to everybody."""
    assert posted(outcome(tmp_path, None)) == []
    assert posted(outcome(tmp_path, "x" * 200_000)) != []
    assert posted(outcome(tmp_path, "x" * 200_001)) == []
    (tmp_path / "secret").write_text("token")
    (tmp_path / "geometry" / "summary.md").unlink()
    (tmp_path / "geometry" / "summary.md").symlink_to(tmp_path / "secret")
    assert posted(outcome(tmp_path, None)) == []


@pytest.mark.parametrize("line", ["x" * 99 + "\n", "x", "@"], ids=["lines", "one line", "growing"])
def test_a_long_summary_is_cut_below_what_github_takes(tmp_path, line):
    body = body_of(tmp_path, line * (190_000 // len(line)))
    assert len(body) < COMMENT_LIMIT
    assert len(body) > COMMENT_LIMIT / 2
    assert body.endswith("\n\n… cut here: the report has all of it.")


HOSTILE = {
    "mention": "@octocat @us/team",
    "mention by entity": "&#64;octocat &#x40;octocat &commat;octocat",
    "mention after removal": "@\x00octocat",
    "tag": "<img src=x onerror=alert(1)> <details><!-- -->",
    "link": "[free](https://example.invalid) ![x](https://example.invalid) [a][b]\n\n[b]: https://example.invalid",
    "bare link": "https://example.invalid www.example.invalid ftp://example.invalid WWW.example.invalid",
    "reference": "#12 us/lift#12 GH-12 gh-12",
    "bot command": "/merge\n  /approve\n\n\t/lgtm",
    "drawn code": "```mermaid\nx\n```\n~~~ geojson\nx\n~~~",
    "unseen signs": "a\u202eb\u2066c\x00d\x1be\u200bf\r\n",
}
HAS_AN_EFFECT = re.compile(
    r"@\w|&#|&\w|<\w|<!|\]\(|\]\[|\]:|\w://|www\.|#\d|GH-\d|^\s*/|(?:```|~~~)[ \t]*\w"
    r"|[\u202a-\u202e\u2066\u2067\x00\x1b\r]",
    flags=re.IGNORECASE | re.MULTILINE,
)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_could_act_is_taken_away(tmp_path, text):
    assert HAS_AN_EFFECT.search(text)
    said = body_of(tmp_path, text).split("\n\n", maxsplit=1)[1]
    assert not HAS_AN_EFFECT.search(said)


def test_what_only_looks_is_kept(tmp_path):
    """Headings, emphasis, tables, lists and formulas: a summary of ours reads, and copies, as it was written."""
    lines = ["## a", "", "**b** *c* `check mine:pipeline`", "", "| d | é |", "|---|:--|", "| 1 | 2 |", ""]
    text = "\n".join([*lines, "- \u2068`שלום`\u2069", "- `K @ x[0] < 1/2 & y > 3`", ""])
    assert body_of(tmp_path, text).endswith(text)

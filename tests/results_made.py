"""Results files made for tests: one fault or check at a time, hostile in every text, as large as allowed, or drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from diagnostics.faults import UNEXPLAINED
from reports.results_file import Results, checked

# Each does something in a Markdown document, in HTML, on GitHub or GitLab, or to the layout of any of them.
HOSTILE = (
    "<script>alert(1)</script>",
    "</details></table><img src=x onerror=alert(1)>",
    "<!-- hidden",
    "`", "``", "a`b``c```d", "` `", "`" * 500, "x` <b>y</b> `z", "```\nfence\n```",
    "|", "a | b | c", r"\|", r"a\\|b\\\|", "\\",
    "line\nline\r\n\r\n# heading\n- item", "\u2028\u0085\u000b next",
    "@everyone @octo-org/team", "#123 GH-123 octo/repo#1 !5 ~label %1 $1", "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
    "[text](http://example.com)", "![](http://example.com/x.png)", "http://example.com www.example.com a@example.com",
    "[a]: http://example.com", "[^1] :tada: $\\sqrt x$ {+ x +} [[wiki]] **bold** _it_ ~~gone~~",
    "&lt;b&gt; &#64;octocat",
    "\u05e9\u05dc\u05d5\u05dd (50)", "\u202etxt.exe\u202c\u2066",
    "\x1b[31mred\x00\x07", "\ud800 lone \udfff", "\ufeff\u200b\u00ad",
    "\N{PILE OF POO}\U0001f468\u200d\U0001f469\u200d\U0001f467", "Z\u0351\u036b\u0343" * 50,
    " ", "  two  ", "", "x" * 10_000,
)  # fmt: skip


def fault_of(
    fault_id: str = "half-cell-missing", stage: str = "lift", error_px: float | None = 17.0, **other: Any
) -> Results:
    texts = {"where": "image 640x480", "explanation": "It is off.", "remedy": "index = f - 1/2", "alternatives": []}
    return {"id": fault_id, "stage": stage, "error_px": error_px, **texts, **other}


def result_of(
    name: str = "lift_reads", status: str = "passed", faults: list[str] | None = None, **other: Any
) -> Results:
    """A check; one that passed or failed has figures in source pixels."""
    figures = {"value": None, "limit": None, "unit": ""}
    if status in ("passed", "failed"):
        figures = {"value": 17.0 if status == "failed" else 0.001, "limit": 0.5, "unit": "source px"}
    known = {} if faults is None else {"faults": faults}
    return {"name": name, "status": status, **figures, "worst": "", "command": f"again {name}", **known, **other}


def results_of(faults: Any = (), results: Any = (), **other: Any) -> Results:
    found = {"schema": 1, "pipeline": "mine", "passed": False, "faults": list(faults), "results": list(results)}
    return checked({**found, **other}, "made.json")


def faulty(*ids: str, error_px: float | None = 17.0, check: str = "lift_reads", **other: Any) -> Results:
    """A run in which one check found these faults in the lift."""
    faults = [fault_of(fault_id, error_px=error_px) for fault_id in ids]
    return results_of(faults, [result_of(check, "failed" if ids else "passed", list(ids))], **other)


def everywhere(text: str, count: int = 4) -> Results:
    """A run of `count` faults and checks of every status with `text` in every place; names end in a number."""
    statuses = ("failed", "error", "expected", "skipped", "passed")
    names = [text + str(k) for k in range(count)]
    faults = [
        fault_of(name, text, float(k) or None, where=text, explanation=text, remedy=text, alternatives=[text])
        for k, name in enumerate(names)
    ]
    texts = {"unit": text, "worst": text, "command": text}
    results = [
        {
            **result_of(f"{name}{status}", status, [] if status == "failed" else None),
            **texts,
            "reason": f"{name}{status}",
        }
        for name in names
        for status in statuses
    ]
    return results_of(
        faults,
        results[:1000],
        pipeline=text,
        conditions={"command": text, "versions": {text: text, **dict.fromkeys(names, text)}},
        declared={"stages": [text] * 20, "grid": [14, 14], "validity": text, "interpolation": text},
    )


# Drawn --------------------------------------------------------------------------------------------------------------

IDS = ("half-cell-missing", "crop-offset-sign", "axes-swapped", UNEXPLAINED)
SIZES = [[480, 640], [480, 641], [968, 1296]]


@st.composite
def runs(draw: st.DrawFn) -> Results:
    """Small runs, so alike that two of them have much in common: few names, errors near one another, any outcome."""
    keys = draw(
        st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(["lift", "upsample"])), max_size=4, unique=True)
    )
    errors = st.none() | st.sampled_from([16.0, 16.4, 17.0, 50.0])
    alternatives = st.lists(st.sampled_from([*IDS, " + ".join(IDS[:2])]), max_size=1)
    faults = [fault_of(*key, draw(errors), alternatives=draw(alternatives)) for key in keys]
    names = draw(st.lists(st.sampled_from(["lift_reads", "lift_keeps", "upsample_keeps"]), max_size=3, unique=True))
    results = [draw(_results(name, [fault_id for fault_id, _ in keys])) for name in names]
    conditions = draw(
        st.sampled_from([{}, {"image_sizes": SIZES[:1]}, {"image_sizes": SIZES}, {"seed": 1, "image_sizes": SIZES}])
    )
    return results_of(faults, results, conditions=conditions)


@st.composite
def _results(draw: st.DrawFn, name: str, ids: list[str]) -> Results:
    status = draw(st.sampled_from(["failed", "failed", "passed", "passed", "skipped", "error", "expected"]))
    if status != "failed":
        return result_of(name, status)
    found = st.lists(st.sampled_from(ids), unique=True) if ids else st.just([])
    return result_of(name, status, draw(st.none() | found), limit=draw(st.sampled_from([None, 0.005, 0.5])))

"""Writes `docs/mutation.md` from the records: what was mutated, what the tests noticed, and why they miss the rest."""

from __future__ import annotations

from typing import Any

from mutation import record
from mutation.selection import ROOT, TESTS

PAGE = ROOT / "docs" / "mutation.md"
_HEAD = """# Mutation tests

A mutant is the code with one small fault planted: `<` for `<=`, `+` for `-`, a number one too large, an argument left
out. A test that judges the code must fail on it. The table says of how many mutants of each module that was so.

```
tox -e mutation                            # every module in scope; hours on two cores
tox -e mutation -- reference/geometry.py   # one
tox -e mutation -- --survivors reference/geometry.py   # what survived before, by the tests as they are now
```

Without tox, `PYTHONPATH=tests python -m mutation` takes the same arguments. It exits with 1 where a mutant survives
without a reason. The table is written by that command, from `tests/mutation/records/`.

- [mutmut](https://github.com/boxed/mutmut) plants the faults, in a copy of the project under `build/mutation/`. It
  imports everything once, forks for each mutant, and runs only the tests that reach the mutated function.
  `tests/mutation/selection.py` names the tests that judge each module; Hypothesis draws ten examples a test.
- mutmut leaves decorated functions alone, so in the copy `@decorator` is spelled out as the assignment it stands for.
- What survives or runs out of time is tried once more, in processes in which no test has filled a cache.
- Not mutated: constants of modules, defaults of dataclass fields, calls of `len` and `isinstance`, the words of
  f-strings, docstrings and annotations.
- Texts are: a message that is dropped or names another culprit must be noticed.
- Killed counts mutants on which a test failed, ran out of time or took the interpreter down. The score is killed over
  all mutants, equivalent ones included.
"""


def write() -> None:
    """Write the page from the records that there are; modules in scope without one are said to be unmeasured."""
    PAGE.write_text(text({module: record.read(module) for module in TESTS}), encoding="utf-8")


def text(records: dict[str, dict[str, Any] | None]) -> str:
    """The page for a record, or none, of each module."""
    measured = {module: found for module, found in records.items() if found}
    unmeasured = [f"`{module}`" for module, found in records.items() if not found]
    lines = [_HEAD, "| module | mutants | killed | survived | of them explained | score | run on |"]
    lines += ["|---|---:|---:|---:|---:|---:|---|", *(_row(module, found) for module, found in measured.items())]
    if unmeasured:
        lines += ["", f"In scope and not measured yet: {', '.join(unmeasured)}."]
    lines += ["", "## Survivors"]
    for module, found in measured.items():
        lines += _survivors(module, found["survivors"])
    return "\n".join(lines) + "\n"


def _row(module: str, found: dict[str, Any]) -> str:
    mutants, killed, survivors = found["mutants"], found["killed"], found["survivors"]
    explained = sum(bool(survivor["reason"]) for survivor in survivors)
    score = f"{100 * killed / mutants:.1f} %"
    return f"| `{module}` | {mutants} | {killed} | {len(survivors)} | {explained} | {score} | {found['date']} |"


def _survivors(module: str, survivors: list[dict[str, str]]) -> list[str]:
    """The survivors of a module, by the reason that they share."""
    lines = ["", f"### `{module}`", ""] if survivors else []
    reasons = dict.fromkeys(survivor["reason"] for survivor in survivors)
    for reason in reasons:
        alike = [survivor for survivor in survivors if survivor["reason"] == reason]
        lines += [f"{reason or 'NOT EXPLAINED YET'}:", "", "```diff"]
        for survivor in alike:
            lines.append(f"@@ {survivor['where']}")
            lines += [
                f"{sign} {line}"
                for sign, side in (("-", "was"), ("+", "became"))
                for line in survivor[side].splitlines()
            ]
        lines += ["```", ""]
    return lines

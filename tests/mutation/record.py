"""What became of a module's mutants, one JSON file a module, with the reason why each survivor is equivalent."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

RECORDS = Path(__file__).parent / "records"
# A mutant that never ends or takes the interpreter down is noticed too.
KILLED = ("killed", "timeout", "segfault")
# `zip` and its like say strict=True of what has one length by construction: no input tells it from strict=False.
_STRICT = re.compile(r", strict=(True|False|None)|, (?=\))")
_STRICT_REASON = "both sides have one length by construction: strict tells the reader"


def path_of(module: str) -> Path:
    """Where the record of `module` is kept."""
    return RECORDS / (module.removesuffix(".py").replace("/", ".") + ".json")


def read(module: str) -> dict[str, Any] | None:
    """The record of `module`, None where it was never run."""
    path = path_of(module)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write(module: str, folder: Path) -> dict[str, Any]:
    """Record the results that mutmut left in `folder`; reasons given before are kept for survivors that still are."""
    before = read(module) or {"survivors": []}
    reasons = {_key(survivor): survivor["reason"] for survivor in before["survivors"]}
    outcomes = statuses(folder)
    survivors = [_survivor(name, status, folder) for name, status in outcomes.items() if status not in KILLED]
    record = {
        "module": module,
        "date": date.today().isoformat(),  # noqa: DTZ011  # the day where it ran
        "mutants": len(outcomes),
        "killed": len(outcomes) - len(survivors),
        "survivors": [survivor | {"reason": reasons.get(_key(survivor)) or _known(survivor)} for survivor in survivors],
    }
    RECORDS.mkdir(exist_ok=True)
    path_of(module).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return record


def statuses(folder: Path) -> dict[str, str]:
    """Each mutant's name in mutmut and what became of it."""
    lines = mutmut(folder, "results", "--all", "true").splitlines()
    return dict(line.strip().rsplit(": ", 1) for line in lines if "__mutmut_" in line)


def mutmut(folder: Path, *arguments: str) -> str:
    """What mutmut prints, run in `folder`."""
    command = [Path(sys.executable).with_name("mutmut"), *arguments]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def function_of(mutant: str) -> str:
    """`Camera.resized` of mutmut's `reference.camera.xǁCameraǁresized__mutmut_3`."""
    return mutant.rsplit("__mutmut_", 1)[0].rsplit(".", 1)[1].removeprefix("x").lstrip("_ǁ").replace("ǁ", ".")


def _survivor(name: str, status: str, folder: Path) -> dict[str, str]:
    """Where the mutant is and the lines it changes, by which it is known again when others come before it."""
    lines = mutmut(folder, "show", name).splitlines()
    was, became = ([line[1:].strip() for line in lines if line[:1] == sign and line[:3] != sign * 3] for sign in "-+")
    return {"where": function_of(name), "was": "\n".join(was), "became": "\n".join(became), "status": status}


def _known(survivor: dict[str, str]) -> str:
    """The reason of survivors that are of a kind, or an empty one."""
    was, became = (_STRICT.sub("", survivor[side]) for side in ("was", "became"))
    return _STRICT_REASON if was == became and "strict=True" in survivor["was"] else ""


def _key(survivor: dict[str, str]) -> tuple[str, str, str]:
    return survivor["where"], survivor["was"], survivor["became"]

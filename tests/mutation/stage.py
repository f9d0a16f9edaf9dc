"""Lays out a copy of the project in which one module is to be mutated, ready for mutmut."""

from __future__ import annotations

import shutil
from pathlib import Path

import libcst as cst

from mutation.selection import ROOT, test_files

FOLDER = ROOT / "build" / "mutation"
SOURCES = ("reference", "diagnostics", "reports")
BESIDE = ("docs", "examples", "tests")  # the tests read them
FILES = ("CONTRIBUTING.md", "README.md", "pyproject.toml")
# mutmut's own decorator cannot be put on these; it handles the others itself.
_AS_THEY_ARE = ("classmethod", "staticmethod", "overload")


def place(module: str) -> Path:
    """The folder in which `module` is mutated."""
    return FOLDER / module.removesuffix(".py").replace("/", ".")


def lay_out(module: str) -> Path:
    """A fresh copy of the project for mutating `module`, with mutmut's configuration; its folder."""
    folder = place(module)
    shutil.rmtree(folder, ignore_errors=True)
    for name in (*SOURCES, *BESIDE):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, folder / name)
    (folder / module).write_text(spelled_out((ROOT / module).read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def bring_tests(module: str) -> Path | None:
    """The folder laid out before, with today's tests; None where there is none or the module has changed."""
    folder = place(module)
    source = folder / module
    if not source.exists() or source.read_text(encoding="utf-8") != spelled_out((ROOT / module).read_text("utf-8")):
        return None
    shutil.copytree(ROOT / "tests", folder / "tests", dirs_exist_ok=True)
    (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)  # tests may reach other functions now
    return folder


def spelled_out(code: str) -> str:
    """`code` with every `@decorator` of a function written as the assignment that it stands for.

    mutmut leaves decorated functions alone, the cached properties that hold the law of the geometry among them.
    """
    return cst.parse_module(code).visit(_Undecorated()).code


class _Undecorated(cst.CSTTransformer):
    def leave_FunctionDef(  # noqa: N802  # libcst's name
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        decorators = [item.decorator for item in updated_node.decorators]
        if not decorators or any(isinstance(it, cst.Name) and it.value in _AS_THEY_ARE for it in decorators):
            return updated_node
        value: cst.BaseExpression = updated_node.name
        for decorator in reversed(decorators):
            value = cst.Call(decorator, [cst.Arg(value)])
        bound = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(updated_node.name)], value)])
        return cst.FlattenSentinel([updated_node.with_changes(decorators=[]), bound])


def configure(module: str, folder: Path, isolation: str) -> None:
    """Write mutmut's settings for `module`. isolation: what each mutant's process is forked from.

    `"fork"`: from one that has run the tests, which is quick, but leaves its filled caches to every mutant, so that
    some survive that should not. `"forkserver"`: from one that has only collected the tests.
    """
    lists = {
        "source_paths": SOURCES,
        "only_mutate": [module],
        "also_copy": (*BESIDE, *FILES),
        # pytest's last look for errors nobody raised collects garbage, half a second for each mutant.
        "pytest_add_cli_args": [
            f"-pno:{plugin}" for plugin in ("cacheprovider", "unraisableexception", "threadexception")
        ],
        "pytest_add_cli_args_test_selection": test_files(module),
    }
    lines = ["[mutmut]", f"process_isolation = {isolation}", "timeout_multiplier = 6", "timeout_constant = 2"]
    for name, values in lists.items():
        lines += [f"{name} =", *(f"    {value}" for value in values)]
    (folder / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")

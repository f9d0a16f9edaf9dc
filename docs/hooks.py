"""Makes one site of the documents as they lie in the repository: the README is its front page, links lead as before.

MkDocs knows files of `docs/` alone. What else is linked from them, other documents, example files and folders of those,
becomes a page or a file of the site, too, so that a link that leads nowhere is an error of `mkdocs build --strict`.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
FRONT = {"README.md": "index.md", "README.zh-CN.md": "index.zh-CN.md"}  # of the repository -> of the site
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
_CODE = {".py": "python", ".yml": "yaml"}


def on_config(config: Any) -> Any:
    """Make the navigation of the documents that there are; the pages of single faults are reached from their list."""
    first = {"tutorial.md", "conventions.md", "findings.md"}
    others = sorted(path.name for path in (ROOT / "docs").glob("*.md") if path.name not in first)
    config.nav = [
        {"halfpixel": "index.md"},
        {"简体中文": "index.zh-CN.md"},
        {"Tutorial": "tutorial.md"},
        {"Conventions": "conventions.md"},
        {"Faults": "faults/README.md"},
        {"Findings": "findings.md"},
        {"More": [*others, "CONTRIBUTING.md", "CHANGELOG.md"]},
    ]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add what the documents link to, however often one of them links to another."""
    waiting = [*FRONT, *(f"docs/{file.src_uri}" for file in files.documentation_pages())]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        if not path.startswith("docs/"):
            files.append(_added(path, config))
        if path.endswith(".md"):
            targets = {linked(path, target) for target in _LINK.findall((ROOT / path).read_text(encoding="utf-8"))}
            found = sorted(target for target in targets - seen if (ROOT / target).exists())
            waiting += [target for target in found if not target.startswith("docs/")]
            seen.update(found)
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead the links of a document from its place in the site to the same documents."""
    if page.file.src_uri.startswith("examples/"):
        return markdown
    path = next((path for path, uri in FRONT.items() if uri == page.file.src_uri), None)
    path = path or (page.file.src_uri if (ROOT / page.file.src_uri).is_file() else f"docs/{page.file.src_uri}")
    here = posixpath.dirname(page.file.src_uri)

    def led(match: re.Match[str]) -> str:
        target = linked(path, match[1])
        # What is not there stays as it is: code that looks like a link, or a link for MkDocs to complain of.
        return posixpath.relpath(_uri(target), here or ".") if (ROOT / target).exists() else match[1]

    return _LINK.sub(led, markdown)


def linked(path: str, target: str) -> str:
    """The path in the repository that a document at `path` links to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def _uri(path: str) -> str:
    """Where the site has what is at `path` in the repository."""
    if path in FRONT:
        return FRONT[path]
    if (ROOT / path).is_dir():
        return f"{path}.md"
    return path.removeprefix("docs/")


def _added(path: str, config: Any) -> File:
    if (ROOT / path).is_dir():
        return File.generated(config, _uri(path), content=_folder(path))
    return File.generated(config, _uri(path), abs_src_path=str(ROOT / path))


def _folder(path: str) -> str:
    """A page of a folder of code: its files, each as it is."""
    parts = [f"# {path}\n"]
    for file in sorted(file for file in (ROOT / path).iterdir() if file.suffix in _CODE):
        parts.append(f"## {file.name}\n\n```{_CODE[file.suffix]}\n{file.read_text(encoding='utf-8')}```\n")
    return "\n".join(parts)

"""Reads the code blocks of a Markdown page and runs what is in them, for the tests of pages."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


def fences(page):
    """(language, code) of every block, in order."""
    return _FENCE.findall(page)


def blocks(page, language):
    """The code of every block in that language, in order."""
    return [code for kind, code in fences(page) if kind == language]


def words(text):
    """The text with its line ends and indentation as single spaces, to compare what was wrapped elsewhere."""
    return " ".join(text.split())


def run(arguments, cwd):
    """A command of a page, run in a folder with this tree's own packages."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(arguments, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

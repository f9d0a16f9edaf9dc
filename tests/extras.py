"""What an extra of the project asks for, and whether this environment has it."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def is_met(requirement):
    try:
        return metadata.version(requirement.name) in requirement.specifier
    except metadata.PackageNotFoundError:
        return False


def skip_without(extra, distribution=None):
    """Skip where the extra's requirements, or the one on `distribution`, are not met: no library, or an older one."""
    asked = [Requirement(text) for text in PROJECT["optional-dependencies"][extra]]
    missing = [str(one) for one in asked if distribution in (None, one.name) and not is_met(one)]
    if missing:
        pytest.skip(f"the extra `{extra}` installs {', '.join(missing)}", allow_module_level=True)

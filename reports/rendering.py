"""Fills the templates: everything printed is escaped, nothing may be missing, and the page may load nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from diagnostics.command_line import shown


def rendered(template: str, **values: Any) -> str:
    """The HTML template of this name, filled. Raises `jinja2.UndefinedError` for a value that it lacks."""
    style, script = _source("style.css"), _source("page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704 - our own file, as is the script
            script=Markup(script),  # noqa: S704
            policy=policy,
            **values,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"px": px, "figure": figure, "share": share, "breakable": breakable}
    return environment


def _finalized(value: Any) -> Any:
    """Text with its control, bidirectional and undecodable characters written as escapes; markup as it is."""
    if value is None:
        raise ValueError("None is not to be printed")
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def px(value: float) -> str:
    """A distance in pixels: two decimals, four for what is small."""
    if not value:
        return "0"
    text = f"{value:,.{4 if abs(value) < 0.1 else 2}f}"
    return "0.0000" if text == "-0.0000" else text.replace("-", "\N{MINUS SIGN}")


def figure(value: float) -> str:
    """A number to four digits, as it is short."""
    text = f"{value:,.4f}".rstrip("0").rstrip(".") if 1e-3 <= abs(value) < 1e6 or not value else f"{value:.4g}"
    return text.replace("-", "\N{MINUS SIGN}")


def breakable(name: str) -> Markup:
    """A name that a line may break after its underscores and dots."""
    return Markup(re.sub(r"([_.])", r"\1<wbr>", str(escape(shown(name)))))  # noqa: S704 - escaped


def share(value: float) -> str:
    """A share in per cent."""
    return f"{100 * value:.1f} %"


def _source(name: str) -> str:
    return resources.files("reports").joinpath("templates", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

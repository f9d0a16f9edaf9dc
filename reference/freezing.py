"""Freezes a module but for a whitelist of parameter names, and keeps what is frozen out of training mode."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from torch import nn


def freeze_except(module: nn.Module, patterns: Sequence[str]) -> None:
    """Freeze every parameter of `module`, then thaw those whose dotted name one of the glob `patterns` matches.

    Patterns are those of `fnmatch`, case-sensitive; `*` runs over dots. No pattern at all freezes everything.

    Raises `TypeError` for a lone string, and `ValueError` for a pattern that matches nothing, before anything changes.
    """
    if isinstance(patterns, str):
        raise TypeError(
            f"patterns must be a sequence of glob patterns, got the string {patterns!r}; write [{patterns!r}]"
        )
    parameters = dict(module.named_parameters(remove_duplicate=False))
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in parameters):
            known = ", ".join(list(parameters)[-3:])
            raise ValueError(f"the pattern {pattern!r} matches no parameter; the last names are {known}")
    module.requires_grad_(False)
    for name, parameter in parameters.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            parameter.requires_grad_(True)


def eval_frozen(module: nn.Module) -> None:
    """Put the parts of `module` that hold a frozen parameter in `eval()`; `module` itself keeps its mode.

    A part trains only if all its parameters do, so that no dropout, drop path or running statistic acts in a frozen
    one. A part without parameters follows the part that holds it. To be called after every `train()`, which knows
    nothing of frozen parameters.
    """
    for part in module.children():
        _eval_unless_thawed(part)


def _eval_unless_thawed(part: nn.Module) -> None:
    if all(parameter.requires_grad for parameter in part.parameters()):
        return
    part.training = False
    for inner in part.children():
        if any(True for _ in inner.parameters()):
            _eval_unless_thawed(inner)
        else:
            inner.eval()

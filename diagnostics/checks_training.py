"""Does a module train what its list says, and does what is frozen stay out of training mode?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from types import FunctionType

from torch import nn

from diagnostics.faults import named
from diagnostics.faults_training import CATALOGUE
from diagnostics.subject import Subject
from diagnostics.verdict import Finding, SkipCheck, StageError

_SHOWN = 4  # names in a text


def check_training_parameters(subject: Subject) -> Finding:
    """Exactly the parameters that the list names have `requires_grad`."""
    module, patterns = _contract(subject)
    listed = _listed(module, patterns)
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    parameters = {id(parameter): parameter for parameter in module.parameters()}
    wrong = {
        "frozen-but-listed": [names[key] for key in parameters if key in listed and not parameters[key].requires_grad],
        "trainable-but-unlisted": [
            names[key] for key in parameters if key not in listed and parameters[key].requires_grad
        ],
    }
    faults = tuple(
        named(CATALOGUE, fault_id, where=found[0], count=len(found), names=_shown(found), patterns=list(patterns))
        for fault_id, found in wrong.items()
        if found
    )
    every = [name for found in wrong.values() for name in found]
    return Finding(len(every), 0, "parameters", _shown(every), faults)


def check_training_modes(subject: Subject) -> Finding:
    """After `module.train()`, frozen parts are in `eval()` and listed ones in `train()`; every mode is put back.

    Judged are parts of which all parameters are frozen and unlisted, or all thawed and listed: what is one but not the
    other is the fault of `check_training_parameters`. Frozen but in `train()` may be single layers that act alike in
    both modes, and what is left of a frozen block in which somebody put to sleep what does not.
    """
    module, patterns = _contract(subject)
    listed = _listed(module, patterns)
    before = {part: part.training for part in module.modules()}
    try:
        module.train()
        frozen = [name for name, part in _outermost(module, listed, False) if _left_awake(part)]
        asleep = [name for name, part in _outermost(module, listed, True) if _any_asleep(part)]
    except Exception as error:
        raise StageError("module", f"train() raised {type(error).__name__}: {error}") from error
    finally:
        for part, mode in before.items():
            part.training = mode
    told = [f"frozen parts are in train() ({_shown(frozen)})"] * bool(frozen)
    told += [f"listed parts are in eval() ({_shown(asleep)})"] * bool(asleep)
    wrong = [*frozen, *asleep]
    fault = named(CATALOGUE, "train-mode-leak", where=_shown(wrong), what=" and ".join(told), names=_shown(wrong))
    return Finding(len(wrong), 0, "parts of the module", _shown(wrong), (fault,) if wrong else ())


def _contract(subject: Subject) -> tuple[nn.Module, Sequence[str]]:
    """The module and its list; every pattern has to name something."""
    module, patterns = subject.pipeline.module, subject.pipeline.trainable
    if module is None or patterns is None:
        raise SkipCheck(f"the pipeline gives no {'module' if module is None else 'trainable'}")
    if not isinstance(module, nn.Module):
        raise StageError("module", f"must be a torch.nn.Module, got {type(module).__name__}")
    names = [name for name, _ in module.named_parameters(remove_duplicate=False)]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise StageError(
                "module", f"{pattern!r} in trainable names no parameter; the last are {_shown(names[-3:])}"
            )
    return module, patterns


def _listed(module: nn.Module, patterns: Sequence[str]) -> set[int]:
    """`id` of every parameter that the list names, by any of its names where modules share it."""
    return {
        id(parameter)
        for name, parameter in module.named_parameters(remove_duplicate=False)
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }


def _outermost(module: nn.Module, listed: set[int], training: bool) -> Iterator[tuple[str, nn.Module]]:
    """The outermost parts, by name, whose parameters all are as meant: thawed and listed, or frozen and unlisted.

    The module itself is one only if it has no parts: its own mode says what the user asked for, not what acts.
    """
    inside: list[nn.Module] = []
    has_parts = any(True for _ in module.children())
    for name, part in module.named_modules():
        parameters = list(part.parameters())
        if (
            not parameters
            or (part is module and has_parts)
            or any(part is inner for outer in inside for inner in outer.modules())
        ):
            continue
        if all(p.requires_grad == training and (id(p) in listed) == training for p in parameters):
            inside.append(part)
            yield name or "the module itself", part


def _any_asleep(part: nn.Module) -> bool:
    """Whether the part or anything in it that has parameters is in `eval()`."""
    return not all(inner.training for inner in part.modules() if next(inner.parameters(), None) is not None)


def _left_awake(part: nn.Module) -> bool:
    """Whether anything that acts otherwise in `train()` is in it, or nobody put anything of a whole block to sleep."""
    block = next(part.children(), None) is not None
    return _acts_awake(part) or (block and all(inner.training for inner in part.modules()))


def _acts_awake(part: nn.Module) -> bool:
    """Whether anything in the part is in `train()` and acts otherwise there."""
    return any(inner.training and _knows_its_mode(inner) for inner in part.modules())


def _knows_its_mode(part: nn.Module) -> bool:
    """Whether a method of the part's own class reads `self.training`; dropout that drops nothing does so in vain."""
    if getattr(part, "p", None) == 0 and type(part).__module__.startswith("torch.nn"):
        return False
    return any(
        "training" in method.__code__.co_names
        for kind in type(part).__mro__
        if kind is not nn.Module and issubclass(kind, nn.Module)
        for name, method in vars(kind).items()
        if isinstance(method, FunctionType) and name not in ("train", "eval")
    )


def _shown(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")

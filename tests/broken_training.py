"""Modules that break their training contract, each in one known way, and twins that only look wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from diagnostics.pipeline import Pipeline
from reference.freezing import eval_frozen, freeze_except

LIST = ("blocks.3.*", "head.*")


class Contract(nn.Module):
    """A stem with a running statistic, four blocks with dropout, and a head; keeps what is frozen out of training."""

    def __init__(self, patterns: Sequence[str] = LIST) -> None:
        super().__init__()
        self.stem = nn.BatchNorm1d(4)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.1)) for _ in range(4))
        self.head = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Dropout(0.1), nn.Linear(4, 2))
        freeze_except(self, patterns)
        self.eval()

    def train(self, mode: bool = True) -> Contract:
        super().train(mode)
        eval_frozen(self)
        return self


class Careless(Contract):
    """Leaves frozen parts in training mode."""

    def train(self, mode: bool = True) -> Careless:
        nn.Module.train(self, mode)
        return self


class LeafByLeaf(Contract):
    """Puts what has frozen parameters in `eval()`, but forgets the dropout between them."""

    def train(self, mode: bool = True) -> LeafByLeaf:
        nn.Module.train(self, mode)
        for part in self.modules():
            own = list(part.parameters())
            if own and not any(parameter.requires_grad for parameter in own):
                part.training = False
        return self


class Asleep(Contract):
    """Never leaves `eval()`, nor does the head."""

    def train(self, mode: bool = True) -> Asleep:
        super().train(mode)
        self.head.eval()
        return self


class Tied(Contract):
    """The head's last layer under a second name, and only that one is listed."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.stem = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 4)
        self.tied = self.head
        freeze_except(self, ["tied.*"])
        self.eval()


def contract(
    kind: type[Contract] = Contract, change: Callable[[Contract], object] | None = None, patterns: Sequence[str] = LIST
) -> Pipeline:
    """The pipeline of a module of this kind after `change`."""
    module = kind()
    if change is not None:
        change(module)
    return Pipeline(module=module, trainable=patterns)


def freeze(name: str) -> Callable[[Contract], object]:
    return lambda module: module.get_submodule(name).requires_grad_(False)


def thaw(name: str) -> Callable[[Contract], object]:
    return lambda module: module.get_submodule(name).requires_grad_(True)


BROKEN: dict[str, tuple[Pipeline, ...]] = {
    "frozen-but-listed": (
        contract(change=freeze("head")),
        contract(change=freeze("head.3")),
        contract(patterns=(*LIST, "blocks.2.*")),
    ),
    "trainable-but-unlisted": (
        contract(change=thaw("stem")),
        contract(change=thaw("blocks.2")),
        contract(patterns=("head.*",)),
    ),
    "train-mode-leak": (contract(Careless), contract(LeafByLeaf), contract(Asleep)),
}

COMPOUNDS: dict[str, tuple[Pipeline, tuple[str, ...]]] = {
    "the wrong block": (
        contract(patterns=("blocks.2.*", "head.*")),
        ("frozen-but-listed", "trainable-but-unlisted"),
    ),
    "careless and a head that is frozen": (
        contract(Careless, freeze("head")),
        ("frozen-but-listed", "train-mode-leak"),
    ),
}


class Odd(nn.Module):
    """Parameters of the module itself, some frozen, beside parts of either kind."""

    def __init__(self) -> None:
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(4), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(1))
        self.drop = nn.Dropout(0.1)
        self.mixed = nn.Linear(4, 4)
        self.mixed.weight.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.drop(self.mixed(x + self.class_token) * self.scale)


RIGHT: dict[str, Pipeline] = {
    "as meant": contract(),
    "in training mode from the start": contract(change=lambda module: module.train()),
    "all frozen, nothing listed": Pipeline(module=Contract(()).eval(), trainable=()),
    "all trains": Pipeline(module=Contract(("*",)), trainable=("*",)),
    "mixed parts may be in either mode": Pipeline(module=Odd(), trainable=("scale", "mixed.bias")),
    "listed by a second name": Pipeline(module=Tied(), trainable=("tied.*",)),
}

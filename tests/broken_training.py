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


class Plain(nn.Module):
    """A frozen body without dropout or running statistics, and a head; nothing is done about modes."""

    def __init__(self, drop: float = 0.0) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.GELU(), nn.LayerNorm(4), nn.Dropout(drop), nn.Linear(4, 4))
        self.head = nn.Linear(4, 2)
        freeze_except(self, ["head.*"])


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
    "train-mode-leak": (
        contract(Careless),
        contract(LeafByLeaf),
        contract(Asleep),
        Pipeline(module=Plain(drop=0.1), trainable=["head.*"]),
        Pipeline(module=Plain(), trainable=["head.*"]),
        Pipeline(
            module=nn.Sequential(nn.MultiheadAttention(8, 2).requires_grad_(False), nn.Linear(8, 2)), trainable=["1.*"]
        ),
    ),
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


class LowRank(nn.Module):
    """LoRA: a frozen layer inside every part that trains."""

    def __init__(self) -> None:
        super().__init__()
        self.base = nn.Linear(4, 4).requires_grad_(False)
        self.lora_a, self.lora_b = nn.Parameter(torch.zeros(2, 4)), nn.Parameter(torch.zeros(4, 2))
        self.drop = nn.Dropout(0.1)


class NormsAsleep(nn.Module):
    """A frozen stem of which only the running statistics are put to sleep: the convolution knows no mode."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(4, 2)
        freeze_except(self, ["head.*"])

    def train(self, mode: bool = True) -> NormsAsleep:
        super().train(mode)
        self.stem[1].eval()
        return self


def only_biases() -> nn.Module:
    """BitFit: every part is mixed."""
    block = nn.TransformerEncoderLayer(8, 2, 16, 0.1, batch_first=True)
    for name, parameter in block.named_parameters():
        parameter.requires_grad_(name.endswith("bias"))
    return nn.ModuleDict({"block": block})


def tied_embedding() -> nn.Module:
    """One tensor under two names, of which the list has the first."""
    words, logits = nn.Embedding(5, 4), nn.Linear(4, 5, bias=False)
    logits.weight = words.weight
    return nn.ModuleDict({"words": words, "logits": logits})


RIGHT: dict[str, Pipeline] = {
    # Look odd because frozen parts are in training mode; right because nothing in them knows it.
    "low rank": Pipeline(module=nn.ModuleList(LowRank() for _ in range(3)), trainable=["*lora_*"]),
    "only the norms are put to sleep": Pipeline(module=NormsAsleep(), trainable=["head.*"]),
    "a frozen layer alone": Pipeline(module=nn.Linear(2, 2).requires_grad_(False), trainable=[]),
    # Look odd because most parameters of every part are frozen; right because the list says which train.
    "only biases": Pipeline(module=only_biases(), trainable=["*bias"]),
    # Looks odd because a parameter has a name that is not listed; right because it has another that is.
    "a tied embedding": Pipeline(module=tied_embedding(), trainable=["words.*"]),
    "not yet shaped": Pipeline(module=nn.Sequential(nn.LazyLinear(4), nn.Linear(4, 4)), trainable=["*"]),
    "as meant": contract(),
    "in training mode from the start": contract(change=lambda module: module.train()),
    "all frozen, nothing listed": Pipeline(module=Contract(()).eval(), trainable=()),
    "all trains": Pipeline(module=Contract(("*",)), trainable=("*",)),
    "mixed parts may be in either mode": Pipeline(module=Odd(), trainable=("scale", "mixed.bias")),
    "listed by a second name": Pipeline(module=Tied(), trainable=("tied.*",)),
}

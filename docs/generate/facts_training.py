"""Facts on the training contract: which parameters learn, and which parts act as in training."""

from __future__ import annotations

from docs.generate.fact import Fact

FACTS: dict[str, Fact] = {
    "frozen-but-listed": Fact(
        "a parameter that should train is frozen",
        "requires_grad = name on the list",
        "requires_grad = False for a name on the list",
        "The loss falls more slowly, or not at all; no error. Names say which.",
        "for name, parameter in module.named_parameters():\n"
        "    parameter.requires_grad_(any(fnmatch(name, pattern) for pattern in trainable))",
        (("train-mode-leak", "parameters are right, modes are not"),),
    ),
    "trainable-but-unlisted": Fact(
        "a parameter that should be frozen trains",
        "requires_grad = name on the list",
        "requires_grad = True for a name that is not",
        "The encoder drifts away from what its features meant. Names say which.",
        "module.requires_grad_(False)  # freeze everything, then thaw the list\n"
        "reference.freezing.freeze_except(module, trainable)",
        (("frozen-but-listed", "the other direction; both show where the list is off by one block"),),
    ),
    "train-mode-leak": Fact(
        "frozen parts act as in training",
        "frozen parts in eval(), listed parts in train()",
        "module.train() on everything: dropout and running statistics act in frozen blocks",
        "Features of the frozen part change from step to step although no parameter of it does.",
        "def train(self, mode=True):\n    super().train(mode)\n"
        "    reference.freezing.eval_frozen(self)\n    return self",
        (("encoder-not-deterministic", "the same noise, met at inference"),),
    ),
}

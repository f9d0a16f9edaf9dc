"""The catalogue of the training contract: what trains, what does not, and which parts act as in training."""

from __future__ import annotations

from diagnostics.faults import Entry

CATALOGUE: dict[str, Entry] = {
    "frozen-but-listed": Entry(
        stage="module",
        explanation="{count} parameters that the list says should train are frozen: {names}.",
        remedy="parameter.requires_grad_(True) for these names, or take their pattern off the list {patterns}.",
        seen_in="fine-tuning scripts that freeze after they thaw",
    ),
    "trainable-but-unlisted": Entry(
        stage="module",
        explanation="{count} parameters that are not on the list train: {names}. The encoder drifts unnoticed.",
        remedy="reference.freezing.freeze_except(module, {patterns}): freeze everything, then thaw the list.",
        seen_in="fine-tuning scripts that freeze by a list of what to freeze",
    ),
    "train-mode-leak": Entry(
        stage="module",
        explanation=(
            "After module.train(), {what}: {names}. Dropout and running statistics act where nothing learns, or do not "
            "where something does."
        ),
        remedy="Override train(mode): super().train(mode), then reference.freezing.eval_frozen(self).",
        seen_in="nn.Module.train, which knows nothing of frozen parameters",
    ),
}

"""Laws of whitelist freezing, on a small module of known names."""

import pytest
import torch
from torch import nn

from reference.freezing import eval_frozen, freeze_except


def block():
    return nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))


class Subject(nn.Module):
    """A stem with a running statistic, twelve blocks with dropout, a head, and a dropout of its own."""

    def __init__(self):
        super().__init__()
        self.tower = nn.ModuleDict({"stem": nn.BatchNorm1d(3), "drop": nn.Dropout(0.5)})
        self.tower["blocks"] = nn.ModuleList(block() for _ in range(12))
        self.head = nn.Linear(3, 2)
        self.drop = nn.Dropout(0.5)


@pytest.fixture
def subject():
    return Subject()


def trainable(module):
    return {name for name, parameter in module.named_parameters() if parameter.requires_grad}


def in_training(module):
    return {name for name, part in module.named_modules() if part.training}


def test_the_trainable_set_is_exactly_the_whitelist(subject):
    """Block 1 is not blocks 10 and 11, and what was thawed before is frozen again."""
    freeze_except(subject, ["tower.blocks.1.*", "head.bias"])
    assert trainable(subject) == {"tower.blocks.1.0.weight", "tower.blocks.1.0.bias", "head.bias"}
    freeze_except(subject, ["head.*"])
    assert trainable(subject) == {"head.weight", "head.bias"}


def test_a_star_runs_over_dots_and_patterns_add_up(subject):
    freeze_except(subject, ["tower.*.1[01].*", "*.bias"])
    biases = {name for name, _ in subject.named_parameters() if name.endswith(".bias")}
    assert trainable(subject) == biases | {"tower.blocks.10.0.weight", "tower.blocks.11.0.weight"}


def test_no_pattern_freezes_everything(subject):
    freeze_except(subject, [])
    assert trainable(subject) == set()


@pytest.mark.parametrize("pattern", ["tower.blocks.12.*", "Head.*", "head", "tower.drop.*", ""])
def test_a_pattern_that_matches_nothing_is_an_error_and_changes_nothing(subject, pattern):
    everything = trainable(subject)
    with pytest.raises(
        ValueError,
        match=r"matches no parameter; the last names are tower\.blocks\.11\.0\.bias, head\.weight, head\.bias$",
    ):
        freeze_except(subject, ["head.*", pattern])
    assert trainable(subject) == everything


def test_a_lone_string_is_an_error(subject):
    """Its letters would be taken for patterns."""
    with pytest.raises(TypeError, match="sequence of glob patterns"):
        freeze_except(subject, "head.*")


def test_a_shared_parameter_answers_to_each_of_its_names(subject):
    subject.tied = subject.head
    freeze_except(subject, ["tied.weight"])
    assert trainable(subject) == {"head.weight"}


def test_frozen_parts_stay_in_eval(subject):
    """In training are the root, what is thawed throughout, the dropout inside it, and the root's own dropout."""
    freeze_except(subject, ["tower.blocks.11.*", "head.*"])
    subject.train()
    eval_frozen(subject)
    last = "tower.blocks.11"
    assert in_training(subject) == {"", "drop", "head", last, f"{last}.0", f"{last}.1"}


def test_a_part_with_one_frozen_parameter_does_not_train(subject):
    """A block of which only the bias learns has no dropout."""
    freeze_except(subject, ["tower.blocks.11.0.bias"])
    subject.train()
    eval_frozen(subject)
    assert in_training(subject) == {"", "drop"}
    assert {module.training for module in subject.modules()} == {True, False}


def test_eval_stays_eval_and_all_thawed_trains_throughout(subject):
    subject.eval()
    eval_frozen(subject)
    assert in_training(subject) == set()
    subject.train()
    eval_frozen(subject)
    assert in_training(subject) == {name for name, _ in subject.named_modules()}


def test_a_frozen_running_statistic_stands_still(subject):
    freeze_except(subject, ["head.*"])
    subject.train()
    eval_frozen(subject)
    subject.tower["stem"](torch.full((4, 3), 7.0))
    assert torch.equal(subject.tower["stem"].running_mean, torch.zeros(3))

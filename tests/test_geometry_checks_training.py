"""Checks of the training contract: every planted fault is named, alone and exactly; what only looks odd passes."""

import pytest
from torch import nn

from broken_training import BROKEN, COMPOUNDS, LIST, RIGHT, Contract
from diagnostics.checks_training import check_training_modes, check_training_parameters
from diagnostics.faults_training import CATALOGUE
from diagnostics.pipeline import Pipeline
from diagnostics.subject import Subject
from diagnostics.verdict import SkipCheck, StageError
from planted import each_setting

CHECKS = (check_training_parameters, check_training_modes)


def faults(pipeline):
    return [fault for check in CHECKS for fault in check(Subject(pipeline)).faults]


def test_every_fault_of_the_catalogue_is_planted_at_two_settings_or_more():
    assert set(BROKEN) == set(CATALOGUE)
    assert min(map(len, BROKEN.values())) >= 2


@pytest.mark.parametrize(("fault_id", "broken"), each_setting(BROKEN))
def test_a_planted_fault_is_named_and_nothing_else(fault_id, broken):
    found = faults(broken)
    assert [fault.id for fault in found] == [fault_id]
    assert all(text and "{" not in text for text in (found[0].where, found[0].explanation, found[0].remedy))


@pytest.mark.parametrize("name", COMPOUNDS)
def test_every_fault_that_acts_is_named(name):
    broken, expected = COMPOUNDS[name]
    assert tuple(fault.id for fault in faults(broken)) == expected


@pytest.mark.parametrize("name", RIGHT)
def test_what_only_looks_odd_passes(name):
    findings = [check(Subject(RIGHT[name])) for check in CHECKS]
    assert [(finding.passed, finding.value, finding.limit) for finding in findings] == [(True, 0, 0)] * 2


def test_the_names_are_counted_and_the_first_are_shown():
    """A head of two linear layers and a norm has six parameters."""
    finding = check_training_parameters(Subject(BROKEN["frozen-but-listed"][0]))
    (fault,) = finding.faults
    assert finding.value == 6
    assert "6 parameters" in fault.explanation
    assert "head.0.weight, head.0.bias, head.1.weight, head.1.bias and 2 more" in fault.explanation


def test_a_forgotten_dropout_in_a_frozen_block_names_the_block():
    finding = check_training_modes(Subject(BROKEN["train-mode-leak"][1]))
    assert finding.value == 3
    assert finding.worst == "blocks.0, blocks.1, blocks.2"


def test_every_mode_is_put_back():
    """Also where parts are in different modes, and where train() raises."""

    class Raises(Contract):
        def train(self, mode=True):
            nn.Module.train(self, mode)
            if mode:
                raise RuntimeError("not now")
            return self

    for kind in (Contract, Raises):
        module = kind()
        module.blocks[1].training = True
        before = [part.training for part in module.modules()]
        subject = Subject(Pipeline(module=module, trainable=LIST))
        if kind is Raises:
            with pytest.raises(StageError, match=r"module: train\(\) raised RuntimeError: not now"):
                check_training_modes(subject)
        else:
            check_training_modes(subject)
        assert [part.training for part in module.modules()] == before


@pytest.mark.parametrize("check", CHECKS)
def test_a_pattern_that_names_nothing_is_an_error(check):
    with pytest.raises(StageError, match=r"module: 'haed\.\*' in trainable names no parameter; the last are head"):
        check(Subject(Pipeline(module=Contract(), trainable=("haed.*",))))


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_no_module_is_an_error(check):
    with pytest.raises(StageError, match=r"module: must be a torch\.nn\.Module, got dict"):
        check(Subject(Pipeline(module={}, trainable=())))


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("given", "missing"), [({}, "module"), ({"module": Contract()}, "trainable"), ({"trainable": LIST}, "module")]
)
def test_a_missing_half_of_the_contract_is_skipped_with_that_reason(check, given, missing):
    with pytest.raises(SkipCheck, match=f"the pipeline gives no {missing}"):
        check(Subject(Pipeline(**given)))


# Words ----------------------------------------------------------------------------------------------------------------


def layers(count, *inner):
    """So many linear layers, of two parameters each, then `inner`."""
    return nn.Sequential(*(nn.Linear(1, 1) for _ in range(count)), *inner)


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (2, "1.weight, 1.bias"),
        (3, "1.weight, 1.bias, 2.weight, 2.bias"),
        (4, "1.weight, 1.bias, 2.weight, 2.bias and 2 more"),
    ],
)
def test_parameters_are_told_with_their_number_and_the_first_four(count, shown):
    finding = check_training_parameters(Subject(Pipeline(module=layers(count), trainable=("0.*",))))
    (fault,) = finding.faults
    assert (finding.value, finding.limit, finding.unit, finding.worst) == (2 * count - 2, 0, "parameters", shown)
    assert fault.where == "1.weight"
    assert fault.explanation.startswith(f"{2 * count - 2} parameters that are not on the list train: {shown}.")
    assert "freeze_except(module, ['0.*'])" in fault.remedy


def test_five_names_are_four_and_one_more():
    finding = check_training_parameters(Subject(Pipeline(module=layers(4), trainable=("0.*", "1.weight"))))
    assert finding.worst == "1.bias, 2.weight, 2.bias, 3.weight and 1 more"


def test_the_mode_of_a_module_with_parts_is_what_the_user_asked_for():
    """All of it is frozen, and a dropout beside the frozen layer is no part of it."""
    module = layers(1, nn.Dropout(0.5)).requires_grad_(False)
    assert check_training_modes(Subject(Pipeline(module=module, trainable=()))).passed


class Told(nn.Linear):
    """Sets its mode as it likes and acts alike in both."""

    def train(self, mode=True):
        return super().train(mode) if self.training != mode else self

    def eval(self):
        return super().eval() if self.training else self


def test_a_layer_that_only_sets_its_mode_does_not_act_by_it():
    assert check_training_modes(Subject(Pipeline(module=Told(1, 1).requires_grad_(False), trainable=()))).passed


class Sleepy(nn.Module):
    """A frozen dropout that wakes and a listed layer that does not."""

    def __init__(self):
        super().__init__()
        self.frozen, self.listed = layers(1, nn.Dropout(0.5)), nn.Linear(1, 1)
        self.frozen.requires_grad_(False)

    def train(self, mode=True):
        super().train(mode)
        self.listed.eval()
        return self


def test_modes_are_told_by_what_is_awake_and_what_is_asleep():
    finding = check_training_modes(Subject(Pipeline(module=Sleepy(), trainable=("listed.*",))))
    (fault,) = finding.faults
    assert (finding.value, finding.limit, finding.unit) == (2, 0, "parts of the module")
    assert finding.worst == fault.where == "frozen, listed"
    told = "frozen parts are in train() (frozen) and listed parts are in eval() (listed): frozen, listed."
    assert fault.explanation.startswith(f"After module.train(), {told}")


class Leaf(nn.Linear):
    """One layer that acts by its mode."""

    def forward(self, x):
        return super().forward(x) if self.training else x


def test_a_module_without_parts_is_a_part_itself():
    finding = check_training_modes(Subject(Pipeline(module=Leaf(1, 1).requires_grad_(False), trainable=())))
    assert finding.worst == "the module itself"


@pytest.mark.parametrize(("p", "passes"), [(0.0, True), (0.5, False), (1.0, False)])
def test_a_dropout_that_drops_nothing_may_wake(p, passes):
    """In a frozen block of which something was put to sleep."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = layers(1, nn.Dropout(p)).requires_grad_(False)

        def train(self, mode=True):
            super().train(mode)
            self.block[0].eval()
            return self

    assert check_training_modes(Subject(Pipeline(module=Block(), trainable=()))).passed == passes


def test_a_pattern_that_names_nothing_is_told_with_the_last_three_names():
    with pytest.raises(StageError) as raised:
        check_training_parameters(Subject(Pipeline(module=layers(3), trainable=("head",))))
    assert str(raised.value) == (
        "module: 'head' in trainable names no parameter; the last are 1.bias, 2.weight, 2.bias"
    )

"""Whatever a stage raises, returns or does to the process around it gets a clear result, never a traceback of ours."""

import functools
import logging
import os
import random
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional
from torchvision import transforms

from diagnostics import Pipeline, check_pipeline
from diagnostics.check import main
from diagnostics.checks import CHECKS
from diagnostics.wording import report
from reference import GeomMeta, load_image, sample_points

SIZES = [(60, 80)]
GRID = (4, 4)
PREPROCESS = transforms.Compose([transforms.Resize((64, 64)), transforms.ToTensor()])


def claim(size):
    return GeomMeta("stretch", size, (64, 64), (64, 64), GRID, (0, 0))


def lift(features, points, size):
    fine = claim(size).with_grid(tuple(features.shape[-2:]))
    return sample_points(features[0], points, fine, rule="image")[0], claim(size).valid(points)


def project(world, camera):
    points, _, in_front = camera.image_from_world(world)
    return points, in_front


STAGES = {
    "load": load_image,
    "preprocess": PREPROCESS,
    "encode": lambda crops: functional.avg_pool2d(crops, 16),
    "upsample": lambda features: functional.interpolate(features, scale_factor=2, mode="bilinear"),
    "lift": lift,
    "project": project,
    "geometry": claim,
}
NEEDED = {  # what else a stage needs so that its checks measure anything
    "load": (),
    "preprocess": (),
    "encode": (),
    "upsample": ("lift", "geometry"),
    "lift": ("geometry",),
    "project": (),
    "geometry": ("lift",),
}
TENSORS = ("preprocess", "encode", "upsample", "lift", "project")
HUGE = 10**6


def diagnosis_of(stage, behaviour):
    """The diagnosis of the right pipeline but for one stage, which behaves as told."""
    stages = {name: STAGES[name] for name in NEEDED[stage]} | {stage: behaviour(STAGES[stage])}
    return check_pipeline(Pipeline(name="mine", grid=GRID, normalization="none", **stages), SIZES)


def reasons(diagnosis):
    return [result.reason for result in diagnosis.results if result.status == "error"]


@functools.cache
def right_diagnosis(stage):
    return diagnosis_of(stage, lambda right: right)


@pytest.mark.parametrize("stage", STAGES)
def test_the_pipeline_itself_is_right(stage):
    assert right_diagnosis(stage).passed


class UnspeakableError(BaseException):
    def __str__(self):
        raise ValueError


def recursive(*arguments):
    return recursive(*arguments)


def raising(error):
    def stage(*_):
        raise error

    return stage


RAISED = {
    "an error": (raising(RuntimeError("no such layer")), "raised RuntimeError: no such layer at "),
    "an error without a message": (raising(StopIteration()), "raised StopIteration at "),
    "an exit": (raising(SystemExit(0)), "raised SystemExit: 0 at "),
    "an exception that is no error": (raising(UnspeakableError()), "raised UnspeakableError: its message cannot be"),
    "a recursion without end": (recursive, "raised RecursionError: maximum recursion depth exceeded"),
    "a novel": (raising(ValueError("\x1b[31m\n" + "all " * 5000)), r"raised ValueError: \x1b[31m all all"),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("raised", RAISED)
def test_what_a_stage_raises_is_told_with_the_line_once(stage, raised):
    """The first check that meets it tells all, the others refer to that one, and the report has the cause once."""
    behaviour, says = RAISED[raised]
    diagnosis = diagnosis_of(stage, lambda _: behaviour)
    first, *others = reasons(diagnosis)
    told = next(result.name for result in diagnosis.results if result.status == "error")
    assert first.startswith(f"{stage}: {says}")
    assert "test_geometry_manners.py:" in first
    assert len(first) < 500
    assert all(reason.endswith(f", as in {told}") for reason in others)
    text = report(diagnosis)
    assert text.count(f"{stage}: raised") == 1
    assert all(line.isprintable() and (len(line) <= 100 or "check_pipeline(" in line) for line in text.splitlines())
    assert not diagnosis.passed


@pytest.mark.parametrize("stage", STAGES)
def test_ctrl_c_in_a_stage_still_interrupts(stage):
    with pytest.raises(KeyboardInterrupt):
        diagnosis_of(stage, lambda _: raising(KeyboardInterrupt()))


class Refusing:
    def __array__(self, *_, **__):
        raise KeyError("not here")


def generator(*_):
    yield torch.ones(3)


RETURNED = {
    "nothing": (lambda *_: None, "must return"),
    "a text": (lambda *_: "features", "must return"),
    "a dict": (lambda *_: {"features": torch.ones(3)}, "must return"),
    "a generator": (generator, "must return"),
    "a triple": (lambda *_: (torch.ones(3),) * 3, "must return"),
    "a ragged list": (lambda *_: [[1.0], [1.0, 2.0]], "must return"),
    "what refuses to be an array": (lambda *_: Refusing(), "must return"),
    "an empty tensor": (lambda *_: torch.zeros(0), "must return"),
    "a number": (lambda *_: 3, "must return"),
}


@pytest.mark.parametrize("stage", [name for name in STAGES if name != "upsample"])
@pytest.mark.parametrize("returned", RETURNED)
def test_what_is_no_result_at_all_is_an_error_of_its_stage(stage, returned):
    behaviour, says = RETURNED[returned]
    found = reasons(diagnosis_of(stage, lambda _: behaviour))
    assert found
    assert all(reason.startswith(f"{stage}: ") and says in reason for reason in found), found


def changed(change):
    """A stage whose output, or the first of two, is changed."""

    def behaviour(right):
        def stage(*arguments):
            output = right(*arguments)
            return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

        return stage

    return behaviour


UNREADABLE = {
    "another device": (lambda values: values.to("meta"), "must return a tensor that holds values, got one on the"),
    "a sparse tensor": (lambda values: values.to_sparse(), "must return a dense tensor"),
    "complex numbers": (lambda values: values.to(torch.complex64), "must return real numbers, got Tensor of complex64"),
    "objects": (lambda values: values.numpy().astype(object), "must return real numbers, got ndarray of object"),
    "texts": (lambda values: values.numpy().astype(str), "must return real numbers, got ndarray of <U"),
    "too many numbers": (lambda _: torch.zeros(1).expand(HUGE, HUGE), "returned 1,000,000,000,000 numbers"),
    "as many in NumPy": (lambda _: np.broadcast_to(np.zeros(1), (HUGE, HUGE)), "returned 1,000,000,000,000 numbers"),
}


@pytest.mark.parametrize("stage", TENSORS)
@pytest.mark.parametrize("unreadable", UNREADABLE)
def test_numbers_that_cannot_be_read_are_an_error_that_says_why(stage, unreadable):
    change, says = UNREADABLE[unreadable]
    found = reasons(diagnosis_of(stage, changed(change)))
    assert found
    assert all(f"{stage}: {says}" in reason for reason in found), found


@pytest.mark.parametrize("stage", TENSORS)
@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.numpy(),
        lambda values: values.tolist(),
        lambda values: values.double(),
        lambda values: values.clone().requires_grad_(),
        lambda values: values.numpy().astype(">f4"),
    ],
    ids=["NumPy", "lists", "float64", "gradient", "other byte order"],
)
def test_any_array_of_numbers_will_do(stage, change):
    assert diagnosis_of(stage, changed(change)).passed


@pytest.mark.parametrize("stage", TENSORS)
@pytest.mark.parametrize("change", [lambda v: v * torch.nan, lambda v: v + torch.inf], ids=["NaN", "infinite"])
def test_numbers_that_are_not_finite_never_pass(stage, change):
    diagnosis = diagnosis_of(stage, changed(change))
    assert not diagnosis.passed
    assert reasons(diagnosis)
    assert not any("broke down" in reason for reason in reasons(diagnosis))


@pytest.mark.parametrize("stage", ["upsample", "lift", "project"])
def test_a_random_stage_is_called_random(stage):
    noisy = changed(lambda values: values + torch.randn(values.shape))
    found = reasons(diagnosis_of(stage, noisy))
    assert found[0].startswith(f"{stage}: is random: two calls with the same arguments")


def test_an_encoder_that_returns_one_buffer_again_and_again_is_seen_to_be_random():
    """Its results are copied: else the second call would have changed the first call's result, too."""
    buffer = torch.zeros(1, 3, *GRID, dtype=torch.float64)
    diagnosis = diagnosis_of("encode", changed(lambda values: buffer.normal_().expand(len(values), -1, -1, -1)))
    assert "encoder-not-deterministic" in {fault.id for fault in diagnosis.faults}


def emptied(*arguments):
    for value in arguments:
        if isinstance(value, torch.Tensor):
            value.zero_()
        if isinstance(value, Image.Image):
            value.paste(0, (0, 0, *value.size))


def afterwards(act):
    """A stage that does something else once it has its result."""

    def behaviour(right):
        def stage(*arguments):
            output = right(*arguments)
            output = tuple(part.clone() for part in output) if isinstance(output, tuple) else output
            output = output.clone() if isinstance(output, torch.Tensor) else output
            act(*arguments)
            return output

        return stage

    return behaviour


MANNERS = {
    "prints": lambda *_: print("a stage that prints"),
    "prints to stderr": lambda *_: print("a stage that prints", file=sys.stderr),
    "closes stdout": lambda *_: sys.stdout.close(),
    "replaces stdout": lambda *_: setattr(sys, "stdout", None),
    "logs": lambda *_: logging.getLogger("mine").critical("a stage that logs"),
    "warns": lambda *_: warnings.warn("a stage that warns", stacklevel=1),
    "turns warnings into errors": lambda *_: warnings.simplefilter("error"),
    "empties its input": emptied,
    "sets the default dtype": lambda *_: torch.set_default_dtype(torch.float64),
    "sets the default device": lambda *_: torch.set_default_device("meta"),
    "turns gradients on": lambda *_: torch.set_grad_enabled(True),
    "turns gradients off": lambda *_: torch.set_grad_enabled(False),
    "asks for determinism": lambda *_: torch.use_deterministic_algorithms(True),
    "sets the threads": lambda *_: torch.set_num_threads(3),
    "sets NumPy's errors": lambda *_: np.seterr(all="raise"),
    "seeds": lambda *_: (torch.manual_seed(1), np.random.seed(1), random.seed(1)),
    "draws": lambda *_: (torch.rand(1), np.random.rand(), random.random()),  # noqa: S311 - nothing is kept secret here
    "changes the folder": lambda *_: os.chdir("/"),
}


def state_of_the_process():
    return {
        "dtype": torch.get_default_dtype(),
        "device": torch.empty(0).device,
        "gradients": torch.is_grad_enabled(),
        "determinism": torch.are_deterministic_algorithms_enabled(),
        "threads": torch.get_num_threads(),
        "NumPy": np.geterr(),
        "generators": (torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()),
        "folder": Path.cwd(),
        "log": logging.root.manager.disable,
        "warnings": list(warnings.filters),
        "streams": (sys.stdout, sys.stderr),
    }


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("manner", MANNERS)
def test_what_a_stage_does_besides_changes_neither_the_diagnosis_nor_the_process(stage, manner, capsys, caplog):
    before = state_of_the_process()
    diagnosis = diagnosis_of(stage, afterwards(MANNERS[manner]))
    assert state_of_the_process() == before
    assert diagnosis.to_dict() == right_diagnosis(stage).to_dict()
    assert capsys.readouterr() == ("", "")
    assert not caplog.records


def test_the_users_own_state_is_there_for_their_stages_and_not_for_the_probes():
    """Who computes in float64 by default gets that in a stage, and the float32 points that were promised."""
    seen = set()

    def preprocess(image):
        seen.add((torch.get_default_dtype(), torch.get_num_threads()))
        return PREPROCESS(image)

    def in_float64(features, points, size):
        seen.add((torch.get_default_dtype(), features.dtype, points.dtype))
        return lift(features, points, size)

    threads = torch.get_num_threads()
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        diagnosis = check_pipeline(
            Pipeline(grid=GRID, normalization="none", preprocess=preprocess, lift=in_float64), SIZES
        )
        assert (torch.get_default_dtype(), torch.get_num_threads()) == (torch.float64, 2)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(threads)
    assert diagnosis.passed
    assert seen == {(torch.float64, 1), (torch.float64, torch.float32, torch.float32)}


def test_an_encoder_has_all_the_threads_that_the_user_gave():
    seen, threads = set(), torch.get_num_threads()

    def encode(crops):
        seen.add(torch.get_num_threads())
        return STAGES["encode"](crops)

    try:
        torch.set_num_threads(2)
        diagnosis_of("encode", lambda _: encode)
    finally:
        torch.set_num_threads(threads)
    assert seen == {2}


def test_a_check_of_ours_that_breaks_down_costs_no_other_check(monkeypatch):
    def check_broken(_):
        return [][1]

    monkeypatch.setattr("diagnostics.examination.CHECKS", (type(CHECKS[0])(check_broken), *CHECKS))
    diagnosis = diagnosis_of("project", lambda right: right)
    broken, *others = diagnosis.results
    assert broken.status == "error"
    assert "IndexError: list index out of range at test_geometry_manners.py:" in broken.reason
    assert "please report it" in broken.reason
    assert [result.status for result in others].count("passed") == 2


def test_the_command_keeps_its_stdout_clean(tmp_path, monkeypatch, capsys):
    (tmp_path / "noisy_adapter.py").write_text(
        "import sys\n"
        "from diagnostics import Pipeline\n"
        "print('noise')\n"
        "def load(path):\n"
        "    print('noise')\n"
        "    sys.exit('noise')\n"
        "def make():\n"
        "    print('noise')\n"
        "    return Pipeline(name='noisy', load=load)\n"
        "def leave():\n"
        "    sys.exit(0)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert main(["noisy_adapter:make"]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("noisy: no verdict, 2 checks could not run\n")
    assert "load: raised SystemExit: noise at noisy_adapter.py:6: sys.exit('noise')" in " ".join(out.split())
    assert not re.search(r"^noise", out, re.MULTILINE)
    assert err.startswith("error: noisy_adapter:make: 2 of 20 checks could not run; ")
    assert len(err.splitlines()) == 1
    assert main(["noisy_adapter:leave"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: noisy_adapter:leave: SystemExit: 0 at noisy_adapter.py:11: sys.exit(0); put what ")
    assert len(err.splitlines()) == 1

"""Keeps the code under test and the process around it apart: global state is saved, set and put back."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

State = dict[str, Any]


def _folder() -> str:
    """The current folder; empty where it was deleted."""
    try:
        return os.getcwd()  # noqa: PTH109 - a string is compared at every call
    except FileNotFoundError:
        return ""


def _determinism() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _go_to(folder: str) -> None:
    if folder:
        os.chdir(folder)


def _set_determinism(modes: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(modes[0], warn_only=modes[1])


def _device() -> torch.device:
    """Where a new tensor is; `torch.get_default_device` raises in torch 2.9 once a default device was taken back."""
    return torch.empty(0).device


def _set_device(device: torch.device) -> None:
    """A default device of "cpu" is none at all, which spares torch a look at every call."""
    torch.set_default_device(None if device.type == "cpu" else device)


_GLOBALS: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {  # how each is read and written
    "device": (_device, _set_device),
    "dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "gradients": (torch.is_grad_enabled, torch.set_grad_enabled),
    "threads": (torch.get_num_threads, torch.set_num_threads),
    "determinism": (_determinism, _set_determinism),
    "numpy": (np.geterr, lambda modes: np.seterr(**modes)),
    "folder": (_folder, _go_to),
    "log": (lambda: logging.root.manager.disable, logging.disable),
}
# What the probes rely on. Their tensors are small: threads that wait for each other cost CPU and bring nothing.
# Logging is off in between as it is in every stage: each turn makes Python look through all loggers.
_OURS: State = {
    "device": torch.device("cpu"),
    "dtype": torch.float32,
    "threads": 1,
    "log": logging.CRITICAL,
    "numpy": dict.fromkeys(np.geterr(), "ignore"),
}


def state() -> State:
    """The global state as it is."""
    return {name: read() for name, (read, _) in _GLOBALS.items()}


@contextlib.contextmanager
def within(wanted: State) -> Iterator[None]:
    """Run with those parts of the global state as `wanted`, print, log and warn nothing; then put all of it back."""
    before = state()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            _enter(wanted)
            yield
        finally:
            _enter(before)


@contextlib.contextmanager
def of_a_check(seed: int) -> Iterator[State]:
    """Run a check in the state that probes rely on and from fresh seeds; hands on the user's state, for their stages.

    Generators of torch on the CPU, of NumPy and of Python are put back as they were.
    """
    theirs, generators = state(), (torch.get_rng_state(), np.random.get_state(), random.getstate())
    try:
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)
        with within(_OURS):
            yield theirs
    finally:
        torch.set_rng_state(generators[0])
        np.random.set_state(generators[1])
        random.setstate(generators[2])


def _enter(wanted: State) -> None:
    for name, value in wanted.items():
        read, write = _GLOBALS[name]
        if read() != value:
            write(value)

"""Hypothesis profiles, derandomized by default (`HYPOTHESIS_PROFILE=long` searches by hand), and one torch thread."""

import os
import signal

import pytest
import torch
from hypothesis import HealthCheck, Phase, settings

settings.register_profile("default", derandomize=True, deadline=None, max_examples=100, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
# For `python -m mutation`: a failure is enough, which one does not matter, and nothing is kept between mutants.
settings.register_profile(
    "mutation", derandomize=True, deadline=None, max_examples=10, database=None, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# The tensors here are small: threads that wait for each other cost more than they bring (measured: 5 times).
torch.set_num_threads(1)


@pytest.fixture
def as_in_a_terminal():
    """Ctrl-C and a hang-up reach the commands, which what a shell starts in the background is told to ignore."""
    signals = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {each: signal.signal(each, handler) for each, handler in signals.items()}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)

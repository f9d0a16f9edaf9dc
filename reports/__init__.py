"""Shows what the diagnostics measured."""

from diagnostics.signals import answer_ctrl_c_while_starting

answer_ctrl_c_while_starting()

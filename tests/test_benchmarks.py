"""The table of benchmarks holds every claim that a script prints, and nothing else of what it prints."""

import pytest

from benchmarks.__main__ import main, rows

CLAIMS = {
    "ours / theirs, N 1,000   0.93  (limit 1.3)": ("ours / theirs, N 1,000", "0.93", "1.3", "yes"),
    "ours / theirs   1.31  (limit 1.3)": ("ours / theirs", "1.31", "1.3", "no"),
    "ours / theirs   0  (limit 50)": ("ours / theirs", "0", "50", "yes"),
    "parameters / all of them   0.293x": ("parameters / all of them", "0.293", "", ""),
    "lift   1.51 s, 2.01x of its own calls (0.75 s)": ("lift 1.51 s, of its own calls (0.75 s)", "2.01", "", ""),
    "page 0.7 s; theirs 3.5 s for 36 figures: 0.20x": ("page 0.7 s; theirs 3.5 s for 36 figures", "0.20", "", ""),
    "a | b   2x": ("a \\| b", "2", "", ""),
}


@pytest.mark.parametrize(("line", "cells"), CLAIMS.items())
def test_a_claim_is_a_row(line, cells):
    assert list(rows("script", f"{line}\n")) == ["| " + " | ".join(("script", *cells)) + " |\n"]


@pytest.mark.parametrize("line", ["480x640 points", "2,000 frames: 64.3 ms a frame", "", "0.95 (limit)"])
def test_what_is_no_claim_is_no_row(line):
    assert list(rows("script", line)) == []


def test_an_unknown_script_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["landings"])
    assert "landing, " in capsys.readouterr().err

"""What all frames and a few of them say is judged together, and the command tells it as it was judged."""

import json

import numpy as np
import pytest

from diagnostics.audit import main
from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.depth_pairs import Agreement
from diagnostics.auditing.verdict import Judged, Totals, diagnosis, judged
from scans import pose, write_scan

INVERTED = Correction(inverted=True)
CROPPED = Correction(offset=(40.0, 0.0))
CONDITIONS = {"command": "again"}


def said(asked, agreeing, contradicted=0):
    return Agreement(asked, asked, asked, asked, agreeing, contradicted)


def totals(tried):
    found = Totals(frames=40)
    found.tried = tried
    return found


def test_a_few_frames_that_say_nothing_do_not_overrule_all():
    of_all = {Correction(): said(4000, 100, 3000), INVERTED: said(4000, 3600)}
    for silent in ({}, {Correction(): said(0, 0)}, {Correction(): said(500, 0), INVERTED: said(500, 20)}):
        found = judged(totals(of_all), silent)
        assert (found.best, [fault.where for fault in found.faults]) == (INVERTED, ["all frames"])


def test_the_figures_are_those_of_all_frames_where_all_were_asked():
    of_all = {Correction(): said(4000, 100, 3000), INVERTED: said(4000, 3600)}
    few = {Correction(): said(400, 20, 300), INVERTED: said(400, 390)}
    (fault,) = judged(totals(of_all), few).faults
    assert "As given 2.5%" in fault.explanation
    assert "corrected, 90.0%" in fault.explanation


def test_what_only_a_few_were_asked_is_said_to_be_theirs():
    of_all = {Correction(): said(4000, 2000, 500)}
    few = {Correction(): said(400, 200, 50), CROPPED: said(400, 390)}
    found = judged(totals(of_all), few)
    (fault,) = found.faults
    assert (fault.id, fault.where) == ("principal-point-not-shifted", "all frames, as a few of them tell")
    (*_, depth) = diagnosis("scan", totals(of_all), found, CONDITIONS).results
    assert (depth.status, depth.value, depth.command) == ("failed", pytest.approx(390 / 400 - 200 / 400), "again")


def test_what_nothing_explains_has_no_number():
    of_all = {Correction(): said(4000, 100, 3000), INVERTED: said(4000, 120, 3000)}
    found = judged(totals(of_all), {})
    assert [fault.id for fault in found.faults] == ["unexplained"]
    (*_, depth) = diagnosis("scan", totals(of_all), found, CONDITIONS).results
    assert (depth.status, depth.value, depth.limit) == ("failed", None, None)


@pytest.mark.parametrize("given", [said(4000, 0), said(4000, 60, 30)])
def test_frames_that_hardly_see_the_same_are_skipped_and_not_passed(given):
    nothing = totals({Correction(): given})
    (*_, depth) = diagnosis("scan", nothing, Judged(Correction(), (), nothing.tried), CONDITIONS).results
    assert depth.status == "skipped"
    assert "--apart" in depth.reason


# The command --------------------------------------------------------------------------------------------------------


def told(folder, scan):
    code = main([str(scan), "-o", str(folder / "rows.csv"), "--json", str(folder / "a.json"), "--workers", "2"])
    results = json.loads((folder / "a.json").read_text())
    return code, [(fault["id"], fault["where"]) for fault in results["faults"]], results["audit"]["agreement"]


def test_the_command_tells_a_crop_with_the_figures_of_the_few(tmp_path):
    code, faults, agreement = told(tmp_path, write_scan(tmp_path / "scan", crop=(16, 0)))
    assert (code, faults) == (1, [("principal-point-not-shifted", "all frames, as a few of them tell")])
    assert [found["corrected"] for found in agreement if found["few"]] == ["principal-point-not-shifted"]
    assert agreement[0]["asked"] > agreement[-1]["asked"] > agreement[-1]["agreeing"] > 0


def test_the_command_tells_what_is_wrong_with_half_of_the_frames(tmp_path):
    scan = write_scan(tmp_path / "scan", 12)
    for k in range(1, 12, 2):
        np.savetxt(scan / f"frame-{k:06d}.pose.txt", np.linalg.inv(pose(k)))
    code, faults, _ = told(tmp_path, scan)
    assert code == 1
    assert [fault for fault, _ in faults] == ["pose-inverted"]
    assert faults[0][1].endswith("of 12 frames")


def test_a_failed_check_says_how_to_ask_again(tmp_path, capsys):
    told(tmp_path, write_scan(tmp_path / "scan", 3, said_pose=np.linalg.inv))
    assert "Reproduce with: python -m diagnostics.audit " in capsys.readouterr().out

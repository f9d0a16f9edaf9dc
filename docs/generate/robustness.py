"""Writes docs/robustness.md from the tables that the tests run: every bad input and every fault, with what happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Row = tuple[str, str, str, str]  # what, where, what happens, the test
_BEGIN = """# Bad input and faults

Written by `python -m docs.generate` from the tables that the tests run; every row is a test. After a user's error the
line is the only one on stderr, nothing is left behind, and what stood at the output's place stands there still.

"""
_HEAD = "| what | where | what happens | test |\n|---|---|---|---|\n"


def page() -> str:
    """The page."""
    inputs, faults = list(_inputs()), list(_faults())
    return (
        f"{_BEGIN}## {len(inputs)} kinds of bad input\n\n{_HEAD}{_table(inputs)}\n"
        f"## {len(faults)} kinds of fault\n\n{_HEAD}{_table(faults)}"
    )


def _table(rows: list[Row]) -> str:
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)


def _faults() -> Iterator[Row]:
    from test_faults import FAULTS, shown_by

    for fault, (commands, happens, _) in FAULTS.items():
        yield fault, commands, happens, _code(shown_by(fault))


def _inputs() -> Iterator[Row]:
    import test_audit_damage as damage
    import test_dataset_damage as dataset
    import test_geometry_manners as manners
    import test_heatmap_bad_input as heatmap
    import test_report_hostile as hostile
    import test_report_results_file as results

    one_line = "test_heatmap_bad_input.py::test_a_user_error_is_one_line_that_names_the_culprit_and_writes_nothing"
    for name, (_, _, culprit, says) in heatmap.CASES.items():
        yield name, "`heatmap`", f"exit 2, `error:` names {_code(culprit)}, says {_code(says)}", _code(one_line)
    test = "test_report_results_file.py::test_a_file_that_is_no_diagnosis_is_refused_in_one_line"
    yield from _rows(results.BAD, "results file", "`reports`, `compare`", "exit 2, `error: FILE: ...`", test)
    test = "test_audit_damage.py::test_an_npy_that_lies_is_refused_before_memory_is_asked_for"
    for name, (_, says) in damage.LIES.items():
        yield f"depth `.npy`: {name}", "`audit`", _row_says(says), _code(test)
    test = "test_audit_damage.py::test_a_broken_image_is_the_error_of_its_row_and_leaves_the_pair_out"
    yield from _rows(damage.BROKEN, "image or depth map", "`audit`", "the row's `error`", test)
    for table, what, test in (
        ({says: (says,) for says in dataset.POSES.values()}, "pose", "a_damaged_pose_is_told_with_its_file"),
        (dataset.ROWS, "manifest row", "a_damaged_row_is_told_with_its_line"),
        (dataset.TRANSFORMS, "`transforms.json`", "a_damaged_transform_is_told"),
        (dataset.MODELS, "COLMAP model", "a_damaged_model_is_told_by_its_frames"),
        (dataset.BROKEN_IMAGES, "COLMAP `images.bin`", "a_broken_binary_gives_the_images_before_the_place"),
    ):
        for name, (*_, says) in table.items():
            yield f"{what}: {_plain(name)}", "`audit`", _row_says(says), _code(f"test_dataset_damage.py::test_{test}")
    test = "test_geometry_manners.py::test_what_a_stage_raises_is_told_with_the_line_once"
    yield from _rows(manners.RAISED, "a stage raises", "`check`", "the check's status is `error`", test)
    test = "test_geometry_manners.py::test_what_is_no_result_at_all_is_an_error_of_its_stage"
    yield from _rows(manners.RETURNED, "a stage returns", "`check`", "the check's status is `error`", test)
    test = "test_geometry_manners.py::test_numbers_that_cannot_be_read_are_an_error_that_says_why"
    yield from _rows(manners.UNREADABLE, "a stage returns", "`check`", "the check's status is `error`", test)
    test = "test_report_hostile.py::test_a_text_is_told_whole_and_printable_and_adds_no_element_and_no_attribute"
    yield from _rows(hostile.HOSTILE, "hostile text", "`reports`", "shown as text, escaped", test)


def _rows(table: Mapping[str, Any], what: str, where: str, happens: str, test: str) -> Iterator[Row]:
    for name in table:
        yield f"{what}: {_plain(name)}", where, happens, _code(test)


def _row_says(says: str) -> str:
    return f"the row's `error` says {_code(says)}"


def _code(text: str) -> str:
    return f"``{text}``" if "`" in text else f"`{text}`"


def _plain(text: str) -> str:
    """A name of a case in the text of a cell."""
    return text if text.replace(" ", "").replace(",", "").replace("-", "").isalnum() else _code(text)

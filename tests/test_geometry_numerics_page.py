"""docs/numerics.md says what is measured now, and nothing that was measured is above its bound."""

from pathlib import Path

from docs.numerics import maps_table, projection_table

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "numerics.md").read_text("utf-8")


def test_the_page_has_the_figures_that_are_measured_now():
    for table in (maps_table(), projection_table()):
        assert table in PAGE, "paste what `python -m docs.numerics` prints"


def test_nothing_measured_is_above_its_bound():
    rows = [
        [cell.strip() for cell in line.split("|")]
        for line in PAGE.splitlines()
        if "bfloat16 |" in line or "float" in line
    ]
    rows = [row for row in rows if len(row) > 5 and row[3][0].isdigit() and row[4][0].isdigit()]
    assert len(rows) == 15 + 10
    for row in rows:
        assert float(row[3]) <= float(row[4]), row

"""Who says how large a pixel is, and what happens when nobody does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seglib.cards import card
from seglib.spacing import converted, join_spacing, spacing_of


def table(card_says=None, **columns) -> pd.DataFrame:
    cases = pd.DataFrame({"case": ["a", "b"], **columns})
    cases.attrs["card"] = replace(card("kvasir-seg"), spacing_mm=card_says)
    return cases


ROWS = {"spacing_row_mm": [0.5, 1.0], "spacing_col_mm": [0.5, 2.0]}
HALF = {"spacing_row_mm": [0.5, np.nan], "spacing_col_mm": [0.5, 2.0]}


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        (table(), None),
        (table((0.7, 0.8)), {"a": (0.7, 0.8), "b": (0.7, 0.8)}),
        (table(**ROWS), {"a": (0.5, 0.5), "b": (1.0, 2.0)}),
        (table((9, 9), **ROWS), {"a": (0.5, 0.5), "b": (1.0, 2.0)}),
        (table(**HALF), None),  # one case in mm and one in px would have no common mean
        (table((0.7, 0.8), **HALF), {"a": (0.7, 0.8), "b": (0.7, 0.8)}),
        (table(spacing_row_mm=[1.0, 1.0]), None),
    ],
)
def test_who_is_believed(cases: pd.DataFrame, expected: dict | None) -> None:
    assert spacing_of(cases) == expected


@pytest.mark.parametrize("wrong", [0, -0.5, np.inf])
def test_a_wrong_spacing_is_named(wrong: float) -> None:
    cases = table(spacing_row_mm=[1.0, wrong], spacing_col_mm=[1.0, 1.0])
    with pytest.raises(ValueError, match="Case 'b' has pixels of"):
        spacing_of(cases)


def test_the_table_of_converted_scans_is_joined(tmp_path) -> None:
    rows = pd.DataFrame({"case": ["b", "a"], "group": "p"} | ROWS)
    rows.to_csv(tmp_path / "table.csv", index=False)
    assert spacing_of(join_spacing(table(), converted(tmp_path))) == {
        "a": (1.0, 2.0),
        "b": (0.5, 0.5),
    }
    rows[:1].to_csv(tmp_path / "table.csv", index=False)
    assert spacing_of(join_spacing(table(), converted(tmp_path))) is None  # nobody says it for a


def test_only_pixel_sizes_may_be_missing_words(tmp_path) -> None:
    rows = pd.DataFrame({"case": ["NA", "null"], "group": ["None", "NA"]} | HALF)
    rows.to_csv(tmp_path / "table.csv", index=False, na_rep="NA")
    pd.testing.assert_frame_equal(converted(tmp_path), rows)


def test_a_pixel_size_that_is_no_number_is_named(tmp_path) -> None:
    rows = pd.DataFrame({"case": "a", "group": "p"} | ROWS)
    rows.to_csv(tmp_path / "table.csv", index=False, decimal=",")
    with pytest.raises(ValueError, match=r"table.csv has '0,5' in the column spacing_row_mm"):
        converted(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a;p;0,5;0,5\nb;p;0,5;0,5\n", "is separated by ';', expected commas"),
        ("a\tp\t0.5\t0.5\n", r"is separated by '\\t', expected commas"),
        ("a,p,0,5,0,5\n", "cannot be read as a table: its rows are longer"),
        ("a,p,0.5,0.5\nb,p,0,5,0,5\n", "cannot be read as a table: .*Expected 4 fields in line 3"),
        ("ä,p,0.5,0.5\n", "cannot be read as a table: 'utf-8' codec"),
    ],
)
def test_our_table_from_a_spreadsheet_is_never_ignored(tmp_path, text: str, found: str) -> None:
    mark = next((mark for mark in ";\t" if mark in text), ",")
    header = mark.join(["case ", " group", *ROWS])
    (tmp_path / "table.csv").write_text(f"{header}\n{text}", encoding="latin-1")
    with pytest.raises(ValueError, match=f"table.csv {found}.* save it as"):
        converted(tmp_path)


def test_a_table_of_somebody_else_is_left_alone(tmp_path) -> None:
    assert converted(tmp_path) is None
    pd.DataFrame({"case": ["a"], "age": [70]}).to_csv(tmp_path / "table.csv", index=False)
    assert converted(tmp_path) is None
    pd.testing.assert_frame_equal(join_spacing(table(), converted(tmp_path)), table())

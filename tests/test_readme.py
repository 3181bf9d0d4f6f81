"""Does the README say what was measured? Its numbers come from the committed results."""

import json
import re
from itertools import takewhile

import cv2
import numpy as np
import pytest

from seglib.datasets import check
from tests.readme_tables import (
    IN_DETAIL,
    ROOT,
    budget_rows,
    division_rows,
    in_short,
    kvasir_row,
    ladder_rows,
    real_data,
    results,
    task_row,
)

README = (ROOT / "README.md").read_text()
HOW_FAR = (ROOT / "figures" / "README.md").read_text()


def rows_below(header: str) -> list[str]:
    """The rows of the table that begins with this header, in one of both pages."""
    lines = [*README.splitlines(), *HOW_FAR.splitlines()]
    (start,) = (place for place, line in enumerate(lines) if line.startswith(header))
    return list(takewhile(lambda line: line.startswith("|"), lines[start + 2 :]))


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("| network | Dice (95 % interval)", list(map(kvasir_row, IN_DETAIL))),
        ("| data | train/val/test |", list(map(task_row, real_data()))),
        ("| data | divided |", division_rows()),
        ("| data | trained | as published |", ladder_rows()),
        ("| data | trained | minutes |", budget_rows()),
    ],
)
def test_a_table_is_that_of_the_committed_results(header: str, rows: list[str]) -> None:
    assert rows and rows_below(header) == rows


def test_the_trainings_on_another_processor_are_told_as_they_were_measured() -> None:
    found = json.loads((ROOT / "figures" / "kvasir-seg" / "repeated.json").read_text())
    (told,) = re.findall(r"\*\*On another processor\?\*\*.*?\n\n", README, re.S)
    words = " ".join(told.split())
    assert f"{found['models']['unet']['minutes']:.0f} minutes from start to end" in words
    for model in found["models"].values():
        for dice in (model["dice"], model["dice_four_flips"]):
            assert "{mean:.3f} ({low:.3f} to {high:.3f})".format(**dice) in words
    gap = "{difference:+.3f} ({low:+.3f} to {high:+.3f}, permutation p = {permutation_p:.3f})"
    assert gap.format(**found["comparison"]) in words
    assert found["comparison"]["permutation_p"] > 0.05 and "none was shown" in words


def test_the_example_of_converted_scans_can_be_run(tmp_path, monkeypatch) -> None:
    (code,) = (
        part for part in re.findall(r"```python\n(.*?)```", README, re.S) if "kidney" in part
    )
    for part in ("images", "masks"):
        (folder := tmp_path / "data" / "own" / part).mkdir(parents=True)
        for case in ("a_z000", "a_z001"):
            stripes = np.repeat(np.arange(3, dtype=np.uint8), 8)
            cv2.imwrite(str(folder / f"{case}.png"), np.tile(stripes, (24, 1)))
    table = "case,group,spacing_row_mm,spacing_col_mm\na_z000,p1,1,1\na_z001,p1,1,1\n"
    (tmp_path / "data" / "own" / "table.csv").write_text(table)
    monkeypatch.chdir(tmp_path)
    exec(code, names := {})
    assert names["cases"]["group"].tolist() == ["p1", "p1"] and check(names["cases"]).empty


@pytest.mark.parametrize("sentence", in_short())
def test_a_sentence_is_that_of_the_tables(sentence: str) -> None:
    assert sentence in re.sub(r"\s+", " ", README)


def test_the_verdict_is_that_of_the_comparison() -> None:
    said = results("kvasir-seg")["comparison"]["verdict"]
    said = said.replace("deeplabv3plus", "DeepLabV3+").replace("unet", "U-Net")
    assert said in re.sub(r"\s+", " ", README)

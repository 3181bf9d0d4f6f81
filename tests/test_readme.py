"""Does the README say what was measured? Its numbers come from the committed results."""

import re

import pytest

from tests.readme_tables import (
    IN_DETAIL,
    ROOT,
    budget_rows,
    division_rows,
    kvasir_row,
    ladder_rows,
    real_data,
    results,
    task_row,
)

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("model", IN_DETAIL)
def test_the_results_table_is_that_of_the_committed_run(model: str) -> None:
    assert kvasir_row(model) in README


def test_the_verdict_is_that_of_the_comparison() -> None:
    said = results("kvasir-seg")["comparison"]["verdict"]
    said = said.replace("deeplabv3plus", "DeepLabV3+").replace("unet", "U-Net")
    assert said in re.sub(r"\s+", " ", README)


@pytest.mark.parametrize("dataset", real_data())
def test_every_task_is_in_the_summary(dataset: str) -> None:
    assert task_row(dataset) in README


@pytest.mark.parametrize("row", division_rows())
def test_every_division_is_told(row: str) -> None:
    assert row in README


@pytest.mark.parametrize("row", ladder_rows())
def test_every_ladder_is_told(row: str) -> None:
    assert row in README


@pytest.mark.parametrize("row", budget_rows())
def test_every_length_is_told(row: str) -> None:
    assert row in README

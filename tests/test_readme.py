"""Does the README say what was measured? Its numbers come from figures/kvasir-seg/results.json."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
RESULTS = json.loads((ROOT / "figures" / "kvasir-seg" / "results.json").read_text())
TITLES = {"U-Net": "unet", "DeepLabV3+": "deeplabv3plus"}


@pytest.mark.parametrize("title", TITLES)
def test_the_results_table_is_that_of_the_committed_run(title: str) -> None:
    model = RESULTS["comparison"]["models"][TITLES[title]]
    flips = RESULTS["comparison"]["conventions"]["Dice, four flips"][TITLES[title]]
    mean = {name: row["mean"] for name, row in model["foreground_mean"].items()}
    dice = model["foreground_mean"]["dice"]
    interval = f"{dice['mean']:.3f} ({dice['low']:.3f} to {dice['high']:.3f})"
    numbers = (flips, mean["iou"], mean["precision"], mean["recall"], model["auc"])
    row = f"| {title} | {interval} | " + " | ".join(f"{number:.3f}" for number in numbers) + " |"
    assert row in README


def test_the_verdict_is_that_of_the_comparison() -> None:
    said = RESULTS["comparison"]["verdict"]
    said = said.replace("deeplabv3plus", "DeepLabV3+").replace("unet", "U-Net")
    assert said in re.sub(r"\s+", " ", README)

"""What do ONNX Runtime and 8 bits save, and what do they cost? One run, on its test images.

A script, not a test; it needs the extras `audit` and `export`. From the course folder, with both
files there (`seglib export outputs/RUN`, and again with `--int8`):

    python -m tests.benchmarks.exported outputs/RUN
    python -m tests.benchmarks.exported outputs/RUN val     # other images
"""

from __future__ import annotations

import sys
import time

import pandas as pd
import torch
from torch import nn
from tqdm.auto import tqdm

from seglib.display import show
from seglib.figures.tables import as_markdown
from seglib.hardware import choose_precision
from seglib.images import read_image, read_mask
from seglib.inference import predict
from seglib.metrics import foreground_dice
from seglib.runs import Run, load_run
from seglib.runtimes import load_network
from seglib.thresholds import to_labels
from tests.benchmarks.side_by_side import columns, machine

ROUNDS = 30
REST = 0.1  # s; threads of the way before wait busily for more work, and would take a core
EAGER = "PyTorch, float32, eager"


def seconds_of(network: nn.Module, image: torch.Tensor, precision: str) -> float:
    """One pass of the network alone, on cores that rest."""
    time.sleep(REST)
    half = choose_precision(precision, torch.device("cpu")) == "bf16-mixed"
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        start = time.perf_counter()
        network(image)
        return time.perf_counter() - start


def dice_of(network: nn.Module, run: Run, split: str, precision: str) -> float:
    """Mean foreground Dice per image at native resolution."""
    cases, card, found = run.cases, run.cases.attrs["card"], []
    for _, case in tqdm(list(cases[cases["split"] == split].iterrows()), leave=False):
        image = show(read_image(case["image"]), card)
        labels = to_labels(predict(network, image, run.recipe.size, precision=precision))
        truth = read_mask(case["mask"], card.decoding)
        found.append(foreground_dice(truth, labels, card.n_classes))
    return sum(found) / len(found)


def main(path: str, split: str = "test") -> None:
    """Print one table."""
    run = load_run(path)
    image = torch.randn(1, 3, run.recipe.size, run.recipe.size)
    ways = {
        EAGER: (run.network().to(memory_format=torch.contiguous_format), "32"),
        "PyTorch, as seglib runs it": (run.network(), "auto"),
        "ONNX Runtime, float32": (load_network(run, "onnx"), "32"),
        "ONNX Runtime, int8": (load_network(run, "int8"), "32"),
    }
    rounds = [
        {name: seconds_of(network, image, precision) for name, (network, precision) in ways.items()}
        for _ in range(3 + ROUNDS)
    ]
    table = columns("batch 1", "ms", pd.DataFrame(rounds[3:]).reset_index(drop=True), 1, EAGER)
    dice = pd.Series({name: dice_of(way[0], run, split, way[1]) for name, way in ways.items()})
    table[f"Dice, {split}"] = dice.map("{:.4f}".format)
    table["loss"] = (dice[EAGER] - dice).map("{:+.4f}".format)
    print(f"{machine()}\n{run.path.name}; {ROUNDS} rounds in turn\n\n{as_markdown(table)}")


if __name__ == "__main__":
    main(*sys.argv[1:])

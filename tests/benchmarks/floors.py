"""How fast could a training step be here? Two floors under it, and the time of each part.

A step waits for its multiply-adds, at best at the rate of a large matrix product, and for what it
moves between memory and cores, at best at the rate of a copy (the roofline of Williams et al. 2009,
doi:10.1145/1498765.1498785). The bytes are those of the usual way: what the forward pass keeps for
the backward pass is written once and read once; the optimiser reads weights, gradients and its two
moments and writes three of them. Recomputing or fusing layers would keep less, and what fits into a
cache is not moved. A script, not a test; part of ``make bench``, from the course folder:

    python -m tests.benchmarks.floors figures/benchmarks    # U-Net, ResNet-34, 256 px, batch 8
    python -m tests.benchmarks.floors outputs/try 64 2      # smaller, to see it run
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from seglib.cost import cost, kept_bytes
from seglib.figures.tables import as_markdown
from seglib.files import write_atomic
from seglib.hardware import choose_precision
from seglib.losses import build_loss
from seglib.models import build_model
from seglib.recipes import Recipe
from seglib.transforms import train_transform
from tests.benchmarks.scale import timed
from tests.benchmarks.side_by_side import machine
from tests.benchmarks.ways.job import amp

REPEATS, SIDE, LENGTH = 12, 2048, 2**26  # of everything; of a matrix; of a vector (256 MB)
PER_WEIGHT = 7 * 4  # bytes that AdamW moves: four numbers of float32 are read, three written


def seconds(work: Callable[[], object]) -> float:
    """Median seconds of a piece of work after two that warm up."""
    found = []
    for _ in range(2 + REPEATS):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return float(np.median(found[2:]))


def matrix_rate() -> float:
    """Multiply-adds a second of a large matrix product, in the precision of a run."""
    half = choose_precision() == "bf16-mixed"
    a = torch.randn(SIDE, SIDE, dtype=torch.bfloat16 if half else torch.float32)
    return SIDE**3 / seconds(lambda: a @ a)


def memory_rate() -> float:
    """Bytes a second of a copy, those read and those written."""
    source = torch.zeros(LENGTH)
    target = torch.ones_like(source)
    return 2 * source.nbytes / seconds(lambda: target.copy_(source))


def parts(network: nn.Module, images: Tensor, target: Tensor) -> dict[str, float]:
    """Seconds of forward pass with its loss, backward pass and optimiser, medians of one batch."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    loss, rows = build_loss("bce_dice", 2), []
    for _ in range(2 + REPEATS):
        marks = [time.perf_counter()]
        with amp():
            wrong = loss(network(images), target)
        marks.append(time.perf_counter())
        wrong.backward()
        marks.append(time.perf_counter())
        optimiser.step()
        optimiser.zero_grad()
        marks.append(time.perf_counter())
        rows.append(np.diff(marks))
    return dict(zip(("forward", "backward", "optimiser"), np.median(rows[2:], axis=0), strict=True))


def augmenting(size: int) -> float:
    """Seconds to augment one image from the cache, on one core."""
    rng, transform = np.random.default_rng(0), train_transform("full")
    image, mask = rng.integers(256, size=(size, size, 3), dtype=np.uint8), np.eye(size, dtype="u1")
    return 1 / timed(transform(image=image, mask=mask) for _ in range(10 * REPEATS))


def floors(size: int, batch: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Milliseconds an image of each part of a step, measured and at least, and the two rates."""
    network = build_model(Recipe(name="bench", dataset="own", size=size))
    network = network.to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, size, size).contiguous(memory_format=torch.channels_last)
    target = (torch.rand(batch, size, size) > 0.5).long()
    facts = cost(network, size)
    with amp():
        kept = kept_bytes(network, images) / batch
    rates = {"matrix": matrix_rate(), "memory": memory_rate()}
    rows = {name: {"measured": s / batch} for name, s in parts(network, images, target).items()}
    weights = facts["parameters"] / batch
    for name, macs, moved in (
        ("forward", facts["macs"], kept),
        ("backward", 2 * facts["macs"], kept),  # of the weights, and of what they were given
        ("optimiser", 0, PER_WEIGHT * weights),
    ):
        rows[name] |= {"arithmetic": macs / rates["matrix"], "memory": moved / rates["memory"]}
    return 1000 * pd.DataFrame(rows).T, rates


def main(out: str, size: int = 256, batch: int = 8) -> None:
    """Write ``floors.md``."""
    table, rates = floors(size, batch)
    floor = table[["arithmetic", "memory"]].max(axis=1)
    table.loc["step"], floor["step"] = table.sum(), floor.sum()
    shown = table.map("{:.1f}".format)
    shown["larger floor / measured"] = (floor / table["measured"]).map("{:.0%}".format)
    shown = shown.rename(columns={name: f"{name}, ms" for name in table})
    text = f"""# The floors under a training step

{date.today()}, {machine()}

U-Net, ResNet-34, {size} px, batch {batch}, random images; medians of {REPEATS}, for one image. A
matrix product of {SIDE} x {SIDE} reached {2e-9 * rates["matrix"]:.0f} GFLOP/s, a copy
{1e-9 * rates["memory"]:.1f} GB/s. Beside what was measured stands the least time for the arithmetic
and for the bytes of the usual way at those rates; recomputing or fusing layers would move fewer.

{as_markdown(shown)}

Not in it: augmenting an image took {1000 * augmenting(size):.1f} ms on one core.
"""
    write_atomic(Path(out) / "floors.md", text)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))

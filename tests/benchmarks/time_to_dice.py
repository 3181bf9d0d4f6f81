"""Who is first to a Dice of .75, and of .80? The ways of ``make bench`` on Kvasir-SEG.

Each way trains the same network from scratch on the same images at the same size, alone on the
machine, as it is meant to be used: with its own loss, optimiser and schedule. After every epoch the
clock stands still while its network is scored. One training each, so a few minutes between two ways
say little. Needs SEGLIB_DATA. From the course folder:

    python -m tests.benchmarks.time_to_dice figures/benchmarks          # 96 px, 20 minutes a way
    python -m tests.benchmarks.time_to_dice figures/benchmarks 96 20 monai    # that one again
    python -m tests.benchmarks.time_to_dice outputs/try 32 1            # smaller, to see it run
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import lightning as L
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import nn

from seglib.figures.style import GREY, TWO_COLUMNS, figure, sign, use_style, write_figure
from seglib.figures.tables import as_markdown
from seglib.files import write_atomic
from seglib.loading import SegmentationData, prepare
from seglib.recipes import recipe
from seglib.segmenter import image_dice
from tests.benchmarks.side_by_side import TRAIN, machine
from tests.benchmarks.turns import Turn, attempt, leave_out
from tests.benchmarks.ways.job import Job

AIMS = (0.75, 0.80)
INKS = dict(zip(TRAIN, ("#999999", "#CC79A7", "#E69F00", "#0072B2"), strict=True))


class Stopwatch(Turn):
    """A turn of its own: adds up the seconds, and scores the network after every epoch."""

    def __init__(
        self, epochs: int, minutes: float, aim: float, score: Callable[[nn.Module], float]
    ) -> None:
        self.rounds, self.limit, self.aim, self.score = epochs, 60 * minutes, aim, score
        self.seconds, self.rows = 0.0, []

    def begin(self) -> None:
        """Start the clock."""
        self.since = time.perf_counter()

    def end(self) -> None:
        """Stop it, and see whether the aim is reached or the time is over."""
        self.seconds += time.perf_counter() - self.since
        dice = self.score(self.network)
        self.rows.append({"epoch": len(self.rows) + 1, "seconds": self.seconds, "dice": dice})
        self.over = dice >= self.aim or self.seconds > self.limit


def make_job(folder: Path, size: int) -> Job:
    """The first stage of the course's recipe, on all images at one size."""
    modern = recipe("polyp-modern", size=size)
    stage = dataclasses.replace(modern.stages[0], scale=1.0)
    one = dataclasses.replace(modern, stages=(stage,))
    return Job(prepare(one), one, folder)


def scorer(job: Job) -> Callable[[nn.Module], float]:
    """Mean Dice of the validation images at working size, of a network in float32."""
    data = SegmentationData(job.cases, job.recipe, job.recipe.stages[0], job.outputs / "cache")
    batches = list(data.val_dataloader())

    @torch.inference_mode()
    def score(network: nn.Module) -> float:
        network.eval()
        found = [dice for x, y in batches for dice in image_dice(network(x), y, n_classes=2)]
        network.train()
        return float(np.mean(found))

    return score


def follow(way: str, job: Job, minutes: float) -> list[dict] | str:
    """Epoch, seconds and Dice of one way, or the name of the package that it lacks."""
    L.seed_everything(0, verbose=False)
    watch = Stopwatch(job.recipe.epochs, minutes, max(AIMS), scorer(job))
    return attempt(way, job, watch) or watch.rows


def reached(rows: pd.DataFrame) -> dict[str, str]:
    """Minutes to each aim, and where it ended."""
    minutes = rows["seconds"] / 60
    first = {aim: minutes[rows["dice"] >= aim] for aim in AIMS}
    found = {
        f"min to {aim:.2f}": f"{when.iloc[0]:.1f}" if len(when) else f"> {minutes.iloc[-1]:.0f}"
        for aim, when in first.items()
    }
    seconds = rows["seconds"].iloc[-1] / len(rows)
    return found | {
        "best Dice": f"{rows['dice'].max():.3f}",
        "epochs": f"{len(rows)}",
        "s an epoch": f"{seconds:.1f}",
    }


def curves(table: pd.DataFrame, credit: str) -> Figure:
    """Dice over the minutes of training, one line a way."""
    use_style()
    fig, axes = figure(TWO_COLUMNS, 80, layout="constrained")
    for way, rows in table.groupby("way", sort=False):
        axes.plot(rows["seconds"] / 60, rows["dice"], color=INKS[way], label=way)
    for aim in AIMS:
        axes.axhline(aim, color=GREY, lw=0.6, ls=":")
    axes.set(xlabel="minutes of training", ylabel="mean Dice, validation", xlim=(0, None))
    axes.legend(loc="lower right")
    return sign(fig, credit)


def measure(job: Job, names: Sequence[str], minutes: float) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each way's name and every epoch of it, one after the other, each in its own process."""
    for name in names:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            rows = pool.submit(follow, TRAIN[name], job, minutes).result()
        if isinstance(rows, str):
            leave_out(name, rows)
            continue
        table = pd.DataFrame(rows)
        print(name, reached(table), flush=True)
        yield name, table


def write(out: Path, job: Job, table: pd.DataFrame, minutes: float) -> None:
    """The page, every epoch, and the curves."""
    sides, card, size = job.cases["split"].value_counts(), job.cases.attrs["card"], job.recipe.size
    ways = {name: reached(rows) for name, rows in table.groupby("way", sort=False)}
    text = f"""# Time to Dice

{date.today()}, {machine()}

U-Net, ResNet-18, {size} px, batch {job.batch}, from scratch; {sides["train"]} training images of
`{card.name}`. Mean Dice of {sides["val"]} validation images at {size} px, scored after every epoch
with the clock stopped; a way ends at {max(AIMS):.2f}, after {minutes:g} minutes or
{job.recipe.epochs} epochs. One training each, one after the other.

{as_markdown(pd.DataFrame(ways).T)}
"""
    write_atomic(out / "time_to_dice.csv", table.round(4).to_csv(index=False))
    write_atomic(out / "time_to_dice.md", text)
    write_figure(curves(table, f"{card.credit}, validation images"), out / "time_to_dice")
    print(text)


def main(out: str, size: int = 96, minutes: int = 20, *names: str) -> None:
    """Measure all ways, or those that are named, beside the others that were measured before."""
    before = Path(out) / "time_to_dice.csv"
    with tempfile.TemporaryDirectory() as folder:
        job = make_job(Path(folder), size)
        new = dict(measure(job, names or list(TRAIN), minutes))
    old = dict(list(pd.read_csv(before).groupby("way"))) if names and before.is_file() else {}
    both = old | new
    tables = [both[name].assign(way=name) for name in TRAIN if name in both]
    write(Path(out), job, pd.concat(tables)[["way", "epoch", "seconds", "dice"]], minutes)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:4]), *sys.argv[4:])

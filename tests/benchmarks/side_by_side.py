"""``make bench``: the usual loop, smp's Lightning example, MONAI and seglib on the same images.

A script, not a test: times depend on the machine, so they are printed and never asserted. It needs
the extra `audit`; with `export` it measures ONNX Runtime, too. On two idle cores it should take
less than ten minutes. From the course folder:

    python -m tests.benchmarks.side_by_side                 # 256 px, 24 + 16 images, 5 rounds
    python -m tests.benchmarks.side_by_side 64 16 4 2       # the same, to see whether it runs
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from seglib.datasets import from_folders
from seglib.export import export
from seglib.hardware import environment
from seglib.intervals import summarise
from seglib.phantoms import write_phantom
from seglib.recipes import Recipe, Stage
from seglib.training import fit
from tests.benchmarks.training_ways import WAYS, Job
from tests.benchmarks.turns import measure
from tests.benchmarks.using_ways import ANSWERS, EXPORTED, PASSES, SCORES

NATIVE = (528, 624)  # px; about the middle of Kvasir-SEG
EPOCHS = 12  # so that the masks which are scored have the shape of masks


def make_job(folder: Path, size: int, train: int, test: int) -> Job:
    """Synthetic polyps on disk, and a U-Net with a ResNet-34 encoder from scratch."""
    val = max(2, train // 8)
    data = write_phantom("phantom-polyp", folder / "polyps", train + val + test, size=NATIVE)
    cases = from_folders(data / "images", data / "masks")
    cases["split"] = np.repeat(["train", "val", "test"], [train, val, test])
    stage = Stage(epochs=EPOCHS, batch_size=8, loss="bce_dice")
    recipe = Recipe(name="bench", dataset="own", size=size, stages=(stage,))
    return Job(cases, recipe, folder / "outputs")


def train_and_export(job: Job) -> None:
    """Leave a trained network, and what can be exported of it, in the outputs."""
    run = fit(job.recipe, job.cases, job.outputs)
    for int8 in (False, True):
        try:
            export(run, int8)
        except (ModuleNotFoundError, ValueError) as error:
            print(f"Not exported: {error}")


def columns(
    what: str, unit: str, seconds: pd.DataFrame, images: int, usual: str = "student"
) -> pd.DataFrame:
    """Median of each way, and round by round how many times as fast as the usual way it is."""
    middle = seconds.median() / images
    shown = 1000 * middle if unit == "ms" else 1 / middle
    ratios = seconds.rdiv(seconds[usual], axis=0)
    ratios = summarise(ratios, pd.Series(range(len(ratios))))
    words = [f"{row['mean']:.2f} ({row.low:.2f} to {row.high:.2f})" for _, row in ratios.iterrows()]
    return pd.DataFrame({f"{what}, {unit}": shown.map("{:.1f}".format), f"{what}, ×": words})


def machine() -> str:
    """Processor, cores and versions."""
    facts, names = environment(), Path("/proc/cpuinfo")
    lines = names.read_text().splitlines() if names.is_file() else []
    name = next((line.partition(": ")[2] for line in lines if "model name" in line), "")
    cores = f"{name or platform.processor()}, {os.cpu_count()} cores, {facts['threads']} threads"
    packages = [f"{name} {facts[name]}" for name in ("python", "torch", "lightning")]
    return f"{cores}, precision {facts['precision']}; {', '.join(packages)}"


def main(size: int = 256, train: int = 24, test: int = 16, rounds: int = 5) -> None:
    """Print one table."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        job = make_job(Path(folder), size, train, test)
        maker = get_context("spawn").Process(target=train_and_export, args=(job,))
        maker.start()
        maker.join()
        there = {path.name for path in job.outputs.rglob("*.onnx")}
        files = zip(EXPORTED.items(), ("best.onnx", "best-int8.onnx"), strict=True)
        answers = ANSWERS | dict(way for way, file in files if file in there)
        epochs, memory = measure(WAYS, job, rounds)
        scores, _ = measure(SCORES, job, rounds)
        passes, _ = measure(answers, job, rounds)
    seen = train // job.batch * job.batch
    parts = [
        columns("training", "images/s", epochs, seen),
        memory.map("{:.0f}".format).rename("training, peak MB"),
        columns("evaluation", "images/s", scores, test),
        columns("network, batch 1", "ms", passes, PASSES),
    ]
    table = pd.concat(parts, axis=1).fillna("–")
    minutes = (time.perf_counter() - begun) / 60
    print(f"""
{date.today()}, {machine()}
U-Net, ResNet-34, {size} px, batch {job.batch}; an epoch of {seen} synthetic images; {test} others
evaluated at their own size, about {NATIVE[0]} x {NATIVE[1]} px; {rounds} rounds in turn. ×: times
as fast as the student loop, mean and 95 % bootstrap interval. All of it took {minutes:.1f} minutes.

{markdown(table)}""")


def markdown(table: pd.DataFrame) -> str:
    """A table of words, its index first."""
    rows = [["", *table.columns], ["---"] * (1 + table.shape[1])]
    rows += [[name, *values] for name, values in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

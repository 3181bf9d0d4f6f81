"""``make bench``: the usual loop, smp's Lightning example, MONAI and seglib on the same images.

A script, not a test: times depend on the machine, so they are written down and never asserted.
All ways have the same images, network, batch and size, and augmentation of the same kinds. (nnU-Net
chooses network, size and batch itself, so it cannot stand in this table.) MONAI and medpy come with
the extra `audit`, ONNX Runtime with `export`; what is missing is left out. From the course folder:

    python -m tests.benchmarks.side_by_side figures/benchmarks    # 256 px, 64 + 64 images, 5 rounds
    python -m tests.benchmarks.side_by_side outputs/try 64 16 4 2   # smaller, to see it run
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from seglib.datasets import from_folders
from seglib.export import export
from seglib.figures.tables import as_markdown
from seglib.files import write_atomic
from seglib.hardware import environment
from seglib.intervals import summarise
from seglib.phantoms import write_phantom
from seglib.recipes import Recipe, Stage
from seglib.training import fit
from tests.benchmarks.turns import measure
from tests.benchmarks.ways.job import PASSES, Job

NATIVE = (528, 624)  # px; about the middle of Kvasir-SEG
EPOCHS = 20  # so that the masks which are scored have the shape of masks, also in 8 bits
PACKAGES = ("torch", "lightning", "segmentation-models-pytorch", "monai", "medpy", "onnxruntime")

MODULES = {"student": "student", "smp": "smp_lightning", "monai": "monai_cached", "seglib": "ours"}
TRAIN = {name: f"tests.benchmarks.ways.{module}:train" for name, module in MODULES.items()}
SCORE = {name: way.replace(":train", ":score") for name, way in TRAIN.items() if name != "smp"}
ANSWER = {name: way.replace(":score", ":answer") for name, way in SCORE.items()}
EXPORTED = {"seglib, ONNX": "onnx", "seglib, ONNX int8": "int8"}


def make_job(folder: Path, size: int, train: int, test: int) -> Job:
    """Synthetic polyps on disk, and a U-Net with a ResNet-34 encoder from scratch."""
    val = max(2, train // 3)
    data = write_phantom("phantom-polyp", folder / "polyps", train + val + test, size=NATIVE)
    cases = from_folders(data / "images", data / "masks")
    cases["split"] = np.repeat(["train", "val", "test"], [train, val, test])
    stage = Stage(epochs=EPOCHS, batch_size=8, loss="bce_dice")
    recipe = Recipe(name="bench", dataset="own", size=size, stages=(stage,))
    return Job(cases, recipe, folder / "outputs")


def train_and_export(job: Job) -> None:
    """Leave a trained network, and what can be exported of it, in the outputs."""
    run = fit(job.recipe, job.cases, job.outputs)
    for name, int8 in zip(EXPORTED, (False, True), strict=True):
        try:
            export(run, int8)
        except (ModuleNotFoundError, ValueError) as error:
            print(f"LEFT OUT: '{name}'. {error}")


def exported(job: Job) -> dict[str, str]:
    """Ways to use the files that were exported."""
    there = {path.name for path in job.outputs.rglob("*.onnx")}
    files = zip(EXPORTED.items(), ("best.onnx", "best-int8.onnx"), strict=True)
    return {name: f"tests.benchmarks.ways.ours:{way}" for (name, way), f in files if f in there}


def columns(
    what: str, unit: str, seconds: pd.DataFrame, images: int, usual: str = "student"
) -> pd.DataFrame:
    """Median of each way, and round by round how many times as fast as the usual way it is."""
    middle = seconds.median() / images
    shown = 1000 * middle if unit == "ms" else 1 / middle
    table = {f"{what}, {unit}": shown.map("{:.1f}".format)}
    if usual in seconds:
        ratios = summarise(seconds.rdiv(seconds[usual], axis=0), pd.Series(range(len(seconds))))
        table[f"{what}, ×"] = [
            f"{row['mean']:.2f} ({row.low:.2f} to {row.high:.2f})" for _, row in ratios.iterrows()
        ]
    return pd.DataFrame(table)


def machine() -> str:
    """Processor, cores and versions."""
    facts, names = environment(), Path("/proc/cpuinfo")
    lines = names.read_text().splitlines() if names.is_file() else []
    name = next((line.partition(": ")[2] for line in lines if "model name" in line), "")
    cores = f"{name or platform.processor()}, {os.cpu_count()} cores, {facts['threads']} threads"
    packages = [f"Python {facts['python']}"]
    for package in PACKAGES:
        try:
            packages.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            packages.append(f"without {package}")
    return f"{cores}, precision {facts['precision']}; {', '.join(packages)}"


def timed_in_turn(job: Job, rounds: int) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """Seconds of every part, ``(rounds, ways)``, and peak memory of training, MB."""
    maker = get_context("spawn").Process(target=train_and_export, args=(job,))
    maker.start()
    maker.join()
    epochs, memory = measure(TRAIN, job, rounds)
    scores, _ = measure(SCORE, job, rounds)
    passes, _ = measure(ANSWER | exported(job), job, rounds)
    return {"training": epochs, "evaluation": scores, "network": passes}, memory


def main(out: str, size: int = 256, train: int = 64, test: int = 64, rounds: int = 5) -> None:
    """Write the table, ``side_by_side.md``, and seconds of every round, ``side_by_side.csv``."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        job = make_job(Path(folder), size, train, test)
        seconds, memory = timed_in_turn(job, rounds)
    minutes = (time.perf_counter() - begun) / 60
    images = {"training": train // job.batch * job.batch, "evaluation": test, "network": PASSES}
    parts = [
        columns("training", "images/s", seconds["training"], images["training"]),
        memory.map("{:.0f}".format).rename("training, peak MB"),
        columns("evaluation", "images/s", seconds["evaluation"], test),
        columns("network, batch 1", "ms", seconds["network"], PASSES),
    ]
    text = f"""# Side by side

{date.today()}, {machine()}

U-Net, ResNet-34, {size} px, batch {job.batch}; an epoch of {images["training"]} synthetic images;
{test} others evaluated at their own size, about {NATIVE[0]} x {NATIVE[1]} px; {rounds} rounds in
turn. ×: times as fast as the student loop, mean and 95 % bootstrap interval. All of it took
{minutes:.1f} minutes.

{as_markdown(pd.concat(parts, axis=1).fillna("–"))}
"""
    every = {(part, images[part]): table for part, table in seconds.items()}
    table = pd.concat(every, names=["part", "images", "round"]).stack().dropna()
    table = table.rename_axis(index={None: "way"}).rename("seconds")
    write_atomic(Path(out) / "side_by_side.csv", table.to_csv(float_format="%.4f"))
    write_atomic(Path(out) / "side_by_side.md", text)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))

"""The README's tables, made from the committed results: ``python -m tests.readme_tables``."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from seglib.ablation import TABLE
from seglib.figures.generalisation import title
from seglib.generalisation import read_tables

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "figures"
TITLES = {"unet": "U-Net", "deeplabv3plus": "DeepLabV3+"}
DETAILED = TITLES | {"nnunet": "nnU-Net"}
PRECISION = {"32-true": "fp32", "bf16-mixed": "bf16"}


def results(dataset: str) -> dict:
    """What the notebooks measured on a data set."""
    return json.loads((FIGURES / dataset / "results.json").read_text())


def real_data() -> list[str]:
    """Data sets of patients whose results are kept, in the order of their names."""
    found = sorted(path.parent.name for path in FIGURES.glob("*/results.json"))
    return [name for name in found if not name.startswith("phantom-")]


def interval(mean: dict) -> str:
    """A mean and its 95 % interval."""
    return f"{mean['mean']:.3f} ({mean['low']:.3f} to {mean['high']:.3f})"


def kvasir_row(model: str) -> str:
    """One network on Kvasir-SEG, in detail; nnU-Net's four views of all images are not there."""
    kept = results("kvasir-seg")
    scores = (kept["comparison"]["models"] | {"nnunet": kept["nnunet"]["results"]})[model]
    flips = kept["comparison"]["conventions"]["Dice, four flips"].get(model)
    means = {name: row["mean"] for name, row in scores["foreground_mean"].items()}
    cells = [DETAILED[model], interval(scores["foreground_mean"]["dice"])]
    cells.append("–" if flips is None else f"{flips:.3f}")
    numbers = [means["iou"], means["precision"], means["recall"], scores["auc"]]
    return f"| {' | '.join(cells + [f'{number:.3f}' for number in numbers])} |"


def task_row(dataset: str) -> str:
    """Both networks on one data set."""
    kept = results(dataset)
    splits, groups = kept["preprocessing"]["splits"], kept["preprocessing"]["groups"]
    sizes = "/".join(str(splits[name]) for name in ("train", "val", "test"))
    known = kept["data"]["groups_known"]
    by = f"group ({groups['test']} in test)" if known else "image"
    models = kept["comparison"]["models"]
    volumes = [f"{models[name]['per_group']['dice']['mean']:.3f}" for name in TITLES if known]
    dice = [interval(models[name]["foreground_mean"]["dice"]) for name in TITLES]
    minutes = [f"{kept[name]['seconds'] / 60:.0f}" for name in TITLES]
    px, epochs = f"{kept['comparison']['input_px']} px", f"{kept['unet']['epochs']} epochs"
    cells = [f"`{dataset}`", sizes, by, *dice, ", ".join(volumes) or "–"]
    cells += [f"{px}, {epochs}", PRECISION[kept["unet"]["environment"]["precision"]]]
    return f"| {' | '.join([*cells, ', '.join(minutes)])} |"


def division_rows() -> list[str]:
    """Each division of the cases that ``seglib generalise`` trained on."""
    return [
        f"| `{row.dataset}` | {title(row.split)} | {TITLES[row.model]} | {row.seed} | "
        f"{row.train}, {row.test} | {row.seen:.0%} | "
        f"{row.dice:.3f} ({row.low:.3f} to {row.high:.3f}) |"
        for row in read_tables(FIGURES).itertuples()
    ]


def ladder_rows() -> list[str]:
    """Published beside modern recipe, where ``seglib ablate`` was run on real images."""
    return [
        ladder_row(pd.read_csv(FIGURES / name / TABLE)) for name in real_data() if _climbed(name)
    ]


def _climbed(dataset: str) -> bool:
    return (FIGURES / dataset / TABLE).is_file()


def ladder_row(table: pd.DataFrame) -> str:
    """Lowest and highest rung, and each choice whose gain on the one below excludes 0."""
    first, last = table.iloc[0], table.iloc[-1]
    ends = [
        f"{r.dice:.3f} ({r.low:.3f} to {r.high:.3f}), {r.minutes:.0f} min" for r in (first, last)
    ]
    sure = table[(table["gain_low"] > 0) | (table["gain_high"] < 0)]
    steps = ", ".join(f"{row.choice} {row.gain:+.3f}" for row in sure.itertuples()) or "none"
    length = f"{first.px} px, {first.epochs} epochs"
    return f"| `{first.dataset}` | {TITLES[first.model]}, {length} | {' | '.join(ends)} | {steps} |"


if __name__ == "__main__":
    print("\n".join(map(kvasir_row, DETAILED)), end="\n\n")
    print("\n".join(map(task_row, real_data())), end="\n\n")
    print("\n".join(division_rows()), end="\n\n")
    print("\n".join(ladder_rows()))

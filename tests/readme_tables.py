"""Tables of README.md and of figures, from the results: ``python -m tests.readme_tables``."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from seglib.ablation import BUDGET, TABLE
from seglib.cli.studies import MODELS
from seglib.figures.generalisation import title
from seglib.figures.style import MODEL_TITLES
from seglib.generalisation import read_tables

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "figures"
PARTS = ("val", "test")
IN_DETAIL = (*MODELS, "nnunet")  # on Kvasir-SEG
SITES = {"site=CHNCXR": "CHNCXR (Shenzhen)", "site=MCUCXR": "MCUCXR (Montgomery County)"}
TOGETHER = {"unet": "U-Net", "deeplabv3plus": "DeepLabV3+", "ensemble": "both together"}
PRECISION = {"32-true": "fp32", "bf16-mixed": "bf16"}


def results(dataset: str) -> dict:
    """What the notebooks measured on a data set."""
    return json.loads((FIGURES / dataset / "results.json").read_text())


def real_data() -> list[str]:
    """Data sets of patients whose results are kept, in the order of their names."""
    found = sorted(path.parent.name for path in FIGURES.glob("*/results.json"))
    return [name for name in found if not name.startswith("phantom-")]


def tables(name: str) -> list[pd.DataFrame]:
    """The tables of this name, of the real data sets that have one."""
    paths = (FIGURES / dataset / name for dataset in real_data())
    return [pd.read_csv(path) for path in paths if path.is_file()]


def interval(mean: float, low: float, high: float, **_: object) -> str:
    """A mean and its 95 % interval; what else a summary holds is not shown."""
    return f"{mean:.3f} ({low:.3f} to {high:.3f})"


def kvasir_row(model: str) -> str:
    """One network on Kvasir-SEG, in detail; nnU-Net's four views of all images are not there."""
    kept = results("kvasir-seg")
    scores = (kept["comparison"]["models"] | {"nnunet": kept["nnunet"]["results"]})[model]
    flips = kept["comparison"]["conventions"]["Dice, four flips"].get(model)
    means = {name: row["mean"] for name, row in scores["foreground_mean"].items()}
    cells = [MODEL_TITLES[model], interval(**scores["foreground_mean"]["dice"])]
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
    volumes = [f"{models[name]['per_group']['dice']['mean']:.3f}" for name in MODELS if known]
    dice = [interval(**models[name]["foreground_mean"]["dice"]) for name in MODELS]
    minutes = [f"{kept[name]['seconds'] / 60:.0f}" for name in MODELS]
    px, epochs = f"{kept['comparison']['input_px']} px", f"{kept['unet']['epochs']} epochs"
    cells = [f"`{dataset}`", sizes, by, *dice, ", ".join(volumes) or "–"]
    cells += [f"{px}, {epochs}", PRECISION[kept["unet"]["environment"]["precision"]]]
    return f"| {' | '.join([*cells, ', '.join(minutes)])} |"


def in_short() -> list[str]:
    """What the divisions say, for the README: Kvasir-SEG's second seed, then the U-Net of all."""
    trained = read_tables(FIGURES)
    table = trained[trained["model"] == "unet"]
    first = table[table["seed"] == 0].pivot(index="dataset", columns="split", values="dice")
    seeds = table.pivot_table(index=["dataset", "split"], columns="seed", values="dice")
    apart = seeds[~seeds.index.get_level_values("split").str.startswith("fold=")].diff(axis=1)[1]
    moved = [f"{gap:.3f} on `{name}`" for (name, _), gap in apart.abs().dropna().items()]
    known = first.dropna(subset=["group", "image"]).itertuples()
    flattered = [f"`{row.Index}` {row.group:.3f} and {row.image:.3f}" for row in known]
    sites = first.filter(like="site=").dropna()
    abroad = [
        f"`{name}` {first.loc[name, 'group']:.3f}, and "
        + ", ".join(f"{dice:.3f} on {SITES[way]}" for way, dice in row.items())
        for name, row in sites.iterrows()
    ]
    again = trained.query("dataset == 'kvasir-seg' and seed == 1").set_index("model")
    columns = ["dice", "low", "high"]
    told = [f"{words} {interval(*again.loc[model, columns])}" for model, words in TOGETHER.items()]
    return [
        ", ".join(told),
        f"Dice moved with another seed by {', '.join(moved)}",
        f"patients kept apart, and with slices on both sides: {', '.join(flattered)}",
        f"hospitals mixed, and one unseen, with fewer images to learn from: {', '.join(abroad)}",
    ]


def division_rows() -> list[str]:
    """Each division of the cases that ``seglib generalise`` trained on; folds in one row."""
    table = read_tables(FIGURES)
    fold = table["split"].str.startswith("fold=")
    spread = table[fold].groupby(["dataset", "model", "seed"])["dice"].agg(["min", "max"])
    rows = []
    for row in table[~fold].itertuples():
        way = title(row.split)
        if row.split.startswith("folds="):
            way += " ({:.3f} to {:.3f} each)".format(*spread.loc[row.dataset, row.model, row.seed])
        told = interval(row.dice, row.low, row.high)
        cells = [f"`{row.dataset}`", way, MODEL_TITLES[row.model], str(row.seed)]
        cells += [f"{row.train}, {row.test}", f"{row.seen:.0%}", told]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def ladder_rows() -> list[str]:
    """Published beside modern recipe, where ``seglib ablate`` was run on real images."""
    return [ladder_row(table) for table in tables(TABLE)]


def ladder_row(table: pd.DataFrame) -> str:
    """Lowest and highest rung, and each choice whose gain on the one below excludes 0."""
    first, last = table.iloc[0], table.iloc[-1]
    ends = [
        f"{interval(row.dice, row.low, row.high)}, {row.minutes:.0f} min" for row in (first, last)
    ]
    sure = table[(table["gain_low"] > 0) | (table["gain_high"] < 0)]
    steps = ", ".join(f"{row.choice} {row.gain:+.3f}" for row in sure.itertuples()) or "none"
    trained = f"{MODEL_TITLES[first.model]}, {first.px} px, {first.epochs} epochs"
    return f"| `{first.dataset}` | {trained} | {' | '.join(ends)} | {steps} |"


def budget_rows() -> list[str]:
    """One recipe in several lengths, where ``seglib budget`` was run on real images."""
    return [row for table in tables(BUDGET) for row in lengths(table)]


def lengths(table: pd.DataFrame) -> list[str]:
    """Each length with its minutes, and its Dice on validation and, if asked for, test cases."""
    columns = ["dice", "low", "high"]
    told = {part: rows.set_index("choice")[columns] for part, rows in table.groupby("split")}
    return [
        f"| `{row.dataset}` | {MODEL_TITLES[row.model]}, {row.choice} | {row.minutes:.1f} | "
        + " | ".join(
            interval(*told[part].loc[row.choice]) if part in told else "–" for part in PARTS
        )
        + " |"
        for row in table.drop_duplicates("choice").itertuples()
    ]


if __name__ == "__main__":
    print("\n".join(map(kvasir_row, IN_DETAIL)), end="\n\n")
    print("\n".join(map(task_row, real_data())), end="\n\n")
    print("\n".join(in_short()), end="\n\n")
    print("\n".join(division_rows()), end="\n\n")
    print("\n".join(ladder_rows()), end="\n\n")
    print("\n".join(budget_rows()))

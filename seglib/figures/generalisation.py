"""How do I show what another division of the cases does to a score?"""

from __future__ import annotations

from itertools import cycle
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seglib.cards import card
from seglib.figures.style import (
    BESIDE,
    GREY,
    MODEL_TITLES,
    TWO_COLUMNS,
    figure,
    model_colours,
    sign,
)


def divided(table: pd.DataFrame) -> Figure:
    """Dice with its interval under each division, one panel a data set, one colour a model.

    `table` is that of :func:`seglib.generalisation.generalise`, or several of them. A hollow
    mark says that test images had relatives in training; each seed has a mark of its own shape.
    Single folds are small dots on the line of all folds together, if that is there. Each panel has
    its own range of Dice. Signed with the data sets' titles.
    """
    names, table = list(table["dataset"].unique()), table.assign(line=_lines(table))
    inks = model_colours(table["model"])
    marks = dict(zip(sorted(table["seed"].unique()), cycle("oD^v"), strict=False))
    lines = table.groupby("dataset")[["line", "model", "seed"]].nunique().prod(axis=1)
    ways = [max(1, lines[name] / 2) for name in names]
    shape = {"nrows": len(names), "height_ratios": ways, "squeeze": False}
    fig, panels = figure(TWO_COLUMNS, 20 + 8 * len(names) + 12 * sum(ways), **shape)
    for axes, name in zip(panels[:, 0], names, strict=True):
        rows = table[table["dataset"] == name]
        splits = list(rows["line"].unique())
        _panel(axes, rows, splits, inks, marks)
        axes.set_yticks(range(len(splits)), [title(split) for split in splits])
        axes.set(title=name, ylim=(len(splits) - 0.5, -0.5))
        axes.grid(axis="x", lw=0.4, alpha=0.4)
        axes.margins(x=0.11)  # room for the number beside the last mark
    panels[-1, 0].set_xlabel("mean Dice of the test images, 95 % interval")
    fig.legend(handles=_keys(table, inks, marks), loc="outside upper right", ncols=4)
    return sign(fig, fill("; ".join(card(name).credit for name in names), 130))


def _keys(table: pd.DataFrame, inks: dict[str, str], marks: dict[int, str]) -> list[Line2D]:
    """What colours, marks, hollow marks and small dots mean, as far as they occur."""
    keys = [
        Line2D([], [], color=ink, marker="o", ls="none", label=MODEL_TITLES.get(model, model))
        for model, ink in inks.items()
    ]
    style = {"color": GREY, "ls": "none"}
    if len(marks) > 1:
        keys += [Line2D([], [], label=f"seed {s}", marker=m, **style) for s, m in marks.items()]
    if table["seen"].any():
        label = "same patients in training"
        keys += [Line2D([], [], label=label, marker="o", mfc="white", **style)]
    if (table["line"] != table["split"]).any():
        keys += [Line2D([], [], label="one fold", marker="o", ms=2, **style)]
    return keys


def title(split: str) -> str:
    """A division in words."""
    column, _, value = split.partition("=")
    fixed = {"group": "by group", "image": "by image", "folds": f"all {value} folds together"}
    if column == "fold":
        return f"fold {value.replace('/', ' of ')}"
    return fixed.get(column, f"tested on {value} only")


def _lines(table: pd.DataFrame) -> pd.Series:
    """On which line a row is drawn: a single fold on that of all folds of its training."""
    whole = table["split"].str.replace(r"^fold=\d+/(\d+)$", r"folds=\1", regex=True)
    key = ["dataset", "model", "seed"]
    there = table.set_index([*key, "split"]).index
    together = pd.MultiIndex.from_frame(table[key].assign(split=whole)).isin(there)
    return whole.where(together, table["split"])


def _panel(
    axes: Axes, rows: pd.DataFrame, splits: list[str], inks: dict[str, str], marks: dict[int, str]
) -> None:
    trainings = list(dict.fromkeys(zip(rows["model"], rows["seed"], strict=True)))
    step = 0.68 / len(trainings)
    shift = step * (np.arange(len(trainings)) + 0.5) - 0.34
    for row in rows.itertuples():
        y = splits.index(row.line) + shift[trainings.index((row.model, row.seed))]
        if row.line != row.split:
            axes.plot(row.dice, y + 0.35 * step, "o", ms=2, color=inks[row.model])
            continue
        error = [[row.dice - row.low], [row.high - row.dice]]
        fill = "white" if row.seen else inks[row.model]
        style = {"fmt": marks[row.seed], "ms": 4, "capsize": 3, "mfc": fill}
        axes.errorbar(row.dice, y, xerr=error, color=inks[row.model], **style)
        end = row.dice if np.isnan(row.high) else row.high  # one group has no interval
        axes.annotate(f"{row.dice:.3f}", (end, y), (4, 0), **BESIDE)

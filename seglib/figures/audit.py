"""How do I show that two tools, or two rules, say different things of the same masks?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seglib.figures.style import COLOURS, GREY, ONE_COLUMN, TWO_COLUMNS, figure, heat_map


def grid(table: pd.DataFrame, title: str) -> Figure:
    """Scores in [0, 1], a row a tool and a column a situation; "no score" where there is none."""
    fig, axes = figure(ONE_COLUMN * 1.4, 20 + 6 * len(table))
    texts = table.map(lambda value: "no score" if pd.isna(value) else f"{value:g}")
    heat_map(axes, table.to_numpy(dtype=float), texts.to_numpy(), 1.3)
    axes.set_xticks(range(table.shape[1]), table.columns)
    axes.set_yticks(range(len(table)), table.index)
    axes.tick_params(length=0)
    axes.set_title(title)
    return fig


def slopes(table: pd.DataFrame) -> Figure:
    """Two prediction sets (columns) under every rule (rows); the better one is filled."""
    first, second = table.columns
    inks = dict(zip(table.columns, (COLOURS["unet"], COLOURS["deeplabv3plus"]), strict=True))
    y = np.arange(len(table))[::-1]
    fig, axes = figure(TWO_COLUMNS * 0.8, 18 + 6 * len(table))
    axes.hlines(y, table.min(axis=1), table.max(axis=1), color=GREY, lw=1)
    for name, ink in inks.items():
        won = (table[name] >= table.max(axis=1)).to_numpy()
        style = {"color": ink, "ls": "none", "marker": "o"}
        axes.plot(table[name], y, ms=5, mfc="white", **style)
        axes.plot(table[name][won], y[won], ms=8, label=name, **style)
    axes.set_yticks(y, table.index)
    axes.set(xlabel="score (large and filled: the better one)", xlim=(-0.02, 1.05))
    title = f"One pair of prediction sets, {len(table)} rules: {first} or {second}?"
    axes.set_title(title, loc="left")
    fig.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return fig

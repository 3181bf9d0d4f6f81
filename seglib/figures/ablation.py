"""How do I show what each choice brought, and what more time?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seglib.cards import card
from seglib.figures.style import (
    BESIDE,
    COLOURS,
    GREY,
    ONE_COLUMN,
    TWO_COLUMNS,
    figure,
    model_colours,
    sign,
)


def rungs(table: pd.DataFrame) -> Figure:
    """Validation Dice of every rung with its interval, and how much it gained on the one above it.

    `table` is that of :func:`seglib.ablation.ablate`, for one data set and model; the published
    recipe stands on top. A gain whose interval excludes 0 is written in ink, another in grey.
    The title says how long and how large, for a ladder answers for its own budget only. Signed with
    the data set's title.
    """
    (name,), (model,) = table["dataset"].unique(), table["model"].unique()
    fig, axes = figure(TWO_COLUMNS, 22 + 7 * len(table), layout="constrained")
    places = range(len(table))
    low, high = (table[end].fillna(table["dice"]) for end in ("low", "high"))  # NaN for one group
    axes.plot(table["dice"], places, color=GREY, lw=0.8, zorder=0)
    error = [table["dice"] - table["low"], table["high"] - table["dice"]]
    style = {"fmt": "o", "capsize": 3, "color": model_colours([model])[model]}
    axes.errorbar(table["dice"], places, xerr=error, **style)
    for place, (row, end) in enumerate(zip(table.itertuples(), high, strict=True)):
        shown = f"{row.dice:.3f}" if pd.isna(row.gain) else f"{row.dice:.3f}  ({row.gain:+.3f})"
        sure = pd.isna(row.gain) or row.gain_low > 0 or row.gain_high < 0
        ink = COLOURS["ink"] if sure else GREY
        axes.annotate(f"{shown}, {_time(row.minutes)}", (end, place), (6, 0), color=ink, **BESIDE)
    first, *added = table["choice"]
    budget = f"{table['epochs'].iloc[-1]} epochs, {table['px'].iloc[-1]} px"
    axes.set_yticks(places, [first, *(f"+ {choice}" for choice in added)])
    axes.set(ylim=(len(table) - 0.5, -0.5), title=f"{name}, validation cases, {budget}")
    axes.set_xlabel("mean Dice, 95 % interval; in brackets the gain over the rung above it")
    axes.grid(axis="x", lw=0.4, alpha=0.4)
    span = max(high.max() - low.min(), 0.01)  # the rungs of a short trial may be equal
    axes.set_xlim(low.min() - 0.05 * span, high.max() + 0.5 * span)
    return sign(fig, card(name).credit)


def _time(minutes: float) -> str:
    return f"{60 * minutes:.0f} s" if minutes < 1 else f"{minutes:.3g} min"


def lengths(table: pd.DataFrame) -> Figure:
    """Dice of one recipe in several lengths, with intervals and minutes.

    `table` is that of :func:`seglib.ablation.ablate` for several lengths (or sizes), the shortest
    first; with a column ``split``, as ``seglib budget`` writes it, each split has a line. Signed
    with the data set's title.
    """
    (name,), (model,) = table["dataset"].unique(), table["model"].unique()
    split = table["split"] if "split" in table else pd.Series("val", table.index)
    fig, axes = figure(ONE_COLUMN, 60, layout="constrained")
    for number, (part, rows) in enumerate(table.groupby(split, sort=False)):
        error = [rows["dice"] - rows["low"], rows["high"] - rows["dice"]]
        ink = model_colours([model])[model] if part == "val" else COLOURS["ink"]
        places = np.arange(len(rows)) - 0.08 * number  # whiskers side by side
        axes.errorbar(places, rows["dice"], yerr=error, fmt="o-", capsize=3, color=ink, label=part)
    first = table[split == split.iloc[0]]
    for place, row in enumerate(first.itertuples()):
        axes.annotate(_time(row.minutes), (place, row.dice), (5, -8), **BESIDE)
    words = [c.replace(", ", "\n").replace(" epochs", "\nepochs") for c in first["choice"]]
    axes.set_xticks(range(len(first)), words)
    axes.margins(x=0.15)
    axes.set(ylabel="mean Dice, 95 % interval", title=name)
    if split.nunique() > 1:
        axes.legend(loc="upper left")
    axes.grid(lw=0.4, alpha=0.4)
    return sign(fig, card(name).credit)

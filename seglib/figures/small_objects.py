"""What changes when an object is a handful of pixels?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from seglib.figures.style import COLOURS, ONE_COLUMN, TWO_COLUMNS, figure

EDGES = (0, 5, 10, 20, 40, 80, np.inf)  # px of one object; each class ends with its upper edge


def dice_of_size(table: pd.DataFrame) -> Figure:
    """Dice of an error that stays the same while the object grows.

    Parameters
    ----------
    table
        Index: size of the object, px. One column for each kind of error: Dice, in [0, 1].
    """
    fig, axes = figure(ONE_COLUMN * 1.3, 52)
    for (name, values), line in zip(table.items(), ("-", "--", ":", "-."), strict=False):
        axes.plot(table.index, values, f"{line}o", ms=3, color=COLOURS["ink"], label=name)
    axes.set(xscale="log", xlabel="size of the object, px", ylabel="Dice", ylim=(0, 1.03))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend(loc="lower right", title="always the same error:")
    return fig


def found_by_size(objects: pd.DataFrame) -> Figure:
    """How many objects of each size were found, and how many there are.

    Parameters
    ----------
    objects
        One row an object of the truth: ``pixels`` and ``found`` (bool). A size class without
        objects has no bar.
    """
    names = [f"{a + 1:.0f}–{b:.0f}" for a, b in zip(EDGES[:-2], EDGES[1:-1], strict=True)]
    size = pd.cut(objects["pixels"], EDGES, labels=[*names, f"> {EDGES[-2]:.0f}"])
    counted = objects["found"].groupby(size, observed=True).agg(["sum", "count"])
    fig, axes = figure(TWO_COLUMNS * 0.75, 52)
    places = np.arange(len(counted))
    axes.bar(places, counted["count"], width=0.7, color=COLOURS["background"], label="all")
    axes.bar(places, counted["sum"], width=0.7, color=COLOURS["tp"], label="found")
    for place, (found, count) in zip(places, counted.to_numpy(), strict=True):
        axes.annotate(f"{found} of {count}", (place, count), (0, 2), ha="center", fontsize=7,
                      textcoords="offset points")  # fmt: skip
    axes.set_xticks(places, list(counted.index))
    axes.set(xlabel="size of the object, px", ylabel="objects")
    axes.margins(y=0.15)
    axes.legend(loc="upper left", ncols=2)
    return fig


def froc(table: pd.DataFrame) -> Figure:
    """Objects found against objects invented in an image, at several thresholds (FROC).

    Source: Bunch et al. 1978, J Appl Photogr Eng 4.

    Parameters
    ----------
    table
        One row a threshold: ``threshold`` and ``found`` (share of all objects), both in [0, 1],
        and ``invented`` (mean number in an image). The threshold of one half is filled;
        of points that stand together the one nearest to it bears its number.
    """
    fig, axes = figure(ONE_COLUMN * 1.3, 62)
    axes.plot(table["invented"], table["found"], "o-", ms=5, mfc="white", color=COLOURS["unet"])
    named, room = [], 0.06 * table["invented"].max()
    order = (table["threshold"] - 0.5).abs().argsort(kind="stable")
    for row in table.iloc[order].itertuples():  # one number where several stand together
        if all(abs(row.invented - place) >= room for place in named):
            axes.annotate(f"{row.threshold:.1f}", (row.invented, row.found), (5, -9),
                          textcoords="offset points", fontsize=7)  # fmt: skip
            named.append(row.invented)
    half = table[np.isclose(table["threshold"], 0.5)]
    axes.plot(half["invented"], half["found"], "o", ms=7, color=COLOURS["unet"])
    axes.set(xlabel="objects invented in an image", ylabel="share of objects found")
    axes.set(xlim=(0, None), ylim=(0, 1.05), title="Each point is a threshold")
    axes.grid(lw=0.4, alpha=0.4)
    return fig

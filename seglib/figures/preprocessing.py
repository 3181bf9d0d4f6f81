"""What does preprocessing do to images and masks? Resizing, normalising, splitting, loading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter, PercentFormatter

from seglib.figures.data import CHANNELS
from seglib.figures.style import COLOURS, ONE_COLUMN, TWO_COLUMNS, figure, percent, sign
from seglib.splits import SPLITS

SIZES = ("#CC79A7", "#E69F00", "#56B4E9", "#0072B2")  # smallest size first
PATIENTS = 40  # as many groups as fit side by side


def resize_cost(table: pd.DataFrame, source: str = "") -> Figure:
    """The best Dice at each size: over all cases, and by the size of the object.

    Parameters
    ----------
    table
        From :func:`seglib.survey.resize_cost`.
    source
        Which data it shows.
    """
    fig, (left, right) = figure(TWO_COLUMNS, 70, ncols=2, sharey=True)
    _cost_of_all(left, table)
    edges = np.geomspace(table["share"].min() / 1.001, table["share"].max(), 9)
    place = np.sqrt(edges[1:] * edges[:-1])
    for (size, chosen), colour in zip(table.groupby("size"), SIZES, strict=False):
        means = chosen.groupby(np.digitize(chosen["share"], edges[1:-1]))["hard"].mean()
        right.plot(place[means.index], means, "o-", ms=3, color=colour, label=f"{size} px")
    right.set(xscale="log", xlabel="share of the image that is object")
    right.set_title("Small objects lose most (0/1 target)")
    right.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    right.xaxis.set_major_formatter(percent)
    right.xaxis.set_minor_formatter(NullFormatter())  # within one decade they would run together
    right.legend(loc="lower right")
    return sign(fig, source)


def _cost_of_all(axes: Axes, table: pd.DataFrame) -> None:
    """Boxes of the best Dice for each size, hard and soft."""
    for kind, shift, alpha, label in (
        ("hard", -0.18, 0.9, "0/1 target"),
        ("soft", 0.18, 0.35, "share of object"),
    ):
        columns = [found[kind] for _, found in table.groupby("size")]
        drawn = axes.boxplot(
            columns, positions=np.arange(len(columns)) + shift, widths=0.3, whis=(5, 95),
            flierprops={"marker": ".", "markersize": 2, "markeredgecolor": "#999999"},
            medianprops={"color": COLOURS["ink"]}, manage_ticks=False, patch_artist=True,
        )  # fmt: skip
        for box in drawn["boxes"]:
            box.set(facecolor=COLOURS["unet"], alpha=alpha, lw=0.6)
        drawn["boxes"][0].set_label(label)
    sizes = [f"{size}" for size, _ in table.groupby("size")]
    axes.set_xticks(range(len(sizes)), sizes)
    axes.set(xlabel="network input, px", ylabel="best possible Dice")
    axes.set_title("All cases (whiskers: 5 % and 95 %)")
    axes.legend(loc="lower right", title="each small pixel holds")


def normalisation(before: np.ndarray, after: np.ndarray, source: str = "") -> Figure:
    """Channel values before and after: same shapes, other place and width.

    Parameters
    ----------
    before
        ``(N, S, S, 3) uint8``.
    after
        ``(N, 3, S, S) float32``, the same images normalised.
    source
        Which data it shows.
    """
    fig, (left, right) = figure(TWO_COLUMNS, 58, ncols=2)
    for channel, (name, colour) in enumerate(CHANNELS.items()):
        for axes, values in ((left, before[..., channel]), (right, after[:, channel])):
            text = f"{name}: {values.mean():.2f} ± {values.std():.2f}"
            axes.hist(values.ravel(), 64, density=True, histtype="step", color=colour, label=text)
    left.set(title="Before", xlabel="value, 0 to 255", ylabel="density")
    right.set(title="After", xlabel="(value / 255 - mean) / deviation", ylabel="density")
    for axes in (left, right):
        axes.legend(title="mean ± deviation", loc="upper right")
        axes.margins(y=0.25)
    return sign(fig, source)


def split_balance(cases: pd.DataFrame, shares: pd.Series, source: str = "") -> Figure:
    """Cases and groups of each split, and whether the splits hold objects of like size.

    Parameters
    ----------
    cases
        Case table with ``group`` and ``split``.
    shares
        Share of each image that is object, in the order of `cases`; empty masks count as 0.
    source
        Which data it shows.
    """
    fig, (left, right) = figure(TWO_COLUMNS, 58, ncols=2)
    for place, name in enumerate(SPLITS):
        chosen = (cases["split"] == name).to_numpy()
        if not chosen.any():
            continue
        groups = cases.loc[chosen, "group"].nunique()
        left.barh(place, chosen.sum(), color=COLOURS[name], height=0.65)
        left.text(chosen.sum(), place, f" {chosen.sum()} cases, {groups} groups", va="center",
                  fontsize=7)  # fmt: skip
        right.ecdf(shares.to_numpy()[chosen], color=COLOURS[name], label=name)
    left.set_yticks(range(len(SPLITS)), SPLITS)
    left.invert_yaxis()
    left.set(xlabel="cases", title="Cases per part", xlim=(0, 1.1 * len(cases)))
    right.set(xlabel="share of the image that is object", ylabel="share of the cases below")
    right.set_title("Are the parts alike?")
    right.xaxis.set_major_formatter(PercentFormatter(1))
    right.legend(loc="lower right")
    return sign(fig, source)


def _patients(axes: Axes, cases: pd.DataFrame, groups: Sequence[str]) -> None:
    """One column a group, one square a case, coloured by split."""
    rows = [cases.loc[cases["group"] == group, "split"].map(SPLITS.index) for group in groups]
    grid = np.full((max(map(len, rows)), len(rows)), np.nan)
    for column, found in enumerate(rows):
        grid[: len(found), column] = found
    colours = ListedColormap([COLOURS[name] for name in SPLITS])
    axes.pcolormesh(grid, cmap=colours, vmin=-0.5, vmax=2.5, edgecolors="white", lw=1.2)
    axes.set(yticks=np.arange(len(grid)) + 0.5, yticklabels=range(1, len(grid) + 1))
    axes.set(xlabel=f"group ({len(rows)} of {cases['group'].nunique()})", ylabel="case")
    axes.set_xticks([])
    axes.spines[:].set_visible(False)


def leakage(tables: Mapping[str, pd.DataFrame], source: str = "") -> Figure:
    """Groups side by side, their cases coloured by split: a column of two colours leaks.

    Parameters
    ----------
    tables
        Title -> case table with ``group`` and ``split``; at most the first 40 groups are drawn.
    source
        Which data it shows.
    """
    fig, panels = figure(TWO_COLUMNS, 30 * len(tables) + 8, nrows=len(tables), squeeze=False)
    for axes, (title, cases) in zip(panels.flat, tables.items(), strict=True):
        _patients(axes, cases, sorted(cases["group"].unique())[:PATIENTS])
        axes.set_title(title)
    handles = [Patch(color=COLOURS[name], label=name) for name in SPLITS]
    fig.legend(handles=handles, loc="outside upper right", ncols=3)
    return sign(fig, source)


def loader_speed(rates: Mapping[str, float], source: str = "") -> Figure:
    """Images a second for each way to load them, on a logarithmic axis; right is better."""
    fig, axes = figure(1.5 * ONE_COLUMN, 10 * len(rates) + 20)
    fastest = 3 * max(rates.values())
    for place, rate in enumerate(rates.values()):
        axes.plot([rate], [place], "o", color=COLOURS["unet"])
        axes.text(1.3 * rate, place, f"{rate:,.0f}", va="center", fontsize=7)
    axes.set_yticks(range(len(rates)), list(rates))
    axes.grid(axis="x", color="#DDDDDD", lw=0.6)
    axes.set(xscale="log", xlim=(min(rates.values()) / 3, fastest), ylim=(len(rates) - 0.5, -0.5))
    axes.set(xlabel="images per second (log)", title="How fast images are loaded")
    return sign(fig, source)

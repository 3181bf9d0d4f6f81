"""How do I show that one network is better than another, or is not?"""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from seglib.averaging import per_case
from seglib.comparison import Comparison
from seglib.conventions import are_distances, winners
from seglib.figures.scores import LEGEND, by_size, interval_plot, strata
from seglib.figures.style import COLOURS, GREY, MODEL_TITLES, ONE_COLUMN, TWO_COLUMNS, figure
from seglib.intervals import summarise
from seglib.results import Evaluation
from seglib.scoring import METRICS
from seglib.verdict import LOWER_IS_BETTER, p_value

MARKERS = ("x", "v", "o", "s")  # from no object to a large one
COSTS = {
    "parameters": ("weights, millions", 1e6),
    "macs": ("multiply-adds, billions", 1e9),
    "memory_mb": ("activations in training, MB", 1),
    "latency_ms": ("time per image, CPU, ms", 1),
}


def paired(comparison: Comparison, scores: pd.DataFrame) -> Figure:
    """Every image as a point: the first model's score across, the second's up, marked by size.

    The diagonal parts the images by the better model; of distances that is the one with the lower
    value. `scores` are one model's, in which the true sizes are read.
    """
    first, second = comparison.table.index[:2]
    scores = per_case(scores)
    sizes = strata(scores).set_axis(scores["case"])[comparison.paired["case"]].to_numpy()
    fig, axes = figure(ONE_COLUMN * 1.15, 92)
    gap = comparison.paired["difference"].to_numpy()
    reach, below, above, ahead = 1.0, first, second, "scores higher"
    if comparison.metric in LOWER_IS_BETTER:
        largest = comparison.paired[[first, second]].dropna().max(axis=None)
        reach = largest if largest > 0 else 1.0  # NaN where no image has a distance of both
        below, above, ahead = second, first, "is better (lower)"
    colours = np.where(gap >= 0, COLOURS[below], COLOURS[above])
    for name, marker in zip(strata(scores).cat.categories, MARKERS, strict=True):
        chosen = sizes == name
        points = comparison.paired[chosen]
        style = {"c": colours[chosen], "marker": marker, "alpha": 0.65, "linewidths": 1}
        axes.scatter(points[first], points[second], 22, **style)
    axes.plot([0, reach], [0, reach], color=GREY, lw=0.8)
    # In the legend, for on the axes they would cover a point: a miss is a mark in a corner.
    keys = [
        Patch(color=COLOURS[model], label=f"{MODEL_TITLES[model]} {ahead}")
        for model in (below, above)
    ]
    keys += [
        Line2D([], [], color=GREY, marker=marker, ls="none", ms=4, label=name)
        for name, marker in zip(strata(scores).cat.categories, MARKERS, strict=True)
    ]
    fig.legend(handles=keys, loc="outside upper left", ncols=2)
    name = comparison.label
    axes.set(xlabel=f"{name}, {MODEL_TITLES[first]}", ylabel=f"{name}, {MODEL_TITLES[second]}")
    limits = (-0.03 * reach, 1.03 * reach)
    axes.set(xlim=limits, ylim=limits, title="The same images, seen by both")
    axes.set_aspect("equal")
    return fig


def difference(comparison: Comparison) -> Figure:
    """Differences of all images, sorted, and their mean with its interval and tests."""
    first, second = (MODEL_TITLES[name] for name in comparison.table.index[:2])
    gap = np.sort(comparison.paired["difference"].dropna().to_numpy())
    inks = [COLOURS[name] for name in comparison.table.index[:2]]
    fig, (bars, mean) = figure(TWO_COLUMNS, 62, ncols=2, width_ratios=(3, 2))
    bars.bar(np.arange(len(gap)), gap, width=1, color=np.where(gap >= 0, *inks))
    bars.axhline(0, color=COLOURS["ink"], lw=0.6)
    bars.set(xlabel="test images, sorted by difference", xlim=(-1, len(gap)))
    bars.set_ylabel(fill(f"{comparison.label}, {first} − {second}", 36))
    higher, lower, equal = (gap > 0).sum(), (gap < 0).sum(), (gap == 0).sum()
    bars.set_title(f"{first} higher on {higher} images, lower on {lower}, equal on {equal}")
    error = [[comparison.difference - comparison.low], [comparison.high - comparison.difference]]
    mean.errorbar(comparison.difference, 0, xerr=error, fmt="D", capsize=4, color=COLOURS["ink"])
    mean.axvline(0, color=GREY, lw=0.8, ls=":")
    ends = [comparison.difference, comparison.low, comparison.high, 0.01]
    reach = 1.3 * np.nanmax(np.abs(ends))  # one group has no interval
    mean.set(xlim=(-reach, reach), ylim=(-1, 1), yticks=[], title="Mean difference, 95 % interval")
    mean.set_xlabel(f"← {second} higher        {first} higher →")
    mean.spines["left"].set_visible(False)
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    place = {"ha": "center", "va": "top", "transform": mean.transAxes}
    mean.text(0.5, 0.95, _tested(comparison), fontsize=7, bbox=ground, **place)
    return fig


def _tested(comparison: Comparison) -> str:
    """The mean difference with its interval and its tests, or why it has none."""
    if np.isnan(comparison.low):
        return f"{comparison.difference:+.3f}\ntoo few groups for an interval or a test"
    return (
        f"{comparison.difference:+.3f}  ({comparison.low:+.3f} to {comparison.high:+.3f})\n"
        f"Wilcoxon {p_value(comparison.wilcoxon_p)}, "
        f"permutation {p_value(comparison.permutation_p)}\n"
        f"rank-biserial effect size {comparison.effect_size:+.2f}"
    )


def sizes(evaluations: dict[str, Evaluation]) -> Figure:
    """Mean Dice of each size class with its interval, model beside model."""
    fig, axes = figure(TWO_COLUMNS * 0.75, 58)
    for number, (model, evaluation) in enumerate(evaluations.items()):
        table = by_size(evaluation.scores)
        x = np.arange(len(table)) + 0.2 * (number - (len(evaluations) - 1) / 2)
        error = [table["mean"] - table["low"], table["high"] - table["mean"]]
        style = {"fmt": "o", "capsize": 3, "color": COLOURS[model], "label": MODEL_TITLES[model]}
        axes.errorbar(x, table["mean"], error, **style)
    unit = "images" if evaluation.scores["class"].nunique() == 1 else "masks"
    labels = [f"{name}\n{n} {unit}" for name, n in zip(table.index, table["n"], strict=True)]
    axes.set_xticks(range(len(table)), labels)
    axes.set(ylabel="mean Dice", ylim=(0, 1.03), title="Dice by object size, 95 % intervals")
    axes.legend(loc="lower right")
    return fig


def ranking(table: pd.DataFrame) -> Figure:
    """Both models under each convention, a line between them; scores left, distances right."""
    distances, ahead = are_distances(table), winners(table)
    fig, panels = figure(TWO_COLUMNS, 66, ncols=2, width_ratios=(3, 2))
    titles = ("Higher is better", "Lower is better")
    for axes, rows, title in zip(
        panels, (table[~distances], table[distances]), titles, strict=True
    ):
        y = np.arange(len(rows))[::-1]
        axes.hlines(y, rows.min(axis=1), rows.max(axis=1), color=GREY, lw=1)
        for model in rows:
            won = (ahead[rows.index] == model).to_numpy()
            style = {"color": COLOURS[model], "ls": "none", "marker": "o"}
            axes.plot(rows[model], y, ms=5, mfc="white", **style)
            axes.plot(rows[model][won], y[won], ms=8, label=MODEL_TITLES[model], **style)
        axes.set_yticks(y, rows.index)
        axes.set(title=title, ylim=(-0.6, len(rows) - 0.4))
        axes.margins(x=0.15)
    panels[0].set_xlabel("score (large and filled: the better one)")
    unit = "mm" if table.index.str.contains("(mm)", regex=False).any() else "px of the image"
    panels[1].set_xlabel(f"distance, {unit}")
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower right", ncols=2)
    return fig


def cost_bars(costs: dict[str, dict]) -> Figure:
    """Weights, arithmetic, memory and time of each model."""
    fig, panels = figure(TWO_COLUMNS, 50, ncols=len(COSTS))
    for axes, (key, (title, unit)) in zip(panels, COSTS.items(), strict=True):
        values = [costs[model][key] / unit for model in costs]
        inks = [COLOURS[m] for m in costs]
        bars = axes.bar([MODEL_TITLES[m] for m in costs], values, color=inks, width=0.6)
        axes.bar_label(bars, [f"{v:.3g}" if v < 1000 else f"{v:,.0f}" for v in values], padding=2)
        axes.tick_params(axis="x", labelsize=7 if len(costs) < 3 else 5.5)
        axes.set(ylim=(0, max(values) * 1.18), yticks=[])
        axes.set_title(title, fontsize=8)
        axes.spines["left"].set_visible(False)
    return fig


def summary(evaluations: dict[str, Evaluation], costs: dict[str, dict]) -> Figure:
    """The chapter in one figure: scores with intervals, and Dice against arithmetic."""
    means = {model: per_case(evaluation.scores) for model, evaluation in evaluations.items()}
    tables = {model: summarise(m[list(METRICS)], m["group"]) for model, m in means.items()}
    fig, (scores, trade) = figure(TWO_COLUMNS, 74, ncols=2, width_ratios=(3, 2))
    interval_plot(scores, tables)
    scores.set_title("Mean of the test images, 95 % interval")
    for model, table in tables.items():
        row, macs = table.loc["dice"], costs[model]["macs"] / 1e9
        error = [[row["mean"] - row["low"]], [row["high"] - row["mean"]]]
        style = {"fmt": "o", "capsize": 3, "color": COLOURS[model], "label": MODEL_TITLES[model]}
        trade.errorbar(macs, row["mean"], error, **style)
    trade.set_xlim(0, max(entry["macs"] for entry in costs.values()) / 1e9 * 1.25)
    trade.set(xlabel="multiply-adds of one image, billions", ylabel="mean Dice")
    trade.set_title("What the score costs")
    trade.legend(loc="lower left", **LEGEND)
    return fig

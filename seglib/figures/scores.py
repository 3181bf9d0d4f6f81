"""How do I show how good a prediction is? The figures of the chapter on evaluation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from seglib.averaging import per_case
from seglib.figures.classes import dice_by_class
from seglib.figures.style import BESIDE, COLOURS, GREY, ONE_COLUMN, TWO_COLUMNS, figure, heat_map
from seglib.intervals import summarise
from seglib.results import Evaluation

# Upper bound of an object's share of the image. Fixed, so that strata of two data sets compare.
SIZES = {"no object": 0.0, "small (< 5 %)": 0.05, "medium (5–15 %)": 0.15, "large (> 15 %)": 1.0}
LEGEND = {"frameon": True, "framealpha": 0.85, "edgecolor": "none"}  # readable above lines
FEW_GROUPS = 5  # with fewer, resampling them knows too little to give an interval
MISSED = 0.1  # of an object: whoever finds less has not found it
KINDS = {"tp": "TP", "fp": "FP", "fn": "FN", "tn": "TN"}
SHOWN = {"accuracy": "accuracy", "recall": "recall", "precision": "precision",
         "nsd": "NSD", "iou": "IoU", "dice": "Dice"}  # fmt: skip


def strata(scores: pd.DataFrame) -> pd.Series:
    """Size class of each row's true object, an ordered categorical: see :data:`SIZES`."""
    share = scores["truth_px"] / (scores["height"] * scores["width"])
    return pd.cut(share, [-1, *SIZES.values()], labels=list(SIZES))


def by_size(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean Dice, interval and miss rate of each size class that occurs.

    Returns
    -------
    DataFrame
        Index the class; ``mean, low, high, n, undefined`` of Dice, the bounds NaN where there are
        fewer than five groups, and ``missed``: the share of images of which less than a tenth of
        the object was found. Where there is no object, it is the share of images on which one was
        invented.
    """
    wrong = (scores["recall"] < MISSED).where(scores["truth_px"] > 0, scores["predicted_px"] > 0)
    rows = {}
    for name, members in scores.groupby(strata(scores), observed=True):
        row = summarise(members[["dice"]], members["group"]).iloc[0]
        if members["group"].nunique() < FEW_GROUPS:
            row[["low", "high"]] = np.nan
        rows[name] = {**row, "missed": wrong[members.index].mean()}
    table = pd.DataFrame(rows).T
    return table.astype({"n": int, "undefined": int})


def truth_table(truth: np.ndarray, prediction: np.ndarray) -> Figure:
    """Two small masks, and which kind of hit or error each pixel is."""
    t, p = truth > 0, prediction > 0
    kinds = np.select([t & p, ~t & p, t & ~p], ["tp", "fp", "fn"], "tn")
    fig, panels = figure(ONE_COLUMN * 1.5, 46, ncols=3)
    grids = {"truth": truth, "prediction": prediction, "kind of each pixel": kinds}
    for axes, (title, grid) in zip(panels, grids.items(), strict=True):
        axes.set(xlim=(0, truth.shape[1]), ylim=(truth.shape[0], 0), xticks=[], yticks=[])
        axes.set_aspect("equal")
        axes.set_title(title)
        axes.spines[:].set_visible(True)
        for (row, column), value in np.ndenumerate(grid):
            key = value if grid is kinds else title if value else "tn"
            face = COLOURS.get(key, "white")
            axes.add_patch(Rectangle((column, row), 1, 1, facecolor=face, edgecolor=GREY, lw=0.6))
            text = KINDS.get(value, str(value))
            ink = "white" if face != "white" else COLOURS["ink"]
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", color=ink)
    return fig


def dice_and_iou(dice: float) -> Figure:
    """IoU as a function of Dice, with one value marked."""
    x = np.linspace(0, 1, 101)
    fig, axes = figure(ONE_COLUMN * 1.4, 58)
    axes.plot(x, x, ":", color=GREY, lw=1, label="equal")
    axes.plot(x, x / (2 - x), color=COLOURS["unet"], label="IoU = Dice / (2 − Dice)")
    axes.plot(dice, dice / (2 - dice), "o", color=COLOURS["prediction"], label="our 4×4 masks")
    axes.set(xlabel="Dice", ylabel="IoU", xlim=(0, 1), ylim=(0, 1), title="One order, two scales")
    axes.set_aspect("equal")
    fig.legend(loc="outside right center")
    return fig


def distribution(evaluation: Evaluation, model: str) -> Figure:
    """Dice of every image, and the mean of every score with its 95 % interval.

    Of several classes the Dice is shown one by one, and the mean is that of the foreground.
    """
    fig, (dice, means) = figure(TWO_COLUMNS, 62, ncols=2, width_ratios=(3, 2))
    if evaluation.one_vs_rest:
        dice_by_class(dice, evaluation)
    else:
        _dice_of_all(dice, evaluation, COLOURS[model])
        fig.legend(*dice.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    scores = per_case(evaluation.scores)
    interval_plot(means, {model: summarise(scores[list(SHOWN)], scores["group"])})
    means.set_title("Mean and 95 % interval")
    return fig


def _dice_of_all(counts: Axes, evaluation: Evaluation, colour: str) -> None:
    """Histogram of Dice, the images as dots, and three ways of averaging."""
    scores = evaluation.scores
    heights, _, _ = counts.hist(scores["dice"], np.linspace(0, 1, 21), color=colour, alpha=0.35)
    room = heights.max() / 6
    jitter = np.random.default_rng(0).uniform(-0.75, -0.25, len(scores)) * room
    counts.plot(scores["dice"], jitter, ".", ms=3, color=colour, alpha=0.7)
    pooled = float(evaluation.pooled["dice"].mean())
    lines = {"mean": (scores["dice"].mean(), "-"), "median": (scores["dice"].median(), "--"),
             "pooled": (pooled, ":")}  # fmt: skip
    for name, (value, style) in lines.items():
        label = f"{name} {value:.3f}"
        counts.axvline(value, color=COLOURS["ink"], ls=style, lw=1, label=label)
    counts.axhline(0, color=GREY, lw=0.5)
    ticks = [tick for tick in counts.get_yticks() if tick >= 0]
    counts.set(yticks=ticks, ylim=(-room, heights.max() * 1.08), xlim=(-0.02, 1.02))
    counts.set(xlabel="Dice of one image (dots: the images)", ylabel="images")
    counts.set_title("Dice of every test image")


def interval_plot(axes: Axes, tables: dict[str, pd.DataFrame]) -> None:
    """Means with intervals, one line a metric (index of the tables), one colour a model."""
    names = [name for name in SHOWN if name in next(iter(tables.values())).index]
    for number, (model, table) in enumerate(tables.items()):
        y = np.arange(len(names)) - 0.3 * (number - (len(tables) - 1) / 2)
        rows = table.loc[names]
        error = [rows["mean"] - rows["low"], rows["high"] - rows["mean"]]
        axes.errorbar(rows["mean"], y, xerr=error, fmt="o", ms=4, color=COLOURS[model], capsize=2)
        ends = rows["high"].fillna(rows["mean"])  # one group has no interval
        for value, end, height in zip(rows["mean"], ends, y, strict=True):
            axes.annotate(f"{value:.3f}", (end, height), (3, 0), color=COLOURS[model], **BESIDE)
    axes.margins(x=0.14)
    axes.set_yticks(range(len(names)), [SHOWN[name] for name in names])
    axes.set(xlabel="score", ylim=(-0.6, len(names) - 0.3))


def confusion(matrix: np.ndarray, names: tuple[str, ...]) -> Figure:
    """Pooled pixels: of each true class (a row), the share that was given each class."""
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = max(ONE_COLUMN, 24 * len(names))
    fig, axes = figure(min(side, TWO_COLUMNS), 66 / ONE_COLUMN * min(side, TWO_COLUMNS))
    shown = [f"{s:.1%}\n{_pixels(n)}" for s, n in zip(shares.flat, matrix.flat, strict=True)]
    texts = np.reshape(shown, shares.shape)
    drawn = heat_map(axes, shares, texts, fontsize=8 if len(names) < 5 else 6.5)
    axes.set_aspect("equal")
    words = [name.replace(" ", "\n") for name in names]
    axes.set_xticks(range(len(names)), words)
    axes.set_yticks(range(len(names)), words, rotation=90, va="center", ha="center")
    axes.tick_params(axis="y", pad=10)
    axes.set(xlabel="predicted", ylabel="true", title="All test pixels, pooled")
    fig.colorbar(drawn, ax=axes, label="share of the true class", shrink=0.85)
    return fig


def _pixels(number: int) -> str:
    """A number of pixels as short as it can be read."""
    return f"{number / 1e6:.2f} Mpx" if number >= 1e4 else f"{number} px"


def size_strata(scores: pd.DataFrame, model: str) -> Figure:
    """Dice of every image by the size of its object, and how often the object was missed."""
    table, sizes = by_size(scores), strata(scores)
    unit = "images" if scores["class"].nunique() == 1 else "masks"  # one an image and class
    spread = np.random.default_rng(0)
    fig, (dice, missed) = figure(TWO_COLUMNS, 60, ncols=2, width_ratios=(3, 2))
    for place, (name, row) in enumerate(table.iterrows()):
        values = scores.loc[sizes == name, "dice"]
        x = place + spread.uniform(-0.22, 0.22, len(values))
        dice.plot(x, values, ".", ms=4, color=COLOURS[model], alpha=0.5)
        error = [[row["mean"] - row["low"]], [row["high"] - row["mean"]]]
        dice.errorbar(place + 0.34, row["mean"], error, fmt="D", ms=4, color=COLOURS["ink"])
    names = [name.replace(" (", "\n(") for name in table.index]
    labels = [f"{name}\n{n} {unit}" for name, n in zip(names, table["n"], strict=True)]
    places = range(len(table))
    kinds = [COLOURS["fp" if name == "no object" else "fn"] for name in table.index]
    bars = missed.bar(places, table["missed"] * 100, color=kinds, width=0.6)
    missed.bar_label(bars, fmt="%.0f %%", padding=2)
    for axes in (dice, missed):
        axes.set_xticks(places, labels, fontsize=6.5)
    dice.set(ylabel="Dice of one image", ylim=(-0.03, 1.03))
    dice.set_title("Dice by size (diamond: mean, 95 % interval)")
    missed.set(ylabel="share of images, %", ylim=(0, max(10, table["missed"].max() * 118)))
    missed.set_title("Missed (without object: invented)")
    return fig

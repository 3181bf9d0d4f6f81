"""What is in the data? Contact sheets, sizes, colours, positions, class balance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from seglib.figures.class_sizes import balance_by_class, sizes_by_class
from seglib.figures.style import (
    COLOURS,
    GREY,
    ONE_COLUMN,
    TWO_COLUMNS,
    figure,
    percent,
    sign,
)

CHANNELS = {"red": COLOURS["prediction"], "green": COLOURS["truth"], "blue": COLOURS["unet"]}


def image_sizes(table: pd.DataFrame, source: str = "") -> Figure:
    """Widths and heights (larger dots: more images), and the aspect ratios.

    Parameters
    ----------
    table
        Columns ``height`` and ``width``, px, see :func:`seglib.survey.survey`.
    source
        Which data it shows.
    """
    fig, (left, right) = figure(TWO_COLUMNS, 66, ncols=2)
    groups = table.groupby(["width", "height"]).size().reset_index(name="images")
    area = 8 + 80 * groups["images"] / groups["images"].max()
    left.scatter(groups["width"], groups["height"], area, COLOURS["unet"], alpha=0.5, lw=0)
    largest = 1.08 * max(table["width"].max(), table["height"].max())
    least = 0.9 * min(table["width"].min(), table["height"].min())
    left.plot([least, largest], [least, largest], "--", color=COLOURS["background"], lw=0.8)
    left.text(largest, largest, "square", ha="right", va="bottom", color=GREY, fontsize=7)
    left.set(xlabel="width, px", ylabel="height, px", title=f"{len(groups)} different sizes")
    ratio = table["width"] / table["height"]
    right.hist(ratio, bins=40, color=COLOURS["unet"])
    right.axvline(1, color=COLOURS["background"], ls="--", lw=0.8)
    right.set(xlabel="width / height", ylabel="images", title="Aspect ratio (dashed: square)")
    return sign(fig, source)


def intensities(colours: np.ndarray, thresholds: pd.DataFrame, source: str = "") -> Figure:
    """How often each value occurs inside and outside the objects, for each channel.

    Parameters
    ----------
    colours
        ``(3, 2, 256)`` counts, see :class:`seglib.survey.Survey`.
    thresholds
        From :func:`seglib.survey.best_thresholds`; drawn as dashed lines.
    source
        Which data it shows.
    """
    fig, panels = figure(TWO_COLUMNS, 58, ncols=3, sharey=True)
    values = np.arange(0, 256, 4)
    shares = colours.reshape(3, 2, 64, 4).sum(axis=3) / colours.sum(axis=2)[..., None].clip(min=1)
    for axes, (outside, inside), best in zip(panels, shares, thresholds.itertuples(), strict=True):
        axes.fill_between(values, outside, step="mid", color=COLOURS["background"], alpha=0.45)
        axes.fill_between(values, inside, step="mid", color=CHANNELS[best.channel], alpha=0.45)
        axes.step(values, inside, where="mid", color=CHANNELS[best.channel], lw=1)
        axes.axvline(best.threshold, color=COLOURS["ink"], ls="--", lw=0.9)
        axes.set(title=f"{best.channel}: best Dice {best.dice:.2f}", xlim=(0, 255))
        # The first bins hold the black corners, which would flatten all the rest.
        axes.set(xlabel="value, 0 to 255", ylim=(0, 1.2 * shares[..., 2:-1].max()))
    panels[0].set_ylabel("share of the pixels")
    panels[2].legend(handles=[
        Patch(color=COLOURS["background"], alpha=0.45, label="background"),
        Patch(color=CHANNELS["blue"], alpha=0.45, label="object"),
        Line2D([], [], color=COLOURS["ink"], ls="--", lw=0.9, label="best threshold"),
    ], loc="upper right")  # fmt: skip
    return sign(fig, source)


def object_sizes(
    table: pd.DataFrame, source: str = "", classes: pd.DataFrame | None = None
) -> Figure:
    """What share of its image an object takes, on a logarithmic axis, and objects per image.

    Empty masks have no size; they are counted on the right, as images with 0 objects. With the
    `classes` of a :class:`seglib.survey.Survey`, several are shown one by one.
    """
    if classes is not None and classes["class"].nunique() > 1:
        return sign(sizes_by_class(classes), source)
    fig, (left, right) = figure(TWO_COLUMNS, 62, ncols=2, gridspec_kw={"width_ratios": (2, 1)})
    shares = table.loc[table["share"] > 0, "share"]
    left.hist(shares, np.geomspace(shares.min() / 1.05, 1, 36), color=COLOURS["unet"])
    left.axvline(shares.median(), color=COLOURS["ink"], ls="--", lw=0.9)
    left.set(xscale="log", xlabel="share of the image that is object", ylabel="images")
    left.set_title(f"Object size (dashed: median, {shares.median():.1%})")
    left.xaxis.set_major_formatter(percent)
    found = table["objects"].clip(upper=4).value_counts().reindex(range(5), fill_value=0)
    bars = right.bar(["0", "1", "2", "3", "4+"], found, color=COLOURS["unet"])
    right.bar_label(bars, fontsize=7, padding=1)
    right.set(xlabel="connected parts in the mask", ylabel="images", title="Objects per image")
    right.margins(y=0.1)
    return sign(fig, source)


def positions(where: np.ndarray, source: str = "") -> Figure:
    """Heat map: in what share of the images does each place belong to an object?"""
    fig, axes = figure(ONE_COLUMN, 72)
    most = where.max() or 1.0  # without any object the scale would be about 0
    shown = axes.imshow(where, extent=(0, 1, 1, 0), cmap="viridis", vmin=0, vmax=most)
    levels = np.linspace(0, max(where.max(), 1e-9), 6)[1:-1]
    axes.contour(where, levels=levels, colors="white", linewidths=0.5, extent=(0, 1, 0, 1))
    axes.set(xlabel="position, left to right", ylabel="position, top to bottom")
    axes.set_title("Where the objects are")
    bar = fig.colorbar(shown, ax=axes, shrink=0.85, label="share of the images")
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return sign(fig, source)


def _share_bar(axes: Axes, share: float) -> None:
    parts = (("background", 1 - share, COLOURS["background"]), ("object", share, COLOURS["unet"]))
    left = 0.0
    for name, part, colour in parts:
        axes.barh([0], [part], left=left, color=colour, height=0.6)
        axes.text(left + part / 2, 0, f"{name}\n{part:.1%}", ha="center", va="center", fontsize=7,
                  color="white" if name == "object" else COLOURS["ink"])  # fmt: skip
        left += part
    axes.set(xlim=(0, 1), yticks=[], xlabel="share of the pixels", title="All pixels together")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.spines["left"].set_visible(False)


def class_balance(
    table: pd.DataFrame, source: str = "", classes: pd.DataFrame | None = None
) -> Figure:
    """How rare object pixels are, and what accuracy predicting nothing gets for it.

    Images weigh equally in the histogram; pixels weigh equally in the bar. With the `classes` of
    a :class:`seglib.survey.Survey`, several have a bar each.
    """
    several = classes is not None and classes["class"].nunique() > 1
    fig, (left, right) = figure(TWO_COLUMNS, 58, ncols=2, width_ratios=(1, 1.25 if several else 1))
    pixels = table["height"] * table["width"]
    if several:
        balance_by_class(left, classes)
    else:
        _share_bar(left, float((table["share"] * pixels).sum() / pixels.sum()))
    accuracy = 1 - table["share"]
    right.hist(accuracy, np.linspace(0, 1, 41), color=COLOURS["background"])
    right.axvline(accuracy.mean(), color=COLOURS["ink"], ls="--", lw=0.9)
    right.set(xlabel="pixel accuracy of predicting nothing", ylabel="images", xlim=(0, 1))
    right.set_title(f"Predicting nothing: accuracy {accuracy.mean():.1%} on average")
    return sign(fig, source)

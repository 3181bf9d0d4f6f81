"""How rare and how large is each class of the data?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from seglib.figures.style import COLOURS, TWO_COLUMNS, figure, percent


def sizes_by_class(classes: pd.DataFrame) -> Figure:
    """What share of its image each class takes where it is, and how often it is there.

    Parameters
    ----------
    classes
        One row a case and class: ``class``, ``colour``, ``share``, see
        :class:`seglib.survey.Survey`. A class that no image shows has no points.
    """
    spread = np.random.default_rng(0)
    by_class = classes.groupby("class", sort=False)
    fig, (left, right) = figure(TWO_COLUMNS, 24 + 9 * len(by_class), ncols=2, width_ratios=(2, 1))
    for place, (_, members) in enumerate(by_class):
        colour, shares = members["colour"].iloc[0], members.loc[members["share"] > 0, "share"]
        y = place + spread.uniform(-0.25, 0.25, len(shares))
        left.plot(shares, y, ".", ms=3, color=colour, alpha=0.5)
        left.plot(shares.median(), place, "|", ms=16, mew=2, color=COLOURS["ink"])
        bar = right.barh(place, len(shares) / len(members), color=colour, height=0.6)
        right.bar_label(bar, [f"{len(shares) / len(members):.0%}"], fontsize=7, padding=2)
    left.set(xscale="log", xlabel="share of the image", title="Size where it is (line: median)")
    _log_shares(left, classes.loc[classes["share"] > 0, "share"])
    right.set(xlabel="share of the images", title="How often it is there", xlim=(0, 1.15))
    right.xaxis.set_major_formatter(percent)
    right.set_xticks([0, 0.5, 1])
    for axes, names in ((left, list(by_class.groups)), (right, [])):
        axes.set_yticks(range(len(by_class)) if names else [], names)
        axes.set_ylim(len(by_class) - 0.5, -0.5)
    return fig


def balance_by_class(axes: Axes, classes: pd.DataFrame) -> None:
    """One dot a class, the background included: its share of all pixels, on a logarithmic axis."""
    pixels = classes["height"] * classes["width"]
    inside = (classes["share"] * pixels).groupby(classes["class"], sort=False).sum()
    shares = inside / pixels.groupby(classes["class"], sort=False).sum()
    colours = classes.drop_duplicates("class").set_index("class")["colour"]
    shares = pd.concat([pd.Series({"background": 1 - shares.sum()}), shares])
    inks = [COLOURS["background"], *colours]
    for place, (share, ink) in enumerate(zip(shares, inks, strict=True)):
        axes.plot(share, place, "o", color=ink)
        axes.annotate(f"{share:.2%}", (share, place), (6, -2), textcoords="offset points",
                      fontsize=7)  # fmt: skip
    axes.set_yticks(range(len(shares)), list(shares.index))
    axes.set(xscale="log", xlabel="share of the pixels", title="All pixels together")
    axes.set_ylim(len(shares) - 0.5, -0.5)
    axes.grid(axis="x", color="#DDDDDD", lw=0.6)
    _log_shares(axes, shares[shares > 0])


def _log_shares(axes: Axes, shares: pd.Series) -> None:
    """Room for at least one power of ten, and plain percentages at the powers only."""
    axes.set_xticks(10.0 ** np.arange(-6, 1))
    axes.set_xlim(shares.min() / 4, shares.max() * 4)  # after the ticks, which would widen it
    axes.xaxis.set_major_formatter(percent)
    axes.xaxis.set_minor_formatter(NullFormatter())

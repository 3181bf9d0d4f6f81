"""What is in a scan before it is cut into pictures? Densities, planes, and changes on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seglib.cards import LabelClass
from seglib.figures.style import COLOURS, GREY, ONE_COLUMN, SPARE, TWO_COLUMNS, figure
from seglib.images import window as show

AIR, TOP = -1050, 1000  # HU; bounds of the axis


def densities(
    values: Mapping[str, np.ndarray],
    windows: Mapping[str, tuple[float, float]],
    classes: Sequence[LabelClass],
) -> Figure:
    """Where do tissues lie on the Hounsfield scale, and what does each window show of it?

    Parameters
    ----------
    values
        Name -> HU of its pixels, any shape; drawn from the 5th to the 95th percentile with the
        median, in the colour of the class of that name, grey if there is none.
    windows
        Name -> centre and width, HU; drawn as a bar, from black to white.
    classes
        Of the card.
    """
    inks = {entry.name: entry.colour for entry in classes}
    names = [*values, *windows]
    fig, axes = figure(TWO_COLUMNS, 6 + 6 * len(names))
    for row, (name, hu) in enumerate(values.items()):
        low, middle, high = np.percentile(hu, (5, 50, 95))
        axes.barh(row, high - low, left=low, height=0.6, color=inks.get(name, COLOURS["baseline"]))
        axes.plot([middle] * 2, [row - 0.3, row + 0.3], color=COLOURS["ink"], lw=1.5)
    for row, (centre, width) in enumerate(windows.values(), start=len(values)):
        low, high = max(centre - width / 2, AIR), min(centre + width / 2, TOP)
        shades = show(np.linspace(low, high, 256), centre, width)[None]
        axes.imshow(
            shades, cmap="gray", vmin=0, vmax=255, aspect="auto", interpolation="nearest",
            extent=(low, high, row + 0.3, row - 0.3),
        )  # fmt: skip
        axes.barh(row, high - low, left=low, height=0.6, fill=False, edgecolor=GREY, lw=0.8)
    axes.axhline(len(values) - 0.5, color=GREY, lw=0.5)
    axes.set(xlim=(AIR, TOP), ylim=(len(names) - 0.4, -0.6), xlabel="Hounsfield units")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return fig


def planes(
    axial: np.ndarray, coronal: np.ndarray, spacing_mm: tuple[float, float, float]
) -> Figure:
    """A slice, and a cut across all slices, with voxels as cubes and as they are.

    Parameters
    ----------
    axial
        ``(H, W) uint8``.
    coronal
        ``(slices, W) uint8``, the head first.
    spacing_mm
        Distance of slices, rows and columns, mm.
    """
    between, row, column = spacing_mm
    heights = axial.shape[0] * row, coronal.shape[0] * column, coronal.shape[0] * between
    widest = TWO_COLUMNS / 3 / (axial.shape[1] * column)
    fig, panels = figure(TWO_COLUMNS, 8 + widest * max(heights), ncols=3)
    shown = {"axial: one slice": (axial, row), "coronal, voxels as cubes": (coronal, column),
             "coronal, voxels as they are": (coronal, between)}  # fmt: skip
    for axes, (title, (picture, height)) in zip(panels, shown.items(), strict=True):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, aspect=height / column)
        axes.set_title(title, fontsize=8)
        axes.set_axis_off()
    return fig


def lines(table: pd.DataFrame, ylabel: str, classes: Sequence[LabelClass] = ()) -> Figure:
    """One line for each column of a table, named beside the figure.

    Parameters
    ----------
    table
        Index: what is along x, its name below the axis. NaN leaves a gap.
    ylabel
        What is along y.
    classes
        Of the card; a column with the name of a class has its colour.
    """
    inks = {entry.name: entry.colour for entry in classes}
    spare = iter((COLOURS["unet"], COLOURS["prediction"], *SPARE))
    fig, axes = figure(1.4 * ONE_COLUMN, 55)
    for name, column in table.items():
        ink = inks.get(name) or next(spare)
        axes.plot(table.index, column, "o-", ms=3, lw=1.2, color=ink, label=name)
    axes.set(xlabel=table.index.name, ylabel=ylabel)
    fig.legend(loc="outside right upper")
    return fig

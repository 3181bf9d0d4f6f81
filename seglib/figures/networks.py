"""What happens inside a network? Feature maps, receptive fields, atrous kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from seglib.figures.style import COLOURS, TWO_COLUMNS, figure

CAPTION_MM = 6.0  # room for one line of title above a picture
LARGEST_TILE_MM = 45.0
PADDING = "#E4E4E4"  # what a network sees beyond the border: nothing


def bare(axes: Axes) -> None:
    """Take ticks and frame away: a picture needs none."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _normalised(plane: np.ndarray) -> np.ndarray:
    """Stretch a map between its 1st and 99th percentile to [0, 1]; a constant map becomes 0."""
    low, high = np.percentile(plane, (1, 99))
    noise = 1e-4 * max(np.abs(plane).max(), 1e-6)  # a constant that was resized is not quite one
    return np.clip((plane - low) / max(high - low, noise), 0, 1)


def maps(rows: Mapping[str, Mapping[str, np.ndarray]], stretch: bool = True) -> Figure:
    """Small pictures in labelled rows.

    Parameters
    ----------
    rows
        Row label -> title -> array. An ``(H, W, 3) uint8`` array is shown as it is, an
        ``(H, W)`` array from dark to light, with hard pixels so that its resolution is seen.
    stretch
        Draw each map from its own 1st to its 99th percentile, as is right for feature maps.
        Otherwise from 0 to 1, as is right for probabilities.
    """
    columns = max(len(row) for row in rows.values())
    width = min(TWO_COLUMNS, columns * LARGEST_TILE_MM)
    height = len(rows) * (width / columns + CAPTION_MM)
    fig, grid = figure(width, height, nrows=len(rows), ncols=columns, squeeze=False)
    for line, (label, row) in zip(grid, rows.items(), strict=True):
        for axes in line:
            bare(axes)
        line[0].set_ylabel(label)
        for axes, (title, plane) in zip(line, row.items(), strict=False):
            picture = _normalised(plane) if stretch and plane.ndim == 2 else plane
            axes.imshow(picture, cmap="viridis", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(title, fontsize=7)
    return fig


def receptive_field(image: np.ndarray, fields: pd.DataFrame, gradient: np.ndarray) -> Figure:
    """How much of an image one output sees: in theory, and in fact.

    Parameters
    ----------
    image
        ``(S, S, 3) uint8``.
    fields
        Columns ``level`` and ``field``: side of the theoretical receptive field, px.
    gradient
        ``(S, S)``, at least 0: how strongly the output at the centre depends on each pixel.
    """
    half, reach = len(image) / 2, max(fields["field"].max(), len(image)) * 0.56
    fig, (left, right) = figure(TWO_COLUMNS, 82, ncols=2)
    left.set_facecolor(PADDING)
    left.imshow(image, extent=(-half, half, half, -half))
    for level, field in zip(fields["level"], fields["field"], strict=True):
        label = f"level {level}: {field} px" if field > half / 2 else ""  # no room in small ones
        _box(left, field, label, below=level % 2)
    left.set(xlim=(-reach, reach), ylim=(reach, -reach))
    left.set(xlabel="px from the centre", ylabel="px from the centre")
    left.set_title("In theory: what one cell of each level can see\n(grey: beyond the image)")
    shown = right.imshow(
        gradient / gradient.max(),
        extent=(-half, half, half, -half),
        cmap="magma",
        norm=PowerNorm(0.5, 0, 1),
    )
    radius = _half_radius(gradient)
    right.add_patch(Circle((0, 0), radius, fill=False, color="white", ls="--", lw=1))
    right.set(xlabel="px from the centre", ylabel="px from the centre")
    right.set_title(
        f"In practice: gradient of the centre output\n(half of it within {radius:.0f} px, dashed)"
    )
    fig.colorbar(shown, ax=right, label="|gradient|, share of its maximum", shrink=0.8)
    return fig


def _box(axes: Axes, side: float, label: str, below: bool) -> None:
    """A labelled square around the origin."""
    corner = (-side / 2, -side / 2)
    axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor="white", lw=2.6))
    axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=COLOURS["unet"], lw=1.3))
    place = {"y": side / 2, "va": "top"} if below else {"y": -side / 2, "va": "bottom"}
    ground = {"facecolor": "white", "alpha": 0.85, "pad": 0.8, "lw": 0}
    axes.text(0, s=label, ha="center", fontsize=6, color=COLOURS["ink"], bbox=ground, **place)


def _half_radius(gradient: np.ndarray) -> float:
    """Radius around the centre that holds half of the sum of `gradient`, px."""
    rows, columns = np.indices(gradient.shape) - (len(gradient) - 1) / 2
    distance = np.hypot(rows, columns).ravel()
    order = distance.argsort()
    mass = gradient.ravel()[order].cumsum()
    return float(distance[order][np.searchsorted(mass, mass[-1] / 2)])


def _taps(axes: Axes, centre: int, rate: int, cells: int) -> None:
    """The nine cells of a 3x3 kernel; those beyond the map are drawn empty."""
    for row in (-rate, 0, rate):
        for column in (-rate, 0, rate):
            x, y = centre + column, centre + row
            inside = 0 <= x < cells and 0 <= y < cells
            side = max(1.0, (cells + 2 * rate) / 40)  # never smaller than can be seen
            corner = (x + 0.5 - side / 2, y + 0.5 - side / 2)
            colour = COLOURS["prediction"] if inside else "none"
            edge = "white" if inside else COLOURS["prediction"]
            axes.add_patch(Rectangle(corner, side, side, facecolor=colour, edgecolor=edge, lw=0.8))


def atrous(image: np.ndarray, rates: Sequence[int], cells: int) -> Figure:
    """Which cells of a feature map a 3x3 kernel touches at several atrous rates.

    Parameters
    ----------
    image
        ``(S, S, 3) uint8``; drawn under the map, so that a cell can be found in the picture.
    rates
        One panel each.
    cells
        Side of the feature map, in cells. Kernel cells beyond it fall on padding, zeros that
        say nothing: they are drawn empty.
    """
    centre = cells // 2
    height = TWO_COLUMNS / len(rates) + 2 * CAPTION_MM
    fig, panels = figure(TWO_COLUMNS, height, ncols=len(rates), squeeze=False)
    for axes, rate in zip(panels[0], rates, strict=True):
        touched = [c for c in (centre - rate, centre, centre + rate) if 0 <= c < cells]
        low, high = min(0, centre - rate - 1), max(cells, centre + rate + 2)
        bare(axes)
        axes.add_patch(Rectangle((low, low), high - low, high - low, color=PADDING, zorder=0))
        axes.imshow(image, extent=(0, cells, cells, 0), zorder=1)
        if cells <= 16:
            axes.hlines(range(cells + 1), 0, cells, color="white", lw=0.3)
            axes.vlines(range(cells + 1), 0, cells, color="white", lw=0.3)
        _taps(axes, centre, rate, cells)
        axes.set(xlim=(low, high), ylim=(high, low))
        axes.set_title(f"rate {rate}: {len(touched) ** 2} of 9 inside", fontsize=8)
    fig.suptitle(
        f"One 3x3 kernel on a map of {cells}x{cells} cells (filled: on the map; empty: on padding)",
        fontsize=9,
    )
    return fig

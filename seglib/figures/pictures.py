"""How do I put pictures side by side? Sheets of images, outlines of masks, maps of errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb as colour_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seglib.cards import LabelClass
from seglib.figures.style import COLOURS, TWO_COLUMNS, class_keys, figure, sign

CAPTION_MM = 5.0  # room for one line of title above a picture
TITLE_MM = 9.0  # room for the title of the whole figure


def pictures(
    shown: Mapping[str, np.ndarray | tuple[np.ndarray, np.ndarray]],
    columns: int = 6,
    title: str = "",
    source: str = "",
    classes: Sequence[LabelClass] = (),
) -> Figure:
    """Pictures in rows, each with its name above it.

    Parameters
    ----------
    shown
        Name -> picture or (picture, mask). A picture is ``(H, W, 3) uint8`` or ``(H, W)`` in
        [0, 1]; the latter is drawn grey, with hard pixels. A mask is ``(H, W)`` of class
        indices; the border of all objects is drawn, and nothing if it is empty. Sizes may differ.
    columns
        Pictures in a row. If there are fewer, the figure is narrower; a picture never takes
        more than a third of the page.
    title, source
        Title of the whole, and which data it shows.
    classes
        Of the card; with more than one foreground class each has a border of its own colour.

    Raises
    ------
    ValueError
        If there is nothing to show.
    """
    if not shown:
        raise ValueError("there is no picture to show; pass at least one.")
    inks = {entry.name: entry.colour for entry in classes[1:]} if len(classes) > 2 else {}
    pairs = {name: p if isinstance(p, tuple) else (p, None) for name, p in shown.items()}
    fig, cells = _cells([picture for picture, _ in pairs.values()], columns, bool(title))
    for axes, (name, pair) in zip(cells, pairs.items(), strict=False):
        _show(axes, name, *pair, tuple(inks.values()))
    fig.suptitle(title, fontsize=9, x=0.005, ha="left")
    if inks:
        fig.legend(handles=class_keys(inks), loc="outside upper right", ncols=len(inks))
    return sign(fig, source)


def _cells(
    shown: Sequence[np.ndarray], columns: int, titled: bool
) -> tuple[Figure, Sequence[Axes]]:
    """A figure with room for all pictures, and its axes row by row."""
    width = TWO_COLUMNS / max(columns, 3)
    columns = min(columns, len(shown))
    rows = -(-len(shown) // columns)
    aspect = float(np.median([picture.shape[0] / picture.shape[1] for picture in shown]))
    height = rows * (width * aspect + CAPTION_MM) + TITLE_MM * titled
    fig, grid = figure(width * columns, height, nrows=rows, ncols=columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    return fig, grid.flat


def _show(
    axes: Axes, name: str, picture: np.ndarray, mask: np.ndarray | None, inks: tuple[str, ...]
) -> None:
    """A picture with the border of its mask, or of each class in its colour."""
    hard = {"cmap": "gray", "vmin": 0, "vmax": 1, "interpolation": "nearest"}
    axes.imshow(picture, **(hard if picture.ndim == 2 else {}))
    axes.set_title(name, fontsize=7, pad=2, loc="center", parse_math=False)
    if mask is not None and inks:
        for index, ink in enumerate(inks, start=1):
            outline(axes, mask == index, ink)
    elif mask is not None:
        outline(axes, mask > 0, COLOURS["truth"])


def outline(axes: Axes, mask: np.ndarray, colour: str) -> None:
    """Draw the border of a 0/1 mask, with a thin light rim that keeps it visible on tissue."""
    # A rim of zeros closes the line where the object touches the border of the image.
    closed = np.pad(mask.astype(float), 1)
    if closed.any():
        y, x = (np.arange(-1, side + 1) for side in mask.shape)
        for line, width in (("white", 1.8), (colour, 1.1)):
            axes.contour(x, y, closed, levels=[0.5], colors=line, linewidths=width)


def error_map(image: np.ndarray, truth: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """A pale grey copy of an image, with hits, false alarms and misses in their colours.

    Takes ``(H, W, 3) uint8`` and two masks ``(H, W)``; returns ``(H, W, 3) uint8``. An object
    that was taken for another class has a colour of its own.
    """
    pale = 128 + image.mean(axis=2, keepdims=True).repeat(3, axis=2) / 2
    both = (truth > 0) & (labels > 0)
    kinds = {"tp": both & (truth == labels), "fp": (truth == 0) & (labels > 0),
             "fn": (truth > 0) & (labels == 0), "swap": both & (truth != labels)}  # fmt: skip
    for kind, where in kinds.items():
        pale[where] = 0.35 * pale[where] + 0.65 * 255 * np.array(colour_rgb(COLOURS[kind]))
    return pale.astype(np.uint8)


def _around(mask: np.ndarray, margin: float = 0.25) -> tuple[slice, slice]:
    """Rows and columns of a square about the object, cut at the border of the image."""
    rows, columns = np.nonzero(mask)
    if not rows.size:
        return slice(None), slice(None)
    half = int((0.5 + margin) * max(np.ptp(rows), np.ptp(columns))) + 4
    middle = (int(rows.min() + rows.max()) // 2, int(columns.min() + columns.max()) // 2)
    return tuple(slice(max(m - half, 0), m + half) for m in middle)


def resize_example(
    image: np.ndarray, truth: np.ndarray, returned: Mapping[str, np.ndarray], source: str = ""
) -> Figure:
    """Outline of a mask, and of what is left of it after small sizes.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8``.
    truth
        ``(H, W)`` 0/1; the figure shows its surroundings. An empty mask shows the whole image.
    returned
        Title -> mask ``(H, W)`` 0/1 that went to a small size and came back.
    source
        Which data it shows.
    """
    rows, columns = _around(truth)
    fig, panels = figure(TWO_COLUMNS, 56, ncols=len(returned), squeeze=False)
    for axes, (title, mask) in zip(panels.flat, returned.items(), strict=True):
        axes.imshow(image[rows, columns], alpha=0.75)
        outline(axes, truth[rows, columns], COLOURS["truth"])
        outline(axes, mask[rows, columns], COLOURS["prediction"])
        axes.set_title(title, fontsize=8)
        axes.set_axis_off()
    lines = [("truth", "truth"), ("prediction", "after shrinking")]
    handles = [Line2D([], [], color=COLOURS[key], label=label) for key, label in lines]
    fig.legend(handles=handles, loc="outside lower left", ncols=2)
    return sign(fig, source)

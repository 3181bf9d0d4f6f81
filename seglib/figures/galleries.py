"""What went wrong, and where? Images with their outlines, error maps below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.ndimage import distance_transform_edt

from seglib.evaluation import load_probability
from seglib.figures.networks import CAPTION_MM, bare
from seglib.figures.style import COLOURS, TWO_COLUMNS, figure
from seglib.figures.training import error_map
from seglib.images import read_image, read_mask, resize_image, resize_mask, to_rgb
from seglib.inference import to_labels
from seglib.runs import Run

DRAWN = 360  # px; longer side of a picture, enough for print
ERRORS = {"tp": "found", "fp": "false alarm", "fn": "missed"}


def grow(mask: np.ndarray, pixels: int, start: tuple[int, int] | None = None) -> np.ndarray:
    """Add so many background pixels to a mask, to make a prediction with known errors.

    Parameters
    ----------
    mask
        ``(H, W)``; not 0 is the object.
    pixels
        How many to add; at most all of the background.
    start
        ``(row, column)``. The pixels nearest to it are added, as a disc; without it those
        nearest to the object, as a rim.

    Returns
    -------
    ndarray
        ``(H, W) uint8``, with exactly `pixels` ones more than `mask`.
    """
    grown = (mask > 0).astype(np.uint8)
    source = grown == 0
    if start is not None:
        source = np.ones_like(source)
        source[start] = False
    distance = np.where(grown == 0, distance_transform_edt(source), np.inf)
    grown.flat[np.argsort(distance, axis=None, kind="stable")[:pixels]] = 1
    return grown


def farthest(mask: np.ndarray, margin: float = 0.12) -> tuple[int, int]:
    """Pixel ``(row, column)`` farthest from a mask, but not in the image's outer `margin`."""
    distance = distance_transform_edt(mask == 0)
    rows, columns = (round(margin * side) for side in mask.shape)
    inner = distance[rows:-rows, columns:-columns]
    row, column = np.unravel_index(inner.argmax(), inner.shape)
    return int(row) + rows, int(column) + columns


def open_cases(
    run: Run, names: Iterable[str], threshold: float = 0.5, flips: bool = False
) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Images, true masks and predicted masks of cases that were evaluated before."""
    cases, card = run.cases.set_index("case"), run.cases.attrs["card"]
    images, truths, labels = [], [], []
    for name in names:
        images.append(to_rgb(read_image(cases.loc[name, "image"])))
        truths.append(read_mask(cases.loc[name, "mask"], card.decoding))
        labels.append(to_labels(load_probability(run, name, flips), threshold))
    return images, truths, labels


def _small(picture: np.ndarray) -> np.ndarray:
    scale = DRAWN / max(picture.shape[:2])
    size = (round(picture.shape[0] * scale), round(picture.shape[1] * scale))
    return resize_image(picture, size) if picture.ndim == 3 else resize_mask(picture, size)


def _outline(axes: Axes, mask: np.ndarray, kind: str) -> None:
    if mask.any() and not mask.all():
        axes.contour(mask > 0, [0.5], colors=COLOURS[kind], linewidths=1.1)


def gallery(
    images: Sequence[np.ndarray],
    truths: Sequence[np.ndarray],
    labels: Mapping[str, Sequence[np.ndarray]],
    titles: Sequence[str],
    captions: Mapping[str, Sequence[str]] | None = None,
    width: float = TWO_COLUMNS,
) -> Figure:
    """Cases side by side: the image with its outlines, below it the errors of each model.

    Parameters
    ----------
    images, truths
        ``(H, W, 3) uint8`` and ``(H, W) uint8``, one column of the figure each.
    labels
        Name of a model -> its masks ``(H, W) uint8``; one row of error maps. With one model its
        outline is also drawn on the image.
    titles
        Above each column.
    captions
        Name of a model -> what stands above each of its error maps.
    width
        Width of the figure, mm.
    """
    images, truths = [_small(i) for i in images], [_small(t) for t in truths]
    labels = {name: [_small(mask) for mask in masks] for name, masks in labels.items()}
    shape = max(len(image) / image.shape[1] for image in images)
    rows, columns = 1 + len(labels), len(images)
    titled = 2 + max(title.count("\n") for title in titles) + len(captions or ())
    height = rows * (shape * (width - CAPTION_MM) / columns) + CAPTION_MM * titled
    fig, grid = figure(width, height, nrows=rows, ncols=columns, squeeze=False)
    for column, (image, truth) in enumerate(zip(images, truths, strict=True)):
        predicted = [masks[column] for masks in labels.values()]
        pictures = [image, *(error_map(image, truth, mask) for mask in predicted)]
        for axes, picture in zip(grid[:, column], pictures, strict=True):
            bare(axes)
            axes.imshow(picture)
            axes.set_anchor("N")  # titles of pictures of different shape stay in line
        _outline(grid[0, column], truth, "truth")
        if len(predicted) == 1:
            _outline(grid[0, column], predicted[0], "prediction")
        grid[0, column].set_title(titles[column], fontsize=7.5)
    for axes, name in zip(grid[1:], labels, strict=True):
        axes[0].set_ylabel(name)
        for cell, caption in zip(axes, (captions or {}).get(name, ()), strict=False):
            cell.set_title(caption, fontsize=7.5)
    lines = {"truth": "true outline"}
    if len(labels) == 1:
        lines["prediction"] = "predicted outline"
    keys = [Line2D([], [], color=COLOURS[key], label=text) for key, text in lines.items()]
    keys += [Patch(color=COLOURS[kind], label=text) for kind, text in ERRORS.items()]
    close = {"handlelength": 1.1, "handletextpad": 0.4, "columnspacing": 1.0}
    fig.legend(handles=keys, loc="outside upper left", ncols=len(keys), fontsize=6.5, **close)
    return fig

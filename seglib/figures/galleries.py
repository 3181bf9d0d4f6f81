"""What went wrong, and where? Images with their outlines, error maps below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.ndimage import distance_transform_edt

from seglib.cards import LabelClass
from seglib.display import read_stored, show
from seglib.evaluation import load_labels
from seglib.figures.networks import CAPTION_MM, bare
from seglib.figures.pictures import error_map, outline
from seglib.figures.style import COLOURS, TWO_COLUMNS, class_keys, figure, paint
from seglib.images import read_mask, resize_image, resize_mask
from seglib.runs import Run

DRAWN = 360  # px; longer side of a picture, enough for print
OUTLINES = {"truth": "true outline", "prediction": "predicted outline"}
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
    cases, card = run.cases.set_index("case"), run.card
    images, truths, labels = [], [], []
    for name in names:
        images.append(show(read_stored(cases.loc[name, "image"], card.storage), card))
        truths.append(read_mask(cases.loc[name, "mask"], card.decoding))
        labels.append(load_labels(run, name, flips, threshold))
    return images, truths, labels


def _small(picture: np.ndarray) -> np.ndarray:
    scale = DRAWN / max(picture.shape[:2])
    size = (round(picture.shape[0] * scale), round(picture.shape[1] * scale))
    return resize_image(picture, size) if picture.ndim == 3 else resize_mask(picture, size)


def gallery(
    images: Sequence[np.ndarray],
    truths: Sequence[np.ndarray],
    labels: Mapping[str, Sequence[np.ndarray]],
    titles: Sequence[str],
    captions: Mapping[str, Sequence[str]] | None = None,
    width: float = TWO_COLUMNS,
    classes: Sequence[LabelClass] = (),
) -> Figure:
    """Cases side by side: the image with its outlines, below it the errors of each model.

    Parameters
    ----------
    images, truths
        ``(H, W, 3) uint8`` and ``(H, W) uint8``, one column of the figure each.
    labels
        Name of a model -> its masks ``(H, W) uint8``; one row of error maps. With one model its
        outline is also drawn on the image.
    titles, captions
        Above each column; name of a model -> what stands above each of its error maps.
    width
        Width of the figure, mm.
    classes
        Of the card; with more than one foreground class each is painted in its own colour, on
        the truth and on each prediction, in place of outlines and error maps.
    """
    images, truths = [_small(i) for i in images], [_small(t) for t in truths]
    labels = {name: [_small(mask) for mask in masks] for name, masks in labels.items()}
    if len(classes) > 2:
        rows = {"image": images}
        for name, masks in ({"truth": truths} | labels).items():
            rows[name] = [paint(*pair, classes) for pair in zip(images, masks, strict=True)]
        fig, _ = _sheet(rows, titles, captions or {}, width)
        return _keyed(fig, class_keys({entry.name: entry.colour for entry in classes[1:]}))
    rows = {"": images}
    for name, masks in labels.items():
        rows[name] = [error_map(*trio) for trio in zip(images, truths, masks, strict=True)]
    fig, top = _sheet(rows, titles, captions or {}, width)
    return _keyed(fig, _outlines(top, truths, labels))


def _outlines(
    top: np.ndarray, truths: Sequence[np.ndarray], labels: Mapping[str, Sequence[np.ndarray]]
) -> list[Artist]:
    """Draw the outlines of the truth and of a single model; all keys of the legend."""
    lines = {"truth": truths} | ({"prediction": [*labels.values()][0]} if len(labels) == 1 else {})
    for kind, masks in lines.items():
        for axes, mask in zip(top, masks, strict=True):
            outline(axes, mask > 0, COLOURS[kind])
    keys = [Line2D([], [], color=COLOURS[kind], label=OUTLINES[kind]) for kind in lines]
    swapped = max(mask.max() for mask in truths) > 1
    kinds = ERRORS | ({"swap": "wrong class"} if swapped else {})
    return keys + [Patch(color=COLOURS[kind], label=text) for kind, text in kinds.items()]


def _sheet(
    rows: Mapping[str, Sequence[np.ndarray]],
    titles: Sequence[str],
    captions: Mapping[str, Sequence[str]],
    width: float,
) -> tuple[Figure, np.ndarray]:
    """Pictures in rows, and the axes of the first row."""
    images = next(iter(rows.values()))
    shape = max(len(image) / image.shape[1] for image in images)
    titled = 2 + max(title.count("\n") for title in titles) + len(captions)
    height = len(rows) * (shape * (width - CAPTION_MM) / len(images)) + CAPTION_MM * titled
    fig, grid = figure(width, height, nrows=len(rows), ncols=len(images), squeeze=False)
    for line, (name, pictures) in zip(grid, rows.items(), strict=True):
        line[0].set_ylabel(name)
        for axes, picture in zip(line, pictures, strict=True):
            bare(axes)
            axes.imshow(picture)
            axes.set_anchor("N")  # titles of pictures of different shape stay in line
        for axes, caption in zip(line, captions.get(name, ()), strict=False):
            axes.set_title(caption, fontsize=7.5, parse_math=False)
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title, fontsize=7.5, parse_math=False)
    return fig, grid[0]


def _keyed(fig: Figure, keys: Sequence[Artist]) -> Figure:
    """The figure with a legend in one line above it."""
    close = {"handlelength": 1.1, "handletextpad": 0.4, "columnspacing": 1.0}
    fig.legend(handles=keys, loc="outside upper left", ncols=len(keys), fontsize=6.5, **close)
    return fig

"""What is in these images and masks, in numbers, and what do small copies of them lose?

One pass over the files of a case table answers most of what one should know before training.
Here "object" means all classes but the background together; several are also counted one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from seglib.display import read_stored, show
from seglib.hardware import cores
from seglib.images import read_mask, resize_image, resize_mask
from seglib.metrics import counts, dice

GRID = 64  # cells of the position map along each side
SPECK = 1e-4  # parts smaller than this share of an image are leftovers of compression
CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True)
class Survey:
    """What :func:`survey` found.

    Attributes
    ----------
    cases
        One row a case: ``case``, ``group``, ``height`` and ``width`` (px), ``share`` (of the
        image's pixels that are object, in [0, 1]; 0 if the mask is empty), ``objects``
        (connected parts, specks left out).
    colours
        ``(3, 2, 256) int64``: how many pixels of each channel (red, green, blue) have each
        value, in the background (0) and in the object (1), over all images.
    positions
        ``(64, 64) float64`` in [0, 1]: in what share of the images each place belongs to an
        object; all images are stretched to one square.
    classes
        The same for each foreground class alone, with its name ``class`` and its ``colour``.
    """

    cases: pd.DataFrame
    colours: np.ndarray
    positions: np.ndarray
    classes: pd.DataFrame


def _each(cases: pd.DataFrame, work: Callable[[int], tuple], what: str) -> list[tuple]:
    """Call `work` on every row number; OpenCV lets threads use all cores."""
    with ThreadPoolExecutor(cores()) as pool:
        rows = pool.map(work, range(len(cases)))
        return list(tqdm(rows, total=len(cases), desc=what, unit="case", leave=False))


def survey(cases: pd.DataFrame) -> Survey:
    """Read every image and mask once, at native resolution, and count.

    Parameters
    ----------
    cases
        Case table with masks; ``attrs["card"]`` says how they are decoded.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file is missing or unreadable.
    """
    card = cases.attrs["card"]

    def one(row: int) -> tuple[list[tuple], np.ndarray, np.ndarray]:
        """Size and parts of all objects, then of each class; colours; position map."""
        image = show(read_stored(cases["image"].iloc[row], card.storage), card)
        labels = read_mask(cases["mask"].iloc[row], card.decoding)
        inside = (labels > 0).astype(np.uint8)
        # An area average keeps small objects, which nearest neighbour would jump over.
        small = resize_image(inside.astype(np.float32), (GRID, GRID))
        return _sizes(labels, card.n_classes), _colours(image, inside), small

    sizes, colours, positions = zip(*_each(cases, one, "Looking"), strict=True)
    tables = [_table(cases, facts) for facts in zip(*sizes, strict=True)]
    for table, entry in zip(tables[1:], card.classes[1:], strict=True):
        table["class"], table["colour"] = entry.name, entry.colour
    positions = np.mean(positions, axis=0, dtype=np.float64)
    by_class = pd.concat(tables[1:], ignore_index=True)
    return Survey(tables[0], np.sum(colours, axis=0), positions, by_class)


def _sizes(labels: np.ndarray, n_classes: int) -> list[tuple]:
    """Height, width, share and parts of all objects together, then of each foreground class."""
    masks = [labels > 0]
    if n_classes > 2:
        masks += [labels == index for index in range(1, n_classes)]
    facts = [(*m.shape, float(m.mean()), _parts(m.astype(np.uint8))) for m in masks]
    return facts if n_classes > 2 else facts * 2  # one class is all objects together


def _table(cases: pd.DataFrame, facts: tuple) -> pd.DataFrame:
    """One row a case: name, group and what was counted."""
    known = {name: cases[name].to_numpy() for name in ("case", "group")}
    counted = zip(("height", "width", "share", "objects"), zip(*facts, strict=True), strict=True)
    return pd.DataFrame(known | dict(counted))


def _parts(inside: np.ndarray) -> int:
    """Number of connected parts (8 neighbours) that are no specks."""
    _, _, facts, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    return int((facts[1:, cv2.CC_STAT_AREA] >= SPECK * inside.size).sum())


def _colours(image: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Histograms ``(3, 2, 256) int64`` of one image."""
    pairs = [(channel, mask) for channel in range(3) for mask in (1 - inside, inside)]
    found = [cv2.calcHist([image], [channel], mask, [256], [0, 256]) for channel, mask in pairs]
    return np.rint(found).astype(np.int64).reshape(3, 2, 256)


def best_thresholds(colours: np.ndarray) -> pd.DataFrame:
    """The best that one threshold on one channel could do, chosen with the truth in hand.

    Parameters
    ----------
    colours
        ``(3, 2, 256)`` as in :class:`Survey`.

    Returns
    -------
    DataFrame
        One row a channel: ``channel``, ``object_is`` (``brighter``: values above the threshold
        are called object, or ``darker``: values up to it), ``threshold`` (0 to 255), ``dice`` (of
        all pixels together). ``dice`` is 0 if there is no object pixel.
    """
    rows = []
    for channel, (outside, inside) in zip(CHANNELS, colours, strict=True):
        for side in ("brighter", "darker"):
            hits, alarms = np.cumsum(inside), np.cumsum(outside)
            if side == "brighter":
                hits, alarms = inside.sum() - hits, outside.sum() - alarms
            scores = 2 * hits / np.maximum(hits + alarms + inside.sum(), 1)
            rows.append((channel, side, int(scores.argmax()), float(scores.max())))
    table = pd.DataFrame(rows, columns=["channel", "object_is", "threshold", "dice"])
    best = table.groupby("channel", sort=False)["dice"].idxmax()
    return table.loc[best].reset_index(drop=True)


def resize_cost(cases: pd.DataFrame, sizes: Sequence[int]) -> pd.DataFrame:
    """Dice of a flawless network at a small size, measured at native resolution.

    Each mask is made small and brought back as predictions are: stretched linearly to the
    image's own size, then cut at one half. Nothing but the resolution is lost on the way.

    Parameters
    ----------
    cases
        Case table with masks.
    sizes
        Sides of the square copies, px.

    Returns
    -------
    DataFrame
        One row a case and size: ``case``, ``size``, ``share`` (of the image that is object),
        ``hard`` (the small mask is the 0/1 training target, nearest neighbour) and ``soft`` (the
        small mask holds the share of object in each of its pixels, which a network's
        probability can express), both Dice in [0, 1]. Cases with empty masks lose nothing and
        are left out.
    """
    decoding = cases.attrs["card"].decoding

    def one(row: int) -> list[tuple]:
        """Dice of one case at each size; nothing if its mask is empty."""
        mask = (read_mask(cases["mask"].iloc[row], decoding) > 0).astype(np.uint8)
        known = cases["case"].iloc[row], float(mask.mean())
        return [(*known, size, *_there_and_back(mask, size)) for size in sizes if mask.any()]

    rows = [row for found in _each(cases, one, "Shrinking") for row in found]
    return pd.DataFrame(rows, columns=["case", "share", "size", "hard", "soft"])


def _there_and_back(mask: np.ndarray, size: int) -> tuple[float, float]:
    """Dice of a mask with its copies at ``size x size``, hard and soft."""
    returned = (enlarge(small, mask.shape) for small in shrink(mask, size))
    return tuple(float(dice(counts(mask, back))[1]) for back in returned)


def shrink(mask: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A 0/1 mask at ``size x size``: hard (0 or 1) and soft (share of object), both float32."""
    hard = resize_mask(mask, (size, size)).astype(np.float32)
    return hard, resize_image(mask.astype(np.float32), (size, size))


def enlarge(small: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A small probability map as a native 0/1 mask ``shape uint8``: linear, then above .5."""
    native = cv2.resize(small, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return (native > 0.5).astype(np.uint8)

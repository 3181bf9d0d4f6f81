"""Where are the predicted maps kept?

Under the run folder, one PNG a case at native resolution: the probability of any foreground, and
with several classes the label map, too, in the grey values of the data set's own masks.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from seglib.answers import way
from seglib.cards import DatasetCard
from seglib.decoding import MaskDecoding
from seglib.files import write_atomic
from seglib.images import read_image, read_mask, resize_mask
from seglib.runs import Run
from seglib.snapshots import map_path
from seglib.thresholds import to_labels

WEIGHTS = "weights.txt"  # beside the maps


def predictions_folder(run: Run, flips: bool, other: str = "", zoom: float = 1.0) -> Path:
    """A case has one split, so the splits of a run share a folder; another table has its own."""
    return run.path / f"predictions{other}{way(flips, zoom)}"


def begin_maps(folder: Path, weights: str) -> None:
    """Note whose maps a folder holds, by the digest of their weights; those of others go."""
    if (before := _weights(folder)) == weights:
        return
    if before is not None:
        for path in (*folder.glob("*.png"), *folder.glob("labels/*.png")):
            path.unlink()
    write_atomic(folder / WEIGHTS, f"{weights}\n")


def has_maps(folder: Path, cases: pd.DataFrame, weights: str) -> bool:
    """Whether the map of each case is there, and of these weights (older folders do not say).

    Also true if the folder is gone: whoever deleted it wants the room, and not all maps again.
    """
    there = (folder / f"{case}.png" for case in cases["case"])
    known = _weights(folder) in (None, weights) and all(path.is_file() for path in there)
    return known or not folder.is_dir()


def _weights(folder: Path) -> str | None:
    record = folder / WEIGHTS
    return record.read_text(encoding="utf-8").strip() if record.is_file() else None


def values_of(card: DatasetCard) -> tuple[int, ...]:
    """Grey value of each class, in the order of the classes.

    Raises
    ------
    ValueError
        If two classes share a value, or one does not fit into 16 bit.
    """
    values = tuple(entry.value for entry in card.classes)
    if len(set(values)) < len(values) or min(values) < 0 or max(values) > 65535:
        raise ValueError(
            f"The classes of '{card.name}' have the values {values}; a mask file needs a value of "
            "its own for each, from 0 to 65535."
        )
    return values


def write_labels(path: Path, labels: np.ndarray, card: DatasetCard) -> Path:
    """Write class indices ``(H, W)`` as a PNG in the grey values of the card, 8 or 16 bit."""
    values = values_of(card)
    depth = np.uint8 if max(values) <= 255 else np.uint16
    return _write_png(path, np.array(values, dtype=depth)[labels])


def _write_png(path: Path, picture: np.ndarray) -> Path:
    return write_atomic(path, cv2.imencode(".png", picture)[1].tobytes())


def save_prediction(folder: Path, case: str, probability: np.ndarray, card: DatasetCard) -> None:
    """Keep a map ``(H, W)``, or ``(classes, H, W)`` with the label map that follows from it."""
    foreground = probability if probability.ndim == 2 else 1 - probability[0]
    _write_png(folder / f"{case}.png", np.rint(foreground * 255).astype(np.uint8))
    if probability.ndim == 3:
        write_labels(folder / "labels" / f"{case}.png", to_labels(probability), card)


def load_probability(run: Run, case: str, flips: bool = False) -> np.ndarray:
    """Foreground probability of one of the run's cases, as :func:`evaluate` left it.

    Returns
    -------
    ndarray
        ``(H, W) float32`` in [0, 1] at native resolution, in steps of 1/255.

    Raises
    ------
    FileNotFoundError
        If the case was not evaluated yet.
    """
    path = predictions_folder(run, flips) / f"{case}.png"
    return read_image(_evaluated(path)).astype(np.float32) / 255


def load_labels(run: Run, case: str, flips: bool = False, threshold: float = 0.5) -> np.ndarray:
    """Predicted class indices of one of the run's cases, ``(H, W) uint8`` at native resolution.

    One foreground class: the kept probability at `threshold`. More: the likeliest class of each
    pixel, and the threshold is not used. Raises as :func:`load_probability`.
    """
    card = run.card
    if len(card.classes) == 2:
        return to_labels(load_probability(run, case, flips), threshold)
    path = predictions_folder(run, flips) / "labels" / f"{case}.png"
    return read_mask(_evaluated(path), MaskDecoding("values", values=values_of(card)))


def _evaluated(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is not there; call evaluate(run) on its split first. If that was done, and "
            "the maps were deleted since, delete the results*.json of the run, too."
        )
    return path


def kept_epochs(run: Run) -> pd.DataFrame:
    """What a run kept of its validation cases while it learnt, see :mod:`seglib.snapshots`.

    Returns
    -------
    DataFrame
        ``case`` and ``epoch``, sorted by both; empty if the run kept none.
    """
    found = [(p.stem, int(p.parent.name)) for p in (run.path / "epochs").glob("*/*.png")]
    table = pd.DataFrame(found, columns=["case", "epoch"]).astype({"epoch": int})
    return table.sort_values(["case", "epoch"], ignore_index=True)


def load_epoch(run: Run, epoch: int, case: str, shape: tuple[int, int]) -> np.ndarray:
    """What the network saw in a case after an epoch, resized to `shape` (height, width).

    Returns
    -------
    ndarray
        ``(H, W) float32`` in [0, 1], the probability of the one foreground class; of several
        classes the likeliest, ``(H, W) uint8``.
    """
    grey = read_image(map_path(run.path, epoch, case))
    if len(run.card.classes) > 2:
        return resize_mask(grey, shape)
    small = grey.astype(np.float32) / 255
    return cv2.resize(small, shape[::-1], interpolation=cv2.INTER_LINEAR)

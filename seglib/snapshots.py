"""What did the network see after each epoch?

In a few validation cases, kept while it learns: one small PNG a case and epoch. Validation computes
these maps anyway, so keeping them costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import lightning as L
import numpy as np
import pandas as pd
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from seglib.files import write_atomic

if TYPE_CHECKING:
    from seglib.segmenter import Segmenter

WATCHED = 6


def watched(cases: pd.DataFrame) -> pd.DataFrame:
    """At most ``WATCHED`` validation cases of a split table, evenly spaced in it."""
    val = cases[cases["split"] == "val"]
    return val.iloc[np.linspace(0, len(val) - 1, min(WATCHED, len(val))).round().astype(int)]


def map_path(folder: Path, epoch: int, case: str) -> Path:
    """Where the map of a case lies in the folder of a run."""
    return folder / "epochs" / f"{epoch:04d}" / f"{case}.png"


def save_map(path: Path, seen: np.ndarray) -> Path:
    """Keep a map: probability ``(H, W) float`` in steps of 1/255, or ``(C, H, W)`` as labels."""
    grey = np.rint(seen * 255) if seen.ndim == 2 else seen.argmax(axis=0)
    return write_atomic(path, cv2.imencode(".png", grey.astype(np.uint8))[1].tobytes())


class Snapshots(Callback):
    """Keep the maps of some validation cases at working size, in ``epochs/`` of the run folder.

    Parameters
    ----------
    folder, cases
        Of the run.
    rows
        The history so far; its length says which epoch it is, over all stages.
    """

    def __init__(self, folder: Path, cases: pd.DataFrame, rows: Sequence[dict]) -> None:
        self.folder, self.rows = folder, rows
        names = cases.loc[cases["split"] == "val", "case"].tolist()
        self.places = {names.index(name): name for name in watched(cases)["case"]}

    def on_validation_batch_end(
        self, trainer: L.Trainer, module: Segmenter, outputs: Tensor, *which: object
    ) -> None:
        """Keep what is wanted of a batch of logits ``(N, C, S, S)``."""
        if not trainer.is_global_zero:
            return
        first = which[1] * trainer.datamodule.stage.batch_size  # the batch itself comes first
        for place in self.places.keys() & range(first, first + len(outputs)):
            logits = outputs[place - first].cpu()
            seen = logits[0].sigmoid() if len(logits) == 1 else logits
            save_map(map_path(self.folder, len(self.rows) + 1, self.places[place]), seen.numpy())

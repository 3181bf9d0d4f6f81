"""What was measured after each epoch?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import lightning as L
import pandas as pd
from lightning.pytorch.callbacks import Callback
from tqdm.auto import tqdm

from seglib.files import write_atomic

if TYPE_CHECKING:
    from seglib.segmenter import Segmenter


class History(Callback):
    """Write one row per epoch to ``history.csv`` and move the progress bar.

    The rows travel in the checkpoint, so a resumed run has the whole history.
    """

    def __init__(self, path: Path, stage: int, rows: list[dict], bar: tqdm) -> None:
        self.path, self.stage, self.rows, self.bar = path, stage, rows, bar
        self.started = self.lr = 0.0

    def on_train_epoch_start(self, trainer: L.Trainer, module: Segmenter) -> None:
        """Start the clock and note the learning rate."""
        self.started = time.perf_counter()
        self.lr = trainer.optimizers[0].param_groups[0]["lr"]

    def on_train_epoch_end(self, trainer: L.Trainer, module: Segmenter) -> None:
        """Append the epoch's row."""
        measured = {key: float(value) for key, value in trainer.callback_metrics.items()}
        names = ("train_loss", "val_loss", "val_dice")
        row = {"stage": self.stage, "epoch": len(self.rows) + 1}
        row |= {name: round(measured[name], 6) for name in names}
        row["lr"] = float(f"{self.lr:.3e}")
        row["seconds"] = round(time.perf_counter() - self.started, 1)
        self.rows.append(row)
        if not trainer.is_global_zero:
            return
        write_atomic(self.path, pd.DataFrame(self.rows).to_csv(index=False))
        self.bar.update(len(self.rows) - self.bar.n)
        self.bar.set_postfix(val_dice=f"{row['val_dice']:.3f}", refresh=False)

    def state_dict(self) -> dict:
        """What a checkpoint keeps."""
        return {"rows": self.rows}

    def load_state_dict(self, state: dict) -> None:
        """Take the rows up again."""
        self.rows[:] = state["rows"]

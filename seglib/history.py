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
from seglib.recipes import Recipe

if TYPE_CHECKING:
    from seglib.segmenter import Segmenter


class History(Callback):
    """Write one row per epoch to ``history.csv`` and move the progress bar.

    The rows travel in the checkpoint, so a resumed run has the whole history. Of several
    processes all keep them, and the first one writes and shows them.
    """

    def __init__(self, path: Path, recipe: Recipe, stage: int, rows: list[dict]) -> None:
        self.path, self.recipe, self.stage, self.rows = path, recipe, stage, rows
        self.started = self.lr = 0.0

    def on_fit_start(self, trainer: L.Trainer, module: Segmenter) -> None:
        """Show the bar."""
        self.bar = tqdm(
            total=self.recipe.epochs, desc=f"Training {self.recipe.model}", unit="epoch",
            leave=False, disable=not trainer.is_global_zero,
        )  # fmt: skip

    def on_fit_end(self, trainer: L.Trainer, module: Segmenter) -> None:
        """Take the bar away."""
        self.bar.close()

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
        if trainer.is_global_zero:
            write_atomic(self.path, pd.DataFrame(self.rows).to_csv(index=False))
        self.bar.update(len(self.rows) - self.bar.n)
        self.bar.set_postfix(val_dice=f"{row['val_dice']:.3f}", refresh=False)

    def state_dict(self) -> dict:
        """What a checkpoint keeps."""
        return {"rows": self.rows}

    def load_state_dict(self, state: dict) -> None:
        """Take the rows up again."""
        self.rows[:] = state["rows"]

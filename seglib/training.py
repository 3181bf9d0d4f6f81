"""How does it learn?

Lightning runs the loop and :mod:`seglib.segmenter` says what a step is. This module keeps a run in
one folder, and makes sure that a run which was interrupted ends exactly like one that was not.
"""

from __future__ import annotations

import logging
import shutil
import time
import warnings
from pathlib import Path

import lightning as L
import pandas as pd
import torch
from filelock import FileLock
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from tqdm.auto import tqdm

from seglib.course import settings
from seglib.files import write_atomic
from seglib.hardware import choose_precision, environment
from seglib.loading import SegmentationData, prepare
from seglib.nnunet import pipeline
from seglib.recipes import NnunetRecipe, Recipe
from seglib.runs import Run, best_epoch, load_run, save_network
from seglib.segmenter import Segmenter
from seglib.snapshots import Snapshots


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
        write_atomic(self.path, pd.DataFrame(self.rows).to_csv(index=False))
        self.bar.update(len(self.rows) - self.bar.n)
        self.bar.set_postfix(val_dice=f"{row['val_dice']:.3f}", refresh=False)

    def state_dict(self) -> dict:
        """What a checkpoint keeps."""
        return {"rows": self.rows}

    def load_state_dict(self, state: dict) -> None:
        """Take the rows up again."""
        self.rows[:] = state["rows"]


def _train_stage(recipe: Recipe, index: int, cases: pd.DataFrame, folder: Path, rows: list) -> None:
    """Train one stage to its end in ``folder/checkpoints/stage<N>``, resuming if it was begun."""
    stage, place = recipe.stages[index], folder / "checkpoints" / f"stage{index + 1}"
    torch.manual_seed(recipe.seed)
    module = Segmenter(recipe, stage, cases.attrs["card"].n_classes)
    if index:
        before = place.with_name(f"stage{index}") / "best.ckpt"
        module.load_state_dict(torch.load(before, map_location="cpu")["state_dict"])
    data = SegmentationData(cases, recipe, stage, folder.parent / "cache")
    bar = tqdm(total=recipe.epochs, desc=f"Training {recipe.model}", unit="epoch", leave=False)
    watched = {"monitor": "val_dice", "mode": "max"}
    every_epoch = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    callbacks = [
        Snapshots(folder, cases, rows),
        History(folder / "history.csv", index + 1, rows, bar),
        ModelCheckpoint(place, "best", save_weights_only=True, **every_epoch, **watched),
        ModelCheckpoint(place, "last", **every_epoch),  # after the best, whose score it keeps
    ]
    if recipe.patience:
        callbacks.append(EarlyStopping(patience=recipe.patience, **watched))
    trainer = L.Trainer(
        max_epochs=stage.epochs,
        accumulate_grad_batches=stage.accumulate,
        precision=choose_precision(recipe.precision),
        callbacks=callbacks,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    last = place / "last.ckpt"
    trainer.fit(module, datamodule=data, ckpt_path=last if last.is_file() else None)
    bar.close()
    (place / "done").touch()


def fit(
    recipe: Recipe | NnunetRecipe, cases: pd.DataFrame | None = None, outputs: Path | None = None
) -> Run:
    """Train a recipe, or take up where an earlier call stopped, or load what is finished.

    Parameters
    ----------
    recipe
        The experiment; its hash names the run's folder.
    cases
        Split case table; by default :func:`seglib.loading.prepare` makes it from the recipe.
    outputs
        Folder of all runs; by default that of :func:`seglib.settings`.

    Returns
    -------
    Run
        The finished run. The same recipe on the same machine gives the same weights (but for
        nnU-Net on a GPU).

    Raises
    ------
    ValueError
        If the folder holds a run on other cases, or a split is empty. For what nnU-Net may
        raise besides, see :func:`seglib.nnunet.pipeline.train`.
    """
    outputs = Path(outputs or settings().outputs)
    folder = outputs / recipe.run_name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not (folder / "checkpoints" / "best.ckpt").is_file():
            external = isinstance(recipe, NnunetRecipe)
            here = pipeline.environment() if external else environment(recipe.precision)
            cases = prepare(recipe) if cases is None else cases
            if not external:
                Segmenter.check(recipe, cases.attrs["card"].n_classes)
            Run.begin(folder, recipe, cases, here)
            (pipeline.train if external else _train)(recipe, cases, folder)
    return load_run(folder)


def _train(recipe: Recipe, cases: pd.DataFrame, folder: Path) -> None:
    """All stages, then the best network at full size as ``checkpoints/best.ckpt``."""
    places = [folder / "checkpoints" / f"stage{i + 1}" for i in range(len(recipe.stages))]
    rows: list[dict] = []
    with _quiet_lightning():
        for index, place in enumerate(places):
            if (place / "done").exists():
                rows[:] = pd.read_csv(folder / "history.csv").to_dict("records")
            else:
                _train_stage(recipe, index, cases, folder, rows)
    best = int(best_epoch(pd.DataFrame(rows), recipe)["stage"])
    n_classes = cases.attrs["card"].n_classes
    module = Segmenter(recipe, recipe.stages[best - 1], n_classes)
    state = torch.load(places[best - 1] / "best.ckpt", map_location="cpu")["state_dict"]
    module.load_state_dict(state)
    (places[-1] / "last.ckpt").replace(folder / "checkpoints" / "last.ckpt")
    save_network(folder / "checkpoints" / "best.ckpt", module.best, recipe, n_classes)
    for place in places:
        shutil.rmtree(place)


class _quiet_lightning(warnings.catch_warnings):
    """Lightning's hints about devices, workers and loggers are noise in a notebook."""

    def __enter__(self) -> None:
        super().__enter__()
        for name in ("lightning.pytorch", "lightning.fabric", "pytorch_lightning"):
            logging.getLogger(name).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=r"lightning\.")

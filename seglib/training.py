"""How does it learn?

Lightning runs the loop and :mod:`seglib.segmenter` says what a step is. This module keeps a run in
one folder, and makes sure that a run which was interrupted ends exactly like one that was not.
"""

from __future__ import annotations

import logging
import shutil
import warnings
from contextlib import nullcontext
from pathlib import Path

import lightning as L
import pandas as pd
import torch
from filelock import FileLock
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.utilities import rank_zero_only

from seglib.cards import DatasetCard
from seglib.checkpoints import LAST, WholeFiles, read_stage
from seglib.cohort import TABLE, keep_cohort
from seglib.course import settings
from seglib.hardware import choose_precision, device, environment, repeatable
from seglib.history import History
from seglib.loading import SegmentationData, prepare
from seglib.names import expect
from seglib.nnunet import pipeline
from seglib.prerequisites import check_training
from seglib.recipes import NnunetRecipe, Recipe
from seglib.runs import Run, best_epoch, load_run, save_network
from seglib.segmenter import Segmenter
from seglib.snapshots import Snapshots
from seglib.tabular import read_table

# Lightning says nothing: History does. The sampler shares the batches.
LOOP = {
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "num_sanity_val_steps": 0,
    "use_distributed_sampler": False,
}


class _Best(ModelCheckpoint):
    """The best weights; which score they had is known also after their folder was moved."""

    __qualname__ = "ModelCheckpoint"  # by which interrupted trainings know what they kept

    def load_state_dict(self, state: dict) -> None:
        """Lightning would forget that score, and keep the next epoch's weights as the best."""
        super().load_state_dict(state | {"dirpath": self.dirpath})


def _train_stage(
    recipe: Recipe, index: int, cases: pd.DataFrame, folder: Path, rows: list, where: dict
) -> None:
    """Train one stage to its end in ``folder/checkpoints/stage<N>``, resuming if it was begun."""
    stage, place = recipe.stages[index], folder / "checkpoints" / f"stage{index + 1}"
    torch.manual_seed(recipe.seed)
    module = Segmenter(recipe, stage, cases.attrs["card"].n_classes)
    if index:
        before = place.with_name(f"stage{index}") / "best.ckpt"
        module.load_state_dict(read_stage(before)["state_dict"])
    last = place / LAST
    begun = read_stage(last)["epoch"] + 1 if last.is_file() else 0
    data = SegmentationData(cases, recipe, stage, folder.parent / "cache", begun)
    watched = {"monitor": "val_dice", "mode": "max"}
    every_epoch = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    callbacks = [
        Snapshots(folder, cases, rows),
        History(folder / "history.csv", recipe, index + 1, rows),
        _Best(place, "best", save_weights_only=True, **every_epoch, **watched),
        ModelCheckpoint(place, "last", **every_epoch),  # after the best, whose score it keeps
    ]
    if recipe.patience:
        callbacks.append(EarlyStopping(patience=recipe.patience, **watched))
    trainer = L.Trainer(
        max_epochs=stage.epochs,
        accelerator=device().type,
        accumulate_grad_batches=stage.accumulate,
        precision=choose_precision(recipe.precision),
        callbacks=callbacks,
        plugins=WholeFiles(),
        **LOOP,
        **where,
    )
    trainer.fit(module, datamodule=data, ckpt_path=last if begun else None)
    rank_zero_only((place / "done").touch)()


def fit(
    recipe: Recipe | NnunetRecipe,
    cases: pd.DataFrame | None = None,
    outputs: Path | None = None,
    devices: int = 1,
    num_nodes: int = 1,
    strategy: str = "auto",
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
    devices, num_nodes, strategy
        GPUs (or processes on a CPU) of each machine, machines, and how they work together: one
        of Lightning's ways that :mod:`seglib.prerequisites` lists. They share every batch of the
        recipe, so its learning rate holds for any number of them.

    Returns
    -------
    Run
        The finished run. The same recipe on the same machine gives the same weights if torch has
        as many threads, for sums are then rounded alike (but for nnU-Net on a GPU).

    Raises
    ------
    TypeError, ValueError
        If names stand for recipe or cases, the cases lack their card or their split, the folder
        holds a run on other cases, a split is empty, a batch cannot be shared, or the checkpoint
        to go on from is damaged. For what nnU-Net may raise besides, see
        :func:`seglib.nnunet.pipeline.train`.
    """
    expect(recipe, (Recipe, NnunetRecipe), "a recipe, as seglib.recipes.recipe(NAME) gives it")
    outputs = Path(outputs or settings().outputs)
    folder = outputs / recipe.run_name
    finished = folder / "checkpoints" / "best.ckpt"
    where = {"devices": devices, "num_nodes": num_nodes, "strategy": strategy}
    if finished.is_file():  # no lock, for it may lie where nothing can be written
        if cases is not None:
            keep_cohort(folder, cases)
        return load_run(folder)
    external = isinstance(recipe, NnunetRecipe)
    here = pipeline.environment() if external else environment(recipe.precision) | where
    cases = prepare(recipe) if cases is None else cases
    check_training(recipe, cases, **where)
    folder.mkdir(parents=True, exist_ok=True)
    # The first of several processes holds the lock for all.
    with nullcontext() if rank_zero_only.rank else FileLock(folder / ".lock"):
        if not finished.is_file():
            if not rank_zero_only.rank and not (folder / "checkpoints").exists():
                (folder / TABLE).unlink(missing_ok=True)  # of a start that came to nothing
            rank_zero_only(Run.begin)(folder, recipe, cases, here)
            if external:
                pipeline.train(recipe, cases, folder)
            else:
                _train(recipe, cases, folder, where)
        else:  # another process trained it meanwhile
            keep_cohort(folder, cases)
    return load_run(folder)


def _train(recipe: Recipe, cases: pd.DataFrame, folder: Path, where: dict) -> None:
    """All stages, then the best network at full size as ``checkpoints/best.ckpt``."""
    places = [folder / "checkpoints" / f"stage{i + 1}" for i in range(len(recipe.stages))]
    rows: list[dict] = []
    with _quiet_lightning(), repeatable():
        for index, place in enumerate(places):
            if (place / "done").exists():
                history = read_table(folder / "history.csv", ())
                rows[:] = history[history["stage"] <= index + 1].to_dict("records")
            else:
                _train_stage(recipe, index, cases, folder, rows, where)
    _keep_best(recipe, pd.DataFrame(rows), cases.attrs["card"], folder, places)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()  # none opens the run before it is whole


@rank_zero_only
def _keep_best(
    recipe: Recipe, history: pd.DataFrame, card: DatasetCard, folder: Path, places: list[Path]
) -> None:
    """Keep the best weights of all stages; what a resumed training would need goes."""
    best = int(best_epoch(history, recipe)["stage"])
    module = Segmenter(recipe, recipe.stages[best - 1], card.n_classes)
    module.load_state_dict(read_stage(places[best - 1] / "best.ckpt")["state_dict"])
    save_network(folder / "checkpoints" / "best.ckpt", module.best, recipe, card)
    for place in places:
        shutil.rmtree(place)


class _quiet_lightning(warnings.catch_warnings):
    """Lightning's hints about devices, workers and loggers are noise in a notebook."""

    def __enter__(self) -> None:
        super().__enter__()
        for name in ("lightning.pytorch", "lightning.fabric", "pytorch_lightning"):
            logging.getLogger(name).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=r"lightning\.")

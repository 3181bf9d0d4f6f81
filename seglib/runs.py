"""What did an experiment leave behind, and how do I open it again?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from filecmp import cmp
from functools import cached_property
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from seglib.cards import DatasetCard
from seglib.checkpoints import explained, read_checkpoint, write_checkpoint
from seglib.cohort import CARD, TABLE, keep_cohort, read_card, read_cohort
from seglib.course import settings
from seglib.files import damaged, sha256, write_atomic
from seglib.loading import prepare
from seglib.models import Undrawn, build_model
from seglib.nnunet.plan import build_network
from seglib.recipes import EnsembleRecipe, NnunetRecipe, Recipe, read_recipe
from seglib.tabular import read_table


@dataclass(frozen=True)
class Run:
    """A finished experiment.

    Attributes
    ----------
    path
        Folder of the run.
    recipe
        What was trained, or brought together.
    checkpoint
        File with the weights: the best by validation Dice; of nnU-Net the last.
    history
        One row an epoch: ``stage, epoch, train_loss, val_loss, val_dice, lr, seconds``.
        Empty if only a checkpoint is left, and of an ensemble.
    """

    path: Path
    recipe: Recipe | NnunetRecipe | EnsembleRecipe
    checkpoint: Path
    history: pd.DataFrame

    @cached_property
    def cases(self) -> pd.DataFrame:
        """Case table with ``split`` and the card in ``attrs``.

        Read from the run folder; prepared from the recipe if only a checkpoint is left.
        """
        if (self.path / TABLE).is_file():
            return read_cohort(self.path)
        return prepare(getattr(self.recipe, "members", [self.recipe])[0])

    @cached_property
    def card(self) -> DatasetCard:
        """What its images and masks mean; from the checkpoint if only that is left."""
        if (self.path / CARD).is_file():
            return read_card(self.path / CARD)
        told = read_checkpoint(self.checkpoint).get("card")
        return read_card(self.checkpoint, told) if told else self.cases.attrs["card"]

    @cached_property
    def environment(self) -> dict[str, str | int]:
        """What it ran on, see :func:`seglib.hardware.environment`; empty if that is lost."""
        record = self.path / "environment.json"
        try:
            return json.loads(record.read_text()) if record.is_file() else {}
        except ValueError as error:
            raise damaged(record, error) from None

    @property
    def digest(self) -> str:
        """SHA-256 of the checkpoint, by which answers and exported files know their weights."""
        return sha256(self.checkpoint)

    @property
    def best(self) -> pd.Series:
        """Row of the history whose weights were kept, see :func:`best_epoch`."""
        return best_epoch(self.history, self.recipe)

    @staticmethod
    def begin(
        folder: Path,
        recipe: Recipe | NnunetRecipe | EnsembleRecipe,
        cases: pd.DataFrame,
        environment: dict,
    ) -> None:
        """Write down what is about to be trained, or brought together.

        Raises
        ------
        ValueError
            If the folder was begun with other cases, see :func:`seglib.cohort.keep_cohort`.
        """
        keep_cohort(folder, cases)
        write_atomic(folder / "environment.json", json.dumps(environment, indent=2) + "\n")
        write_atomic(folder / "recipe.json", recipe.to_json())

    def network(self) -> nn.Module:
        """The trained network with its best weights, on the CPU, in evaluation mode."""
        saved = read_checkpoint(self.checkpoint)
        if isinstance(self.recipe, NnunetRecipe):
            return build_network(saved)
        # The checkpoint replaces the encoder's weights, so they need not be fetched again.
        with Undrawn():
            network = build_model(self.recipe.from_scratch, saved["n_classes"])
        network.load_state_dict(saved["state_dict"])
        return network.to(memory_format=torch.channels_last).eval()

    def describe(self) -> str:
        """One line about the training."""
        if not isinstance(self.recipe, Recipe):
            return self.recipe.describe()
        name = f"{self.recipe.model} with encoder {self.recipe.encoder}"
        if self.history.empty:
            return f"{name}, loaded from {self.checkpoint.name}"
        return (
            f"{name}, {len(self.history)} epochs, best validation Dice "
            f"{self.best['val_dice']:.3f} in epoch {self.best['epoch']:.0f}"
        )


def best_epoch(history: pd.DataFrame, recipe: Recipe | NnunetRecipe) -> pd.Series:
    """Row of a history with the best validation Dice, of the stages at full size; the first one.

    nnU-Net keeps its last weights, so there it is the last row.
    """
    if isinstance(recipe, NnunetRecipe):
        return history.iloc[-1]
    full = history[history["stage"].isin(recipe.full_stages)]
    return full.loc[full["val_dice"].idxmax()]


def save_network(
    path: Path, network: nn.Module, recipe: Recipe | EnsembleRecipe, card: DatasetCard
) -> Path:
    """Write the weights with the recipe and the card that explain them, as one small file."""
    state = {name: weight.contiguous() for name, weight in network.state_dict().items()}
    return write_checkpoint(path, {"state_dict": state, **explained(recipe, card)})


def _folder_of(checkpoint: Path, recipe: Recipe | NnunetRecipe | EnsembleRecipe) -> Path:
    """The folder of the run whose best checkpoint this is, or a copy of it; else one of its own.

    An equal recipe is not enough: what a colleague trained by it has other scores.
    """
    folder = checkpoint.parent.parent
    if not (folder / "recipe.json").is_file():
        folder = settings().outputs / recipe.run_name
    best = folder / "checkpoints" / "best.ckpt"
    if best == checkpoint or (best.is_file() and cmp(best, checkpoint, shallow=False)):
        return folder
    return settings().outputs / f"{recipe.run_name}-{sha256(checkpoint)[:8]}"


def load_run(path: str | Path, model: str | None = None) -> Run:
    """Open a finished run.

    Parameters
    ----------
    path
        A run folder, or a checkpoint file. A copy of the best checkpoint of a run in the outputs
        folder opens that run. Other weights get a folder of their own there, which their digest
        names, and have no history.
    model
        If given, the architecture that is expected.

    Raises
    ------
    FileNotFoundError
        If nothing is there, or the training has not finished.
    ValueError
        If the file is no checkpoint of this course, or holds another architecture than `model`, or
        if the history beside it is damaged.
    """
    path = Path(path)
    checkpoint = path / "checkpoints" / "best.ckpt" if path.is_dir() else path
    if not checkpoint.is_file():
        raise FileNotFoundError(
            f"{checkpoint} does not exist: train first, or let the training finish "
            "(the same command resumes it)."
        )
    try:
        recipe = read_recipe(read_checkpoint(checkpoint)["recipe"])
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{checkpoint} holds a recipe that this version of seglib cannot read ({error}); use "
            "the version that it was trained with, or a newer one."
        ) from None
    if model and model != recipe.model:
        raise ValueError(f"{checkpoint} holds a '{recipe.model}', not a '{model}'.")
    folder = _folder_of(checkpoint, recipe)
    history = folder / "history.csv"
    rows = read_table(history, ()) if history.is_file() else pd.DataFrame()
    return Run(folder, recipe, checkpoint, rows)

"""How are weights written so that a full disk leaves those before, and how are they read?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from seglib.cards import DatasetCard
from seglib.cohort import card_json
from seglib.files import write_atomic
from seglib.recipes import EnsembleRecipe, NnunetRecipe, Recipe

LAST = "last.ckpt"  # of a stage, where it goes on; its best weights lie beside it


class WholeFiles(TorchCheckpointIO):
    """Lets Lightning write a checkpoint beside the one that it replaces.

    By itself it writes to the system's temporary folder and moves the file. From another disk that
    is a copy over the old file, so that a full disk would leave nothing to resume from.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        """Write a checkpoint; ``TypeError`` if options are given, which are for remote storage."""
        if storage_options is not None:
            raise TypeError(f"storage_options are {storage_options}, expected None for {path}.")
        write_checkpoint(Path(path), checkpoint)

    def load_checkpoint(self, path: str | Path, *given: Any, **named: Any) -> dict[str, Any]:
        """Read a checkpoint; ``ValueError`` if it is damaged."""
        with _saying_what_to_delete(Path(path)):
            return super().load_checkpoint(path, *given, **named)


def write_checkpoint(path: Path, saved: dict[str, Any]) -> Path:
    """Write a checkpoint whole, or leave the old one as it is."""
    buffer = io.BytesIO()
    torch.save(saved, buffer)
    return write_atomic(path, buffer.getvalue())


def explained(
    recipe: Recipe | NnunetRecipe | EnsembleRecipe, card: DatasetCard
) -> dict[str, str | int]:
    """What every checkpoint says of its weights: recipe, card and number of classes."""
    return {"recipe": recipe.to_json(), "card": card_json(card), "n_classes": card.n_classes}


def read_stage(path: Path) -> dict[str, Any]:
    """Read what a stage of a training kept.

    Raises
    ------
    ValueError
        If it is damaged; says what to delete.
    """
    with _saying_what_to_delete(path):
        return torch.load(path, map_location="cpu")


@contextmanager
def _saying_what_to_delete(path: Path) -> Iterator[None]:
    """Raise ``ValueError`` for a damaged checkpoint that a training wants to go on from."""
    try:
        yield
    except (EOFError, RuntimeError, UnpicklingError) as error:
        if path.name == LAST:
            rest, again = path, "this stage"
        else:  # later stages went on from these weights
            rest, again = path.parents[1], "the whole training"
        raise ValueError(
            f"{path} is damaged or was cut off ({type(error).__name__}), so the training cannot go "
            f"on from it; delete {rest} and run again, then {again} begins anew."
        ) from None


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read the checkpoint of a finished run; its weights stay on disk until they are used.

    Raises
    ------
    ValueError
        If the file is no checkpoint, or one that names no recipe.
    """
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        raise ValueError(
            f"{path} cannot be read as a checkpoint ({type(error).__name__}), expected the "
            "best.ckpt of a run folder; copy it again, or train anew."
        ) from None
    if not isinstance(saved, dict) or "recipe" not in saved or "n_classes" not in saved:
        raise ValueError(
            f"{path} is no checkpoint of this course: it names no recipe. "
            "Give the best.ckpt of a run folder."
        )
    return saved

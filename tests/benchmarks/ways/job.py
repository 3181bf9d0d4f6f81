"""What every way is given, and what several of them share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import cv2
import lightning as L
import numpy as np
import pandas as pd
import torch
from torch import nn

from seglib.hardware import choose_precision
from seglib.recipes import Recipe
from seglib.runs import Run, load_run
from seglib.transforms import eval_transform
from tests.benchmarks.turns import Turn

PASSES = 10  # of the network in one round


@dataclass(frozen=True)
class Job:
    """A split case table, a recipe, and where runs and caches lie."""

    cases: pd.DataFrame
    recipe: Recipe
    outputs: Path

    def split(self, name: str) -> pd.DataFrame:
        """Cases of one split."""
        return self.cases[self.cases["split"] == name]

    @property
    def batch(self) -> int:
        """Images in one step."""
        return self.recipe.stages[0].batch_size

    @property
    def run(self) -> Run:
        """The trained network."""
        return load_run(self.outputs / self.recipe.run_name)

    def plain(self) -> nn.Module:
        """The network as PyTorch makes it: float32, channels first."""
        return self.run.network().to(memory_format=torch.contiguous_format)


class Epochs(L.Callback):
    """One epoch is one round."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn

    def on_train_epoch_start(self, *_: object) -> None:
        """Wait for the turn."""
        self.turn.begin()

    def on_train_epoch_end(self, loop: L.Trainer, *_: object) -> None:
        """Give it back."""
        self.turn.end()
        loop.should_stop = self.turn.over


def trainer(turn: Turn, precision: str) -> L.Trainer:
    """Lightning's loop on the CPU, training alone."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    return L.Trainer(
        max_epochs=turn.rounds,
        precision=precision,
        callbacks=[Epochs(turn)],
        accelerator="cpu",
        logger=False,
        limit_val_batches=0,
        use_distributed_sampler=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def amp() -> torch.autocast:
    """bf16 autocast on a processor that has bf16, else nothing."""
    return torch.autocast("cpu", torch.bfloat16, enabled=choose_precision() == "bf16-mixed")


def masks(
    job: Job, network: nn.Module, how: AbstractContextManager
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Truth and prediction of one test image after the other, as the usual loop makes them."""
    size, normalise = job.recipe.size, eval_transform()
    for case in job.split("test").itertuples():
        image = cv2.cvtColor(cv2.imread(str(case.image)), cv2.COLOR_BGR2RGB)
        small = normalise(image=cv2.resize(image, (size, size)))["image"][None]
        with torch.no_grad(), how:
            probability = network(small).float().sigmoid()[0, 0].numpy()
        truth = cv2.imread(str(case.mask), cv2.IMREAD_GRAYSCALE) > 127
        yield truth, cv2.resize(probability, truth.shape[::-1]) > 0.5


def passes(
    network: nn.Module, size: int, turn: Turn, how: AbstractContextManager | None = None
) -> None:
    """Ten times the network alone on one image."""
    image = torch.randn(1, 3, size, size)
    if next(network.parameters(), image).is_contiguous(memory_format=torch.channels_last):
        image = image.contiguous(memory_format=torch.channels_last)
    for _ in turn:
        with torch.inference_mode(), how or nullcontext():
            for _ in range(PASSES):
                network(image)

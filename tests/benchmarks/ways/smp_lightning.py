"""Like the Lightning example of segmentation-models-pytorch.

The same reading as in the usual loop, in one worker a core; normalised in the module; counts of
every batch for its scores; float32.
"""

from __future__ import annotations

import multiprocessing
import os

import lightning as L
import segmentation_models_pytorch as smp
import torch
from albumentations import Compose
from albumentations.pytorch import ToTensorV2
from torch import Tensor, nn
from torch.utils.data import DataLoader

from seglib.models import build_model
from seglib.transforms import MEAN, STD, augmentations
from tests.benchmarks.turns import Turn
from tests.benchmarks.ways.job import Job, trainer
from tests.benchmarks.ways.student import Files


class Module(L.LightningModule):
    """What is one step in smp's example?"""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.loss = network, smp.losses.DiceLoss("binary", from_logits=True)
        self.register_buffer("mean", 255 * torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", 255 * torch.tensor(STD).view(1, 3, 1, 1))
        self.counts: list[tuple[Tensor, ...]] = []

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """Dice loss; the counts of the batch are kept for the scores of the epoch."""
        images, truth = batch
        logits = self.network((images - self.mean) / self.deviation)
        found = (logits.sigmoid() > 0.5).long()
        self.counts.append(smp.metrics.get_stats(found, truth.long(), mode="binary"))
        return self.loss(logits, truth)

    def on_train_epoch_end(self) -> None:
        """IoU of the epoch."""
        counts = [torch.cat(parts) for parts in zip(*self.counts, strict=True)]
        smp.metrics.iou_score(*counts, reduction="micro-imagewise")
        self.counts.clear()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam with the example's learning rate."""
        return torch.optim.Adam(self.parameters(), lr=2e-4)


def train(job: Job, turn: Turn) -> None:
    """Lightning's loop."""
    transform = Compose([*augmentations("full"), ToTensorV2()])
    files = Files(job.split("train"), job.recipe.size, transform)
    loader = DataLoader(
        files,
        job.batch,
        shuffle=True,
        num_workers=os.cpu_count() or 1,
        # The system's own way to start them, not that of this process, which is slow on Linux.
        multiprocessing_context=multiprocessing.get_all_start_methods()[0],
    )
    turn.network = build_model(job.recipe)
    trainer(turn, "32-true").fit(Module(turn.network), loader)

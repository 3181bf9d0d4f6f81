"""Four ways to train one and the same network, one epoch a round.

=========== ======================================================================================
``student`` the usual loop: cv2 reads and shrinks every image in every epoch, float32, channels
            first, plain DataLoader
``smp``     like the Lightning example of segmentation-models-pytorch: the same reading in one
            worker a core, normalised in the module, counts of every batch for its scores
``monai``   CacheDataset, MONAI's dictionary transforms, AMP: bf16 autocast where the processor
            has it, as in seglib; elsewhere it would only cost
``seglib``  this package
=========== ======================================================================================

All have the same images, network, batch and size, and augmentation of the same kinds.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import lightning as L
import numpy as np
import pandas as pd
import segmentation_models_pytorch as smp
import torch
from albumentations import Compose
from albumentations.pytorch import ToTensorV2
from monai import transforms as M
from monai.data import CacheDataset
from monai.data import DataLoader as MonaiLoader
from monai.losses import DiceCELoss
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from seglib.hardware import choose_precision
from seglib.loading import SegmentationData
from seglib.models import build_model
from seglib.recipes import Recipe
from seglib.segmenter import Segmenter
from seglib.transforms import MEAN, STD, augmentations, train_transform
from tests.benchmarks.turns import Turn

BOTH = ("image", "mask")


@dataclass(frozen=True)
class Job:
    """What every way is given: a split case table, a recipe, and where runs and caches lie."""

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


class Files(Dataset):
    """Image and mask of a case, read and shrunk whenever they are asked for."""

    def __init__(self, cases: pd.DataFrame, size: int, transform: Compose) -> None:
        self.cases, self.size, self.transform = cases, size, transform

    def __len__(self) -> int:
        return len(self.cases)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        case, size = self.cases.iloc[index], (self.size, self.size)
        image = cv2.cvtColor(cv2.imread(str(case["image"])), cv2.COLOR_BGR2RGB)
        mask = cv2.imread(str(case["mask"]), cv2.IMREAD_GRAYSCALE)
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST) > 127
        made = self.transform(image=cv2.resize(image, size), mask=mask.astype(np.uint8))
        return made["image"], made["mask"][None].float()


class Epochs(L.Callback):
    """One epoch is one round."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn

    def on_train_epoch_start(self, *_: object) -> None:
        """Wait for the turn."""
        self.turn.begin()

    def on_train_epoch_end(self, *_: object) -> None:
        """Give it back."""
        self.turn.end()


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


def student(job: Job, turn: Turn) -> None:
    """Adam on BCE + Dice, float32."""
    files = Files(job.split("train"), job.recipe.size, train_transform("full"))
    loader = DataLoader(files, batch_size=job.batch, shuffle=True)
    network, bce = build_model(job.recipe), nn.BCEWithLogitsLoss()
    dice, optimiser = smp.losses.DiceLoss("binary"), torch.optim.Adam(network.parameters(), 1e-3)
    for _ in turn:
        for images, masks in loader:
            optimiser.zero_grad()
            logits = network(images)
            (bce(logits, masks) + dice(logits, masks)).backward()
            optimiser.step()


class SmpModule(L.LightningModule):
    """What is one step in smp's example?"""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.loss = network, smp.losses.DiceLoss("binary", from_logits=True)
        self.register_buffer("mean", 255 * torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", 255 * torch.tensor(STD).view(1, 3, 1, 1))
        self.counts: list[tuple[Tensor, ...]] = []

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """Dice loss; the counts of the batch are kept for the scores of the epoch."""
        images, masks = batch
        logits = self.network((images - self.mean) / self.deviation)
        found = (logits.sigmoid() > 0.5).long()
        self.counts.append(smp.metrics.get_stats(found, masks.long(), mode="binary"))
        return self.loss(logits, masks)

    def on_train_epoch_end(self) -> None:
        """IoU of the epoch."""
        counts = [torch.cat(parts) for parts in zip(*self.counts, strict=True)]
        smp.metrics.iou_score(*counts, reduction="micro-imagewise")
        self.counts.clear()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam with the example's learning rate."""
        return torch.optim.Adam(self.parameters(), lr=2e-4)


def smp_lightning(job: Job, turn: Turn) -> None:
    """Lightning in float32, one worker a core."""
    transform = Compose([*augmentations("full"), ToTensorV2()])
    files = Files(job.split("train"), job.recipe.size, transform)
    loader = DataLoader(files, job.batch, shuffle=True, num_workers=os.cpu_count() or 1)
    trainer(turn, "32-true").fit(SmpModule(build_model(job.recipe)), loader)


def _monai_transforms(size: int) -> M.Compose:
    """Reading and shrinking, which CacheDataset does once, then what is random."""
    bent = {"rotate_range": 0.52, "shear_range": 0.14, "translate_range": [0.1 * size] * 2}
    return M.Compose(
        [
            M.LoadImaged(BOTH, image_only=True, ensure_channel_first=True),
            M.Resized(BOTH, (size, size), mode=("area", "nearest")),
            M.ScaleIntensityd("mask"),
            M.NormalizeIntensityd("image", channel_wise=True),
            M.RandFlipd(BOTH, 0.5, spatial_axis=0),
            M.RandFlipd(BOTH, 0.5, spatial_axis=1),
            M.RandRotate90d(BOTH, 0.5),
            M.RandAffined(
                BOTH, prob=0.75, scale_range=[0.25] * 2, mode=("bilinear", "nearest"), **bent
            ),
            M.RandScaleIntensityd("image", 0.3, prob=0.7),
            M.RandShiftIntensityd("image", 0.3, prob=0.7),
        ]
    )


def monai(job: Job, turn: Turn) -> None:
    """Adam on Dice + cross-entropy with AMP, from a cache in memory."""
    cases = [{name: str(case[name]) for name in BOTH} for _, case in job.split("train").iterrows()]
    cached = CacheDataset(cases, _monai_transforms(job.recipe.size), progress=False)
    loader = MonaiLoader(cached, batch_size=job.batch, shuffle=True)
    network, loss = build_model(job.recipe), DiceCELoss(sigmoid=True)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in turn:
        for batch in loader:
            optimiser.zero_grad()
            images, masks = (batch[name].as_tensor() for name in BOTH)
            with amp():
                wrong = loss(network(images), masks)
            wrong.backward()
            optimiser.step()


def seglib(job: Job, turn: Turn) -> None:
    """What :func:`seglib.training.fit` runs, less the validation."""
    stage = job.recipe.stages[0]
    data = SegmentationData(job.cases, job.recipe, stage, job.outputs / "cache")
    trainer(turn, choose_precision()).fit(Segmenter(job.recipe, stage, 2), datamodule=data)


WAYS = {"student": student, "smp": smp_lightning, "monai": monai, "seglib": seglib}

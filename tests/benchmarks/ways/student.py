"""The usual loop: every image read and shrunk by cv2 in every epoch, float32, channels first."""

from __future__ import annotations

from contextlib import nullcontext

import cv2
import numpy as np
import pandas as pd
import segmentation_models_pytorch as smp
import torch
from albumentations import Compose
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from seglib.models import build_model
from seglib.transforms import train_transform
from tests.benchmarks.turns import Turn
from tests.benchmarks.ways.job import Job, masks, passes


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


def train(job: Job, turn: Turn) -> None:
    """Adam on BCE + Dice."""
    files = Files(job.split("train"), job.recipe.size, train_transform("full"))
    loader = DataLoader(files, batch_size=job.batch, shuffle=True)
    network, bce = build_model(job.recipe), nn.BCEWithLogitsLoss()
    dice, optimiser = smp.losses.DiceLoss("binary"), torch.optim.Adam(network.parameters(), 1e-3)
    turn.network = network
    for _ in turn:
        for images, truth in loader:
            optimiser.zero_grad()
            logits = network(images)
            (bce(logits, truth) + dice(logits, truth)).backward()
            optimiser.step()


def score(job: Job, turn: Turn) -> None:
    """Batch 1, medpy's six scores."""
    from tests.benchmarks.scoring_speed import with_medpy  # needs an extra that training does not

    network = job.plain()
    for _ in turn:
        for truth, found in masks(job, network, nullcontext()):
            if truth.any() and found.any():  # medpy knows no distance to an empty mask
                with_medpy(truth, found)


def answer(job: Job, turn: Turn) -> None:
    """The network alone, batch 1."""
    passes(job.plain(), job.recipe.size, turn)

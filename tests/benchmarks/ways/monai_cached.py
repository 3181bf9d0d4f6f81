"""MONAI: CacheDataset, dictionary transforms, AMP.

bf16 autocast where the processor has it, as in seglib; elsewhere it would only cost.
"""

from __future__ import annotations

import torch
from monai import transforms as M
from monai.data import CacheDataset, DataLoader
from monai.losses import DiceCELoss

from seglib.models import build_model
from seglib.transforms import MEAN, STD
from tests.benchmarks.scoring_speed import with_monai
from tests.benchmarks.turns import Turn
from tests.benchmarks.ways.job import Job, amp, masks, passes

BOTH = ("image", "mask")
BY = [[255 * value for value in values] for values in (MEAN, STD)]  # as in the other ways


def _transforms(size: int) -> M.Compose:
    """Reading and shrinking, which CacheDataset does once, then what is random."""
    bent = {"rotate_range": 0.52, "shear_range": 0.14, "translate_range": [0.1 * size] * 2}
    return M.Compose(
        [
            M.LoadImaged(BOTH, image_only=True, ensure_channel_first=True),
            M.Resized(BOTH, (size, size), mode=("area", "nearest")),
            M.Lambdad("mask", lambda mask: mask[:1]),  # some files are grey in three channels
            M.AsDiscreted("mask", threshold=127),
            M.NormalizeIntensityd("image", *BY, channel_wise=True),
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


def train(job: Job, turn: Turn) -> None:
    """Adam on Dice + cross-entropy, from a cache in memory."""
    cases = [{name: str(case[name]) for name in BOTH} for _, case in job.split("train").iterrows()]
    cached = CacheDataset(cases, _transforms(job.recipe.size), progress=False)
    loader = DataLoader(cached, batch_size=job.batch, shuffle=True)
    network, loss = build_model(job.recipe), DiceCELoss(sigmoid=True)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    turn.network = network
    for _ in turn:
        for batch in loader:
            optimiser.zero_grad()
            images, truth = (batch[name].as_tensor() for name in BOTH)
            with amp():
                wrong = loss(network(images), truth)
            wrong.backward()
            optimiser.step()


def score(job: Job, turn: Turn) -> None:
    """AMP, batch 1, MONAI's seven scores."""
    network = job.plain()
    for _ in turn:
        for truth, found in masks(job, network, amp()):
            with_monai(truth, found)


def answer(job: Job, turn: Turn) -> None:
    """The network alone with AMP, batch 1."""
    passes(job.plain(), job.recipe.size, turn, amp())

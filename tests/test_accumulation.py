"""Accumulation is exact: four small batches give the gradient of one large batch."""

from __future__ import annotations

import dataclasses

import lightning as L
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from seglib.recipes import Recipe, Stage
from seglib.segmenter import Segmenter

RECIPE = Recipe(name="tiny", dataset="own", encoder="plain", width=2, size=16, precision="32")
RANDOM = torch.Generator().manual_seed(0)
IMAGES = torch.randn(32, 3, 16, 16, generator=RANDOM)
MASKS = torch.randint(0, 2, (32, 16, 16), generator=RANDOM)


def convolutions() -> nn.Module:
    """A network without norm layers, which would see the small batches one by one."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1))


class Seen(L.Callback):
    """What reaches the optimiser."""

    def __init__(self) -> None:
        self.gradients: list[torch.Tensor] = []

    def on_before_optimizer_step(self, trainer, module, optimiser) -> None:
        """Keep a copy of all gradients."""
        self.gradients.append(torch.cat([w.grad.flatten() for w in module.network.parameters()]))


def train(module: Segmenter, *callbacks: L.Callback) -> None:
    """One epoch of 32 images."""
    stage = module.stage
    trainer = L.Trainer(
        max_epochs=1,
        accumulate_grad_batches=stage.accumulate,
        callbacks=list(callbacks),
        accelerator="cpu",
        precision="32-true",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, DataLoader(TensorDataset(IMAGES, MASKS), batch_size=stage.batch_size))


def gradient(loss: str, batch_size: int, accumulate: int) -> torch.Tensor:
    """Gradient of the only step of an epoch of 32 images, as Lightning makes it."""
    stage = Stage(epochs=1, loss=loss, batch_size=batch_size, accumulate=accumulate)
    module = Segmenter(dataclasses.replace(RECIPE, stages=(stage,)), stage, n_classes=2)
    module.network, seen = convolutions(), Seen()
    train(module, seen)
    (only,) = seen.gradients
    return only


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("loss", ["bce", "focal", "image_dice", "bce_image_dice"])
def test_four_batches_of_eight_are_one_of_thirty_two(loss):
    torch.testing.assert_close(gradient(loss, 8, 4), gradient(loss, 32, 1), rtol=1e-5, atol=1e-8)


@pytest.mark.filterwarnings("ignore")
def test_the_pooled_dice_is_the_exception():
    apart, together = gradient("dice", 8, 4), gradient("dice", 32, 1)
    assert not torch.allclose(apart, together, rtol=1e-5, atol=1e-8)
    assert torch.cosine_similarity(apart, together, dim=0) > 0.99


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("accumulate", "steps"), [(1, 4), (2, 2), (4, 1)])
def test_the_running_mean_moves_once_a_step(accumulate, steps):
    stage = Stage(epochs=1, loss="bce", batch_size=8, accumulate=accumulate)
    module = Segmenter(dataclasses.replace(RECIPE, stages=(stage,), ema=0.5), stage, n_classes=2)
    train(module)
    assert module.average.n_averaged == steps

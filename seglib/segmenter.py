"""What is one step of learning?"""

from __future__ import annotations

import lightning as L
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from seglib.hardware import device
from seglib.losses import build_loss
from seglib.metrics import foreground_dice
from seglib.models import build_model
from seglib.recipes import Recipe, Stage
from seglib.transforms import augmentations

# Convolutions are faster on CPU and GPU when the channels of a pixel lie side by side. On Apple's
# graphics cores torch had wrong gradients of batch norm then (pytorch/pytorch#175189).
MEMORY_FORMAT = torch.contiguous_format if device().type == "mps" else torch.channels_last


def image_dice(logits: Tensor, target: Tensor, n_classes: int) -> list[float]:
    """:func:`seglib.metrics.foreground_dice` of each image of a batch, in [0, 1].

    `logits` are ``(N, C, H, W)``, `target` the class indices ``(N, H, W)``.
    """
    labels = (logits[:, 0] > 0) if logits.shape[1] == 1 else logits.argmax(1)
    pairs = zip(target.byte().cpu().numpy(), labels.byte().cpu().numpy(), strict=True)
    return [foreground_dice(truth, found, n_classes) for truth, found in pairs]


class Segmenter(L.LightningModule):
    """One stage of a recipe as Lightning sees it: network, loss, optimiser, running mean."""

    def __init__(self, recipe: Recipe, stage: Stage, n_classes: int) -> None:
        super().__init__()
        self.recipe, self.stage, self.n_classes = recipe, stage, n_classes
        self.network = build_model(recipe, n_classes).to(memory_format=MEMORY_FORMAT)
        self.loss = build_loss(stage.loss, n_classes)
        self.average = None
        if recipe.ema:
            decay = get_ema_multi_avg_fn(recipe.ema)
            self.average = AveragedModel(self.network, multi_avg_fn=decay, use_buffers=True)
            # Never learnt itself; several processes would wait for its gradients.
            self.average.requires_grad_(False)

    @staticmethod
    def check(recipe: Recipe, n_classes: int) -> nn.Module:
        """The network, untrained; ``ValueError`` for a name in the recipe that is not known."""
        network = build_model(recipe, n_classes)
        augmentations(recipe.augmentation)
        for stage in recipe.stages:
            build_loss(stage.loss, n_classes)
        return network

    @property
    def best(self) -> nn.Module:
        """The network that is validated and kept: the running mean if there is one."""
        return self.average.module if self.average else self.network

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """Loss of one batch."""
        images, target = batch
        loss = self.loss(self.network(images.contiguous(memory_format=MEMORY_FORMAT)), target)
        self.log("train_loss", loss, on_epoch=True, on_step=False, **self._over(images))
        return loss

    def on_train_epoch_start(self) -> None:
        """Make dropout follow from seed and epoch alone, so that a resumed epoch repeats."""
        torch.manual_seed(self.recipe.seed * 100_003 + self.current_epoch)

    def on_train_start(self) -> None:
        """Note where training begins or goes on."""
        self.averaged = self.trainer.global_step

    def on_train_batch_end(self, *_: object) -> None:
        """Move the running mean after each step of the optimiser, not while gradients gather."""
        if self.average and self.trainer.global_step > self.averaged:
            self.average.update_parameters(self.network)
            self.averaged = self.trainer.global_step

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """Loss and mean per-image foreground Dice at working size; returns the logits.

        The best weights are chosen by this Dice. With several classes it is the mean over those
        that an image holds or is given (:func:`seglib.metrics.foreground_dice`): on slices most
        classes are absent, and counting each as 1 would let them decide.
        """
        images, target = batch
        logits = self.best(images.contiguous(memory_format=MEMORY_FORMAT)).float()
        scores = image_dice(logits, target, self.n_classes)
        self.log("val_loss", self.loss(logits, target), **self._over(images))
        mean = torch.tensor(np.mean(scores), dtype=torch.float32, device=logits.device)
        self.log("val_dice", mean, **self._over(images))
        return logits

    @staticmethod
    def _over(images: Tensor) -> dict:
        """What a logged number is a mean over: the images, of all processes."""
        return {"batch_size": len(images), "sync_dist": True}

    def configure_gradient_clipping(self, *_: object, **__: object) -> None:
        """Keep one bad batch from throwing the weights away: the gradient's norm is at most 1."""
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)

    def configure_optimizers(self) -> dict:
        """Optimiser and learning-rate schedule of the stage; norms and biases do not decay."""
        stage, weights = self.stage, list(self.network.parameters())
        groups = [
            {"params": [w for w in weights if w.ndim > 1], "weight_decay": stage.weight_decay},
            {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
        ]
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[stage.optimiser]
        # One fused step takes a third of the time; with float16 it could not clip gradients.
        optimiser = kind(groups, lr=stage.lr, fused=self.trainer.precision != "16-mixed")
        steps = int(self.trainer.estimated_stepping_batches)
        if stage.schedule == "constant":
            return {"optimizer": optimiser}
        if stage.schedule == "cosine":
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        else:
            # Its rise, a tenth, divides by zero in ten steps or fewer: then the fall is cut short.
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimiser, stage.lr, max(11, steps), pct_start=0.1
            )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

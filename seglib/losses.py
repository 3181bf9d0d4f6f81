"""What is minimised?

Every loss takes raw logits and integer targets and returns one number. The pooled Dice and the
focal term come from segmentation-models-pytorch; the chapter on U-Net writes them out.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from segmentation_models_pytorch.losses import DiceLoss, FocalLoss
from torch import Tensor
from torch.nn import functional as F

from seglib.names import nearest

Loss = Callable[[Tensor, Tensor], Tensor]

LOSSES = {
    "bce": ("cross_entropy",),
    "dice": ("dice",),
    "image_dice": ("image_dice",),
    "bce_dice": ("cross_entropy", "dice"),
    "bce_image_dice": ("cross_entropy", "image_dice"),
    "focal": ("focal",),
    "dice_focal": ("dice", "focal"),
}


def _cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    if logits.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(logits[:, 0], target.float())
    return F.cross_entropy(logits, target)


def _image_dice(logits: Tensor, target: Tensor) -> Tensor:
    """One minus the soft Dice of each image and foreground class, averaged over both.

    A small object weighs as much as a large one in another image. The 1 in the fraction stands for
    one pixel: an image without the object costs nothing only if next to nothing is called object.
    """
    if logits.shape[1] == 1:
        probability, truth = logits.sigmoid(), target[:, None]
    else:
        probability = logits.softmax(dim=1)[:, 1:]
        truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)[:, 1:]
    shared = (probability * truth).sum(dim=(2, 3))
    total = probability.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))
    return 1 - ((2 * shared + 1) / (total + 1)).mean()


def build_loss(name: str, n_classes: int = 2) -> Loss:
    """A loss by name.

    Parameters
    ----------
    name
        ``bce`` (cross-entropy), ``dice`` (Milletari et al. 2016, pooled over the batch: large
        objects weigh most, and a batch without any costs nothing), ``image_dice`` (of each image
        by itself: all images weigh alike, and false alarms cost where nothing is), ``focal`` (Lin
        et al. 2017, gamma 2), or an equal-weight mean of two: ``bce_dice``, ``bce_image_dice``,
        ``dice_focal``. Of several classes ``dice`` counts the background as one, ``image_dice``
        does not, and ``focal`` asks each by itself, by a sigmoid, as its authors do.
    n_classes
        Classes with the background.

    Returns
    -------
    callable
        ``loss(logits, target) -> scalar``. Logits are ``(N, 1, H, W)`` float for two classes,
        ``(N, C, H, W)`` for more; the target is ``(N, H, W)`` int64 of class indices. The loss
        is computed in float32 and lies in [0, inf); Dice alone in [0, 1].

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    mode = "binary" if n_classes == 2 else "multiclass"
    terms = {
        "cross_entropy": _cross_entropy,
        "dice": DiceLoss(mode, smooth=1.0),
        "image_dice": _image_dice,
        "focal": FocalLoss(mode, gamma=2.0),
    }
    chosen = [terms[term] for term in LOSSES[nearest(name, LOSSES, "loss")]]

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        """Mean of the chosen terms."""
        return torch.stack([term(logits.float(), target) for term in chosen]).mean()

    return loss

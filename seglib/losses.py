"""What is minimised?

Every loss takes raw logits and integer targets and returns one number. Dice and focal terms
come from segmentation-models-pytorch; the chapter on U-Net writes them out.
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
    "bce_dice": ("cross_entropy", "dice"),
    "focal": ("focal",),
    "dice_focal": ("dice", "focal"),
}


def _cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    if logits.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(logits[:, 0], target.float())
    return F.cross_entropy(logits, target)


def build_loss(name: str, n_classes: int = 2) -> Loss:
    """A loss by name.

    Parameters
    ----------
    name
        ``bce`` (cross-entropy), ``dice`` (Milletari et al. 2016, pooled over the batch, so that
        an image without foreground does not dominate), ``focal`` (Lin et al. 2017, gamma 2), or
        an equal-weight mean of two: ``bce_dice``, ``dice_focal``.
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
        # The smoothing keeps a batch without foreground from pulling with full force.
        "dice": DiceLoss(mode, smooth=1.0),
        "focal": FocalLoss(mode, gamma=2.0),
    }
    chosen = [terms[term] for term in LOSSES[nearest(name, LOSSES, "loss")]]

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        """Mean of the chosen terms."""
        return torch.stack([term(logits.float(), target) for term in chosen]).mean()

    return loss

"""What happens to an image before the network sees it?"""

from __future__ import annotations

import albumentations as A
import numpy as np
import torch
from albumentations.pytorch import ToTensorV2
from torch import Tensor

from seglib.names import nearest

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def _flips() -> list[A.BasicTransform]:
    return [A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5), A.RandomRotate90(p=0.5)]


def _full() -> list[A.BasicTransform]:
    moved = A.Affine(
        scale=(0.75, 1.25), translate_percent=(-0.1, 0.1), rotate=(-30, 30), shear=(-8, 8), p=0.75
    )
    return [*_flips(), moved, A.ColorJitter(0.3, 0.3, 0.3, 0.04, p=0.7)]


AUGMENTATIONS = {"none": list, "flips": _flips, "full": _full}


def augmentations(name: str) -> list[A.BasicTransform]:
    """The random part alone: uint8 image and mask in, uint8 image and mask out.

    ``none``; ``flips`` (mirrored and quarter-turned); ``full`` (flips, then scaled by .75 to
    1.25, turned by 30 degrees, shifted by a tenth, sheared, and colours shaken).

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    return AUGMENTATIONS[nearest(name, AUGMENTATIONS, "augmentation")]()


def _to_network() -> list[A.BasicTransform]:
    return [A.Normalize(mean=MEAN, std=STD), ToTensorV2()]


def train_transform(name: str) -> A.Compose:
    """Augment, normalise with ImageNet's mean and deviation, make a tensor.

    Takes ``image`` ``(H, W, 3) uint8`` and ``mask`` ``(H, W) uint8``; returns float32
    ``(3, H, W)`` and uint8 ``(H, W)``. Geometry moves the mask along with the image
    (nearest neighbour); colour leaves it alone.
    """
    return A.Compose([*augmentations(name), *_to_network()])


def eval_transform() -> A.Compose:
    """Normalise and make a tensor; nothing random."""
    return A.Compose(_to_network())


def denormalise(image: Tensor) -> np.ndarray:
    """Back from a network input ``(3, H, W)`` to a picture ``(H, W, 3) uint8``."""
    mean, std = torch.tensor(MEAN)[:, None, None], torch.tensor(STD)[:, None, None]
    picture = (image.float().cpu() * std + mean).clamp(0, 1) * 255
    return picture.round().byte().permute(1, 2, 0).numpy()

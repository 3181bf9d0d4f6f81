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


def _upright() -> list[A.BasicTransform]:
    moved = A.Affine(
        scale=(0.75, 1.25), translate_percent=(-0.1, 0.1), rotate=(-30, 30), shear=(-8, 8), p=0.75
    )
    return [moved, A.ColorJitter(0.3, 0.3, 0.3, 0.04, p=0.7)]


def _full() -> list[A.BasicTransform]:
    return [*_flips(), *_upright()]


def _geometric() -> list[A.BasicTransform]:
    moved = A.Affine(scale=(0.8, 1.2), rotate=(-30, 30), p=0.75)
    return [A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5), moved]


def _distortion() -> list[A.BasicTransform]:
    # fill_mask=None: the mask under a hole stays, as the docstring of `augmentations` promises.
    holes = A.CoarseDropout(
        num_holes_range=(1, 2),
        hole_height_range=(0.1, 0.2),
        hole_width_range=(0.1, 0.2),
        fill=0,
        fill_mask=None,
        p=0.2,
    )
    return [
        A.HorizontalFlip(p=0.5),
        A.VerticalFlip(p=0.5),
        A.Rotate(limit=45, p=0.5),
        A.GridDistortion(p=0.3),
        holes,
    ]


AUGMENTATIONS = {
    "none": list,
    "flips": _flips,
    "upright": _upright,
    "full": _full,
    "geometric": _geometric,
    "distortion": _distortion,
}


def augmentations(name: str) -> list[A.BasicTransform]:
    """The random part alone: uint8 image and mask in, uint8 image and mask out.

    ======================= ==================================================================
    ``none``                nothing
    ``flips``               mirrored and quarter-turned
    ``upright``             scaled by .75 to 1.25, turned by 30 degrees, shifted by a tenth,
                            sheared, and colours shaken; where left and right are labels
    ``full``                ``flips``, then ``upright``
    ``geometric``           mirrored, scaled by .8 to 1.2, turned by 30 degrees
    ``distortion``          mirrored, turned by 45 degrees, bent on a grid, and one or two holes
                            of a tenth to a fifth of the side
    ======================= ==================================================================

    A hole hides the image but not the mask: the network is asked what lies under it, and guesses
    from the surroundings. Erasing the mask too would teach it that black means background.

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

"""What happens to an image before the network sees it?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import albumentations as A
import numpy as np
import torch
from albumentations.pytorch import ToTensorV2
from torch import Tensor

from seglib.names import nearest

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def _flips(by: Mapping[str, float]) -> list[A.BasicTransform]:
    kinds = (A.HorizontalFlip, A.VerticalFlip, A.RandomRotate90)
    return [kind(p=min(1, 0.5 * by[kind.__name__])) for kind in kinds]


def _upright(by: Mapping[str, float]) -> list[A.BasicTransform]:
    k, colour = by["Affine"], by["ColorJitter"]
    moved = A.Affine(
        scale=(1 - 0.25 * k, 1 + 0.25 * k),
        translate_percent=(-0.1 * k, 0.1 * k),
        rotate=(-30 * k, 30 * k),
        shear=(-8 * k, 8 * k),
        p=0.75,
    )
    shaken = [0.3 * colour] * 3
    return [moved, A.ColorJitter(*shaken, 0.04 * colour, p=0.7)]


def _full(by: Mapping[str, float]) -> list[A.BasicTransform]:
    return [*_flips(by), *_upright(by)]


def _geometric(by: Mapping[str, float]) -> list[A.BasicTransform]:
    k = by["Affine"]
    moved = A.Affine(scale=(1 - 0.2 * k, 1 + 0.2 * k), rotate=(-30 * k, 30 * k), p=0.75)
    return [*_flips(by)[:2], moved]


def _distortion(by: Mapping[str, float]) -> list[A.BasicTransform]:
    # fill_mask=None: the mask under a hole stays, as the docstring of `augmentations` promises.
    holes = A.CoarseDropout(
        num_holes_range=(1, 2),
        hole_height_range=(0.1, 0.2),
        hole_width_range=(0.1, 0.2),
        fill=0,
        fill_mask=None,
        p=min(1, 0.2 * by["CoarseDropout"]),
    )
    bend = 0.3 * by["GridDistortion"]
    return [
        _flips(by)[0],
        A.Rotate(limit=45 * by["Rotate"], p=0.5),
        A.GridDistortion(distort_limit=bend, p=0.3 * (bend > 0)),  # not still at a limit of 0
        holes,
    ]


AUGMENTATIONS = {
    "none": lambda by: [],
    "flips": _flips,
    "upright": _upright,
    "full": _full,
    "geometric": _geometric,
    "distortion": _distortion,
}


def augmentations(
    name: str, strengths: Mapping[str, float] | None = None
) -> list[A.BasicTransform]:
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

    Parameters
    ----------
    name
        One of the above.
    strengths
        Class name of a transform -> factor >= 0 on how much it does: on the chance of a flip, a
        quarter turn or a hole, on the range of everything else. 1, as in training, if not given.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    by = defaultdict(lambda: 1.0, strengths or {})
    return AUGMENTATIONS[nearest(name, AUGMENTATIONS, "augmentation")](by)


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

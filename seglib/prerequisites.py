"""May this training begin? What is refused here has not written anything yet."""

from __future__ import annotations

import sys
from contextlib import suppress

import pandas as pd
import torch
from PIL import Image

from seglib.datasets import card_of
from seglib.hardware import device
from seglib.images import image_size
from seglib.models import stride
from seglib.recipes import NnunetRecipe, Recipe
from seglib.segmenter import Segmenter

# Lightning's ways to work together that a training here can go; see `_refuse_devices`.
STRATEGIES = ("auto", "ddp", "ddp_find_unused_parameters_true")


def check_training(
    recipe: Recipe | NnunetRecipe,
    cases: pd.DataFrame,
    devices: int = 1,
    num_nodes: int = 1,
    strategy: str = "auto",
) -> None:
    """See whether these processes can train a recipe on a split case table.

    Raises
    ------
    FileNotFoundError, ValueError
        If an image is not there or unreadable; if the table lacks its card, its split, or cases to
        train on and to validate; if the recipe is for another data set, whose name the run would
        have; if the machine has fewer devices, or the processes cannot share each batch or cannot
        be started from here; if a name in the recipe or the strategy is not known; or if an image
        is too small for the network.
    """
    card = card_of(cases)
    if card.name != recipe.dataset:
        raise ValueError(
            f"The recipe is for '{recipe.dataset}', and the cases are of '{card.name}': say "
            f"recipe(NAME, dataset='{card.name}'), or the run would go by another's name."
        )
    if "split" not in cases:
        raise ValueError(
            "The case table has no column 'split', so nothing says which cases train: "
            "give fit() what seglib.splits.split(cases) returns."
        )
    for name in ("train", "val"):
        if not (cases["split"] == name).any():
            raise ValueError(f"No case of '{recipe.dataset}' is in the split '{name}'.")
    world = devices * num_nodes
    if world < 1:
        raise ValueError(f"devices times nodes is {world}, expected 1 or more.")
    if isinstance(recipe, NnunetRecipe):
        if world > 1:
            raise ValueError("nnU-Net trains in one process here; leave devices and nodes at 1.")
        return
    _refuse_devices(devices, strategy)
    _refuse_shares(recipe, world, int((cases["split"] == "train").sum()))
    _refuse_small(cases, stride(Segmenter.check(recipe, card.n_classes)))


def _refuse_devices(wanted: int, strategy: str) -> None:
    """Raise ``ValueError`` for more devices than there are, or a strategy that would train wrongly.

    A CPU takes as many processes as one likes.
    """
    if strategy not in STRATEGIES:
        raise ValueError(
            f"strategy is '{strategy}', expected one of {', '.join(STRATEGIES)}. Others split "
            "weights (fsdp), which the weights' running mean, weight decay and gradient clipping "
            "need whole, or start processes (ddp_spawn) whose history would be lost."
        )
    kind = device().type
    there = {"cuda": torch.cuda.device_count(), "mps": 1}.get(kind, wanted)
    if wanted > there:
        raise ValueError(f"devices is {wanted}, and this machine has {there} of the kind {kind}.")


def _refuse_shares(recipe: Recipe, world: int, training: int) -> None:
    """Raise ``ValueError`` if `world` processes cannot be started or cannot share each batch.

    Nor can batch norm learn from one image, which may be all that `training` are.
    """
    if world > 1 and hasattr(sys, "ps1"):
        raise ValueError(
            f"{world} processes cannot be started from a notebook or a Python prompt; use "
            "'seglib train' with --devices in a shell, then load the run here."
        )
    for batch in {stage.batch_size for stage in recipe.stages}:
        if batch % world:
            raise ValueError(
                f"{world} processes cannot share a batch of {batch} images evenly; give a batch "
                f"size that is a multiple of {world}."
            )
        pooled = recipe.model != "unet"  # DeepLabV3+ normalises one number an image and channel
        if min(batch, training) == world and (world > 1 or pooled):
            raise ValueError(
                f"{world} process(es) would have one image each of a batch of {batch} of "
                f"{training} training images, and batch norm learns from two or more; give a "
                f"batch size and training images of at least {2 * world}."
            )


def _refuse_small(cases: pd.DataFrame, smallest: int) -> None:
    """Raise ``ValueError`` for images that could not be predicted once the network is trained."""
    small = []
    for case, image in zip(cases["case"], cases["image"], strict=True):
        with suppress(Image.DecompressionBombError):  # too large for Pillow, not for OpenCV
            height, width = image_size(image)
            if min(height, width) < smallest:
                small.append((case, image, f"{height}x{width} px"))
    if small:
        case, image, size = small[0]
        raise ValueError(
            f"{len(small)} images are smaller than the network's stride of {smallest} px, the "
            f"first is case {case}, {image}, of {size}: leave them out of the case "
            "table, or use images of higher resolution."
        )

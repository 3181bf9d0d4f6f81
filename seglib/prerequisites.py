"""May this training begin? What is refused here has not written anything yet."""

from __future__ import annotations

import pandas as pd

from seglib.datasets import card_of
from seglib.recipes import NnunetRecipe, Recipe
from seglib.segmenter import Segmenter


def check_training(recipe: Recipe | NnunetRecipe, cases: pd.DataFrame, world: int) -> None:
    """See whether `world` processes can train a recipe on a split case table.

    Raises
    ------
    ValueError
        If the table lacks its card, its split, or cases to train on and to validate; if the
        recipe is for another data set, whose name the run would have; if the
        processes cannot share each batch; or if a name in the recipe is not known.
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
    if world < 1:
        raise ValueError(f"devices times nodes is {world}, expected 1 or more.")
    if isinstance(recipe, NnunetRecipe):
        if world > 1:
            raise ValueError("nnU-Net trains in one process here; leave devices and nodes at 1.")
        return
    for batch in {stage.batch_size for stage in recipe.stages}:
        if batch % world:
            raise ValueError(
                f"{world} processes cannot share a batch of {batch} images evenly; give a batch "
                f"size that is a multiple of {world}."
            )
    Segmenter.check(recipe, card.n_classes)

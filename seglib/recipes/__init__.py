"""What exactly is this experiment?

A recipe says everything that decides a result. It is frozen, it is saved beside the run, and its
hash is part of the run's name, so two different experiments can never share a folder.

Each clinical task has three: the settings that a student project published (``polyp``), the same
data and budget with what this course knows to be better (``polyp-modern``), and a few minutes on
synthetic images (``polyp-quick``).
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from seglib.names import nearest
from seglib.recipes import abdomen, lung, polyp, skin, stone
from seglib.recipes.ensemble import ENSEMBLE, EnsembleRecipe
from seglib.recipes.experiment import OPTIMISERS, PRECISIONS, SCHEDULES, Recipe, Stage
from seglib.recipes.nnunet import NNUNET, NnunetRecipe

__all__ = [
    "ENSEMBLE",
    "NNUNET",
    "OPTIMISERS",
    "PRECISIONS",
    "RECIPES",
    "SCHEDULES",
    "SOURCES",
    "EnsembleRecipe",
    "NnunetRecipe",
    "Recipe",
    "Stage",
    "read_recipe",
    "recipe",
    "recipes",
]

_CATALOGUE = (*polyp.RECIPES, *skin.RECIPES, *stone.RECIPES, *abdomen.RECIPES, *lung.RECIPES)
RECIPES = tuple(entry for entry, _ in _CATALOGUE)
SOURCES = {entry.name: source for entry, source in _CATALOGUE}


def recipes() -> tuple[Recipe, ...]:
    """All named recipes. ``SOURCES[name]`` says where the settings of each come from."""
    return RECIPES


def recipe(name: str, **fields: Any) -> Recipe:
    """A named recipe, with some fields replaced.

    Fields of :class:`Recipe` and of :class:`Stage` are both accepted; a field of a stage is set
    in every stage, but ``epochs`` is the number of all together, of which each stage keeps its
    share. ``None`` leaves a field as it is.

    Examples
    --------
    >>> recipe("polyp-modern", model="deeplabv3plus", epochs=10).epochs
    10

    Raises
    ------
    ValueError
        If the recipe or a field is unknown; the known names are listed.
    """
    known = {r.name: r for r in RECIPES}
    found = known[nearest(name, known, "recipe")]
    own = {f.name for f in dataclasses.fields(Recipe)} - {"name"}
    staged = {f.name for f in dataclasses.fields(Stage)}
    for field in fields:
        nearest(field, sorted(own | staged), "recipe field")
    given = {key: value for key, value in fields.items() if value is not None}
    in_stages = {key: value for key, value in given.items() if key in staged}
    stages = given.pop("stages", found.stages)
    if "epochs" in given:
        stages = _shared_out(stages, in_stages.pop("epochs"))
    stages = tuple(dataclasses.replace(stage, **in_stages) for stage in stages)
    changed = {key: value for key, value in given.items() if key in own}
    return dataclasses.replace(found, stages=stages, **changed)


def read_recipe(text: str) -> Recipe | NnunetRecipe | EnsembleRecipe:
    """A recipe of any kind, from its JSON."""
    kinds = {NNUNET: NnunetRecipe, ENSEMBLE: EnsembleRecipe}
    return kinds.get(json.loads(text)["model"], Recipe).from_json(text)


def _shared_out(stages: tuple[Stage, ...], epochs: int) -> tuple[Stage, ...]:
    """The stages with their shares of so many epochs; one that gets none falls away."""
    whole = sum(stage.epochs for stage in stages)
    shares = [max(0, epochs) * stage.epochs // whole for stage in stages[:-1]]
    shares.append(epochs - sum(shares))
    return tuple(
        dataclasses.replace(stage, epochs=share)
        for stage, share in zip(stages, shares, strict=True)
        if share or stage is stages[-1]
    )

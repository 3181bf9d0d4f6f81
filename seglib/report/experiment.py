"""Which experiment was it, and on which machine? The results say so, not today's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seglib.cards import DatasetCard
from seglib.generalisation import TABLE, read_divisions
from seglib.recipes import Recipe, recipes
from seglib.report.numbers import words

KINDS = {"cpu": "a processor", "cuda": "a graphics card", "mps": "the graphics cores of a chip"}
PRECISIONS = {
    "32-true": "single precision",
    "bf16-mixed": "mixed precision with bfloat16",
    "16-mixed": "mixed precision with half-precision numbers",
}


def trained_recipe(results: dict[str, Any], card: DatasetCard) -> Recipe:
    """The named recipe of this task that these results come from.

    Raises
    ------
    ValueError
        If none has the encoder, the input size and the epochs that were recorded.
    """
    encoder, epochs = results["unet"]["encoder"], results["unet"]["epochs"]
    size, family = results["preprocessing"]["size"], card.recipe
    for known in recipes():
        if known.name not in (family, f"{family}-modern", f"{family}-quick"):
            continue
        if (known.encoder, known.size, known.epochs) == (encoder, size, epochs):
            return replace(known, dataset=card.name)
    raise ValueError(
        f"The results of '{card.name}' come from {epochs} epochs of {encoder} at {size} px, which "
        f"is no recipe '{family}' of `seglib recipes`: run notebooks 03 to 06 again, or add it."
    )


def sizes(recipe: Recipe) -> list[int]:
    """Sides of the network's input, px, in the order of the stages; none twice in a row."""
    found = [recipe.stage_size(stage) for stage in recipe.stages]
    return [size for i, size in enumerate(found) if i == 0 or size != found[i - 1]]


def machine(environment: dict[str, Any]) -> str:
    """What a run was computed on, in words; empty if it was not recorded.

    Parameters
    ----------
    environment
        As in ``environment.json``, see :func:`seglib.hardware.environment`.
    """
    if not environment:
        return ""
    kind, _, name = environment["device"].partition(" ")
    threads, precision = environment["threads"], environment["precision"]
    return (
        f"{KINDS.get(kind, kind)} {name} with {words(threads)} thread{'s' if threads > 1 else ''}, "
        f"in {PRECISIONS.get(precision, precision)}, "
        f"under PyTorch {environment['torch']} and Python {environment['python']}"
    )


def third(results: dict[str, Any]) -> dict[str, Any] | None:
    """What nnU-Net reached, if chapter 10 scored it as chapter 6 scored the others."""
    found = results.get("nnunet")
    protocols = {model["protocol"] for model in results["comparison"]["models"].values()}
    same = found and {found["results"]["protocol"]} == protocols
    return found | {"machine": machine(found["environment"])} if same else None


def again(figures: Path, recipe: Recipe, models: Sequence[str]) -> list[float] | None:
    """Mean Dice of the same recipe and division with another seed, model by model.

    Read from what ``seglib generalise --seed`` left in the folder `figures`; None if it left
    nothing of the kind for all `models`. Of several seeds the first.
    """
    path = figures / TABLE
    if not path.is_file():
        return None
    rows = read_divisions(path)
    same = (rows["recipe"] == recipe.name) & (rows["split"] == "group")
    other = rows[same & (rows["seed"] != recipe.seed)].pivot(
        index="seed", columns="model", values="dice"
    )
    found = other.reindex(columns=list(models)).dropna()
    return found.iloc[0].tolist() if len(found) else None

"""What did each choice bring? From a published recipe to a modern one, one choice at a time.

Every rung of the ladder keeps what the one below it chose, and all learn for the same number of
epochs from the same cases: which change brought the gain is what a paper owes its reader (Lipton
and Steinhardt 2018, arXiv:1807.03341). A gain belongs to its place on the ladder: in another order
the same choices share the whole out differently.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from seglib.comparison import compare
from seglib.evaluation import evaluate
from seglib.models import PLAIN
from seglib.recipes import Recipe
from seglib.training import fit

TABLE = "ablation.csv"
BUDGET = "budget.csv"  # the same columns, of one recipe and several lengths; and ``split``


def ladder(published: Recipe, modern: Recipe) -> dict[str, Recipe]:
    """What was chosen -> the recipe with this and all choices before it; ``modern`` comes last.

    Cases, split, architecture, final size, seeds and name are those of `modern` from the start,
    and so should be the number of epochs. A choice in which the two recipes agree has no rung, and
    neither has the encoder if the published one does not go with the architecture.
    """
    first, last = published.stages[0], modern.stages[0]
    whole = dataclasses.replace(last, epochs=modern.epochs, scale=1.0)
    steps = {
        "encoder": {"encoder": modern.encoder, "width": modern.width},
        "optimiser": {"stages": (dataclasses.replace(whole, loss=first.loss),)},
        "loss": {"stages": (whole,)},
        "augmentation": {"augmentation": modern.augmentation, "paste": modern.paste},
        "mean of the weights": {"ema": modern.ema},
        "smaller images first": {"stages": modern.stages},
    }
    kept = ["augmentation", "paste", "ema", "stages"]
    if published.encoder != PLAIN or modern.model == "unet":  # 'plain' goes with no other
        kept += ["encoder", "width"]
    rung = dataclasses.replace(modern, **{name: getattr(published, name) for name in kept})
    found = {"as published": rung}
    for choice, fields in steps.items():
        rung = dataclasses.replace(rung, **fields)
        if rung != found[list(found)[-1]]:
            found[choice] = rung
    return found


def ablate(
    rungs: dict[str, Recipe],
    cases: pd.DataFrame | None = None,
    outputs: Path | None = None,
    split: str = "val",
) -> pd.DataFrame:
    """Train every rung and score it on the **validation** cases; finished runs are loaded.

    Choices are made on validation cases, so that is where their gain is told. The test cases are
    not looked at, unless they are asked for: once, when nothing is left to choose.

    Parameters
    ----------
    rungs
        As :func:`ladder` gives them; or one recipe in several lengths, the shortest first.
    cases
        Split case table; by default the recipe's own.
    outputs
        Folder of all runs; by default that of :func:`seglib.settings`.
    split
        ``val`` or ``test``.

    Returns
    -------
    DataFrame
        One row a rung: ``dataset, model, choice, px, epochs``; ``minutes`` of training; ``dice``,
        mean of the images of that split at native resolution, with its 95 % interval ``low, high``
        from resampled groups; ``gain``, mean difference to the rung below, case by case, with
        ``gain_low, gain_high`` (NaN on the lowest rung).
    """
    return pd.DataFrame(list(_rows(rungs, cases, outputs, split))).round(6)


def _rows(
    rungs: dict[str, Recipe], cases: pd.DataFrame | None, outputs: Path | None, split: str
) -> Iterator[dict]:
    below = None
    for choice, recipe in rungs.items():
        run = fit(recipe, cases, outputs)
        scored = evaluate(run, split)
        dice = scored.results()["foreground_mean"]["dice"]
        row = {"dataset": recipe.dataset, "model": recipe.model, "choice": choice}
        row |= {"px": recipe.size, "epochs": recipe.epochs}
        row["minutes"] = round(float(run.history["seconds"].sum()) / 60, 2)
        row |= {"dice": dice["mean"], "low": dice["low"], "high": dice["high"]}
        if below is not None:
            step = compare({"with": scored, "without": below})
            row |= {"gain": step.difference, "gain_low": step.low, "gain_high": step.high}
        below = scored
        yield row

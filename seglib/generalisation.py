"""Does a score hold for patients and hospitals that the network has never seen?

The same recipe is trained on the same images, divided in several ways. Only the division changes,
so what the score gains when slices of one patient fall on both sides is a leak, and what it loses
at another hospital is what a test set from the same hospital cannot show (Zech et al. 2018,
doi:10.1371/journal.pmed.1002683).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from seglib.datasets import load
from seglib.evaluation import evaluate
from seglib.recipes import Recipe
from seglib.runs import Run
from seglib.training import fit

TABLE = "splits.csv"
RECIPE = ["dataset", "recipe", "px", "epochs"]  # rows that compare have these in common
TRAINING = ["split", "model", "seed"]  # what tells one such row from another
COLUMNS = [*RECIPE, *TRAINING, "train", "test", "groups", "seen", "dice", "low", "high"]


def divisions(cases: pd.DataFrame) -> tuple[str, ...]:
    """Splits of a case table that are worth comparing, in the words of a recipe.

    By group, by image where a group has several images, and without each site where there are
    several.

    Raises
    ------
    ValueError
        If neither patients nor sites are known, so that there is nothing to compare.
    """
    several = ("image",) if cases["group"].duplicated().any() else ()
    sites = sorted(cases["site"].unique()) if "site" in cases else []
    found = several + tuple(f"site={name}" for name in sites if len(sites) > 1)
    if not found:
        raise ValueError(
            f"{cases.attrs['card'].name} names neither patients with several images nor several "
            "sites; expected one of them, to divide by it."
        )
    return ("group", *found)


def generalise(
    recipe: Recipe,
    models: Sequence[str],
    seeds: Sequence[int] = (0,),
    splits: Sequence[str] | None = None,
    outputs: Path | None = None,
) -> pd.DataFrame:
    """Train and score a recipe under several divisions of its data; finished runs are loaded.

    Parameters
    ----------
    recipe
        Its ``split``, ``model`` and ``seed`` are replaced.
    models
        Architectures to train under each division.
    seeds
        Each is a training of its own, of weights, order and augmentation; the division stays.
    splits
        Divisions in the words of a recipe; by default all of :func:`divisions`.
    outputs
        Folder of all runs; by default that of :func:`seglib.settings`.

    Returns
    -------
    DataFrame
        One row a training: ``dataset``, ``recipe``, its size in ``px`` and ``epochs``; ``split``,
        ``model``, ``seed``; ``train`` and ``test`` images and ``groups`` of the test images;
        ``seen``, the share of test images whose group also trains, in [0, 1]; ``dice``, mean of
        the test images at native resolution, with its 95 % interval ``low, high`` from resampled
        groups.

    Raises
    ------
    ValueError
        See :func:`divisions`.
    """
    recipes = [
        dataclasses.replace(recipe, split=split, model=model, seed=seed)
        for split in splits or divisions(load(recipe.dataset))
        for model in models
        for seed in seeds
    ]
    return pd.DataFrame([_row(fit(entry, outputs=outputs)) for entry in recipes]).round(6)


def _row(run: Run) -> dict:
    sides = {name: members for name, members in run.cases.groupby("split")}
    test = sides["test"]
    dice = evaluate(run).results()["foreground_mean"]["dice"]
    return {
        "dataset": run.recipe.dataset,
        "recipe": run.recipe.name,
        "px": run.recipe.size,
        "epochs": run.recipe.epochs,
        "split": run.recipe.split,
        "model": run.recipe.model,
        "seed": run.recipe.seed,
        "train": len(sides["train"]),
        "test": len(test),
        "groups": test["group"].nunique(),
        "seen": test["group"].isin(sides["train"]["group"]).mean(),
        "dice": dice["mean"],
        "low": dice["low"],
        "high": dice["high"],
    }


def merged(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """A table of :func:`generalise` and the rows that the CSV file `path`, if there, adds to it.

    Rows of another recipe, size or length are left out, for they do not compare, and so are those
    of trainings that `table` tells anew. Divisions stand together, in the order in which they came.

    Raises
    ------
    ValueError
        If the file is no table of :func:`generalise`.
    """
    if not path.is_file():
        return table
    old = _read(path)
    alike = old.set_index(RECIPE).index.isin(table.set_index(RECIPE).index)
    both = pd.concat([old[alike], table], ignore_index=True)
    came = pd.DataFrame({name: pd.factorize(both[name])[0] for name in TRAINING})
    kept = both.drop_duplicates(TRAINING, keep="last")
    return kept.loc[came.loc[kept.index].sort_values(TRAINING).index].reset_index(drop=True)


def read_tables(figures: Path) -> pd.DataFrame:
    """All tables of :func:`generalise` under a figures folder, one below the other.

    Empty where there is none, as in a course without its figures. Raises as :func:`merged`.
    """
    tables = [_read(path) for path in sorted(Path(figures).glob(f"*/{TABLE}"))]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except pd.errors.EmptyDataError:
        table = pd.DataFrame()
    if missing := [name for name in COLUMNS if name not in table]:
        raise ValueError(
            f"{path} has no column '{missing[0]}', as tables of `seglib generalise` have; move it "
            "away and let the command write it again (finished trainings are only loaded)."
        )
    return table

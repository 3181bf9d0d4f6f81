"""Does a score hold for patients and hospitals that the network has never seen?

The same recipe is trained on the same images, divided in several ways. Only the division changes,
so what the score gains when slices of one patient fall on both sides is a leak, and what it loses
at another hospital is what a test set from the same hospital cannot show (Zech et al. 2018,
doi:10.1371/journal.pmed.1002683). And what the folds of a cross-validation (Stone 1974,
doi:10.1111/j.2517-6161.1974.tb00994.x) differ by is what one split owes to chance.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path

import pandas as pd

from seglib.averaging import per_case
from seglib.datasets import load
from seglib.ensembles import ensemble
from seglib.evaluation import evaluate
from seglib.intervals import summarise
from seglib.recipes import ENSEMBLE, Recipe
from seglib.recipes.limits import folds_of
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
            "sites; expected one of them, to divide by it. Folds need neither: --folds 5."
        )
    return ("group", *found)


def folds(number: int) -> tuple[str, ...]:
    """The splits of a cross-validation in so many folds, 2 or more, in the words of a recipe."""
    if number < 2:
        raise ValueError(f"folds is {number}, expected 2 or more.")
    return tuple(f"fold={fold + 1}/{number}" for fold in range(number))


def generalise(
    recipe: Recipe,
    models: Sequence[str],
    seeds: Sequence[int] = (0,),
    splits: Sequence[str] | None = None,
    outputs: Path | None = None,
    together: bool = False,
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
        Divisions in the words of a recipe; by default all of :func:`divisions`. Those of
        :func:`folds` make a cross-validation.
    outputs
        Folder of all runs; by default that of :func:`seglib.settings`.
    together
        Also score all `models` of one division and seed as one, ``ensemble``, see
        :mod:`seglib.ensembles`; nothing more is trained.

    Returns
    -------
    DataFrame
        One row a training: ``dataset``, ``recipe``, its size in ``px`` and ``epochs``; ``split``,
        ``model``, ``seed``; ``train`` and ``test`` images and ``groups`` of the test images;
        ``seen``, the share of test images whose group also trains, in [0, 1]; ``dice``, mean of
        the test images at native resolution, with its 95 % interval ``low, high`` from resampled
        groups. Where all of K folds are there, a row ``folds=K`` follows in which each image
        counts once, scored by the network that had not seen it; ``train`` is then a mean.

    Raises
    ------
    ValueError
        See :func:`divisions`; or if one model alone is to be scored `together`.
    """
    if together and len(set(models)) < 2:
        raise ValueError(f"An ensemble needs two or more models, found {', '.join(models)}.")
    rows, folded, seeds = [], defaultdict(list), tuple(dict.fromkeys(seeds))
    for split in dict.fromkeys(splits or divisions(load(recipe.dataset))):
        divided = partial(dataclasses.replace, recipe, split=split)
        entries = [divided(model=model, seed=seed) for model, seed in product(models, seeds)]
        runs = {entry: fit(entry, outputs=outputs) for entry in entries}
        for seed in seeds if together else ():
            members = [run for entry, run in runs.items() if entry.seed == seed]
            runs[divided(model=ENSEMBLE, seed=seed)] = ensemble(members, outputs)
        for entry, run in runs.items():
            rows.append(_row(entry, [run]))
            folded[dataclasses.replace(entry, split=f"folds={folds_of(split)}")].append(run)
    whole = [(entry, runs) for entry, runs in folded.items() if entry.split == f"folds={len(runs)}"]
    rows += [_row(entry, runs) for entry, runs in whole]
    return pd.DataFrame(rows).round(6)


def _row(recipe: Recipe, runs: Sequence[Run]) -> dict:
    """What one training scored, or those of all folds together, each on its own test images."""
    sides = [dict(tuple(run.cases.groupby("split"))) for run in runs]
    test = pd.concat([side["test"] for side in sides])
    seen = pd.concat([side["test"]["group"].isin(side["train"]["group"]) for side in sides])
    scores = pd.concat([per_case(evaluate(run).scores) for run in runs], ignore_index=True)
    dice = summarise(scores[["dice"]], scores["group"]).loc["dice"]
    return {
        "dataset": recipe.dataset,
        "recipe": recipe.name,
        "px": recipe.size,
        "epochs": recipe.epochs,
        "split": recipe.split,
        "model": recipe.model,
        "seed": recipe.seed,
        "train": round(sum(len(side["train"]) for side in sides) / len(sides)),
        "test": len(test),
        "groups": test["group"].nunique(),
        "seen": seen.mean(),
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
    old = read_divisions(path)
    alike = old.set_index(RECIPE).index.isin(table.set_index(RECIPE).index)
    both = pd.concat([old[alike], table], ignore_index=True)
    came = pd.DataFrame({name: pd.factorize(both[name])[0] for name in TRAINING})
    kept = both.drop_duplicates(TRAINING, keep="last")
    return kept.loc[came.loc[kept.index].sort_values(TRAINING).index].reset_index(drop=True)


def read_tables(figures: Path) -> pd.DataFrame:
    """All tables of :func:`generalise` under a figures folder, one below the other.

    Empty where there is none, as in a course without its figures. Raises as :func:`merged`.
    """
    tables = [read_divisions(path) for path in sorted(Path(figures).glob(f"*/{TABLE}"))]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def read_divisions(path: Path) -> pd.DataFrame:
    """The table that ``seglib generalise`` left in a file; ``ValueError`` if it is none."""
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

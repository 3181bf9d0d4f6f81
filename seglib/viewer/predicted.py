"""What did one network see in each case, or two? At the end, and while they learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from seglib.averaging import per_case
from seglib.evaluation import evaluate, load_labels, load_probability
from seglib.figures.style import MODEL_TITLES
from seglib.names import expect
from seglib.predictions import kept_epochs, load_epoch
from seglib.runs import Run
from seglib.viewer.packing import Case
from seglib.viewer.sources import Source, of_table

GIVEN = "one run or two, as fit(...) or load_run(FOLDER) gives them: from_runs(run, other)"
SHOWN_SCORES = ("dice", "iou", "precision", "recall", "hd95")


def of_runs(run: Run, other: Run | None = None, split: str = "test") -> Source:
    """The cases of one split with what one run, or two, predicted; evaluated first if need be.

    The case with the lowest Dice of the first run comes first. With two runs
    the columns of the second end in its name, and ``gain`` is the Dice of the first minus that of
    the second. Of a run of several classes the likeliest class of each pixel is shown; its
    probabilities are not kept.

    Raises
    ------
    TypeError
        If something else than runs is given.
    ValueError
        If the split is unknown or empty, or the second run did not predict a case of the first.
    """
    runs = named(run, other)
    tables = {name: _scores(each, split) for name, each in runs.items()}
    first, *second = tables.values()
    cases = run.cases[run.cases["split"] == split].reset_index(drop=True)
    cases = cases.drop(columns="split").merge(first, on="case")
    for name, scores in zip(list(runs)[1:], second, strict=True):
        missing = set(cases["case"]) - set(scores["case"])
        if missing:
            raise ValueError(
                f"{name} did not predict {len(missing)} {split} cases of {next(iter(runs))}, for "
                f"example '{min(missing)}'; compare runs that share data set, split and seed."
            )
        cases = cases.merge(scores, on="case", suffixes=("", f" {name}"))
        cases["gain"] = cases["dice"] - cases[f"dice {name}"]
    known = [c for c in cases if c in run.cases or c.startswith(("dice", "gain"))]
    cases = cases[[*known, *cases.columns.drop(known)]]
    cases = cases.sort_values("dice", kind="stable", ignore_index=True)
    cases.attrs["card"] = run.card
    return _with_predictions(of_table(cases), runs, split)


def _with_predictions(plain: Source, runs: Mapping[str, Run], split: str) -> Source:
    """Add what the runs predicted to the cases of a table."""
    load = load_probability if len(plain.classes) == 2 else load_labels

    def read(index: int) -> Case:
        """A case with what each run predicted."""
        case = plain.read(index)
        return replace(case, predictions={name: load(run, case.name) for name, run in runs.items()})

    title = f"{plain.title}, {split}: {' and '.join(runs)}"
    return replace(plain, title=title, read=read, models=tuple(runs))


def named(run: Run, other: Run | None) -> dict[str, Run]:
    """Runs by architecture, or by folder where the architecture is the same."""
    runs = [run] if other is None else [run, other]
    for each in runs:
        expect(each, Run, GIVEN)
    by_model = [MODEL_TITLES.get(each.recipe.model, each.recipe.model) for each in runs]
    names = by_model if len(set(by_model)) == len(runs) else [each.path.name for each in runs]
    if len(set(names)) < len(runs):
        raise ValueError(f"Both runs are {names[0]}; give two different ones to compare them.")
    return dict(zip(names, runs, strict=True))


def _scores(run: Run, split: str) -> pd.DataFrame:
    """Each score of each case: the mean over the classes that occur in it."""
    return per_case(evaluate(run, split).scores)[["case", *SHOWN_SCORES]]


def of_epochs(run: Run, other: Run | None = None) -> Source:
    """What one run, or two, saw in a few validation cases after each epoch.

    One entry for each case and epoch that all runs kept, epoch after epoch, so that stepping
    through them is watching a network learn. ``val_dice`` is the mean over all validation cases.
    The maps were kept at working size and are enlarged to that of the image. Of runs that kept
    none, as those from before epochs were kept, the validation cases are shown as
    :func:`of_runs` shows them.
    """
    runs = named(run, other)
    table = kept_epochs(run)
    for name, each in runs.items():
        score = "val_dice" if each is run else f"val_dice {name}"
        history = each.history.reindex(columns=["epoch", "val_dice"]).astype({"epoch": int})
        table = table.merge(kept_epochs(each)).merge(history.rename(columns={"val_dice": score}))
    if table.empty:
        return of_runs(run, other, "val")
    cases = run.cases[run.cases["case"].isin(table["case"])].reset_index(drop=True)
    plain, place = of_table(cases), {name: i for i, name in enumerate(cases["case"])}
    names = (table["case"] + ", epoch " + table["epoch"].astype(str)).tolist()

    def read(index: int) -> Case:
        """A case as each run saw it after one epoch."""
        row = table.iloc[index]
        case = plain.read(place[row["case"]])
        shape = np.asarray(case.image).shape[:2]
        maps = {n: load_epoch(each, row["epoch"], row["case"], shape) for n, each in runs.items()}
        return replace(case, name=names[index], predictions=maps)

    title = f"{plain.title}, validation, by epoch: {' and '.join(runs)}"
    listed = table.drop(columns="case").assign(case=names)
    return replace(plain, title=title, table=listed, read=read, models=tuple(runs))

"""How do several classes become one number?

Each case has one score a class. They are averaged over the classes of a case first, then over the
cases, so that a case counts once however many organs it shows (a *macro* mean).

**Absent classes.** A slice shows two organs of five. The other three are absent from truth and
prediction, and by the rule for empty masks each would score 1: a network that finds neither of
the two would still get .6. So a class that neither mask holds is left out of the mean of that
case, as nnU-Net does (https://github.com/MIC-DKFZ/nnUNet/issues/1065 says why), and how often
that was done is counted. A class that was invented, or missed, is not absent and scores 0. A case
without any class, in which none was found either, scores 1 like every empty mask. With one
foreground class nothing of this changes a score.
"""

from __future__ import annotations

import pandas as pd

from seglib.scoring import METRICS


def occurs(scores: pd.DataFrame) -> pd.Series:
    """Which rows are of a class that the truth or the prediction of the case holds, as bool."""
    return scores["truth_px"] + scores["predicted_px"] > 0


def per_case(scores: pd.DataFrame) -> pd.DataFrame:
    """One row a case: the mean over its classes.

    Parameters
    ----------
    scores
        One row per case and class, see :class:`seglib.scoring.Scored`.

    Returns
    -------
    DataFrame
        `scores` itself if it has one class. Else ``case, group, truth_px, predicted_px`` (all
        classes together), ``height, width`` and the mean of each of
        :data:`seglib.scoring.METRICS` over the classes that occur in the case. A distance is
        NaN if it is undefined for any of them: a mean over the others would flatter.
    """
    if scores["class"].nunique() < 2:
        return scores
    there = occurs(scores)
    kept = scores[there | ~there.groupby(scores["case"]).transform("any")]
    by_case = kept.groupby("case", sort=False)
    facts = by_case.agg(dict.fromkeys(("group", "height", "width"), "first"))
    facts = facts.join(by_case[["truth_px", "predicted_px"]].sum())
    names = list(METRICS)
    undefined = kept[names].isna().groupby(kept["case"], sort=False).any()
    return facts.join(by_case[names].mean().mask(undefined)).round(6).reset_index()


def absences(scores: pd.DataFrame) -> pd.Series:
    """In how many cases is each class absent from truth and prediction? Index the class."""
    return (~occurs(scores)).groupby(scores["class"], sort=False).sum().rename("absent")

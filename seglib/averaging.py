"""How do several classes become one number?

Each case has one score a class. They are averaged over the classes of a case first, then over the
cases, so that a case counts once however many organs it shows (a *macro* mean).

**Absent classes.** A slice shows two organs of five. The other three are absent from truth and
prediction, and by the rule for empty masks each would score 1: a network that finds neither of
the two would still get .6. So a class that neither mask holds is left out of the mean of that
case, as nnU-Net does (https://github.com/MIC-DKFZ/nnUNet/issues/380 says why), and how often
that was done is counted. A class that was invented, or missed, is not absent and scores 0. A case
without any class, in which none was found either, scores 1 like every empty mask. With one
foreground class nothing of this changes a score.
"""

from __future__ import annotations

import pandas as pd

from seglib import metrics
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
    kept = scores[_counted(occurs(scores), scores["case"])]
    by_case = kept.groupby("case", sort=False)
    facts = by_case.agg(dict.fromkeys(("group", "height", "width"), "first"))
    facts = facts.join(by_case[["truth_px", "predicted_px"]].sum())
    names = list(METRICS)
    undefined = kept[names].isna().groupby(kept["case"], sort=False).any()
    return facts.join(by_case[names].mean().mask(undefined)).round(6).reset_index()


def per_group(scores: pd.DataFrame) -> pd.DataFrame:
    """One row a group with the Dice of its pixels together: of the slices of a scan, the volume.

    A slice at the end of an organ shows a few pixels of it, and missing them costs that slice a
    whole point; the volume hardly feels it. Challenges on scans, such as CHAOS (Kavur et al. 2021,
    doi:10.1016/j.media.2020.101950), score volumes, so a mean over slices is not to be put beside
    theirs.

    Returns
    -------
    DataFrame
        ``group`` and ``dice``, the mean over the classes that occur in the group; 1 for a group
        without any in truth and prediction.
    """
    counts = ["tp", "fp", "fn", "tn"]
    summed = scores.groupby(["group", "class"], sort=False)[counts].sum()
    dice = pd.Series(metrics.dice(summed.to_numpy()), summed.index)
    kept = dice[_counted(summed[["tp", "fp", "fn"]].any(axis=1), "group")]
    return kept.groupby("group", sort=False).mean().round(6).rename("dice").reset_index()


def _counted(there: pd.Series, units: pd.Series | str) -> pd.Series:
    """Which rows a mean over classes counts: those that occur, and all of a unit without any."""
    return there | ~there.groupby(units).transform("any")


def absences(scores: pd.DataFrame) -> pd.Series:
    """In how many cases is each class absent from truth and prediction? Index the class."""
    return (~occurs(scores)).groupby(scores["class"], sort=False).sum().rename("absent")

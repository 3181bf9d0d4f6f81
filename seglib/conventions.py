"""Does the way of scoring choose the winner?

The same predictions have as many scores as there are reasonable ways to average them, and rankings
of challenges have turned round with the way (Maier-Hein et al. 2018,
doi:10.1038/s41467-018-07619-7).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from seglib.averaging import per_case, per_group
from seglib.results import Evaluation


def by_convention(
    evaluations: dict[str, Evaluation], flipped: dict[str, Evaluation]
) -> pd.DataFrame:
    """The same predictions under several ways of scoring, one column a model.

    All rows but those in px or mm lie in [0, 1] and are better when higher. Several classes are
    averaged in each image first, and one row more counts those that are absent as 1.
    """
    columns = {}
    for model, evaluation in evaluations.items():
        scores, unit = per_case(evaluation.scores), evaluation.unit
        several = {"Dice, absent classes as 1": evaluation.scores["dice"].mean()}
        columns[model] = {
            "Dice, mean of images": scores["dice"].mean(),
            "Dice, images with an object": scores.loc[scores["truth_px"] > 0, "dice"].mean(),
            "Dice, mean of groups": scores.groupby("group")["dice"].mean().mean(),
            "Dice, a group's pixels pooled": per_group(evaluation.scores)["dice"].mean(),
            "Dice, median image": scores["dice"].median(),
            "Dice, pixels pooled": evaluation.pooled["dice"].mean(),
            "Dice, four flips": per_case(flipped[model].scores)["dice"].mean(),
            "IoU, mean of images": scores["iou"].mean(),
            "NSD, mean of images": scores["nsd"].mean(),
            f"HD95, mean of images ({unit})": scores["hd95"].mean(),
            f"HD95, median image ({unit})": scores["hd95"].median(),
        } | (several if evaluation.one_vs_rest else {})
    return pd.DataFrame(columns).rename_axis("convention")


def winners(table: pd.DataFrame) -> pd.Series:
    """Model that is ahead under each convention: the higher score, or the shorter distance.

    NaN where no model has a score: a distance is undefined if both found nothing.
    """
    better = table.mul(np.where(are_distances(table), -1, 1), axis=0).dropna(how="all")
    return better.idxmax(axis=1).reindex(table.index)


def are_distances(table: pd.DataFrame) -> np.ndarray:
    """Which conventions are lengths, in px or mm."""
    return table.index.str.contains(r"\((?:px|mm)\)")

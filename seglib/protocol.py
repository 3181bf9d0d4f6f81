"""How were these scores made? One line that belongs under every table of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from seglib.scoring import TOLERANCE
from seglib.spacing import Spacing

ONE_EMPTY = "exactly one empty = 0 with undefined distances, counted apart"
ONE_GROUP = "no interval: one group"


def protocol(
    question: dict,
    scores: pd.DataFrame,
    cases: pd.DataFrame,
    spacing: Spacing | None,
    whole: pd.DataFrame | None,
) -> str:
    """All that has to be known to compare a score with another one.

    Parameters
    ----------
    question
        ``split``, ``threshold``, ``flips`` and, where it is not 1, ``zoom``, see
        :func:`seglib.evaluation.evaluate`.
    scores
        See :class:`seglib.scoring.Scored`.
    cases
        The cases that were scored.
    spacing
        Pixel of each case, mm; None if distances are in px.
    whole
        All cases of the run with their ``split``; None if others than those were scored.
    """
    card, n, groups = cases.attrs["card"], len(cases), cases["group"].nunique()
    names = ", ".join(entry.name for entry in card.classes[1:])
    one_class = len(card.classes) == 2
    said = [
        f"{question['split']} cases of {card.name}: {n} in {groups} groups",
        _division(cases, whole),
        f"mean of scores per image at native resolution{'' if one_class else ', of its classes'}",
        f"foreground only ({names})",
        f"both masks empty = 1, {ONE_EMPTY}" if one_class else _absent(scores),
        f"threshold {question['threshold']:g}" if one_class else "likeliest class of each pixel",
        "mean of four flips" if question["flips"] else "no flips",
        *([f"sliding window, zoom {question['zoom']:g}"] if "zoom" in question else []),
        _tolerance(scores, spacing),
        "95 % intervals from 2000 resamples of the groups" if groups > 1 else ONE_GROUP,
    ]
    return "; ".join(said)


def _division(cases: pd.DataFrame, whole: pd.DataFrame | None) -> str:
    """How the cases were parted from those that the network learnt from."""
    if whole is None:
        return "cases given by hand"
    groups = cases["group"].drop_duplicates()
    other = whole[~whole["case"].isin(cases["case"])]
    if torn := int(groups.isin(other["group"]).sum()):
        return f"split by image, {torn} of these groups also in other parts of the split"
    if whole["group"].duplicated().any():
        return "split by group"
    return "split by image, no groups are known"


def _absent(scores: pd.DataFrame) -> str:
    """What was done with empty masks, and how many there are.

    Only the truth is counted here: a protocol says nothing about a network, so that two networks
    that were scored alike have the same one. ``Evaluation.class_table`` counts the rest.
    """
    empty = scores["truth_px"] == 0
    counted = empty.groupby(scores["class"], sort=False).sum()
    blank = int(empty.groupby(scores["case"]).all().sum())
    return (
        "a class absent from truth and prediction is left out "
        f"(not in the truth: {', '.join(f'{name} {n}' for name, n in counted.items())}); "
        f"an image without any class = 1 (truth blank: {blank}); {ONE_EMPTY}"
    )


def _tolerance(scores: pd.DataFrame, spacing: Spacing | None) -> str:
    """Unit of the distances and the margin of NSD; the median margin, as images differ."""
    height, width, unit = scores["height"], scores["width"], "px"
    if spacing is not None:
        pixel = np.array([spacing[case] for case in scores["case"]])
        height, width, unit = height * pixel[:, 0], width * pixel[:, 1], "mm"
    margin = TOLERANCE * np.hypot(height, width).median()
    said = f"NSD within {TOLERANCE:.0%} of the image diagonal (median {margin:.1f} {unit})"
    return said if spacing is None else f"distances in mm; {said}"

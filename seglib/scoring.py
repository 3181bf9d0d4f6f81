"""How good is each single prediction? Case after case, every score at native resolution.

Only a row of numbers per case is kept, so the memory does not grow with the size of the images.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seglib import metrics, surface
from seglib.inference import to_labels
from seglib.thresholds import ScoreHistogram

# How far a predicted outline may lie from the true one and still count as found, as a share of
# the image diagonal. Sizes differ sixfold within one data set, so a number of pixels would not do;
# 2 % is the margin that Boundary IoU chose for hand-drawn outlines (Cheng 2021, arXiv:2103.16562).
TOLERANCE = 0.02

METRICS = {
    "dice": "Dice",
    "iou": "IoU (Jaccard)",
    "precision": "Precision",
    "recall": "Recall (sensitivity)",
    "specificity": "Specificity",
    "accuracy": "Pixel accuracy",
    "hd95": "95 % Hausdorff distance (px)",
    "assd": "Mean surface distance (px)",
    "nsd": "Outline within tolerance (NSD)",
}
OF_COUNTS = tuple(METRICS)[:6]


@dataclass(frozen=True)
class Scored:
    """Scores of a set of cases.

    Attributes
    ----------
    scores
        One row per case and foreground class, sorted by case: ``case, group, class, truth_px,
        predicted_px, height, width, tp, fp, fn, tn`` and a column for each of :data:`METRICS`.
    confusion
        ``(classes, classes) int64`` pixels of all cases; rows are the truth.
    histogram
        Pixel probabilities of all cases, any foreground against background.
    """

    scores: pd.DataFrame
    confusion: np.ndarray
    histogram: ScoreHistogram


def of_counts(counts: np.ndarray) -> dict[str, np.ndarray]:
    """The six scores of counts ``(..., 4)``, by name."""
    return {name: getattr(metrics, name)(counts) for name in OF_COUNTS}


def _outline_scores(truth: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    distances = surface.surface_distances(truth, labels)
    return {
        "hd95": surface.hd95(distances),
        "assd": surface.assd(distances),
        "nsd": surface.nsd(distances, TOLERANCE * np.hypot(*truth.shape)),
    }


def score_cases(
    predictions: Iterable[tuple[str, str, np.ndarray, np.ndarray]],
    classes: tuple[str, ...],
    threshold: float = 0.5,
) -> Scored:
    """Score predictions as they come, keeping none of them.

    Parameters
    ----------
    predictions
        ``(case, group, truth, probability)``: truth ``(H, W)`` class indices, probability
        ``(H, W)`` in [0, 1] for one foreground class, else ``(classes, H, W)``.
    classes
        Names of the classes, the background first.
    threshold
        See :func:`seglib.inference.to_labels`.

    Returns
    -------
    Scored
        Two empty masks score 1 (distance 0), exactly one empty 0 (distance NaN).

    Raises
    ------
    ValueError
        If truth and probability differ in shape or hold what they must not; the case is named.
    """
    rows, histogram = [], ScoreHistogram()
    total = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for case, group, truth, probability in predictions:
        labels = to_labels(probability, threshold)
        try:
            matrix = metrics.confusion(truth, labels, len(classes))
            foreground = probability if probability.ndim == 2 else 1 - probability[0]
            histogram.add(truth > 0, foreground)
        except ValueError as error:
            raise ValueError(f"Case '{case}': {error}") from error
        total += matrix
        for index, name in enumerate(classes[1:], start=1):
            tp, fp, fn, tn = metrics.counts_of(matrix)[index].tolist()
            row = {"case": case, "group": group, "class": name}
            row |= {"truth_px": tp + fn, "predicted_px": tp + fp}
            row |= {"height": truth.shape[0], "width": truth.shape[1]}
            row |= {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
            rows.append(row | _outline_scores(truth == index, labels == index))
    scores = pd.DataFrame(rows)
    scores = scores.assign(**of_counts(scores[["tp", "fp", "fn", "tn"]].to_numpy()))
    columns = [name for name in scores if name not in METRICS]
    scores = scores.sort_values("case", kind="stable", ignore_index=True)
    # Six decimals, as on disk: what is computed from fresh scores and from stored ones agrees.
    return Scored(scores[columns + list(METRICS)].round(6), total, histogram)

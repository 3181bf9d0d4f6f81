"""How good is each single prediction? Case after case, every score at native resolution.

Only a row of numbers per case is kept, so the memory does not grow with the size of the images.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seglib import metrics, surface
from seglib.spacing import Spacing
from seglib.thresholds import Histograms, ScoreHistogram, to_labels

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
    one_vs_rest
        The same for each foreground class against all else, by its name; empty if there is only
        one, whose histogram is `histogram`.
    """

    scores: pd.DataFrame
    confusion: np.ndarray
    histogram: ScoreHistogram
    one_vs_rest: dict[str, ScoreHistogram]


def pooled_scores(confusion: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Scores of the summed counts, one row a foreground class, by `names`.

    Of several classes, one that occurs in no mask of either kind has none: NaN.
    """
    counts = metrics.counts_of(confusion)[1:]
    table = pd.DataFrame(of_counts(counts), index=list(names))
    if len(counts) > 1:
        table[counts[:, :3].sum(axis=1) == 0] = np.nan
    return table


def titles(unit: str = "px") -> dict[str, str]:
    """Title of each of :data:`METRICS`, with the unit in which distances were measured."""
    return {name: title.replace("(px)", f"({unit})") for name, title in METRICS.items()}


def of_counts(counts: np.ndarray) -> dict[str, np.ndarray]:
    """The six scores of counts ``(..., 4)``, by name."""
    return {name: getattr(metrics, name)(counts) for name in OF_COUNTS}


def _outline_scores(
    truth: np.ndarray, labels: np.ndarray, spacing: tuple[float, float]
) -> dict[str, float]:
    """Distances of two masks of one class, in the unit of the spacing, and NSD."""
    distances = surface.surface_distances(truth, labels, spacing)
    diagonal = np.hypot(truth.shape[0] * spacing[0], truth.shape[1] * spacing[1])
    return {
        "hd95": surface.hd95(distances),
        "assd": surface.assd(distances),
        "nsd": surface.nsd(distances, TOLERANCE * diagonal),
    }


def _class_rows(
    truth: np.ndarray,
    labels: np.ndarray,
    matrix: np.ndarray,
    classes: tuple[str, ...],
    spacing: tuple[float, float],
) -> Iterator[dict]:
    """Counts and outline scores of one case, class by class."""
    for index, name in enumerate(classes[1:], start=1):
        tp, fp, fn, tn = metrics.counts_of(matrix)[index].tolist()
        row = {"class": name, "truth_px": tp + fn, "predicted_px": tp + fp}
        row |= {"height": truth.shape[0], "width": truth.shape[1]}
        row |= {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
        yield row | _outline_scores(truth == index, labels == index, spacing)


def _table(rows: list[dict]) -> pd.DataFrame:
    """All rows with the scores of their counts, sorted by case."""
    scores = pd.DataFrame(rows)
    scores = scores.assign(**of_counts(scores[["tp", "fp", "fn", "tn"]].to_numpy()))
    columns = [name for name in scores if name not in METRICS]
    scores = scores.sort_values("case", kind="stable", ignore_index=True)
    # Six decimals, as on disk: what is computed from fresh scores and from stored ones agrees.
    return scores[columns + list(METRICS)].round(6)


def score_cases(
    predictions: Iterable[tuple[str, str, np.ndarray, np.ndarray]],
    classes: tuple[str, ...],
    threshold: float = 0.5,
    spacing: Spacing | None = None,
) -> Scored:
    """Score predictions as they come, keeping none of them.

    Two empty masks score 1 (distance 0), exactly one empty 0 (distance NaN).

    Parameters
    ----------
    predictions
        ``(case, group, truth, probability)``: truth ``(H, W)`` class indices, probability
        ``(H, W)`` in [0, 1] for one foreground class, else ``(classes, H, W)``.
    classes
        Names of the classes, the background first.
    threshold
        See :func:`seglib.thresholds.to_labels`.
    spacing
        Pixel of each case, mm; distances are then in mm, else in px.

    Raises
    ------
    ValueError
        If truth and probability differ in shape or hold what they must not; the case is named.
    """
    rows, pixels = [], Histograms(classes)
    total = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for case, group, truth, probability in predictions:
        found = to_labels(probability, threshold)
        try:
            matrix = metrics.confusion(truth, found, len(classes))
            pixels.add(truth, probability)
        except ValueError as error:
            raise ValueError(f"Case '{case}': {error}") from error
        total += matrix
        pixel, facts = spacing[case] if spacing else (1.0, 1.0), {"case": case, "group": group}
        rows += [facts | row for row in _class_rows(truth, found, matrix, classes, pixel)]
    return Scored(_table(rows), total, pixels.foreground, pixels.one_vs_rest)

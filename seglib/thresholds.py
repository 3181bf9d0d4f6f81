"""What would another threshold have given? ROC, PR and scores at 1001 thresholds at once.

A network gives a probability to each pixel, and a threshold makes a mask of it. To compare all
thresholds one would have to keep all pixels of all images; two histograms of the probabilities,
one of object pixels and one of background pixels, hold the same answer. With several classes each
is held against all the others (one-vs-rest).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from seglib.metrics import dice, iou, precision, recall

DUST = 1e-5  # interpolation in float32 may end this far beyond 0 or 1


def check_threshold(threshold: float) -> None:
    """Raise ``ValueError`` unless it is a probability."""
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold is {threshold}, expected a probability from 0 to 1.")


def to_labels(probability: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """Class indices ``(H, W) uint8`` of a probability map.

    One foreground class: 1 where the probability reaches `threshold`. More: the likeliest
    class, and the threshold is not used.
    """
    if probability.ndim == 2:
        return (probability >= threshold).astype(np.uint8)
    return probability.argmax(axis=0).astype(np.uint8)


class ScoreHistogram:
    """Pixel probabilities of many images as two histograms, to ask for any threshold later.

    No pixel is kept, so the memory does not grow with the number of images. Scores are
    **pooled**: all pixels count alike, and large objects weigh most. Thresholds are the 1001
    values 0, 0.001, …, 1, and ``probability >= threshold`` is called the object.
    """

    bins = 1000

    def __init__(self) -> None:
        self.histogram = np.zeros((2, self.bins + 1), dtype=np.int64)

    def add(self, truth: np.ndarray, probability: np.ndarray) -> None:
        """Count one image: ``truth`` bool or 0/1, ``probability`` of that shape in [0, 1].

        Raises
        ------
        ValueError
            If the shapes differ, or a value lies outside those ranges or is NaN.
        """
        if truth.shape != probability.shape:
            raise ValueError(
                f"the truth has shape {truth.shape}, the probability {probability.shape}, "
                "expected one shape; resize the probability to the mask."
            )
        low, high = probability.min(), probability.max()
        if not (low >= -DUST and high <= 1 + DUST and truth.max() <= 1):
            raise ValueError(
                f"the probability runs from {low:g} to {high:g} and the truth up to "
                f"{int(truth.max())}, expected [0, 1] and 0 or 1; apply a sigmoid to logits."
            )
        code = (probability.ravel() * self.bins).astype(np.intp)
        pixels = np.bincount(code, minlength=self.bins + 1)
        objects = np.bincount(code[truth.ravel() != 0], minlength=self.bins + 1)
        self.histogram += np.stack([pixels - objects, objects])

    def counts(self) -> np.ndarray:
        """Pooled ``(1001, 4) int64`` counts tp, fp, fn, tn at rising thresholds."""
        fp, tp = self.histogram[:, ::-1].cumsum(axis=1)[:, ::-1]
        negatives, positives = self.histogram.sum(axis=1)
        return np.stack([tp, fp, positives - tp, negatives - fp], axis=1)

    def roc(self) -> pd.DataFrame:
        """Receiver operating characteristic (Fawcett 2006, doi:10.1016/j.patrec.2005.10.010).

        Returns
        -------
        DataFrame
            ``threshold`` (falling from infinity, where nothing is called object), ``fpr``
            (1 - specificity) and ``tpr`` (recall); NaN where no such pixel was seen.
        """
        tp, fp, fn, tn = self.counts()[::-1].T
        with np.errstate(invalid="ignore"):
            rates = np.stack([fp / (fp + tn), tp / (tp + fn)], axis=1)
        table = pd.DataFrame(np.vstack([rates[:1] * 0, rates]), columns=["fpr", "tpr"])
        table.insert(0, "threshold", np.r_[np.inf, np.arange(self.bins, -1, -1) / self.bins])
        return table

    def auc(self) -> float:
        """Area under the ROC curve: how often an object pixel outscores a background pixel.

        In [0, 1], 0.5 is chance; NaN if all pixels are of one kind. Pixels in one of the 1001
        bins count as ties.
        """
        curve = self.roc()
        return float(np.trapezoid(curve["tpr"], curve["fpr"]))

    def sweep(self) -> pd.DataFrame:
        """Pooled scores at each ``threshold``: ``dice``, ``iou``, ``precision``, ``recall``."""
        table = {"threshold": np.arange(self.bins + 1) / self.bins}
        scores = (dice, iou, precision, recall)
        return pd.DataFrame(table | {score.__name__: score(self.counts()) for score in scores})


def average_precision(sweep: pd.DataFrame) -> float:
    """Area under the precision-recall curve, as steps (average precision).

    ``sum (recall_n - recall_n-1) precision_n`` over falling thresholds, no line drawn between
    two points (doi:10.1145/1143844.1143874 says why a line flatters).

    Parameters
    ----------
    sweep
        ``threshold`` (rising), ``precision`` and ``recall``, from :meth:`ScoreHistogram.sweep`
        or an evaluation. The columns are the precision-recall curve itself.

    Returns
    -------
    float
        In [0, 1]; guessing gives the share of object pixels, which is why it says more than AUC
        where objects are small. NaN where no pixel is object.
    """
    falling = sweep.iloc[::-1]
    if not falling["recall"].iloc[-1]:  # everything is called object at threshold 0
        return float("nan")
    steps = np.diff(falling["recall"], prepend=0)
    return float((steps * falling["precision"]).sum())


class Histograms:
    """One histogram for any foreground, and with several classes one for each against the rest.

    Parameters
    ----------
    classes
        Names of the classes, the background first.

    Attributes
    ----------
    foreground
        Any foreground class against the background.
    one_vs_rest
        Name of a class -> its histogram; empty if there is one foreground class only.
    """

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.foreground = ScoreHistogram()
        several = classes[1:] if len(classes) > 2 else ()
        self.one_vs_rest = {name: ScoreHistogram() for name in several}

    def add(self, truth: np.ndarray, probability: np.ndarray) -> None:
        """Count one image: class indices ``(H, W)``; ``(H, W)`` or ``(classes, H, W)`` in [0, 1].

        Raises as :meth:`ScoreHistogram.add`.
        """
        binary = probability.ndim == 2
        self.foreground.add(truth > 0, probability if binary else 1 - probability[0])
        for index, histogram in enumerate(self.one_vs_rest.values(), start=1):
            histogram.add(truth == index, probability[index])

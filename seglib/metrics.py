"""How good is this prediction? Counts first, then every score is a function of counts.

Of each pixel one asks two things: is it the object, and was it called the object? The four
answers are counted once (:mod:`seglib.counting`), and Dice, IoU and the others are ratios of the
counts. Scores of one image or of many (the sum of their counts) come from the same functions. How
far apart two outlines lie is asked in :mod:`seglib.surface`, which objects were found in
:mod:`seglib.objects`, what another threshold would have given in :mod:`seglib.thresholds`.

**Empty masks.** Where truth and prediction are both empty a ratio is 0/0. The prediction is
right, so the score is ``empty``, 1 unless told otherwise (NaN leaves such images out of a mean).
In every other case a zero denominator gives 0: an object that was missed, or one that was
invented, is never a success and never dropped.
"""

from __future__ import annotations

import numpy as np

from seglib.counting import confusion, counts, counts_of

__all__ = [
    "accuracy",
    "balanced_accuracy",
    "confusion",
    "counts",
    "counts_of",
    "dice",
    "foreground_dice",
    "iou",
    "mcc",
    "precision",
    "recall",
    "specificity",
    "volumetric_similarity",
]


def foreground_dice(truth: np.ndarray, prediction: np.ndarray, n_classes: int = 2) -> float:
    """Dice of one image: the mean over its foreground classes.

    A class that neither mask holds is left out, as in nnU-Net: it would score 1, and a slice that
    shows one organ of five would score .8 before anything is found. An image on which no class
    is to be found, and none was found, scores 1. With one foreground class this is
    :func:`dice`.

    Takes and raises what :func:`confusion` does; returns a number in [0, 1].
    """
    foreground = counts(truth, prediction, n_classes)[1:]
    occur = foreground[:, :3].any(axis=1)  # tp, fp or fn
    return float(dice(foreground[occur]).mean()) if occur.any() else 1.0


def _columns(counts: np.ndarray) -> tuple[np.ndarray, ...]:
    """tp, fp, fn, tn, each ``(...) float64``."""
    return tuple(np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0))


def _ratio(part: np.ndarray, whole: np.ndarray, both_empty: np.ndarray, empty: float) -> np.ndarray:
    """``part / whole``; ``empty`` where there was nothing to find and nothing found, else 0."""
    ratio = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return np.where(both_empty, empty, ratio)


def dice(counts: np.ndarray, empty: float = 1.0) -> np.ndarray:
    """Dice coefficient or F1, ``2 tp / (2 tp + fp + fn)`` (Dice 1945, doi:10.2307/1932409).

    Parameters
    ----------
    counts
        Pixel counts ``(..., 4)``: tp, fp, fn, tn.
    empty
        Score where truth and prediction are both empty.

    Returns
    -------
    ndarray
        ``(...) float64`` in [0, 1]. An object missed, or invented on an empty truth, gives 0.
    """
    tp, fp, fn, _ = _columns(counts)
    return _ratio(2 * tp, 2 * tp + fp + fn, tp + fp + fn == 0, empty)


def iou(counts: np.ndarray, empty: float = 1.0) -> np.ndarray:
    """Intersection over union, ``tp / (tp + fp + fn)`` (Jaccard 1912).

    Takes and returns what :func:`dice` does; missed or invented gives 0.
    """
    tp, fp, fn, _ = _columns(counts)
    return _ratio(tp, tp + fp + fn, tp + fp + fn == 0, empty)


def precision(counts: np.ndarray, empty: float = 1.0) -> np.ndarray:
    """Share of what was called object that is object, ``tp / (tp + fp)``.

    Takes and returns what :func:`dice` does; an empty prediction of a real object gives 0.
    """
    tp, fp, fn, _ = _columns(counts)
    return _ratio(tp, tp + fp, tp + fp + fn == 0, empty)


def recall(counts: np.ndarray, empty: float = 1.0) -> np.ndarray:
    """Share of the object that was found, or sensitivity, ``tp / (tp + fn)``.

    Takes and returns what :func:`dice` does; an object invented on an empty truth gives 0.
    """
    tp, fp, fn, _ = _columns(counts)
    return _ratio(tp, tp + fn, tp + fp + fn == 0, empty)


def specificity(counts: np.ndarray, empty: float = 1.0) -> np.ndarray:
    """Share of the background that was left alone, ``tn / (tn + fp)``: the background's recall.

    Takes and returns what :func:`dice` does. ``empty`` stands where there is no background in
    truth or prediction. It is near 1 whenever the object is small, however bad the prediction.
    """
    _, fp, fn, tn = _columns(counts)
    return _ratio(tn, tn + fp, tn + fp + fn == 0, empty)


def accuracy(counts: np.ndarray) -> np.ndarray:
    """Share of all pixels that are right, ``(tp + tn) / (tp + fp + fn + tn)``, in [0, 1].

    Nothing is ever undefined: both empty gives 1. An object that covers 1 % of the image and is
    missed altogether still gives 0.99, so never show it alone.
    """
    tp, fp, fn, tn = _columns(counts)
    return (tp + tn) / (tp + fp + fn + tn)


def balanced_accuracy(counts: np.ndarray, empty: float = 1.0) -> np.ndarray:
    """Mean of recall and specificity (Brodersen 2010, doi:10.1109/ICPR.2010.764).

    Takes and returns what :func:`dice` does: object and background weigh alike, whatever their
    sizes. An object missed altogether gives 0.5, and so does calling everything object; one
    invented on an empty truth gives less than 0.5, because its recall counts as 0.
    """
    return (recall(counts, empty) + specificity(counts, empty)) / 2


def mcc(counts: np.ndarray, empty: float = 1.0) -> np.ndarray:
    """Matthews correlation coefficient, the correlation of the two masks' pixels (MCC).

    ``(tp tn - fp fn) / sqrt((tp + fp) (tp + fn) (tn + fp) (tn + fn))`` (Matthews 1975,
    doi:10.1016/0005-2795(75)90109-9).

    Takes and returns what :func:`dice` does, but in [-1, 1]; 0 is chance. ``empty`` stands where
    both masks are empty, or both fill the image. An object missed, or invented on an empty truth,
    gives 0: a mask without two kinds of pixels correlates with nothing.
    """
    tp, fp, fn, tn = _columns(counts)
    # Roots first: the product of four counts of many pooled images would lose digits.
    scale = np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn)
    found = _ratio(tp * tn - fp * fn, scale, (scale == 0) & (fp + fn == 0), empty)
    return np.clip(found, -1, 1)  # the roots leave a last bit too many


def volumetric_similarity(counts: np.ndarray, empty: float = 1.0) -> np.ndarray:
    """How alike the two sizes are, ``1 - |fn - fp| / (2 tp + fp + fn)``.

    Source: Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x. Takes and returns what
    :func:`dice` does; missed or invented gives 0. It does not ask *where* the pixels lie: two
    masks of one size that do not touch score 1, so never show it alone.
    """
    tp, fp, fn, _ = _columns(counts)
    whole = 2 * tp + fp + fn
    return _ratio(whole - np.abs(fn - fp), whole, whole == 0, empty)

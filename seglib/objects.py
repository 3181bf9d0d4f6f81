"""Which objects were found? Lesions, stones and polyps one by one instead of pixel by pixel.

Dice of a whole image is decided by its largest object: one may overlook nine small stones of ten
and still score .9. Here every connected piece of a mask is an object, true and predicted objects
are paired one to one, and what has no partner was missed or invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from seglib.counting import check_masks
from seglib.images import resize_mask

OVERLAP = 0.1  # IoU from which two objects may be one: found, if badly outlined


@dataclass(frozen=True)
class Objects:
    """What became of the objects of one image.

    Attributes
    ----------
    dice
        ``(found,) float64`` Dice of each pair, in the order of the true objects.
    found, missed, invented
        True objects with a partner, true objects without, predicted objects without.
    """

    dice: np.ndarray
    missed: int
    invented: int

    @property
    def found(self) -> int:
        """Number of true objects that have a partner."""
        return len(self.dice)

    @property
    def counts(self) -> np.ndarray:
        """``(4,) int64`` found, invented, missed, 0, to be scored like tp, fp, fn, tn.

        ``metrics.recall(counts)`` is the share of true objects found, ``metrics.precision`` the
        share of predicted ones that are real, ``metrics.dice`` the F1 of detection; each has the
        policy for empty masks that it has for pixels. Counts of several images add up.
        """
        return np.array([self.found, self.invented, self.missed, 0])

    def mean_dice(self, empty: float = 1.0) -> float:
        """Dice of all objects, each missed or invented one counted as 0, in [0, 1].

        Every object weighs alike, however small. ``empty`` stands where there was no object and
        none was predicted; a false positive on an empty truth gives 0, a missed object 0.
        """
        everyone = self.counts.sum()
        return float(self.dice.sum() / everyone) if everyone else empty


def find_objects(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the connected pieces of a mask ``(H, W)``; pixels touch over edges and corners.

    Returns
    -------
    tuple
        ``(H, W) int32``, 0 the background and 1, 2, … the objects, and how many there are.
    """
    n, labels = cv2.connectedComponents(np.uint8(mask > 0), connectivity=8)
    return labels, n - 1


def lost_objects(masks: Iterable[np.ndarray], size: int) -> tuple[int, int]:
    """How many objects have no pixel left at ``size x size`` px, and how many there are.

    Takes masks ``(H, W)``, made small as training masks are (:func:`seglib.images.resize_mask`).
    """
    lost, there = 0, 0
    for mask in masks:
        labels, n = find_objects(mask)
        left = np.unique(resize_mask(labels.astype(np.uint16), (size, size)))
        lost, there = lost + n - np.count_nonzero(left), there + n
    return lost, there


def froc(
    truths: Sequence[np.ndarray], maps: Sequence[np.ndarray], thresholds: Sequence[float]
) -> pd.DataFrame:
    """Objects found and invented at several thresholds (free-response ROC).

    An object is found where the mask touches it, however little; a piece of the mask that touches
    none is invented. Source: Bunch et al. 1978, J Appl Photogr Eng 4.

    Parameters
    ----------
    truths
        Masks ``(H, W)``.
    maps
        Their probabilities ``(H, W)`` in [0, 1]; a pixel is marked from the threshold on.
    thresholds
        One row each.

    Returns
    -------
    DataFrame
        ``threshold``; ``found``, the share of all objects, NaN if there are none; ``invented``,
        the mean number in an image.
    """
    objects = [find_objects(truth) for truth in truths]
    there, rows = sum(n for _, n in objects), []
    for threshold in thresholds:
        found, invented = 0, 0
        for (labels, _), seen in zip(objects, maps, strict=True):
            marks, n = find_objects(seen >= threshold)
            both = (labels > 0) & (marks > 0)
            found += len(np.unique(labels[both]))
            invented += n - len(np.unique(marks[both]))
        share = found / there if there else np.nan
        rows.append({"threshold": threshold, "found": share, "invented": invented / len(objects)})
    return pd.DataFrame(rows)


def match_objects(truth: np.ndarray, prediction: np.ndarray, overlap: float = OVERLAP) -> Objects:
    """Pair the objects of two masks one to one, so that the sum of their IoU is greatest.

    One-to-one matching by overlap as in Maier-Hein et al. 2024, doi:10.1038/s41592-023-02151-z.
    An object that was predicted in two pieces has one partner, and the other piece is invented;
    two objects predicted as one are one found and one missed.

    Parameters
    ----------
    truth, prediction
        Masks ``(H, W)`` of one class, bool or integer; not 0 is the object.
    overlap
        Least IoU of a pair, in (0, 1]. Above .5 no object has two candidates (Kirillov et al.
        2019, arXiv:1801.00868); small objects ask for less, because a pixel is much of them.

    Raises
    ------
    ValueError
        If the shapes differ, a mask is not two-dimensional or not of an integer type, or
        `overlap` lies outside (0, 1].
    """
    check_masks(truth, prediction)
    if truth.ndim != 2:
        raise ValueError(f"the masks have shape {truth.shape}, expected (height, width).")
    if not 0 < overlap <= 1:
        raise ValueError(f"the overlap is {overlap:g}, expected an IoU above 0 and up to 1.")
    ours, theirs = find_objects(truth), find_objects(prediction)
    shared, sizes = _shared(*ours, *theirs)
    iou = shared / np.maximum(sizes - shared, 1)
    iou[iou < overlap] = 0
    rows, columns = linear_sum_assignment(iou, maximize=True)
    paired = iou[rows, columns] > 0
    rows, columns = rows[paired], columns[paired]
    dice = 2 * shared[rows, columns] / sizes[rows, columns]
    return Objects(dice, missed=ours[1] - len(dice), invented=theirs[1] - len(dice))


def _shared(
    ours: np.ndarray, n_ours: int, theirs: np.ndarray, n_theirs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels that each two objects share, and the sum of their sizes, ``(true, predicted)``."""
    code = ours.ravel().astype(np.intp) * (n_theirs + 1) + theirs.ravel()
    table = np.bincount(code, minlength=(n_ours + 1) * (n_theirs + 1))
    table = table.reshape(n_ours + 1, n_theirs + 1)
    sizes = table.sum(axis=1)[1:, None] + table.sum(axis=0)[None, 1:]
    return table[1:, 1:], sizes

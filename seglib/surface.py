"""How far apart are two outlines? Distances between the boundaries of two masks, and their overlap.

Dice hardly notices a thin finger that reaches far into healthy tissue; these distances do. The
outline of a mask is the set of its pixels that touch something else over an edge (the border of
the image counts as something else), and a distance is that from one pixel centre to the nearest
outline pixel of the other mask. It is measured once, in both directions, and every score below
reads the same two lists.

**Empty masks.** Both empty: the outlines agree, distances are 0 and NSD is 1. Exactly one empty:
there is no distance. It is NaN, to be counted and shown, never 0; NSD, which is a share and not a
length, is 0, so NSD makes a missed object count in a mean; boundary IoU does, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from seglib.counting import check_masks

CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))  # a pixel and its edge neighbours


@dataclass(frozen=True)
class SurfaceDistances:
    """Distances from each outline pixel of one mask to the outline of the other.

    Both are ``(n,) float64`` in the unit of the spacing; of length 0 if both masks are empty, and
    ``None`` if exactly one is.
    """

    truth_to_prediction: np.ndarray | None
    prediction_to_truth: np.ndarray | None

    @property
    def defined(self) -> bool:
        """False if exactly one mask is empty, so that there is no distance."""
        return self.truth_to_prediction is not None

    @property
    def both(self) -> tuple[np.ndarray, np.ndarray]:
        """The two directions, with a single 0 in each where both masks are empty."""
        directions = (self.truth_to_prediction, self.prediction_to_truth)
        return tuple(d if len(d) else np.zeros(1) for d in directions)


def outline(mask: np.ndarray) -> np.ndarray:
    """Pixels of a mask ``(H, W)`` with an edge neighbour outside it, ``(H, W) bool``."""
    mask = np.uint8(mask != 0)
    inside = cv2.erode(mask, CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return mask > inside


def _points(mask: np.ndarray, spacing: tuple[float, float]) -> np.ndarray:
    """Coordinates ``(n, 2)`` of the pixels of a mask (several times faster than argwhere)."""
    indices = np.unravel_index(np.flatnonzero(mask), mask.shape)
    return np.stack(indices, axis=1) * np.asarray(spacing)


def surface_distances(
    truth: np.ndarray, prediction: np.ndarray, spacing: tuple[float, float] = (1.0, 1.0)
) -> SurfaceDistances:
    """Measure the outlines of two masks against each other, in both directions.

    Parameters
    ----------
    truth, prediction
        Masks ``(H, W)`` of one object, bool or integer; not 0 is the object.
    spacing
        Height and width of a pixel: (1, 1) gives pixels, millimetres give millimetres.

    Raises
    ------
    ValueError
        If the shapes differ, or a mask is not two-dimensional or not of an integer type.
    """
    check_masks(truth, prediction)
    if truth.ndim != 2:
        raise ValueError(f"the masks have shape {truth.shape}, expected (height, width).")
    ours, theirs = (_points(outline(mask), spacing) for mask in (truth, prediction))
    if bool(len(ours)) != bool(len(theirs)):
        return SurfaceDistances(None, None)
    if not len(ours):
        return SurfaceDistances(np.zeros(0), np.zeros(0))
    return SurfaceDistances(cKDTree(theirs).query(ours)[0], cKDTree(ours).query(theirs)[0])


def hausdorff(distances: SurfaceDistances) -> float:
    """Hausdorff distance: the outline pixel that lies farthest from the other outline.

    The larger of the two directed maxima (Huttenlocher 1993, doi:10.1109/34.232073), in the unit
    of the spacing. One stray pixel decides it. Both empty 0, exactly one empty NaN.
    """
    return max(float(d.max()) for d in distances.both) if distances.defined else float("nan")


def hd95(distances: SurfaceDistances) -> float:
    """Hausdorff distance without the worst 5 %, in the unit of the spacing.

    The larger of the two directed 95th percentiles (linear interpolation), as in MONAI; tools
    that pool both directions first give another number. Both empty 0, exactly one empty NaN.
    """
    if not distances.defined:
        return float("nan")
    return max(float(np.percentile(d, 95)) for d in distances.both)


def assd(distances: SurfaceDistances) -> float:
    """Average symmetric surface distance: the mean over the pixels of both outlines.

    In the unit of the spacing (Heimann 2009, doi:10.1109/TMI.2009.2013851). Both empty 0,
    exactly one empty NaN.
    """
    return float(np.concatenate(distances.both).mean()) if distances.defined else float("nan")


def nsd(distances: SurfaceDistances, tolerance: float) -> float:
    """Normalised surface distance: share of both outlines that lies within ``tolerance``.

    In [0, 1] (Nikolov 2021, doi:10.2196/26151). The tolerance, in the unit of the spacing, is how
    far two experts may differ; distances equal to it pass. Both empty 1, exactly one empty 0.

    Raises
    ------
    ValueError
        If the tolerance is negative.
    """
    if tolerance < 0:
        raise ValueError(f"the tolerance is {tolerance}, expected a length of 0 or more.")
    if not distances.defined:
        return 0.0
    return float((np.concatenate(distances.both) <= tolerance).mean())


def rim(mask: np.ndarray, width: float, spacing: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
    """Pixels of a mask ``(H, W)`` at most `width` from a pixel outside it, ``(H, W) bool``.

    Measured between pixel centres in the unit of the spacing; beyond the image is outside. With a
    width of one pixel it is the :func:`outline`.
    """
    inside = np.pad(mask.astype(bool), 1)
    return (inside & (distance_transform_edt(inside, sampling=spacing) <= width))[1:-1, 1:-1]


def boundary_iou(
    truth: np.ndarray,
    prediction: np.ndarray,
    width: float,
    spacing: tuple[float, float] = (1.0, 1.0),
    empty: float = 1.0,
) -> float:
    """Intersection over union of the two masks' rims, in [0, 1].

    The inside of a large object no longer hides what happens at its border (Cheng et al. 2021,
    arXiv:2103.16562, whose width is 2 % of the image diagonal). Their program measures the width
    by rows and columns of a square; here it is a straight line, so that spacing can be respected.

    Parameters
    ----------
    truth, prediction, spacing
        As for :func:`surface_distances`.
    width
        Of the rims, in the unit of the spacing; a width above the objects gives the IoU.
    empty
        Score where both masks are empty. Exactly one empty gives 0.

    Raises
    ------
    ValueError
        As :func:`surface_distances`, and if a pixel is larger than the width, so that the rim
        would have gaps.
    """
    check_masks(truth, prediction)
    if truth.ndim != 2:
        raise ValueError(f"the masks have shape {truth.shape}, expected (height, width).")
    if width < max(spacing):
        raise ValueError(
            f"the rim is {width:g} wide and a pixel {max(spacing):g}; take at least one pixel."
        )
    ours, theirs = (rim(mask, width, spacing) for mask in (truth, prediction))
    union = (ours | theirs).sum()
    return float((ours & theirs).sum() / union) if union else empty

"""What if there were one more object in this image? Copy-paste augmentation.

A network that has seen each of a few hundred objects in its own place only learns the places.
Copy-paste (Ghiasi et al. 2021, arXiv:2012.07177) cuts an object out of one training image and
puts it, larger or smaller, into another. The paper pastes at random; here the colour is also
shifted, so that the object stands out from its new surroundings as much as from its old ones.
"""

from __future__ import annotations

import cv2
import numpy as np

AREA = (0.004, 0.12)  # share of the image that a pasted object covers; log-uniform between
ENLARGED = 2.0  # more would show how coarse it was
LONGEST = 0.7  # share of the image's side
MARGIN = 0.08  # of the object's longer side: how much of its surroundings comes along
DARK = 25  # mean grey value below which a place is the black border, not tissue
MATCHED = 0.8  # share of the difference in colour that is taken away


def paste_object(
    image: np.ndarray,
    mask: np.ndarray,
    donor_image: np.ndarray,
    donor_mask: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Put what is labelled in one image into another, turned, mirrored, scaled and recoloured.

    Parameters
    ----------
    image, donor_image
        ``(H, W, 3) uint8``.
    mask, donor_mask
        ``(H, W) uint8`` class indices.
    rng
        Where size, place and pose come from.

    Returns
    -------
    image, mask
        New arrays; the given ones themselves where the donor shows no object, or the place is
        dark.
    """
    if not donor_mask.any():
        return image, mask
    patch, labels = _pose(*_cut(donor_image, donor_mask), image.shape[:2], rng)
    height, width = labels.shape
    top = int(rng.integers(image.shape[0] - height + 1))
    left = int(rng.integers(image.shape[1] - width + 1))
    place = np.s_[top : top + height, left : left + width]
    if image[place].mean() < DARK:
        return image, mask
    image, mask = image.copy(), mask.copy()
    inside = (labels > 0).astype(np.float32)
    if not inside.all():
        around = patch[labels == 0].mean(axis=0)
        patch = patch + MATCHED * (image[place].mean(axis=(0, 1)) - around)
    cover = cv2.GaussianBlur(inside, (3, 3), 0)[..., None]
    image[place] = np.clip(cover * patch + (1 - cover) * image[place], 0, 255)
    mask[place] = np.where(labels > 0, labels, mask[place])
    return image, mask


def _cut(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The object's bounding box with a margin, from image and mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    more = max(2, round(MARGIN * max(np.ptp(rows), np.ptp(columns))))
    box = np.s_[
        max(rows[0] - more, 0) : rows[-1] + more + 1,
        max(columns[0] - more, 0) : columns[-1] + more + 1,
    ]
    return image[box], mask[box]


def _pose(
    patch: np.ndarray, labels: np.ndarray, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Turn by quarters, mirror and scale a cut-out so that it fits into ``shape``."""
    turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
    wanted = shape[0] * shape[1] * np.exp(rng.uniform(*np.log(AREA)))
    patch, labels = np.rot90(patch, turns), np.rot90(labels, turns)
    if mirrored:
        patch, labels = patch[:, ::-1], labels[:, ::-1]
    fits = LONGEST * min(shape) / max(labels.shape)
    scale = min(np.sqrt(wanted / (labels > 0).sum()), ENLARGED, fits)
    size = tuple(max(2, round(side * scale)) for side in labels.shape[::-1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    patch = cv2.resize(np.ascontiguousarray(patch), size, interpolation=how)
    labels = cv2.resize(np.ascontiguousarray(labels), size, interpolation=cv2.INTER_NEAREST_EXACT)
    return patch.astype(np.float32), labels

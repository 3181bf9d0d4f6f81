"""Which images are the same picture under two names?"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from seglib.files import sha256
from seglib.images import image_size, read_image

PAIR_COLUMNS = ("case_a", "case_b", "kind", "correlation")
THUMBNAIL = 32
CORRELATION = 0.98
HASH_DISTANCE = 0.15


def _thumbnail(path: Path) -> np.ndarray:
    """Grey copy of an image, ``(32, 32) float32``; a quarter of a large one is enough.

    NaN and infinite pixels count as 0; else nothing could be said of the others.
    """
    image = read_image(path, reduce=4 if min(image_size(path)) >= 4 * THUMBNAIL else 1)
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    size = (THUMBNAIL, THUMBNAIL)
    small = cv2.resize(grey.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.nan_to_num(small, posinf=0, neginf=0)


def _difference_hash(thumbnail: np.ndarray) -> np.ndarray:
    """256 bits that say which pixels of a 16x17 copy are brighter than their left neighbour."""
    small = cv2.resize(thumbnail, (17, 16), interpolation=cv2.INTER_AREA)
    return (small[:, 1:] > small[:, :-1]).ravel()


def find_duplicates(
    cases: pd.DataFrame, correlation: float = CORRELATION, hash_distance: float = HASH_DISTANCE
) -> pd.DataFrame:
    """Pairs of cases that show the same picture.

    Two files with the same bytes are ``exact``. Otherwise both tests must agree before a pair
    is called ``near``: the 32x32 grey thumbnails correlate, and their 256-bit difference hashes
    hardly differ. One test alone confuses endoscopy frames that merely share a vignette. Blank
    images show nothing and match nothing; else they would tie unrelated patients together.

    Neighbouring slices of a scan, or frames of a film, look alike by nature. Where groups are
    known they stay on one side anyway, so a ``near`` pair counts only across groups; a copied
    file counts everywhere. To see the likeness inside groups, drop the column ``group``.

    Parameters
    ----------
    cases
        Case table; the columns ``case``, ``image`` and, if it is there, ``group`` are read.
    correlation
        Least Pearson correlation of the thumbnails, in [-1, 1].
    hash_distance
        Greatest share of differing hash bits, in [0, 1].

    Returns
    -------
    DataFrame
        Columns ``case_a``, ``case_b``, ``kind`` (``exact`` or ``near``), ``correlation``;
        one row a pair, in the order of the table. Empty if nothing is duplicated.
    """
    if cases.empty:
        return pd.DataFrame(columns=PAIR_COLUMNS)
    images = [Path(image) for image in cases["image"]]
    digests = np.array([sha256(path) for path in images])
    thumbnails = [_thumbnail(path) for path in images]
    hashes = np.stack([_difference_hash(t) for t in thumbnails]).astype(np.float32)
    flat = np.stack([t.ravel() - t.mean() for t in thumbnails])
    norms = np.linalg.norm(flat, axis=1, keepdims=True)
    flat /= np.maximum(norms, 1e-6)
    shows = (norms > 0.01) & (norms > 0.01).T  # rounding leaves a trace in a constant

    similarity = flat @ flat.T
    distance = (hashes @ (1 - hashes).T + (1 - hashes) @ hashes.T) / hashes.shape[1]
    exact = digests[:, None] == digests[None, :]
    groups = cases.get("group", cases["case"]).to_numpy()
    near = (similarity >= correlation) & (distance <= hash_distance)
    near &= groups[:, None] != groups[None, :]
    rows, columns = np.nonzero(np.triu((exact & shows) | near, k=1))
    return pd.DataFrame(
        {
            "case_a": cases["case"].to_numpy()[rows],
            "case_b": cases["case"].to_numpy()[columns],
            "kind": np.where(exact[rows, columns], "exact", "near"),
            "correlation": similarity[rows, columns].round(4),
        }
    )

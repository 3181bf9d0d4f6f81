"""How is an image seen in pieces, and put together again? A sliding window.

Windows overlap by about half, and where they do the middle of a window counts for more than its
rim, where the network sees only one side of things (nnU-Net does so, too: Isensee et al. 2021,
doi:10.1038/s41592-020-01008-z; its weights are a Gaussian, ours a tent).
"""

from __future__ import annotations

from math import ceil

import numpy as np


def places(side: int, window: int) -> list[tuple[int, int]]:
    """Upper left corners of the windows that cover a square, row by row, px.

    The first and the last lie at the edges, the others at equal steps of at most half a window,
    rounded to whole pixels.

    Raises
    ------
    ValueError
        If the window is larger than the square.
    """
    if window > side:
        raise ValueError(f"A window of {window} px does not fit into {side} px.")
    starts = np.linspace(0, side - window, 1 + ceil(2 * (side - window) / window)).round()
    return [(int(y), int(x)) for y in starts for x in starts]


def cut(picture: np.ndarray, window: int) -> list[np.ndarray]:
    """Windows of a square picture ``(S, S, …)``, at its :func:`places`; views, not copies."""
    found = places(len(picture), window)
    return [picture[y : y + window, x : x + window] for y, x in found]


def blend(maps: np.ndarray, side: int) -> np.ndarray:
    """Put maps of all windows together: their mean, weighted by a tent.

    Parameters
    ----------
    maps
        ``(N, C, W, W) float32``, in the order of :func:`places`.
    side
        Side of the square, px.

    Returns
    -------
    ndarray
        ``(C, side, side) float32``.
    """
    window = maps.shape[-1]
    slope = np.minimum(np.arange(1, window + 1), np.arange(window, 0, -1)).astype(np.float32)
    tent = np.outer(slope, slope)
    total = np.zeros((maps.shape[1], side, side), np.float32)
    weight = np.zeros((side, side), np.float32)
    for (y, x), seen in zip(places(side, window), maps, strict=True):
        total[:, y : y + window, x : x + window] += tent * seen
        weight[y : y + window, x : x + window] += tent
    return total / weight

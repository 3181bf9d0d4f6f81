"""What do the network and the eye see of a stored image?

A CT file holds intensities over thousands of Hounsfield units, of which one organ fills a few
hundred. The card of a data set says which part is looked at; here, and nowhere else, that part
becomes the 256 steps of a picture, so a network is trained on what the figures show.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seglib.cards import DatasetCard
from seglib.formats import is_scan
from seglib.formats.volume import deepened
from seglib.images import read_image, to_rgb, window


def read_stored(path: str | Path, offset: float) -> np.ndarray:
    """Read an image as a data set whose card has this `offset` would store it.

    Scans are read in HU. Where a data set adds an offset to get HU, they become what
    ``seglib data convert`` writes, 16-bit grey values; every other file is what it is. Raises as
    :func:`seglib.images.read_image`.
    """
    pixels = read_image(path)
    return deepened(pixels, offset) if offset and is_scan(path) else pixels


def show(image: np.ndarray, card: DatasetCard) -> np.ndarray:
    """A stored image as the picture that its card asks for.

    Parameters
    ----------
    image
        As the data set stores it, see :func:`read_stored`: ``(H, W)`` or ``(H, W, 3)``, any depth.
    card
        Its ``offset`` is added to the stored values, then its ``window`` (centre and width) is
        stretched to 0-255. Without a window the image goes through
        :func:`seglib.images.to_rgb` as it is, and the offset is not used.

    Returns
    -------
    ndarray
        ``(H, W, 3) uint8``.

    Raises
    ------
    ValueError
        If the card's window has no width above 0.
    """
    if card.window is None:
        return to_rgb(image)
    # Added in float: 16-bit numbers without sign would wrap around at 0.
    return to_rgb(window(image.astype(np.float32) + card.offset, *card.window))

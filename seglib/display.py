"""What do the network and the eye see of a stored image?

A CT file holds intensities over thousands of Hounsfield units, of which one organ fills a few
hundred. The card of a data set says which part is looked at; here, and nowhere else, that part
becomes the 256 steps of a picture, so a network is trained on what the figures show.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seglib.cards import DatasetCard
from seglib.formats import is_scan
from seglib.formats.volume import deepened
from seglib.images import read_image, to_rgb, window


def read_stored(path: str | Path, storage: tuple[float, Sequence[float] | None]) -> np.ndarray:
    """Read an image as a data set whose card has this `storage` would store it.

    Scans are read in HU. They become what ``seglib data convert`` wrote for that data set: 8-bit
    grey values of its window, or 16-bit ones where it adds an offset to get HU. Every other file
    is what it is.

    Raises
    ------
    FileNotFoundError, ValueError, ModuleNotFoundError
        As :func:`seglib.images.read_image`; also if the file is a scan and the images of the data
        set were cut from scans with different windows.
    """
    pixels, (offset, cut) = read_image(path), storage
    if not is_scan(path):
        return pixels
    if cut is None:
        return deepened(pixels, offset) if offset else pixels
    if not len(cut):
        raise ValueError(
            f"{path} is a scan, but the images that were learnt from were cut from scans with "
            "different windows; convert it with the right one ('seglib data convert --window')."
        )
    return window(pixels, *cut)


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

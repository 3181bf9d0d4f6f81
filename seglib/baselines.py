"""How far does one get without learning anything?

Two classical segmentations that a network has to beat. Both look at one number per pixel, find
the threshold by Otsu's method (Otsu 1979, doi:10.1109/TSMC.1979.4310076), and call the brighter
side of it the object. Neither knows what a shape or a texture is, and neither can tell one class
from another: with several, what it finds is to be held against all of them together.
"""

from __future__ import annotations

import cv2
import numpy as np

DARK = 30  # grey value; an endoscope's black corners and tube shadows lie below it
BLUR = 3.0  # px at 128 px; noise and small highlights would otherwise become speckles


def field_of_view(image: np.ndarray) -> np.ndarray:
    """Which pixels show tissue at all: ``(H, W) bool``, False in black corners and deep shadow.

    Otsu's method would otherwise find the obvious: the border between picture and black frame.
    """
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) > DARK


def otsu_threshold(values: np.ndarray) -> float:
    """The grey value that best separates `values` into two groups.

    Parameters
    ----------
    values
        uint8, any shape.

    Returns
    -------
    float
        Values above it form one group. Of all thresholds it leaves the least variance inside
        the groups. Nothing lies above it if `values` is constant; 0 if it is empty.
    """
    if values.size == 0:
        return 0.0
    if values.min() == values.max():
        return float(values.max())
    flat = np.ascontiguousarray(values.reshape(-1, 1))
    return float(cv2.threshold(flat, 0, 255, cv2.THRESH_OTSU)[0])


def _above_threshold(channel: np.ndarray, visible: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(channel, (0, 0), BLUR * min(channel.shape) / 128)
    return ((smooth > otsu_threshold(smooth[visible])) & visible).astype(np.uint8)


def otsu(image: np.ndarray) -> np.ndarray:
    """Call object what is bright: Otsu's threshold on the grey image.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` RGB.

    Returns
    -------
    ndarray
        ``(H, W) uint8`` of 0 and 1; all 0 for a black image.
    """
    return _above_threshold(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), field_of_view(image))


def colour(image: np.ndarray) -> np.ndarray:
    """Call object what is red: Otsu's threshold on a*, the green-to-red axis of CIELAB.

    Takes and returns what :func:`otsu` does. a* hardly changes with the lamp's brightness.
    """
    return _above_threshold(cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[..., 1], field_of_view(image))


BASELINES = {"otsu": otsu, "colour": colour}

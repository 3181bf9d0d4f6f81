"""Was this mask drawn into its transparency, where nobody would see it?"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def refuse_transparent(pixels: np.ndarray, path: str | Path) -> None:
    """Stop where a mask was drawn into the transparency (alpha) of one even colour.

    Parameters
    ----------
    pixels
        What :func:`seglib.images.read_image` gives, without alpha.
    path
        The file.

    Raises
    ------
    ValueError
        If all pixels have one colour but not one transparency.
    """
    if pixels.ndim == 2:
        return
    corner = pixels[0, 0]
    # A few pixels tell most masks; the rest is asked only if they are alike.
    if (pixels[::8, ::8] != corner).any() or (pixels != corner).any():
        return
    whole = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    alpha = whole[..., 3:]  # no values if the file has none
    if alpha.size and alpha.min() < alpha.max():
        raise ValueError(
            f"{path} has one colour all over, and only its transparency (alpha, "
            f"{alpha.min()} to {alpha.max()}) tells the object from the background, where grey "
            "values or colours were expected; save that channel as the mask, with Pillow: "
            "Image.open(mask).convert('RGBA').getchannel('A').save(mask)."
        )

"""Image files in, mask files out: what does ``seglib predict`` do for each image?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from torch import nn

from seglib.cards import DatasetCard
from seglib.figures.style import overlay
from seglib.files import write_atomic
from seglib.images import read_image, to_rgb
from seglib.inference import predict, to_labels
from seglib.runs import Run


def check_files(
    images: Sequence[Path], folder: Path, overwrite: bool = False
) -> dict[Path, tuple[Path, Path]]:
    """Mask and overlay file of each image, checked before anything is computed.

    Raises
    ------
    FileNotFoundError
        If an image is not there.
    ValueError
        If an image is a folder, two images would share a mask, or a file of that name is there
        already and `overwrite` is off.
    """
    targets: dict[Path, tuple[Path, Path]] = {}
    owners: dict[Path, Path] = {}
    for image in images:
        if image.is_dir():
            raise ValueError(f"{image} is a folder; give image files, for example {image}/*.png")
        if not image.is_file():
            raise FileNotFoundError(f"There is no image {image}.")
        mask, picture = (folder / f"{image.stem}_{kind}.png" for kind in ("mask", "overlay"))
        other = owners.setdefault(mask, image)
        if other != image:
            raise ValueError(f"{other} and {image} would both be written to {mask}; rename one.")
        taken = [file for file in (mask, picture) if file.exists()]
        if taken and not overwrite:
            raise ValueError(f"{taken[0]} exists; choose another --output or add --overwrite.")
        targets[image] = mask, picture
    return targets


def predict_file(
    run: Run,
    network: nn.Module,
    image: Path,
    files: tuple[Path, Path],
    threshold: float = 0.5,
    flips: bool = False,
) -> str:
    """Segment one image file and write its mask and its overlay.

    Returns
    -------
    str
        Share of the image that each class covers, in words.

    Raises
    ------
    ValueError
        If the image cannot be read or is too small for the network; the message names the file.
    """
    pixels = to_rgb(read_image(image))
    try:
        probability = predict(network, pixels, run.recipe.size, flips)
    except ValueError as error:
        raise ValueError(f"{image}: {error}") from None
    labels, card = to_labels(probability, threshold), run.cases.attrs["card"]
    values = np.array([entry.value for entry in card.classes], dtype=np.uint8)
    for file, picture in zip(files, (values[labels], _painted(pixels, labels, card)), strict=True):
        blue_first = picture[..., ::-1] if picture.ndim == 3 else picture
        write_atomic(file, cv2.imencode(".png", blue_first)[1].tobytes())
    shares = [(entry.name, (labels == i).mean()) for i, entry in enumerate(card.classes) if i]
    return ", ".join(f"{name} {share:.1%} of the image" for name, share in shares)


def _painted(pixels: np.ndarray, labels: np.ndarray, card: DatasetCard) -> np.ndarray:
    """The image with every class tinted in its own colour."""
    for index, entry in enumerate(card.classes[1:], start=1):
        pixels = overlay(pixels, labels == index, entry.colour)
    return pixels

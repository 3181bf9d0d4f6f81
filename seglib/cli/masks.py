"""Image files in, mask files out: what does ``seglib predict`` do for each image?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont
from torch import nn

from seglib.cards import DatasetCard, LabelClass
from seglib.cli.shell import check_free
from seglib.display import read_stored, show
from seglib.figures.style import paint
from seglib.files import write_atomic
from seglib.formats import is_scan
from seglib.formats.kinds import case_name
from seglib.images import image_size
from seglib.inference import predict, predict_cases
from seglib.pairing import SUFFIXES
from seglib.predictions import write_labels
from seglib.recipes import NnunetRecipe
from seglib.runs import Run
from seglib.thresholds import to_labels

LINE = 18  # px; height of one entry of the legend


def check_files(
    images: Sequence[Path], folder: Path, overwrite: bool = False
) -> dict[Path, tuple[Path, Path]]:
    """Mask and overlay file of each image, checked before anything is computed.

    Of a folder in `images` every image is taken, but no mask or overlay written for one of them.

    Raises
    ------
    ValueError
        If an image is not there or cannot be read (all such are named), a folder holds none, two
        images would share a mask, or a file of that name is there already and `overwrite` is off.
    """
    targets: dict[Path, tuple[Path, Path]] = {}
    owners: dict[Path, Path] = {}
    for image in (file for path in images for file in _images_in(path)):
        mask, picture = (folder / name for name in _written_for(image))
        other = owners.setdefault(mask, image)
        if other != image:
            raise ValueError(f"{other} and {image} would both be written to {mask}; rename one.")
        for file in (mask, picture):
            check_free(file, overwrite)
        targets[image] = mask, picture
    _require_readable(targets)
    return targets


def _images_in(path: Path) -> Iterator[Path]:
    """The images of a folder, by name; a file is itself."""
    if not path.is_dir():
        yield path
        return
    files = [p for p in sorted(path.iterdir()) if p.is_file() and not p.name.startswith(".")]
    images = [p for p in files if p.suffix.lower() in SUFFIXES or is_scan(p)]
    if not images:
        endings = ", ".join(SUFFIXES)
        raise ValueError(f"{path} holds no image: neither {endings} files nor scans of one slice.")
    written = {name for image in images for name in _written_for(image)}
    yield from (image for image in images if image.name not in written)


def _written_for(image: Path) -> tuple[str, str]:
    """Names of the mask and the overlay of an image."""
    stem = case_name(image) if is_scan(image) else image.stem
    return f"{stem}_mask.png", f"{stem}_overlay.png"


def _require_readable(images: Collection[Path]) -> None:
    """Raise ``ValueError`` that names every file whose header is not that of an image."""
    faults: dict[Path, Exception] = {}
    for image in images:
        try:
            with suppress(Image.DecompressionBombError):  # too large for Pillow, not for OpenCV
                image_size(image)
        except (OSError, ValueError) as error:
            faults[image] = error
    if faults:
        first = next(iter(faults.values()))
        raise ValueError(
            f"Nothing was written, for {len(faults)} of {len(images)} images cannot be used: "
            f"{', '.join(map(str, faults))}. The first: {first}"
        )


def predict_files(
    run: Run,
    network: nn.Module,
    targets: Mapping[Path, tuple[Path, Path]],
    threshold: float = 0.5,
    flips: bool = False,
) -> Iterator[tuple[Path, str]]:
    """Segment image files and write a mask and an overlay of each.

    The mask has the grey values of the card. With several classes a strip below the overlay
    names their colours.

    Parameters
    ----------
    run, network
        The run, and its network from :func:`seglib.runtimes.load_network`.
    targets
        Mask and overlay file of each image, from :func:`check_files`.
    threshold, flips
        As for :func:`seglib.inference.predict`.

    Yields
    ------
    (image, str)
        The file, and the share of it that each class covers, in words.

    Raises
    ------
    ValueError
        If an image cannot be read or is too small for the network; the message names the file.
    """
    card = run.card
    for image, pixels, probability in _seen(run, network, list(targets), flips):
        labels, (mask, overlay) = to_labels(probability, threshold), targets[image]
        write_labels(mask, labels, card)
        picture = _painted(pixels, labels, card)
        write_atomic(overlay, cv2.imencode(".png", picture[..., ::-1])[1].tobytes())
        shares = [(entry.name, (labels == i).mean()) for i, entry in enumerate(card.classes) if i]
        yield image, ", ".join(f"{name} {share:.1%} of the image" for name, share in shares)


def _seen(
    run: Run, network: nn.Module, images: list[Path], flips: bool
) -> Iterator[tuple[Path, np.ndarray, np.ndarray]]:
    """Each file, its picture and its probabilities; nnU-Net is started once for all of them."""
    recipe, card = run.recipe, run.card
    pictures = ((image, show(read_stored(image, card.storage), card)) for image in images)
    if isinstance(recipe, NnunetRecipe):
        cases = pd.DataFrame({"image": images})
        cases.attrs["card"] = card
        for _, probability in predict_cases(run, cases, flips):
            yield *next(pictures), probability
        return
    for image, pixels in pictures:
        try:
            probability = predict(network, pixels, recipe.size, flips, recipe.precision)
        except ValueError as error:
            raise ValueError(f"{image}: {error}") from None
        yield image, pixels, probability


def _painted(pixels: np.ndarray, labels: np.ndarray, card: DatasetCard) -> np.ndarray:
    """The image with every class tinted in its own colour, and with several a legend below."""
    painted = paint(pixels, labels, card.classes)
    if card.n_classes == 2:
        return painted
    return np.vstack([painted, _legend(card.classes[1:], pixels.shape[1])])


def _legend(classes: Sequence[LabelClass], width: int) -> np.ndarray:
    """A white strip ``(h, width, 3) uint8`` with a square and a name for each class."""
    font = ImageFont.truetype(findfont("DejaVu Sans"), LINE - 7)
    steps = [LINE + round(font.getlength(entry.name)) + LINE // 2 for entry in classes]
    columns = max(1, min(len(classes), width // max(steps)))
    strip = Image.new("RGB", (width, LINE * -(-len(classes) // columns)), "white")
    draw = ImageDraw.Draw(strip)
    for place, entry in enumerate(classes):
        x, y = place % columns * max(steps), place // columns * LINE
        draw.rectangle((x + 4, y + 4, x + LINE - 4, y + LINE - 4), fill=entry.colour)
        draw.text((x + LINE, y + 2), entry.name, fill="black", font=font)
    return np.asarray(strip)

"""Are the files of a case table what its card says?"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import ExifTags, Image
from tqdm.auto import tqdm

from seglib.cards import DatasetCard
from seglib.images import read_image, read_mask
from seglib.pairing import Problem

ALL = "(all)"
DARK = 10  # JPEG compression moves black and white by less than this, away from borders
FEW = 8  # values that a message names
LABELS = 10  # largest value that is taken for a class number where a threshold was expected
LOOKED = 100  # masks that are opened before a table is made: opening all may take minutes
MUCH_GREY = 0.1  # more grey pixels than this is not compression but something else
TURNED = range(2, 9)  # EXIF orientations; 1 is upright, and some cameras write 0


def check_files(cases: pd.DataFrame) -> pd.DataFrame:
    """Open every file of a case table and list what is wrong or worth knowing.

    Reported are: files that were left out of the table, another number of cases than the card
    says, damaged pictures, an EXIF orientation, blank images, stray values, empty masks, and how
    much of the black-and-white masks is neither black nor white (a little is the noise of JPEG
    compression).

    Parameters
    ----------
    cases
        Case table with masks; ``attrs["card"]`` is its card, ``attrs["problems"]`` what was left
        out, which the table of a run does not know.

    Returns
    -------
    DataFrame
        Columns ``case`` (or ``(all)``), ``path``, ``found``, ``expected``; no rows if all is well.
    """
    card: DatasetCard = cases.attrs["card"]
    problems = list(cases.attrs.get("problems", ()))
    folder = cases["mask"].iloc[0].parent
    if card.n_cases not in (0, len(cases)):
        found = f"{len(cases)} usable cases"
        problems.append(Problem(ALL, folder, found, f"{card.n_cases} cases"))
    noise: list[tuple[float, float]] = []
    rows = cases[["case", "image", "mask"]].to_numpy()
    for case, image, mask in tqdm(rows, desc="checking", leave=False):
        problems += _look(card, case, image, mask, noise)
    if np.any(noise):
        stray, grey = np.mean(noise, axis=0)
        found = f"{stray:.2%} of the mask pixels are neither 0 nor 255, {grey:.2%} are 11 to 244"
        expected = f"none; grey values above {card.decoding.at} are read as the object"
        problems.append(Problem(ALL, folder, found, expected))
    found = [(p.case, p.path, p.what, p.expected) for p in problems]
    return pd.DataFrame(found, columns=["case", "path", "found", "expected"])


def _look(
    card: DatasetCard, case: str, image: Path, mask: Path, noise: list[tuple[float, float]]
) -> Iterator[Problem]:
    """What is wrong with one pair; a threshold mask's share of grey is added to `noise`."""
    try:
        picture = read_image(file := image, reduce=8)
        labels = read_mask(file := mask, card.decoding)
    except (ValueError, OSError) as error:
        yield Problem(case, file, str(error), "a readable pair")
        return
    yield from _turned(case, image)
    if picture.min() == picture.max():
        yield Problem(case, image, "blank image", "a picture")
    dark = False
    if card.decoding.kind == "threshold":
        pixels = read_image(mask)
        noise.append(_noise(pixels))
        if noise[-1][1] > MUCH_GREY:
            found = f"{noise[-1][1]:.0%} of the pixels are grey"
            yield Problem(case, mask, found, "black and white")
        if dark := _holds_labels(pixels, card.decoding.at):
            found = f"all is read as background, as the brightest value is {pixels.max():g}"
            yield Problem(case, mask, found, f"values above {card.decoding.at}: write it as 0/255")
    if not (labels.any() or dark):
        yield Problem(case, mask, "empty mask", "an object, unless there is none")


def _turned(case: str, image: Path) -> Iterator[Problem]:
    """An image whose header, which alone is read, asks to be turned or mirrored when shown."""
    unknown = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
    with suppress(*unknown), Image.open(image) as picture:
        # Pillow's own method for PNG would decode one without EXIF to look behind its pixels.
        turn = Image.Image.getexif(picture).get(ExifTags.Base.Orientation)
        if turn in TURNED:
            done, on = ("applied", "turned") if picture.format == "TIFF" else ("ignored", "stored")
            expected = f"1: save it upright, or see that its mask was drawn on the {on} pixels"
            yield Problem(case, image, f"EXIF orientation {turn}, which is {done}", expected)


def _noise(pixels: np.ndarray) -> tuple[float, float]:
    """Shares of pixels that are not exactly black or white, and not even nearly."""
    white = 255 if pixels.max() <= 255 else 65535
    stray = (pixels != 0) & (pixels != white)
    grey = (pixels > DARK / 255 * white) & (pixels < (1 - DARK / 255) * white)
    return float(stray.mean()), float(grey.mean())


def _holds_labels(pixels: np.ndarray, threshold: float) -> bool:
    """Whether a mask that the threshold takes for empty holds a class number, such as 0 and 1.

    Truly empty masks hold nothing but 0, as JPEG files too: compression does not change an even
    black. Where it leaves noise, that has more than two values.
    """
    return 0 < pixels.max() <= min(threshold, LABELS) and len(np.unique(pixels)) <= 2


def refuse_dark_masks(masks: Sequence[Path], threshold: float) -> None:
    """Stop where masks would be read as empty although they are not black.

    Masks saved as 0 and 1 look black to the eye. Of many masks a hundred are opened, and all of
    them only if there is one with class numbers among these, or none that is bright;
    `check_files` opens all in any case.

    Raises
    ------
    ValueError
        If no pixel exceeds `threshold` but some are above 0; names the values. If some masks are
        bright and others hold class numbers; names one of those and how many there are.
    """
    some = random.Random(0).sample(masks, min(LOOKED, len(masks)))
    values, labelled = _survey(some, threshold)
    if labelled or max(values) <= threshold:
        values, labelled = _survey(masks, threshold)
    brightest = max(values)
    if brightest > threshold and labelled:
        raise ValueError(
            f"{labelled[0]} is one of {len(labelled)} masks (of {len(masks)}) that hold class "
            f"numbers of at most {LABELS}, while others exceed the threshold {threshold:g}; they "
            "would be read as empty. Write these again as 0 and 255, every pixel above 0 as 255."
        )
    if 0 < brightest <= threshold:
        first = [f"{value:g}" for value in sorted(values)[:FEW]]
        found = ", ".join(first if len(values) <= FEW else [*first, "..."])
        raise ValueError(
            f"{masks[0].parent} holds masks whose brightest value is {brightest:g}, so none "
            f"exceeds the threshold {threshold:g} and all would be empty. If the values are class "
            f'numbers, pass decoding=MaskDecoding("values", values=({found})); if they are shades '
            f"of grey, a lower threshold, decoding=MaskDecoding(at={int(brightest / 2)}); after "
            "'from seglib.decoding import MaskDecoding'."
        )


def _survey(masks: Sequence[Path], threshold: float) -> tuple[set[float], list[Path]]:
    """The values of dark masks and the maxima of bright ones; the masks that hold labels."""
    values, labelled = {0.0}, []
    for path in masks:
        with suppress(ValueError, OSError):  # a damaged file is for `check` to report
            pixels = read_image(path)
            dark = pixels.max() <= threshold
            values |= set(np.unique(pixels).tolist()) if dark else {float(pixels.max())}
            if _holds_labels(pixels, threshold):
                labelled.append(path)
    return values, labelled

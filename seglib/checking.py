"""Are the files of a case table what its card says?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from seglib.cards import DatasetCard
from seglib.images import read_image, read_mask
from seglib.pairing import Problem

ALL = "(all)"
DARK = 10  # JPEG compression moves black and white by less than this, away from borders
FEW = 8  # values that a message names
MUCH_GREY = 0.1  # more grey pixels than this is not compression but something else


def check_files(cases: pd.DataFrame) -> pd.DataFrame:
    """Open every file of a case table and list what is wrong or worth knowing.

    Reported are: files that were left out of the table, another number of cases than the card
    says, damaged pictures, blank images, stray values, empty masks, and how much of the
    black-and-white masks is neither black nor white (a little is the noise of JPEG compression).

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
        problems.append(Problem(ALL, folder, found, "none, but the threshold mends it"))
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
    if picture.min() == picture.max():
        yield Problem(case, image, "blank image", "a picture")
    if not labels.any():
        yield Problem(case, mask, "empty mask", "an object, unless none is there")
    if card.decoding.kind == "threshold":
        noise.append(_noise(mask))
        if noise[-1][1] > MUCH_GREY:
            found = f"{noise[-1][1]:.0%} of the pixels are grey"
            yield Problem(case, mask, found, "black and white")


def _noise(mask: Path) -> tuple[float, float]:
    """Shares of pixels that are not exactly black or white, and not even nearly."""
    pixels = read_image(mask)
    white = 255 if pixels.max() <= 255 else 65535
    stray = (pixels != 0) & (pixels != white)
    grey = (pixels > DARK / 255 * white) & (pixels < (1 - DARK / 255) * white)
    return float(stray.mean()), float(grey.mean())


def refuse_dark_masks(masks: Iterable[Path], threshold: float) -> None:
    """Stop where every mask would be read as empty although they are not all black.

    Masks saved as 0 and 1 look black to the eye. Reading ends at the first bright one. Truly empty
    masks hold nothing but 0, as JPEG files too: compression does not change an even black.

    Raises
    ------
    ValueError
        If no pixel exceeds `threshold` but some are above 0; names the values.
    """
    values: set[float] = {0}
    for path in masks:
        with suppress(ValueError, OSError):  # a damaged file is for `check` to report
            pixels = read_image(path)
            if pixels.max() > threshold:
                return
            values |= set(np.unique(pixels).tolist())
    if (brightest := max(values)) == 0:
        return
    first = [f"{value:g}" for value in sorted(values)[:FEW]]
    found = ", ".join(first if len(values) <= FEW else [*first, "..."])
    raise ValueError(
        f"{path.parent} holds masks whose brightest value is {brightest:g}, so none exceeds the "
        f"threshold {threshold:g} and all would be empty. If the values are class numbers, pass "
        f'decoding=MaskDecoding("values", values=({found})); if they are shades of grey, a lower '
        f"threshold, MaskDecoding(at={int(brightest / 2)})."
    )

"""Where are my cases? One table, one row an image with its mask, whatever the source."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from seglib.cards import BACKGROUND, OBJECT, DatasetCard, LabelClass, card
from seglib.course import settings
from seglib.decoding import MaskDecoding
from seglib.files import write_atomic
from seglib.images import read_image, read_mask
from seglib.pairing import Problem, pair
from seglib.sources import locate

DARK = 10  # JPEG compression moves black and white by less than this, away from borders
MUCH_GREY = 0.1  # more grey pixels than this is not compression but something else
ALL = "(all)"


def load(name: str, data: str | Path | None = None) -> pd.DataFrame:
    """Case table of a data set, which is generated or downloaded if it is not there yet.

    Licence and citation of real data are printed the first time, and one line whenever files
    had to be left out. Only file headers are read, so 1000 cases take a second.

    Parameters
    ----------
    name
        Name of a card.
    data
        Folder of data sets; ``SEGLIB_DATA`` if not given, see :func:`seglib.sources.locate`.

    Returns
    -------
    DataFrame
        Columns ``case`` (str, unique), ``image`` and ``mask`` (Path), ``group`` (patient or
        sequence; the case itself where none is known), sorted by case. ``attrs["card"]`` is the
        card, ``attrs["problems"]`` a tuple of :class:`seglib.pairing.Problem`.

    Raises
    ------
    ValueError
        If the name is unknown, or no usable pair is found.
    FileNotFoundError
        If the data set is not there and cannot be had; says what to do by hand.
    """
    entry = card(name)
    folder = locate(entry, data)
    cases = pair(entry, folder / entry.images, folder / entry.masks)
    if not entry.is_synthetic:
        _introduce(entry)
    return cases


def _introduce(entry: DatasetCard) -> None:
    """Print licence and citation once a course; a marker remembers that it was done."""
    seen = settings().root / "data" / ".seen" / entry.name
    if not seen.exists():
        print(f"{entry.title}\nLicence: {entry.licence}\nPlease cite: {entry.citation}")
        write_atomic(seen, f"{entry.licence}\n")


def from_folders(
    images: str | Path,
    masks: str | Path,
    name: str = "own",
    classes: tuple[LabelClass, ...] = (BACKGROUND, OBJECT),
    mask_name: str = "{stem}",
    group_pattern: str | None = None,
    decoding: MaskDecoding | None = None,
) -> pd.DataFrame:
    r"""Case table of one's own images.

    Parameters
    ----------
    images, masks
        Two different folders.
    name
        What to call the data set.
    classes
        The classes of the masks, background first.
    mask_name
        Stem of the mask's file name, given the image's: ``"{stem}_mask"`` pairs ``a.jpg`` with
        ``a_mask.png``.
    group_pattern
        Regular expression on the image's stem whose first group names the patient, e.g.
        ``r"^(p\d+)_"``. Without it each image counts as its own patient.
    decoding
        How masks are read; by default, grey values above 127 are class 1.

    Returns
    -------
    DataFrame, as from :func:`load`. Raises FileNotFoundError if a folder is not there, and
    ValueError if the number of classes does not fit the decoding, no pair is found, or the masks
    are so dark that the decoding would take them for empty.
    """
    decoding = decoding or MaskDecoding()
    known = 2 if decoding.kind == "threshold" else len(decoding.values or decoding.colours)
    if known != len(classes):
        raise ValueError(
            f"{len(classes)} classes do not fit the decoding '{decoding.kind}', which gives "
            f"{known}; name each class once, background first."
        )
    images, masks = Path(images), Path(masks)
    entry = DatasetCard(
        name=name,
        title=name,
        task=f"segmentation of {', '.join(c.name for c in classes[1:])}",
        modality="own images",
        classes=tuple(classes),
        decoding=decoding,
        images=images.name,
        masks=masks.name,
        n_cases=0,
        licence="Your own data.",
        citation="None known.",
        mask_name=mask_name,
        group_pattern=group_pattern,
    )
    cases = pair(entry, images, masks)
    if decoding.kind == "threshold":
        _refuse_dark_masks(cases["mask"].head(8), decoding.at)
    return cases


def _refuse_dark_masks(masks: pd.Series, threshold: int) -> None:
    """Masks saved as 0 and 1 look black to the eye and empty to a threshold of 127."""
    brightest = 0
    for path in masks:
        with suppress(ValueError):  # a damaged file is for `check` to report
            brightest = max(brightest, read_image(path).max())
    if 0 < brightest <= min(threshold, DARK):
        values = tuple(range(int(brightest) + 1))
        raise ValueError(
            f"{masks.iloc[0].parent} holds masks whose brightest value is {brightest}, so none "
            f"exceeds the threshold {threshold}; if the values are class numbers, pass "
            f'decoding=MaskDecoding("values", values={values}).'
        )


def check(name: str | pd.DataFrame, data: str | Path | None = None) -> pd.DataFrame:
    """Open every file of a data set and list what is wrong or worth knowing.

    Reported are: files that :func:`load` left out, another number of cases than the card says,
    damaged pictures, stray values, empty masks, and how much of the black-and-white masks is
    neither black nor white (a little is the noise of JPEG compression).

    Parameters
    ----------
    name
        Name of a card, or a case table such as :func:`from_folders` gives.
    data
        As in :func:`load`.

    Returns
    -------
    DataFrame
        Columns ``case`` (or ``(all)``), ``path``, ``found``, ``expected``; no rows if all is well.
    """
    cases = name if isinstance(name, pd.DataFrame) else load(name, data)
    entry: DatasetCard = cases.attrs["card"]
    problems = list(cases.attrs["problems"])
    folder = cases["mask"].iloc[0].parent
    if entry.n_cases not in (0, len(cases)):
        found = f"{len(cases)} usable cases"
        problems.append(Problem(ALL, folder, found, f"{entry.n_cases} cases"))
    noise = []
    rows = cases[["case", "image", "mask"]].to_numpy()
    for case, image, mask in tqdm(rows, desc="checking", leave=False):
        try:
            read_image(file := image, reduce=8)
            labels = read_mask(file := mask, entry.decoding)
        except ValueError as error:
            problems.append(Problem(case, file, str(error), "a readable pair"))
            continue
        if not labels.any():
            problems.append(Problem(case, mask, "empty mask", "an object, unless none is there"))
        if entry.decoding.kind == "threshold":
            noise.append(_noise(mask))
            if noise[-1][1] > MUCH_GREY:
                found = f"{noise[-1][1]:.0%} of the pixels are grey"
                problems.append(Problem(case, mask, found, "black and white"))
    if np.any(noise):
        stray, grey = np.mean(noise, axis=0)
        found = f"{stray:.2%} of the mask pixels are neither 0 nor 255, {grey:.2%} are 11 to 244"
        problems.append(Problem(ALL, folder, found, "none, but the threshold mends it"))
    rows = [(p.case, p.path, p.what, p.expected) for p in problems]
    return pd.DataFrame(rows, columns=["case", "path", "found", "expected"])


def _noise(mask: Path) -> tuple[float, float]:
    """Shares of pixels that are not exactly black or white, and not even nearly."""
    pixels = read_image(mask)
    white = 255 if pixels.max() <= 255 else 65535
    stray = (pixels != 0) & (pixels != white)
    grey = (pixels > DARK / 255 * white) & (pixels < (1 - DARK / 255) * white)
    return float(stray.mean()), float(grey.mean())

"""Where are my cases? One table, one row an image with its mask, whatever the source."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pandas as pd

from seglib.cards import BACKGROUND, OBJECT, DatasetCard, GroupTable, LabelClass, card
from seglib.checking import check_files, refuse_dark_masks
from seglib.course import settings
from seglib.decoding import MaskDecoding
from seglib.files import write_atomic
from seglib.groups import read_groups
from seglib.names import expect
from seglib.pairing import pair
from seglib.sources import locate
from seglib.spacing import TABLE, converted, join_spacing, storage_of

CLASSES = (
    'classes=(LabelClass("background", 0, "#000000"), LabelClass("liver", 1, "#E69F00"), ...), '
    "after 'from seglib.cards import LabelClass'"
)
DECODING = (
    'decoding=MaskDecoding("values", values=(0, 1)) or similar, '
    "after 'from seglib.decoding import MaskDecoding'"
)


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
        Columns ``case`` (str, unique), ``image`` and ``mask`` (absolute Path), ``group``
        (patient or sequence; the case itself where none is known), where the card tells,
        ``site``, and for converted scans ``spacing_row_mm`` and ``spacing_col_mm``; sorted by
        case.
        ``attrs["card"]`` is the card, ``attrs["problems"]`` a tuple of
        :class:`seglib.pairing.Problem`.

    Raises
    ------
    ValueError
        If the name is unknown, no usable pair is found, or the table of groups is wrong.
    FileNotFoundError
        If the data set or its table of groups is not there and cannot be had; says what to do
        by hand.
    """
    entry = card(name)
    folder = locate(entry, data).absolute()
    scans = converted(folder)
    entry = replace(entry, **storage_of(scans))
    groups = read_groups(entry, folder)
    cases = pair(entry, folder / entry.images, folder / entry.masks, groups)
    cases = join_spacing(cases, scans)
    if not entry.is_synthetic:
        _introduce(entry)
    return cases


def _introduce(entry: DatasetCard) -> None:
    """Print licence and citation once a course; a marker remembers that it was done."""
    seen = settings().root / "data" / ".seen" / entry.name
    if not seen.exists():
        print(f"{entry.title}\nLicence: {entry.licence}\nPlease cite: {entry.citation}")
        with suppress(OSError):  # a course that cannot be written to: it is said again next time
            write_atomic(seen, f"{entry.licence}\n")


def card_of(cases: pd.DataFrame) -> DatasetCard:
    """The card of a case table, which says what its masks mean.

    Raises
    ------
    TypeError
        If it is no table.
    ValueError
        If the table has lost it.
    """
    expect(cases, pd.DataFrame, "a case table, as load(NAME) or from_folders(...) gives it")
    if "card" not in cases.attrs:
        raise ValueError(
            "The case table has no card in its `attrs`, so nothing says what its masks mean; "
            "tables lose it when they are merged. Give it back: `merged.attrs = cases.attrs`."
        )
    return cases.attrs["card"]


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
        ``r"^(p\d+)_"``. Without it the ``table.csv`` of converted scans tells, if one lies
        beside `images`; else each image counts as its own patient.
    decoding
        How masks are read; by default, grey values above 127 are class 1.

    Returns
    -------
    DataFrame, as from :func:`load`. Raises FileNotFoundError if a folder is not there, and
    ValueError if the number of classes does not fit the decoding, a name or pattern cannot be used,
    no pair is found, the ``table.csv`` of converted scans was saved in a way that cannot be read,
    or masks are so dark that the decoding would take them for empty. TypeError if `classes` or
    `decoding` is something else, such as a name.
    """
    decoding = decoding or MaskDecoding()
    _require_fit(classes, decoding)
    images, masks = Path(images).absolute(), Path(masks).absolute()
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
    scans = converted(images.parent)
    if group_pattern is None and scans is not None:
        entry = replace(entry, group_table=GroupTable(TABLE, case="case", group="group"))
    entry = replace(entry, **storage_of(scans))
    cases = pair(entry, images, masks, read_groups(entry, images.parent))
    cases = join_spacing(cases, scans)
    if decoding.kind == "threshold":
        refuse_dark_masks(cases["mask"].tolist(), decoding.at)
    return cases


def _require_fit(classes: tuple[LabelClass, ...], decoding: MaskDecoding) -> None:
    """Refuse what is no class or decoding, and another number of classes than the masks have."""
    expect(decoding, MaskDecoding, DECODING)
    expect(classes, (tuple, list), CLASSES)
    for entry in classes:
        expect(entry, LabelClass, CLASSES)
    known = 2 if decoding.kind == "threshold" else len(decoding.values or decoding.colours)
    if known != len(classes):
        raise ValueError(
            f"{len(classes)} classes do not fit the decoding '{decoding.kind}', which gives "
            f"{known}; name each class once, background first: {CLASSES}."
        )


def check(name: str | pd.DataFrame, data: str | Path | None = None) -> pd.DataFrame:
    """Open every file of a data set and list what is wrong or worth knowing.

    Parameters
    ----------
    name
        Name of a card, or a case table such as :func:`from_folders` gives.
    data
        As in :func:`load`.

    Returns
    -------
    DataFrame
        Columns ``case`` (or ``(all)``), ``path``, ``found``, ``expected``; no rows if all is
        well. What is looked for: see :func:`seglib.checking.check_files`.
    """
    return check_files(name if isinstance(name, pd.DataFrame) else load(name, data))

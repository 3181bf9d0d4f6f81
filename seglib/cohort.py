"""Which cases was a run made of, and are these still the same?"""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
from pydantic import TypeAdapter

from seglib.cards import DatasetCard
from seglib.datasets import card_of
from seglib.files import damaged, write_atomic
from seglib.tabular import read_table

TABLE, CARD, SIZES = "cases.csv", "card.json", "bytes.csv"
FILES = ["image", "mask"]
WORDS = ("case", "group", "site", "split", *FILES)
_CARD = TypeAdapter(DatasetCard)


def keep_cohort(folder: Path, cases: pd.DataFrame) -> None:
    """Write a split case table and its card into the folder of a run, or compare with those there.

    Files that were moved are still the same: then their new places are written down. What tells
    files of the same names apart is how many bytes they have.

    Raises
    ------
    TypeError, ValueError
        If `cases` is no table or has lost its card, or if the folder holds other cases, another
        split, other files under the same names, or the same files shown or labelled otherwise.
    """
    card = card_of(cases)
    record, table = folder / TABLE, cases.to_csv(index=False, lineterminator="\n")
    if record.is_file():
        now = pd.read_csv(io.StringIO(table), dtype=str, keep_default_na=False)
        before = read_table(record, now)  # all as it is written, numbers too
        if list(before) != list(now) or not _alike(folder, before, now):
            raise ValueError(
                f"{folder} was begun with other cases than these, another split, or other files of "
                "the same names; move that folder away, or give another seed or output folder."
            )
        _check_card(folder, card)
        if before.equals(now):
            return
    write_atomic(folder / CARD, card_json(card))
    write_atomic(folder / SIZES, _sizes(cases[FILES]).to_csv(index=False, lineterminator="\n"))
    write_atomic(record, table)


def _sizes(files: pd.DataFrame) -> pd.DataFrame:
    """Bytes of each file; NaN where it is not there."""
    paths = files.map(lambda name: Path(str(name)))
    there = paths.map(Path.is_file)
    return paths.where(there).map(lambda path: path.stat().st_size, na_action="ignore")


def _alike(folder: Path, before: pd.DataFrame, now: pd.DataFrame) -> bool:
    """Whether two tables name the same cases, and files that are equally large or gone."""
    if not before.drop(columns=FILES).equals(now.drop(columns=FILES)):
        return False
    record, there, new = folder / SIZES, _sizes(before[FILES]), _sizes(now[FILES])
    old = read_table(record, ()) if record.is_file() else there
    if len(old) != len(new):
        raise damaged(record, ValueError(f"{len(old)} rows for {len(new)} cases"))
    other = (old != new) & old.notna() & new.notna()
    return not (other | there.notna() & new.isna()).to_numpy().any()


def _check_card(folder: Path, card: DatasetCard) -> None:
    """Raise ``ValueError`` if a folder's files were shown or labelled otherwise than by a card."""
    # Written and read, too, for a list comes back as a tuple.
    written = _CARD.validate_json(card_json(card))
    for what, old in read_card(folder / CARD).reading.items():
        if old != (new := written.reading[what]):
            raise ValueError(
                f"{folder} was begun with the same files, but with {what} {old}, found {new} now; "
                "move that folder away, or give another seed or output folder."
            )


def require_same_classes(folder: Path, learnt: DatasetCard, given: DatasetCard) -> None:
    """Refuse cases whose classes are not those that the run in a folder learnt.

    One object may go by another name elsewhere; of several the order says which is which.

    Raises
    ------
    ValueError
        If their number differs, or the names of several.
    """
    old, new = ([entry.name for entry in card.classes] for card in (learnt, given))
    if len(old) != len(new) or (len(old) > 2 and old != new):
        raise ValueError(
            f"{folder} learnt the classes {', '.join(old)}, and these cases have {', '.join(new)}; "
            "give the case table the same classes in the same order."
        )


def read_cohort(folder: Path) -> pd.DataFrame:
    """The case table of a run with ``split``, and its card in ``attrs``.

    Raises
    ------
    FileNotFoundError
        If the folder holds none.
    ValueError
        If table or card are damaged.
    """
    cases = read_table(folder / TABLE, WORDS)
    for column in FILES:
        cases[column] = cases[column].map(Path)
    cases.attrs["card"] = read_card(folder / CARD)
    return cases


def card_json(card: DatasetCard) -> str:
    """A card as indented JSON, which :func:`read_card` reads."""
    return _CARD.dump_json(card, indent=2, warnings=False).decode()


def read_card(path: Path, text: str | None = None) -> DatasetCard:
    """The card in a file, or in the `text` that was found in that file.

    Raises
    ------
    ValueError
        If it is no card; the message names the file.
    """
    try:
        return _CARD.validate_json(path.read_bytes() if text is None else text)
    except ValueError as error:
        raise damaged(path, error) from None

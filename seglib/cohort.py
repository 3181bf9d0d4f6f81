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
    write_atomic(folder / CARD, _CARD.dump_json(card, indent=2, warnings=False))
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
    written = _CARD.validate_json(_CARD.dump_json(card, warnings=False))
    for what, old in _read_card(folder).reading.items():
        if old != (new := written.reading[what]):
            raise ValueError(
                f"{folder} was begun with the same files, but with {what} {old}, found {new} now; "
                "move that folder away, or give another seed or output folder."
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
    cases.attrs["card"] = _read_card(folder)
    return cases


def _read_card(folder: Path) -> DatasetCard:
    try:
        return _CARD.validate_json((folder / CARD).read_bytes())
    except ValueError as error:
        raise damaged(folder / CARD, error) from None

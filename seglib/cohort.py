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

TABLE, CARD = "cases.csv", "card.json"
FILES = ["image", "mask"]
WORDS = ("case", "group", "site", "split", *FILES)
_CARD = TypeAdapter(DatasetCard)


def keep_cohort(folder: Path, cases: pd.DataFrame) -> None:
    """Write a split case table and its card into the folder of a run, or compare with those there.

    Files that were moved are still the same: then their new places are written down.

    Raises
    ------
    TypeError, ValueError
        If `cases` is no table or has lost its card, or if the folder holds other cases, another
        split, or other files under the same names.
    """
    card = card_of(cases)
    record, table = folder / TABLE, cases.to_csv(index=False, lineterminator="\n")
    if record.is_file():
        now = pd.read_csv(io.StringIO(table), dtype=str, keep_default_na=False)
        before = read_table(record, now)  # all as it is written, numbers too
        if before.equals(now):
            return
        if not (list(before) == list(now) and _moved(before, now)):
            raise ValueError(
                f"{folder} was begun with other cases than these, another split, or other files of "
                "the same names; move that folder away, or give another seed or output folder."
            )
    write_atomic(folder / CARD, _CARD.dump_json(card, indent=2))
    write_atomic(record, table)


def _moved(before: pd.DataFrame, now: pd.DataFrame) -> bool:
    """Whether two tables name the same cases, and files that are equally large or gone."""
    if not before.drop(columns=FILES).equals(now.drop(columns=FILES)):
        return False
    old, new = (map(Path, table[FILES].to_numpy().ravel()) for table in (before, now))
    return all(
        not a.is_file() or (b.is_file() and a.stat().st_size == b.stat().st_size)
        for a, b in zip(old, new, strict=True)
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
    try:
        cases.attrs["card"] = _CARD.validate_json((folder / CARD).read_bytes())
    except ValueError as error:
        raise damaged(folder / CARD, error) from None
    return cases

"""Which cases belong to one patient, where were they made, and how are patients dealt out?

A name tells it, or a table that lies beside the images; a group is never guessed.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from seglib.cards import DatasetCard, GroupTable
from seglib.tabular import read_words


def spread(sizes: np.ndarray, parts: int) -> np.ndarray:
    """Deal groups of so many cases into parts of about equally many.

    The largest group comes first, groups of one size in their order, each to the part that has
    the fewest cases. Returns the part of each group, ``(groups,) int``, from 0.
    """
    part, filled = np.zeros(len(sizes), dtype=int), np.zeros(parts, dtype=int)
    for group in np.argsort(-sizes, kind="stable"):
        part[group] = filled.argmin()
        filled[part[group]] += sizes[group]
    return part


def read_groups(card: DatasetCard, folder: Path) -> dict[str, str] | None:
    """Patient of each case, from the CSV file that the card names.

    Parameters
    ----------
    card
        Its ``group_table`` says which file and which columns.
    folder
        The data set's own folder.

    Returns
    -------
    dict
        From the stem of an image's file name to its group; None if the card names no table.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    ValueError
        If it cannot be read, lacks a column, or gives one case two groups.
    """
    table = card.group_table
    if table is None:
        return None
    path = Path(folder) / table.file
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is not there, but it says which images of {card.name} show one patient; "
            f"put a CSV file with the columns {table.case} and {table.group} there."
        )
    columns = {table.case, table.group}
    rows = read_words(path, columns)
    missing = columns - set(rows.columns)
    if missing:
        raise ValueError(
            f"{path} has the columns {', '.join(rows.columns)}; expected also "
            f"{' and '.join(sorted(missing))}: rename its header."
        )
    return _as_dict(rows.dropna(subset=[table.case, table.group]), table, path)


def _as_dict(rows: pd.DataFrame, table: GroupTable, path: Path) -> dict[str, str]:
    pairs = rows[[table.case, table.group]].drop_duplicates()
    twice = pairs[table.case][pairs[table.case].duplicated()]
    if len(twice):
        raise ValueError(
            f"{path} gives the case {twice.iloc[0]} more than one {table.group}; expected one: "
            "keep the right row."
        )
    return dict(pairs.itertuples(index=False, name=None))


def named(case: str, pattern: str) -> str | None:
    """What the first group of a regular expression finds in a name; None if nothing."""
    match = re.search(pattern, case)
    return match[1] if match else None


def check_pattern(pattern: str) -> None:
    """Raise ``ValueError`` unless a regular expression can be read and holds a group."""
    try:
        known = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(
            f"group_pattern {pattern!r} is no regular expression: {error}; expected one such as "
            r"r'^(patient\d+)_'."
        ) from None
    if not known:
        raise ValueError(
            f"group_pattern {pattern!r} has no brackets to say which part names the patient; "
            r"expected one such as r'^(patient\d+)_'."
        )


def group_of(card: DatasetCard, case: str, groups: dict[str, str] | None) -> str | None:
    """Patient of a case; the case itself where none is known, None where it should be known."""
    if groups is not None:
        return groups.get(case)
    return case if card.group_pattern is None else named(case, card.group_pattern)

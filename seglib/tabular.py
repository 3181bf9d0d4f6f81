"""How is a table read in which a patient may be called "NA"?"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from seglib.files import damaged


def read_table(path: Path, words: Iterable[str]) -> pd.DataFrame:
    """A CSV file that the course wrote: `words` are text, where they occur, all else numbers.

    Only an empty cell is a missing number, and no text is missing.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If it cannot be read, or ends within a line, as a copy does that was cut off.
    """
    words = tuple(words)
    try:
        text = path.read_text(encoding="utf-8")
        if not text.endswith("\n"):
            raise ValueError("its last line has no end")
        numbers = set(pd.read_csv(io.StringIO(text), nrows=0)) - set(words)
        blank = {"keep_default_na": False, "na_values": {name: [""] for name in numbers}}
        return pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(words, str), **blank)
    except ValueError as error:  # as are all errors of the parser and of the encoding
        raise damaged(path, error) from None


def separator(path: Path, columns: set[str]) -> str | None:
    """What stands between these columns in the first line of a table; None if some are missing."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    names = {mark: {name.strip('" \n') for name in header.split(mark)} for mark in ",;\t"}
    return next((mark for mark, found in names.items() if columns <= found), None)


def read_words(path: Path, columns: set[str]) -> pd.DataFrame:
    """A CSV file that should have these columns as text, ``DataFrame`` of str.

    An empty cell is NaN, nothing else: a case or a patient may be called "NA", "None" or "null".
    Blanks around a word do not belong to it.
    Letters are composed (NFC), as those of file names are in :mod:`seglib.pairing`.

    Raises
    ------
    ValueError
        If it cannot be read, or is separated by something else than commas.
    """
    remedy = "save it as 'CSV UTF-8', with commas between the cells and points in the numbers."
    if (mark := separator(path, columns)) not in (",", None):
        raise ValueError(f"{path} is separated by {mark!r}, expected commas: {remedy}")
    try:
        rows = pd.read_csv(
            path, dtype=str, skipinitialspace=True, keep_default_na=False, na_values=[""]
        )
    except ValueError as error:  # as are all errors of the parser and of the encoding
        reason = str(error).strip()
    else:
        if isinstance(rows.index, pd.RangeIndex):
            return rows.rename(columns=str.strip).apply(_cleaned)
        reason = "its rows are longer than its header"
    raise ValueError(f"{path} cannot be read as a table: {reason}; {remedy}")


def _cleaned(cells: pd.Series) -> pd.Series:
    return cells.str.strip().str.normalize("NFC").replace("", float("nan"))

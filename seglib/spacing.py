"""How large is a pixel, so that distances may be given in millimetres?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seglib.tabular import read_words, separator

COLUMNS = ["spacing_row_mm", "spacing_col_mm"]
TABLE = "table.csv"  # what :func:`seglib.conversion.convert` leaves beside the slices

Spacing = dict[str, tuple[float, float]]


def spacing_of(cases: pd.DataFrame) -> Spacing | None:
    """Height and width of a pixel of each case, mm.

    Parameters
    ----------
    cases
        Case table. Its columns ``spacing_row_mm`` and ``spacing_col_mm`` come first, if they
        are filled for every case; then ``spacing_mm`` of ``attrs["card"]``, one for all.

    Returns
    -------
    dict or None
        Name of a case -> (height, width). None if neither says it for all cases: lengths of
        some cases in mm and of others in px would have no common mean.

    Raises
    ------
    ValueError
        If a spacing is not above 0; the first such case is named.
    """
    if set(COLUMNS) <= set(cases) and cases[COLUMNS].notna().all(axis=None):
        sizes = cases[COLUMNS].to_numpy(dtype=np.float64)
    elif cases.attrs["card"].spacing_mm is not None:
        sizes = np.full((len(cases), 2), cases.attrs["card"].spacing_mm, dtype=np.float64)
    else:
        return None
    wrong = ~((sizes > 0) & np.isfinite(sizes)).all(axis=1)
    if wrong.any():
        case, (height, width) = cases["case"].iloc[wrong.argmax()], sizes[wrong.argmax()]
        raise ValueError(
            f"Case '{case}' has pixels of {height:g} x {width:g} mm, expected lengths above 0; "
            "mend its spacing, or leave it empty to measure in pixels."
        )
    return dict(zip(cases["case"].astype(str), map(tuple, sizes.tolist()), strict=True))


def converted(folder: Path) -> pd.DataFrame | None:
    """What the conversion of scans wrote about the slices in a folder, one row a slice.

    Cells are text, the pixel sizes float64, NaN where the cell is empty, NA or NaN. None if there
    is no ``table.csv``, or one with other columns: then it is somebody else's.

    Raises
    ------
    ValueError
        If it cannot be read although the columns are those of a conversion, as when a spreadsheet
        saved it with semicolons; or if a pixel size is no number.
    """
    path, known = Path(folder) / TABLE, {"case", "group", *COLUMNS}
    if not path.is_file() or separator(path, known) is None:
        return None
    rows = read_words(path, known)
    return rows.assign(**{name: _numbers(rows[name], path) for name in COLUMNS})


def storage_of(rows: pd.DataFrame | None) -> dict[str, Any]:
    """What a card has to say of how scans became slices: ``scan_window`` and ``scan_offset``.

    `rows` are those of :func:`converted`; nothing without them.

    Raises
    ------
    ValueError
        If a window is no pair of numbers, or an offset no number.
    """
    if rows is None or not {"window", "offset"} <= set(rows):
        return {}
    windows, offsets = (sorted(set(rows[name].dropna())) for name in ("window", "offset"))
    try:
        pairs = [tuple(map(float, word.split(","))) for word in windows]
        shift = float(offsets[0]) if len(offsets) == 1 else 0.0
    except ValueError:
        pairs = [()]
    if not all(len(pair) == 2 for pair in pairs):
        raise ValueError(
            f"{TABLE} has windows {windows} and offsets {offsets}, expected CENTRE,WIDTH such as "
            "40,400 and a number such as -1024; mend it, or convert the scans again."
        )
    several = () if len(pairs) > 1 else None
    return {"scan_window": pairs[0] if len(pairs) == 1 else several, "scan_offset": shift}


def _numbers(cells: pd.Series, path: Path) -> pd.Series:
    cells = cells.mask(cells.str.lower().isin(("na", "nan")))
    numbers = pd.to_numeric(cells, errors="coerce")
    wrong = cells[numbers.isna() & cells.notna()]
    if len(wrong):
        raise ValueError(
            f"{path} has '{wrong.iloc[0]}' in the column {cells.name}, expected mm such as 0.5; "
            "mend it, or leave the cell empty to measure in pixels."
        )
    return numbers


def join_spacing(cases: pd.DataFrame, rows: pd.DataFrame | None) -> pd.DataFrame:
    """The case table with the pixel sizes of :func:`converted`, if there are any.

    A case without a row gets NaN, and :func:`spacing_of` then measures in pixels.
    """
    if rows is None:
        return cases
    sizes = rows.drop_duplicates("case").set_index("case")[COLUMNS]
    joined = cases.assign(**{name: cases["case"].map(sizes[name]) for name in COLUMNS})
    joined.attrs = dict(cases.attrs)
    return joined

"""Which values may the fields of a recipe have?"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from seglib.names import nearest

COUNT = (1, math.inf)
SEED = (0, 2**32 - 1)  # what Lightning takes
DIVISIONS = ("group", "image")


def check_ranges(fields: object, **ranges: tuple[float, float]) -> None:
    """Raise ``ValueError`` unless each named field lies in its range, or is ``None``."""
    for name, (low, high) in ranges.items():
        value = getattr(fields, name)
        if value is not None and not low <= value <= high:
            expected = f"{low} or more" if high == math.inf else f"{low} to {high}"
            raise ValueError(f"{name.replace('_', ' ')} is {value}, expected {expected}.")


def are_shares(shares: Sequence[float]) -> bool:
    """Whether these are three shares of a whole: none below 0, together 1."""
    return len(shares) == 3 and min(shares) >= 0 and abs(sum(shares) - 1) <= 1e-6


def check_fractions(shares: tuple[float, ...]) -> None:
    """Raise ``ValueError`` unless three shares sum to 1, with some to train and validate on."""
    if not are_shares(shares) or 0 in shares[:2]:
        raise ValueError(
            f"fractions are {shares}, expected shares of train, val and test that sum to 1, of "
            "which only that of test may be 0."
        )


def check_split(split: str) -> None:
    """Raise ``ValueError`` unless `split` is one of :data:`DIVISIONS`, a fold or a value."""
    if "=" not in split:
        nearest(split, DIVISIONS, "split")
    folds_of(split)


def folds_of(split: str) -> int | None:
    """K of a split ``fold=I/K``, ``None`` of any other.

    Raises
    ------
    ValueError
        If it is no fold of at least two.
    """
    if not split.startswith("fold="):
        return None
    found = re.fullmatch(r"fold=(\d+)/(\d+)", split)
    if not found or not 1 <= int(found[1]) <= int(found[2]) or int(found[2]) < 2:
        raise ValueError(f"The split is '{split}', expected a fold, such as fold=1/5 to fold=5/5.")
    return int(found[2])

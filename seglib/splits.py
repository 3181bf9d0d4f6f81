"""Who trains, who validates, who tests, and does anything leak?

A case table goes in, the same table with a ``split`` column comes out. Frames of one
patient, and images that are (nearly) the same picture, always fall on one side: a network
tested on what it was trained on scores its memory, not its skill.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from seglib.duplicates import find_duplicates
from seglib.groups import spread
from seglib.names import nearest
from seglib.recipes.limits import are_shares

__all__ = ["SPLITS", "deal", "find_duplicates", "find_leaks", "hold_out", "split"]

SPLITS = ("train", "val", "test")


def _within(duplicates: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Pairs of which both cases are in the table; it may be a part of the table searched."""
    return duplicates[duplicates[["case_a", "case_b"]].isin(set(cases["case"])).all(axis=1)]


def _units(cases: pd.DataFrame, duplicates: pd.DataFrame | None) -> np.ndarray:
    """Number each case by the set it must stay with: its group, joined by duplicate pairs."""
    if len(unknown := cases.loc[cases["group"].isna(), "case"]):
        raise ValueError(
            f"Case {unknown.iloc[0]} has no group; name its patient, or the case itself if unknown."
        )
    left = np.arange(len(cases))
    order = pd.Series(left, index=cases["case"])
    right = pd.Series(left).groupby(pd.factorize(cases["group"])[0]).transform("first").to_numpy()
    if duplicates is not None and len(duplicates):
        duplicates = _within(duplicates, cases)
        left = np.concatenate([left, order[duplicates["case_a"]]])
        right = np.concatenate([right, order[duplicates["case_b"]]])
    links = coo_array((np.ones(len(left)), (left, right)), shape=(len(cases), len(cases)))
    return connected_components(links, directed=False)[1]


def split(
    cases: pd.DataFrame,
    fractions: Sequence[float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    duplicates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Add a ``split`` column: ``train``, ``val`` or ``test``, never dividing a group.

    Groups are drawn in random order; test is filled first, then validation, and a group that
    no longer fits is passed on. With groups of one case the counts are exact.

    Parameters
    ----------
    cases
        Case table with ``case`` and ``group``.
    fractions
        Shares of train, val and test; they sum to 1.
    seed
        Seed of the draw. The result does not depend on the order of the rows.
    duplicates
        Pairs from :func:`find_duplicates`; their groups are kept on one side.

    Raises
    ------
    ValueError
        If fractions do not sum to 1, the table is empty, a group is missing, or groups are too few.
    """
    if not are_shares(fractions):
        raise ValueError(f"fractions must be three shares that sum to 1, found {tuple(fractions)}.")
    if cases.empty:
        raise ValueError("the case table is empty, so there is nothing to split.")
    table = cases.sort_values("case").reset_index(drop=True)
    units = _units(table, duplicates)
    sizes = np.bincount(units)
    needed = sum(f > 0 for f in fractions)
    if len(sizes) < needed:
        raise ValueError(
            f"{len(table)} cases in {len(sizes)} groups cannot be divided into {needed} splits; "
            "add cases, or name the groups (group_pattern) if they are finer than the table says."
        )
    rest = next(name for name, share in zip(SPLITS, fractions, strict=True) if share > 0)
    assigned = np.full(len(sizes), rest, dtype=object)
    free = np.random.default_rng(seed).permutation(len(sizes))
    for name, share in (("test", fractions[2]), ("val", fractions[1])):
        room, kept = round(share * len(table)), []
        # Each split that is still to be filled must be left at least one group.
        reserved = (fractions[0] > 0) + (name == "test" and fractions[1] > 0)
        # If all are too large, the first is taken, so that the split is not empty.
        any_fits, taken = bool((sizes[free] <= room).any()), 0
        for unit in free:
            fits = sizes[unit] <= room or (share > 0 and taken == 0 and not any_fits)
            if fits and len(free) - taken > reserved:
                assigned[unit] = name
                room, taken = room - sizes[unit], taken + 1
            else:
                kept.append(unit)
        free = np.array(kept, dtype=int)
    table["split"] = assigned[units]
    table.attrs = dict(cases.attrs)
    return table


def deal(
    cases: pd.DataFrame, folds: int, seed: int = 0, duplicates: pd.DataFrame | None = None
) -> pd.Series:
    """Fold of each case, such as ``1/5`` to ``5/5``, for cross-validation; no group is divided.

    Groups are drawn in random order and dealt by :func:`seglib.groups.spread`. Takes what
    :func:`split` takes; the result does not depend on the order of the rows.
    Raises ``ValueError`` for a missing group, less than two folds, or fewer groups than folds.
    """
    table = cases.sort_values("case")
    units = _units(table.reset_index(drop=True), duplicates)
    sizes = np.bincount(units)
    if not 2 <= folds <= len(sizes):
        raise ValueError(f"{len(sizes)} groups cannot be dealt into {folds} folds; take 2 or more.")
    order = np.random.default_rng(seed).permutation(len(sizes))
    fold = spread(sizes[order], folds)[np.argsort(order)]
    names = [f"{number + 1}/{folds}" for number in fold[units]]
    return pd.Series(names, index=table.index).reindex(cases.index)


def hold_out(
    cases: pd.DataFrame,
    column: str,
    value: str,
    val: float = 0.1,
    seed: int = 0,
    duplicates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Add a ``split`` column: all cases of one hospital are ``test``, the others train.

    A network tested on cases of its own hospital may have learned the scanner; leaving one site
    out asks how it does elsewhere (Zech et al. 2018, doi:10.1371/journal.pmed.1002683).

    Parameters
    ----------
    cases
        Case table with ``case``, ``group`` and `column`.
    column, value
        Which cases are held out: ``"site"`` and the name of a site.
    val
        Share of the other cases that validates, in (0, 1).
    seed, duplicates
        As in :func:`split`.

    Raises
    ------
    ValueError
        If there is no such column or value, if all cases have it, if a group is missing, or if a
        case held out is of one group, or the same picture, with one that is not.
    """
    held = cases[nearest(column, cases.columns, "column")] == value
    nearest(value, sorted(cases[column].unique()), column)
    units = pd.Series(_units(cases.reset_index(drop=True), duplicates), index=cases.index)
    shared = cases[~held & units.isin(units[held])]
    if len(shared):
        raise ValueError(
            f"{len(shared)} cases outside {column} '{value}', the first {shared['case'].iloc[0]}, "
            "share a group or a picture with cases inside; leave them out first."
        )
    others = split(cases[~held], (1 - val, val, 0), seed, duplicates)
    table = pd.concat([others, cases[held].assign(split="test")])
    table = table.sort_values("case").reset_index(drop=True)
    table.attrs = dict(cases.attrs)
    return table


def find_leaks(cases: pd.DataFrame, duplicates: pd.DataFrame | None = None) -> pd.DataFrame:
    """Cases that stand in two splits at once, by group or by picture.

    Parameters
    ----------
    cases
        Case table with ``case``, ``group`` and ``split``.
    duplicates
        Pairs from :func:`find_duplicates`; computed if not given.

    Returns
    -------
    DataFrame
        Columns ``case_a``, ``case_b``, ``split_a``, ``split_b``, ``why`` (``same group``,
        ``exact duplicate`` or ``near duplicate``). Empty when nothing leaks.
    """
    duplicates = find_duplicates(cases) if duplicates is None else _within(duplicates, cases)
    pairs = [(row.case_a, row.case_b, f"{row.kind} duplicate") for row in duplicates.itertuples()]
    for _, members in cases.groupby("group", sort=False):
        firsts = members.drop_duplicates("split")["case"].tolist()
        pairs += [(firsts[0], other, "same group") for other in firsts[1:]]
    side = cases.set_index("case")["split"]
    rows = [(a, b, side[a], side[b], why) for a, b, why in pairs if side[a] != side[b]]
    return pd.DataFrame(rows, columns=["case_a", "case_b", "split_a", "split_b", "why"])

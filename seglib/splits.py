"""Who trains, who validates, who tests, and does anything leak?

A case table goes in, the same table with a ``split`` column comes out. Frames of one
patient, and images that are (nearly) the same picture, always fall on one side: a network
tested on what it was trained on scores its memory, not its skill.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from seglib.images import read_image

SPLITS = ("train", "val", "test")
PAIR_COLUMNS = ("case_a", "case_b", "kind", "correlation")
THUMBNAIL = 32
CORRELATION = 0.98
HASH_DISTANCE = 0.10


def _thumbnail(image: np.ndarray) -> np.ndarray:
    """Grey copy of an image, ``(32, 32) float32``."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    size = (THUMBNAIL, THUMBNAIL)
    return cv2.resize(grey.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def _difference_hash(thumbnail: np.ndarray) -> np.ndarray:
    """256 bits that say which pixels of a 16x17 copy are brighter than their left neighbour."""
    small = cv2.resize(thumbnail, (17, 16), interpolation=cv2.INTER_AREA)
    return (small[:, 1:] > small[:, :-1]).ravel()


def find_duplicates(
    cases: pd.DataFrame, correlation: float = CORRELATION, hash_distance: float = HASH_DISTANCE
) -> pd.DataFrame:
    """Pairs of cases that show the same picture.

    Two files with the same bytes are ``exact``. Otherwise both tests must agree before a pair
    is called ``near``: the 32x32 grey thumbnails correlate, and their 256-bit difference hashes
    hardly differ. One test alone confuses endoscopy frames that merely share a vignette. Blank
    images show nothing and match nothing; else they would tie unrelated patients together.

    Parameters
    ----------
    cases
        Case table; the columns ``case`` and ``image`` are read.
    correlation
        Least Pearson correlation of the thumbnails, in [-1, 1].
    hash_distance
        Greatest share of differing hash bits, in [0, 1].

    Returns
    -------
    DataFrame
        Columns ``case_a``, ``case_b``, ``kind`` (``exact`` or ``near``), ``correlation``;
        one row a pair, in the order of the table. Empty if nothing is duplicated.
    """
    if cases.empty:
        return pd.DataFrame(columns=PAIR_COLUMNS)
    digests = np.array([hashlib.sha256(p.read_bytes()).hexdigest() for p in cases["image"]])
    thumbnails = [_thumbnail(read_image(path, reduce=4)) for path in cases["image"]]
    hashes = np.stack([_difference_hash(t) for t in thumbnails]).astype(np.float32)
    flat = np.stack([t.ravel() - t.mean() for t in thumbnails])
    norms = np.linalg.norm(flat, axis=1, keepdims=True)
    flat /= np.maximum(norms, 1e-6)
    shows = (norms > 0.01) & (norms > 0.01).T  # rounding leaves a trace in a constant

    similarity = flat @ flat.T
    distance = (hashes @ (1 - hashes).T + (1 - hashes) @ hashes.T) / hashes.shape[1]
    exact = digests[:, None] == digests[None, :]
    same = (exact & shows) | ((similarity >= correlation) & (distance <= hash_distance))
    rows, columns = np.nonzero(np.triu(same, k=1))
    return pd.DataFrame(
        {
            "case_a": cases["case"].to_numpy()[rows],
            "case_b": cases["case"].to_numpy()[columns],
            "kind": np.where(exact[rows, columns], "exact", "near"),
            "correlation": similarity[rows, columns].round(4),
        }
    )


def _within(duplicates: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Pairs of which both cases are in the table; it may be a part of the table searched."""
    known = duplicates["case_a"].isin(cases["case"]) & duplicates["case_b"].isin(cases["case"])
    return duplicates[known]


def _units(cases: pd.DataFrame, duplicates: pd.DataFrame | None) -> np.ndarray:
    """Number each case by the set it must stay with: its group, joined by duplicate pairs."""
    order = pd.Series(np.arange(len(cases)), index=cases["case"])
    groups, _ = pd.factorize(cases["group"])
    first = pd.Series(np.arange(len(cases))).groupby(groups).transform("first").to_numpy()
    left, right = np.arange(len(cases)), first
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
        If the fractions do not sum to 1, the table is empty, or there are too few groups.
    """
    if len(fractions) != 3 or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
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
            "add cases, or name the groups if they are finer than the table says."
        )
    rest = next(name for name, share in zip(SPLITS, fractions, strict=True) if share > 0)
    assigned = np.full(len(sizes), rest, dtype=object)
    free = np.random.default_rng(seed).permutation(len(sizes))
    for name, share in (("test", fractions[2]), ("val", fractions[1])):
        room, kept = round(share * len(table)), []
        # Each split that is still to be filled must be left at least one group.
        reserved = (fractions[0] > 0) + (name == "test" and fractions[1] > 0)
        taken = 0
        for unit in free:
            fits = sizes[unit] <= room or (share > 0 and taken == 0)
            if fits and len(free) - taken > reserved:
                assigned[unit] = name
                room -= sizes[unit]
                taken += 1
            else:
                kept.append(unit)
        free = np.array(kept, dtype=int)
    table["split"] = assigned[units]
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

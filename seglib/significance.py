"""Could chance have done this? Tests for two columns of scores on the same cases.

Cases of one group (patient, sequence) are alike, so a group is what is counted, ranked and
swapped. Taking its cases for independent witnesses makes any difference look certain.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from seglib.intervals import group_bootstrap, interval

PERMUTATIONS = 9999


def _wilcoxon(differences: np.ndarray) -> tuple[float, float]:
    """Two-sided p and rank-biserial correlation; (1, 0) if all differences are zero."""
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0, 0.0
    ranks = stats.rankdata(np.abs(moved))
    return float(stats.wilcoxon(moved).pvalue), float((np.sign(moved) * ranks).sum() / ranks.sum())


def _permutation(first: np.ndarray, second: np.ndarray, seed: int) -> float:
    """Two-sided p of the difference of two sums, the names swapped at will pair by pair."""

    def statistic(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        """Difference of the sums of two draws."""
        # Rounded, so that draws equal to what was seen are counted as equal.
        return np.round(a.sum(axis=axis) - b.sum(axis=axis), 9)

    return float(
        stats.permutation_test(
            (first, second),
            statistic,
            permutation_type="samples",
            vectorized=True,
            n_resamples=PERMUTATIONS,
            batch=1000,
            rng=np.random.default_rng(seed),
        ).pvalue
    )


def paired_tests(first: pd.Series, second: pd.Series, groups: pd.Series, seed: int = 0) -> dict:
    """Test two models' scores of the same cases against each other.

    Parameters
    ----------
    first, second
        Scores, one a case, in the same order; cases with a NaN are left out of all.
    groups
        Group of each case.
    seed
        Seed of the bootstrap and of the permutations (exact where all fit into 9999).

    Returns
    -------
    dict
        ``difference``: mean over cases, first minus second; ``low, high``: its 95 % interval
        over groups. ``wilcoxon_p``: signed-rank test of the groups' mean differences (Wilcoxon
        1945, doi:10.2307/3001968), and ``effect_size``: its rank-biserial correlation (Kerby
        2014, doi:10.2466/11.IT.3.1), 1 if the first is higher in every group. ``permutation_p``:
        share of the swaps of names by group that move the mean difference as far from 0.
        ``n`` cases, ``groups``, and ``higher, lower``: groups in which the first has the higher
        and the lower mean. With fewer than two groups the tests are NaN.
    """
    table = pd.DataFrame({"first": first, "second": second, "group": groups}).dropna()
    gap = (table["first"] - table["second"]).round(9).rename("difference")
    by_group = table.groupby("group")[["first", "second"]].sum()
    means = gap.groupby(table["group"]).mean().round(9).to_numpy()
    found = {"difference": float(gap.mean()), "n": len(table), "groups": len(means)}
    found["higher"], found["lower"] = int((means > 0).sum()), int((means < 0).sum())
    found["low"], found["high"] = float("nan"), float("nan")
    found |= dict.fromkeys(("wilcoxon_p", "effect_size", "permutation_p"), float("nan"))
    if len(means) > 1:
        samples = group_bootstrap(gap.to_frame(), table["group"], seed)
        found["low"], found["high"] = interval(samples[:, 0])
        found["wilcoxon_p"], found["effect_size"] = _wilcoxon(means)
        sums = by_group.to_numpy().T
        found["permutation_p"] = _permutation(*sums, seed)
    return found


def holm(p_values: np.ndarray) -> np.ndarray:
    """p-values corrected for their number (Holm 1979): one alone stays, NaN stays NaN."""
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)  # NaN comes last
    known = int((~np.isnan(p_values)).sum())
    factors = np.maximum(known - np.arange(len(p_values)), 1)
    corrected = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1)
    return corrected[np.argsort(order)]

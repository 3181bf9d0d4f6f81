"""How sure are we of this mean? Bootstrap intervals that resample groups, not cases.

Frames of one patient are alike: ten of them are not ten independent witnesses. So whole groups
(patients, sequences) are drawn with replacement and the mean over their cases is taken anew
(Efron & Tibshirani 1993, chapter 8; cluster bootstrap: Field & Welsh 2007,
doi:10.1111/j.1467-9868.2007.00593.x). The interval covers the choice of cases only, not another
training seed, another split or another hospital.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

RESAMPLES = 2000
TOO_FEW = "too few groups for an interval"  # what is said in the place of its ends
LEVEL = 95


def group_bootstrap(values: pd.DataFrame, groups: pd.Series, seed: int = 0) -> np.ndarray:
    """Means of the columns in 2000 resamples of the groups.

    Parameters
    ----------
    values
        One row a case; NaN is left out of that column's mean.
    groups
        Group of each row. The order of the rows does not matter.
    seed
        Seed of the draw. Columns share their draws, so differences of columns are paired.

    Returns
    -------
    ndarray
        ``(2000, columns) float64``; NaN where a draw holds no value, and everywhere if there is
        only one group, because one group cannot say how much groups differ.
    """
    by_group = values.astype(float).groupby(groups.to_numpy())
    sums, numbers = by_group.sum().to_numpy(), by_group.count().to_numpy()
    if len(sums) < 2:
        return np.full((RESAMPLES, values.shape[1]), np.nan)
    shares = np.full(len(sums), 1 / len(sums))
    drawn = np.random.default_rng(seed).multinomial(len(sums), shares, size=RESAMPLES)
    drawn = drawn.astype(float)
    numbers = drawn @ numbers
    return np.divide(drawn @ sums, numbers, out=np.full(numbers.shape, np.nan), where=numbers > 0)


def interval(samples: np.ndarray) -> tuple[float, float]:
    """Bounds that hold the middle 95 % of one column of samples; NaN if all of them are NaN."""
    known = samples[~np.isnan(samples)]
    if not len(known):
        return float("nan"), float("nan")
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)


def summarise(values: pd.DataFrame, groups: pd.Series, seed: int = 0) -> pd.DataFrame:
    """Mean of each column with its interval, and how many values it rests on.

    Returns
    -------
    DataFrame
        One row a column of `values`, in its order, the name as index: ``mean, low, high`` (95 %),
        ``n`` values in the mean, ``undefined`` values (NaN) that are not in it.
    """
    samples = group_bootstrap(values, groups, seed)
    bounds = np.array([interval(column) for column in samples.T]).reshape(-1, 2)
    missing = values.isna().sum()
    table = {"mean": values.mean(), "low": bounds[:, 0], "high": bounds[:, 1]}
    return pd.DataFrame(table | {"n": len(values) - missing, "undefined": missing})

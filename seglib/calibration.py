"""May a probability be taken at its word? Of all pixels given .8, are 80 % object?

A network can outline well and still be far too sure of itself. The answer comes from the same two
histograms as the curves of :mod:`seglib.thresholds`, pixels of all images pooled.

Most pixels of a medical image are background that nobody doubts. They are all in the lowest bin,
where confidence and truth agree, and they make any mean over pixels look good: read the table bin
by bin, and give the share of object pixels with every calibration error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from seglib.thresholds import ScoreHistogram


def reliability(histogram: ScoreHistogram, bins: int = 10) -> pd.DataFrame:
    """Compare what was said with what was true, bin by bin (reliability diagram).

    Source: Guo et al. 2017, arXiv:1706.04599, for the probability of the object.

    Parameters
    ----------
    histogram
        Pixels of one class against the rest.
    bins
        Number of equal bins of [0, 1], each closed on the left; a divisor of 1000.

    Returns
    -------
    DataFrame
        One row a bin: ``low``, ``high``, ``pixels``, ``confidence`` (their mean probability, to
        within half a thousandth) and ``observed`` (share of them that is object), NaN for an
        empty bin.

    Raises
    ------
    ValueError
        If `bins` does not divide 1000.
    """
    if bins < 1 or histogram.bins % bins:
        raise ValueError(
            f"bins is {bins}, expected a divisor of {histogram.bins} such as 10 or 20."
        )
    value = (np.arange(histogram.bins + 1) + 0.5) / histogram.bins
    value[-1] = 1  # holds probabilities of exactly 1
    place = np.minimum(np.arange(histogram.bins + 1) * bins // histogram.bins, bins - 1)
    both = histogram.histogram.sum(axis=0)
    pixels, positives, said = (
        np.bincount(place, weights, bins)
        for weights in (both, histogram.histogram[1], both * value)
    )
    edges = np.arange(bins + 1) / bins
    with np.errstate(invalid="ignore"):
        shares = {"confidence": said / pixels, "observed": positives / pixels}
    facts = {"low": edges[:-1], "high": edges[1:], "pixels": pixels.astype(np.int64)}
    return pd.DataFrame(facts | shares)


def calibration_error(table: pd.DataFrame) -> float:
    """Expected calibration error (ECE): how far off a stated probability is in the mean.

    ``sum pixels |confidence - observed| / sum pixels`` (Naeini et al. 2015, AAAI; Guo et al.
    2017, arXiv:1706.04599).

    Parameters
    ----------
    table
        From :func:`reliability`; another number of bins gives another error, so say which.

    Returns
    -------
    float
        In [0, 1], 0 is perfect. All masks empty: an error like any other, the mean probability
        that was given to background. NaN if no pixel was counted.
    """
    pixels = table["pixels"]
    gap = (table["confidence"] - table["observed"]).abs()
    return float((gap * pixels).sum() / pixels.sum()) if pixels.sum() else float("nan")

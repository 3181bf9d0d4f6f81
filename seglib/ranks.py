"""Which of many models is best, and would other cases have said the same?

Scores of many models are compared by their ranks, group by group: which came first, second, last.
Ranks do not care how much harder one patient is than another (Demšar 2006, JMLR 7, 1-30).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from seglib.comparison import Comparison
from seglib.intervals import group_bootstrap
from seglib.verdict import LEVEL, LOWER_IS_BETTER


@dataclass(frozen=True)
class Ranking:
    """The order of several models, and how firm it is.

    Attributes
    ----------
    mean_ranks
        Mean over the groups of each model's rank, 1 the best, ties shared; best model first.
    critical_difference
        Nemenyi: two mean ranks that differ by less are not told apart (5 % over all pairs).
    friedman_p
        Chance of ranks this unequal if all models were alike; NaN for two models or one group.
    stability
        ``(models, ranks)`` share of 2000 resamples of the groups in which the model's mean score
        has that rank; columns 1, 2, …, rows sum to 1. NaN for one group, which has no resamples.
    n_groups, left_out
        Groups that were ranked; cases without a score for every model, which are in no rank.
    what
        The metric in words.
    """

    mean_ranks: pd.Series
    critical_difference: float
    friedman_p: float
    stability: pd.DataFrame
    n_groups: int
    left_out: int
    what: str

    def cliques(self) -> list[tuple[str, ...]]:
        """Largest sets of neighbours in rank that are not told apart, two models or more."""
        ranks, found = self.mean_ranks, []
        for start in range(len(ranks)):
            near = ranks.iloc[start:] - ranks.iloc[start] < self.critical_difference
            names = tuple(ranks.index[start:][near])
            if len(names) > 1 and not (found and set(names) <= set(found[-1])):
                found.append(names)
        return found

    def verdict(self) -> str:
        """What the order shows, and what not, in words."""
        best, firm = self.mean_ranks.index[0], self.stability[1]
        order = ", ".join(f"{name} {rank:.2f}" for name, rank in self.mean_ranks.items())
        said = [f"{self.what}, mean rank over {self.n_groups} groups (1 is best): {order}."]
        if self.left_out:
            said.append(f"{self.left_out} cases without a score of every model are left out.")
        if not self.friedman_p < LEVEL:
            why = "no test was possible" if np.isnan(self.friedman_p) else f"{self.friedman_p:.3f}"
            said.append(f"That the models differ at all was not shown (Friedman p: {why}).")
        else:
            said.append(f"The models are not all alike (Friedman p: {self.friedman_p:.2g}).")
            tied = [" and ".join(names) for names in self.cliques()]
            said.append(f"Not told apart: {'; '.join(tied)}." if tied else "All are told apart.")
        if self.n_groups < 2:
            said.append("One group alone cannot be resampled: how firm the order is stays open.")
        else:
            rest = "" if firm.idxmax() == best else ", though not the best mean rank"
            said.append(
                f"With other cases {firm.idxmax()} would have had the best mean in "
                f"{firm.max():.0%} of the resamples{rest}."
            )
        said.append("That is the order of these trained networks, not of their architectures.")
        return " ".join(said)


def rank_models(comparison: Comparison, seed: int = 0) -> Ranking:
    """Rank the models of a comparison in every group, and again in resamples of the groups.

    Parameters
    ----------
    comparison
        Of two or more models. Cases in which one of them has no score are left out and counted.
    seed
        Seed of the bootstrap.

    Raises
    ------
    ValueError
        If no case has a score of every model.
    """
    names = list(comparison.table.index)
    rows = comparison.paired.dropna(subset=names)
    if rows.empty:
        raise ValueError(f"No case has a {comparison.what} of all of {names}; nothing to rank.")
    sign = 1 if comparison.metric in LOWER_IS_BETTER else -1
    # Rounded as in the tests of significance: equal scores are equal ranks.
    by_group = (sign * rows.groupby("group")[names].mean()).round(9)
    n, k = by_group.shape
    samples = group_bootstrap(rows[names], rows["group"], seed)
    places = stats.rankdata(sign * samples, method="min", axis=1)
    # One group has no resamples.
    shares = {rank: (places == rank).mean(axis=0) if n > 1 else np.nan for rank in range(1, k + 1)}
    mean_ranks = by_group.rank(axis=1).mean().sort_values(kind="stable")
    unequal = k > 2 and n > 1 and by_group.rank(axis=1).nunique(axis=1).gt(1).any()
    return Ranking(
        mean_ranks=mean_ranks,
        critical_difference=nemenyi(k, n),
        friedman_p=float(stats.friedmanchisquare(*by_group.to_numpy().T).pvalue)
        if unequal
        else float("nan"),
        stability=pd.DataFrame(shares, index=names).loc[mean_ranks.index],
        n_groups=n,
        left_out=len(comparison.paired) - len(rows),
        what=comparison.label,
    )


def nemenyi(models: int, groups: int) -> float:
    """Critical difference of mean ranks, ``q sqrt(k (k + 1) / (6 n))`` (Nemenyi 1963).

    ``q`` is the studentised range at 5 % over all pairs, divided by the root of 2 (Demšar 2006,
    table 5 and equation in section 3.2.2). In ranks; it shrinks with the number of groups.
    """
    q = stats.studentized_range.isf(LEVEL, models, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(models * (models + 1) / (6 * groups)))

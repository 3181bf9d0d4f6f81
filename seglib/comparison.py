"""Is A really better than B? Paired scores, tests that respect groups, and what each one costs.

Two networks that saw the same images are compared image by image: how hard an image is then
drops out. Cases of one group are no independent witnesses, so every test works on groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import combinations

import pandas as pd

from seglib.cost import cost
from seglib.intervals import summarise
from seglib.names import nearest
from seglib.results import Evaluation
from seglib.scoring import METRICS
from seglib.significance import holm, paired_tests

__all__ = ["Comparison", "compare", "cost"]

LEVEL = 0.05
OF_FIRST_PAIR = ("difference", "low", "high", "wilcoxon_p", "permutation_p", "effect_size")
LOWER_IS_BETTER = ("hd95", "assd")


@dataclass(frozen=True)
class Comparison:
    """Two or more models on the same cases.

    Attributes
    ----------
    metric
        Key of :data:`seglib.scoring.METRICS`.
    paired
        One row a case: ``case``, ``group``, a column for each model, and ``difference``, that of
        the first two models (first minus second). Several classes are averaged; NaN if a score
        is undefined for a model.
    table
        One row a model, its name as index: ``mean, low, high`` (95 %, by group), ``n``,
        ``undefined``.
    pairs
        One row for each two models: ``first, second``, all that
        :func:`seglib.significance.paired_tests` finds, and ``holm_p``, the permutation test's p
        corrected for the number of pairs.
    difference, low, high, wilcoxon_p, permutation_p, effect_size
        The same for the first two models.
    protocols
        How each model was scored.
    """

    metric: str
    paired: pd.DataFrame
    table: pd.DataFrame
    pairs: pd.DataFrame
    difference: float
    low: float
    high: float
    wilcoxon_p: float
    permutation_p: float
    effect_size: float
    protocols: dict[str, str]

    def verdict(self) -> str:
        """What may be concluded, and what not, in words."""
        said = [_sentence(pair, self.metric) for pair in self.pairs.to_dict("records")]
        if len(said) > 1:
            said.append(f"The p-values are corrected for {len(said)} comparisons (Holm).")
        left_out = len(self.paired) - int(self.pairs["n"].min())
        if left_out:
            said.append(
                f"Up to {left_out} of {len(self.paired)} cases are left out because a model has no "
                "score there, which favours a model that misses objects."
            )
        if len(set(self.protocols.values())) > 1:
            said.append("The models were not scored by the same protocol: see `protocols`.")
        said.append(
            "Each model is one training run on one split. The interval covers the choice of test "
            "cases, not another seed, another split or another hospital: this is about these "
            "trained networks, not about their architectures in general."
        )
        return " ".join(said)


def _sentence(pair: dict, metric: str) -> str:
    """What one pair of models shows."""
    first, second, gap, groups = (pair[k] for k in ("first", "second", "difference", "groups"))
    unit = " px" if metric in LOWER_IS_BETTER else ""
    seen = (
        f"{METRICS[metric].removesuffix(' (px)')}, {first} minus {second}: {gap:+.3f}{unit} in the "
        f"mean of {pair['n']} cases in {groups} groups"
    )
    if groups < 2:
        return f"{seen}. One group alone cannot show a difference, so nothing was tested."
    p = pair["holm_p"]
    seen += f" (95 % interval {pair['low']:+.3f} to {pair['high']:+.3f}, permutation "
    seen += "p < 0.001)" if p < 0.001 else f"p = {p:.3f})"
    apart = pair["low"] > 0 or pair["high"] < 0
    if p < LEVEL and apart:
        better = first if (gap > 0) != (metric in LOWER_IS_BETTER) else second
        return f"{seen}. {better} is better on these cases, and chance hardly explains it."
    few = " With so few groups no test could have shown one." if 2 / 2**groups > LEVEL else ""
    if p < LEVEL or apart:
        return f"{seen}. Test and interval disagree: a hint of a difference, not a finding.{few}"
    return (
        f"{seen}. No difference was shown.{few} That is no proof that the two are equal: any "
        "difference inside the interval is still possible."
    )


def compare(evaluations: dict[str, Evaluation], metric: str = "dice", seed: int = 0) -> Comparison:
    """Compare models case by case on the cases that all of them were scored on.

    Parameters
    ----------
    evaluations
        Two or more evaluations of the same cases, by the name of the model.
    metric
        Key of :data:`seglib.scoring.METRICS`.
    seed
        Seed of the bootstrap and of the permutations.

    Raises
    ------
    ValueError
        If there are fewer than two models, the metric is unknown, or the models were not scored
        on the same cases and masks; the cases are named.
    """
    nearest(metric, METRICS, "metric")
    names = list(evaluations)
    if len(names) < 2:
        raise ValueError(f"A comparison needs two models or more, found {len(names)}: {names}.")
    columns = [_case_scores(evaluations[name], metric).rename(name) for name in names]
    for name in names[1:]:
        _check_same_cases(evaluations, names[0], name)
    first = (
        evaluations[names[0]].scores[["case", "group"]].drop_duplicates("case", ignore_index=True)
    )
    paired = reduce(lambda table, column: table.join(column, on="case"), columns, first)
    paired["difference"] = paired[names[0]] - paired[names[1]]
    pairs = pd.DataFrame(
        {"first": a, "second": b, **paired_tests(paired[a], paired[b], paired["group"], seed)}
        for a, b in combinations(names, 2)
    )
    pairs["holm_p"] = holm(pairs["permutation_p"])
    table = summarise(paired[names], paired["group"], seed).rename_axis("model")
    of_first = {name: float(pairs[name].iloc[0]) for name in OF_FIRST_PAIR}
    protocols = {name: evaluation.protocol for name, evaluation in evaluations.items()}
    return Comparison(metric, paired, table, pairs, **of_first, protocols=protocols)


def _case_scores(evaluation: Evaluation, metric: str) -> pd.Series:
    """One score a case: the mean of its classes, NaN if that of any class is undefined."""
    return evaluation.scores.groupby("case")[metric].agg(lambda scores: scores.mean(skipna=False))


def _check_same_cases(evaluations: dict[str, Evaluation], first: str, second: str) -> None:
    """Raise ``ValueError`` unless both models were scored on the same cases and masks."""
    key, facts = ["case", "class"], ["group", "height", "width", "truth_px"]
    a, b = (evaluations[name].scores.set_index(key)[facts] for name in (first, second))
    for name, missing in (
        (first, b.index.difference(a.index)),
        (second, a.index.difference(b.index)),
    ):
        if len(missing):
            cases = list(dict.fromkeys(missing.get_level_values("case")))
            raise ValueError(
                f"'{name}' has no score for {_some(cases)}; evaluate both models on the same cases."
            )
    changed = (a != b.loc[a.index]).any(axis=1)
    if changed.any():
        cases = list(dict.fromkeys(a.index[changed].get_level_values("case")))
        raise ValueError(
            f"'{first}' and '{second}' were scored with different masks or groups on "
            f"{_some(cases)}; evaluate both again on the same data."
        )


def _some(cases: list[str]) -> str:
    """The first five cases by name, and how many more there are."""
    more = f" and {len(cases) - 5} more" if len(cases) > 5 else ""
    return f"case{'s' if len(cases) > 1 else ''} {', '.join(cases[:5])}{more}"

"""Is A really better than B? Paired scores, tests that respect groups, and what each one costs.

Two networks that saw the same images are compared image by image: how hard an image is then
drops out. Cases of one group are no independent witnesses, so every test works on groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import combinations

import pandas as pd

from seglib.averaging import occurs, per_case
from seglib.cost import cost
from seglib.intervals import summarise
from seglib.names import expect, nearest
from seglib.results import Evaluation
from seglib.scoring import METRICS
from seglib.significance import holm, paired_tests
from seglib.verdict import LOWER_IS_BETTER, conclude

__all__ = ["Comparison", "compare", "cost"]

GIVEN = 'evaluations by name, such as {"U-Net": evaluate(run), "DeepLabV3+": evaluate(other)}'
OF_FIRST_PAIR = ("difference", "low", "high", "wilcoxon_p", "permutation_p", "effect_size")


@dataclass(frozen=True)
class Comparison:
    """Two or more models on the same cases.

    Attributes
    ----------
    metric
        Key of :data:`seglib.scoring.METRICS`.
    paired
        One row a case: ``case``, ``group``, a column for each model, and ``difference``, that of
        the first two models (first minus second). Several classes are averaged, see
        :mod:`seglib.averaging`; NaN if a score is undefined for a model.
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
    what, unit
        The metric in words and, of several classes, which; ``px`` or ``mm`` of a distance.
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
    what: str
    unit: str

    @property
    def label(self) -> str:
        """The metric in words, with the unit of a distance in brackets."""
        return f"{self.what} ({self.unit})" if self.unit else self.what

    def verdict(self) -> str:
        """What may be concluded, and what not, in words."""
        return conclude(self)


def compare(
    evaluations: dict[str, Evaluation], metric: str = "dice", seed: int = 0, only: str | None = None
) -> Comparison:
    """Compare models case by case on the cases that all of them were scored on.

    Parameters
    ----------
    evaluations
        Two or more evaluations of the same cases, by the name of the model.
    metric
        Key of :data:`seglib.scoring.METRICS`.
    seed
        Seed of the bootstrap and of the permutations.
    only
        One class, on the cases in which the truth or a model has it. By default the mean over
        the classes of each case.

    Raises
    ------
    TypeError
        If these are no evaluations, or they have no names.
    ValueError
        If there are fewer than two models, the metric or the class is unknown, or the models
        were not scored on the same cases and masks, or in different units.
    """
    expect(evaluations, dict, GIVEN)
    for evaluation in evaluations.values():
        expect(evaluation, Evaluation, GIVEN)
    nearest(metric, METRICS, "metric")
    names = list(evaluations)
    if len(names) < 2:
        raise ValueError(f"A comparison needs two models or more, found {len(names)}: {names}.")
    for name in names[1:]:
        _check_same_cases(evaluations, names[0], name)
    paired = _side_by_side(_rows(evaluations, only), metric)
    pairs = pd.DataFrame(
        {"first": a, "second": b, **paired_tests(paired[a], paired[b], paired["group"], seed)}
        for a, b in combinations(names, 2)
    )
    pairs["holm_p"] = holm(pairs["permutation_p"])
    table = summarise(paired[names], paired["group"], seed).rename_axis("model")
    of_first = {name: float(pairs[name].iloc[0]) for name in OF_FIRST_PAIR}
    protocols = {name: evaluation.protocol for name, evaluation in evaluations.items()}
    said = _in_words(evaluations, metric, only)
    return Comparison(metric, paired, table, pairs, **of_first, protocols=protocols, **said)


def _side_by_side(rows: dict[str, pd.DataFrame], metric: str) -> pd.DataFrame:
    """Scores of all models, one row a case, and the difference of the first two."""
    columns = [table.set_index("case")[metric].rename(name) for name, table in rows.items()]
    first, second, *_ = rows
    cases = rows[first][["case", "group"]].reset_index(drop=True)
    paired = reduce(lambda table, column: table.join(column, on="case"), columns, cases)
    paired["difference"] = paired[first] - paired[second]
    return paired


def _rows(evaluations: dict[str, Evaluation], only: str | None) -> dict[str, pd.DataFrame]:
    """One row a case for each model: the mean of its classes, or one class where it occurs."""
    if only is None:
        return {name: per_case(evaluation.scores) for name, evaluation in evaluations.items()}
    known = {name for evaluation in evaluations.values() for name in evaluation.scores["class"]}
    nearest(only, sorted(known), "class")
    rows = {name: e.scores[e.scores["class"] == only] for name, e in evaluations.items()}
    there = {case for table in rows.values() for case in table.loc[occurs(table), "case"]}
    if not there:
        raise ValueError(f"No case holds the class '{only}', and no model found it in any.")
    return {name: table[table["case"].isin(there)] for name, table in rows.items()}


def _in_words(evaluations: dict[str, Evaluation], metric: str, only: str | None) -> dict[str, str]:
    """What is compared, and in which unit.

    Raises ``ValueError`` if distances of the models are in different units.
    """
    units = sorted({evaluation.unit for evaluation in evaluations.values()})
    classes = next(iter(evaluations.values())).scores["class"].nunique()
    what = METRICS[metric].removesuffix(" (px)")
    if classes > 1:
        what += f", {only}" if only else f", mean of {classes} classes"
    if metric not in LOWER_IS_BETTER:
        return {"what": what, "unit": ""}
    if len(units) > 1:
        raise ValueError(
            f"Distances in {' and in '.join(units)} cannot be compared; evaluate all models on "
            "one case table, with its spacing."
        )
    return {"what": what, "unit": units[0]}


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

"""What did an evaluation find?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from seglib.aggregation import aggregate, as_text
from seglib.averaging import absences, occurs, per_case, per_group
from seglib.intervals import summarise
from seglib.scoring import METRICS, titles
from seglib.thresholds import average_precision


@dataclass(frozen=True)
class OneVsRest:
    """One class against all the others, pixels of all cases pooled.

    Attributes
    ----------
    colour
        Of the class in figures, ``"#rrggbb"``.
    roc, auc, sweep
        See :class:`seglib.thresholds.ScoreHistogram`; NaN for a class that no case holds.
    """

    colour: str
    roc: pd.DataFrame
    auc: float
    sweep: pd.DataFrame


@dataclass(frozen=True)
class Evaluation:
    """What one run scored on one set of cases.

    Attributes
    ----------
    scores
        One row per case and foreground class, see :class:`seglib.scoring.Scored`. Distances are
        NaN where exactly one mask is empty.
    pooled
        Scores of the summed counts, one row per foreground class, its name as index.
    confusion
        ``(classes, classes) int64`` pixels of all cases; rows are the truth.
    roc, auc, sweep
        Pooled, any foreground against background, see :class:`seglib.thresholds.ScoreHistogram`.
    protocol
        One line that says how the scores were made; it belongs under every table.
    unit
        Of the distances: ``px`` of the image, or ``mm``.
    one_vs_rest
        Name of a foreground class -> its curves; empty if there is only one class.
    reliability
        May the probability of any foreground be believed? See
        :func:`seglib.calibration.reliability`. None in answers older than this question.
    """

    scores: pd.DataFrame
    pooled: pd.DataFrame
    confusion: np.ndarray
    roc: pd.DataFrame
    auc: float
    sweep: pd.DataFrame
    protocol: str
    unit: str = "px"
    one_vs_rest: dict[str, OneVsRest] = field(default_factory=dict)
    reliability: pd.DataFrame | None = None

    @property
    def macro_auc(self) -> float:
        """Mean of the classes' areas under the curve; NaN ones are left out. One class: its own."""
        areas = pd.Series({name: curves.auc for name, curves in self.one_vs_rest.items()})
        return float(areas.mean()) if len(areas) else self.auc

    @property
    def average_precision(self) -> float:
        """Of any foreground, pooled, see :func:`seglib.thresholds.average_precision`."""
        return average_precision(self.sweep)

    def __str__(self) -> str:
        """A Markdown table to paste: per image, per group and pooled, and how it was made."""
        return as_text(self.aggregates(), self.protocol, self.unit)

    def aggregates(self, seed: int = 0) -> pd.DataFrame:
        """Mean of every metric per image, per group and pooled, see :mod:`seglib.aggregation`."""
        return aggregate(self.scores, self.pooled, seed)

    def table(self, seed: int = 0) -> pd.DataFrame:
        """Mean of every metric over cases; several classes are averaged in each case first.

        Parameters
        ----------
        seed
            Seed of the bootstrap over groups.

        Returns
        -------
        DataFrame
            ``metric`` (in words), ``mean``, ``low`` and ``high`` (95 % interval), ``n`` cases in
            the mean, ``undefined`` cases that are not in it. A missed object has no distance, so
            a mean distance with undefined scores flatters; NSD is 0 there and does not. How
            classes are averaged, and what an absent one counts: :mod:`seglib.averaging`.
        """
        means = _summary(per_case(self.scores), seed)
        return means.rename(index=titles(self.unit)).rename_axis("metric").reset_index()

    def class_table(self, seed: int = 0) -> pd.DataFrame:
        """Scores of each foreground class, over the cases in which it occurs.

        Returns
        -------
        DataFrame
            Index the class. ``n`` cases whose truth or prediction holds it, ``absent`` others;
            ``dice`` with its 95 % interval ``low, high``, and ``dice_absent_1``, what it would
            be if absent cases counted as 1; the mean of each other of
            :data:`seglib.scoring.METRICS` (distances in :attr:`unit`), ``undefined`` distances;
            ``pooled_dice``; ``auc``, one-vs-rest. NaN where a class never occurs.
        """
        by_class = self.scores.groupby("class", sort=False)
        absent, rows = absences(self.scores), {}
        for name, members in by_class:
            means = _summary(members[occurs(members)], seed)
            row = {"n": means.loc["dice", "n"], "absent": absent[name]}
            row |= means.loc["dice", ["mean", "low", "high"]].rename({"mean": "dice"})
            row |= {"dice_absent_1": members["dice"].mean()} | means["mean"].drop("dice").to_dict()
            row |= {"undefined": means.loc["hd95", "undefined"]}
            rows[name] = row | {"pooled_dice": self.pooled.loc[name, "dice"]}
            rows[name] |= {"auc": self._area(name)}
        table = pd.DataFrame(rows).T.rename_axis("class")
        return table.astype(dict.fromkeys(("n", "absent", "undefined"), int))

    def _area(self, name: str) -> float:
        return self.one_vs_rest[name].auc if self.one_vs_rest else self.auc

    def results(self, seed: int = 0) -> dict:
        """All numbers but those of single cases, ready for JSON; ``None`` where undefined."""
        several = len(self.one_vs_rest) > 0
        kept = self.scores[occurs(self.scores)] if several else self.scores
        by_class = {name: kept[kept["class"] == name] for name in self.scores["class"].unique()}
        found = {
            "protocol": self.protocol,
            "n_cases": self.scores["case"].nunique(),
            "n_groups": self.scores["group"].nunique(),
            "per_case": {name: _plain(_summary(rows, seed)) for name, rows in by_class.items()},
            "foreground_mean": _plain(_summary(per_case(self.scores), seed)),
            "per_group": _plain(_of_groups(self.scores, seed)),
            "pooled": _plain(self.pooled),
            "auc": _number(self.auc),
            "confusion": self.confusion.tolist(),
        }
        if self.unit != "px":
            found["unit"] = self.unit
        return found | (self._of_several() if several else {})

    def _of_several(self) -> dict:
        """What only several classes have."""
        return {
            "absent": absences(self.scores).to_dict(),
            "absent_as_1": {"dice": _number(self.scores["dice"].mean())},
            "pixel_accuracy": _number(np.trace(self.confusion) / self.confusion.sum()),
            "one_vs_rest_auc": {n: _number(curves.auc) for n, curves in self.one_vs_rest.items()},
            "macro_auc": _number(self.macro_auc),
            "colours": {name: curves.colour for name, curves in self.one_vs_rest.items()},
        }


def _of_groups(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Dice of each group's pixels together, with its interval."""
    dice = per_group(scores)
    return summarise(dice[["dice"]], dice["group"], seed)


def _summary(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    return summarise(scores[list(METRICS)], scores["group"], seed)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _plain(table: pd.DataFrame) -> dict:
    """A table of numbers as nested dicts, row by row, rounded, ``None`` for NaN."""
    return {
        name: {key: None if pd.isna(value) else round(value, 6) for key, value in row.items()}
        for name, row in table.to_dict("index").items()
    }

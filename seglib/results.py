"""What did an evaluation find, and where is it kept?

An evaluation is a question (which cases, which threshold, which weights) and its answer. Both are
written to the run folder, the answer last, so a half-written one is never taken for whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from seglib.files import write_atomic
from seglib.intervals import summarise
from seglib.scoring import METRICS


@dataclass(frozen=True)
class Evaluation:
    """What one run scored on one set of cases.

    Attributes
    ----------
    scores
        One row per case and foreground class, see :class:`seglib.scoring.Scored`. Distances are
        in pixels of the image, NaN where exactly one mask is empty.
    pooled
        Scores of the summed counts, one row per foreground class, its name as index.
    confusion
        ``(classes, classes) int64`` pixels of all cases; rows are the truth.
    roc, auc, sweep
        Pooled, any foreground against background, see :class:`seglib.thresholds.ScoreHistogram`.
    protocol
        One line that says how the scores were made; it belongs under every table.
    """

    scores: pd.DataFrame
    pooled: pd.DataFrame
    confusion: np.ndarray
    roc: pd.DataFrame
    auc: float
    sweep: pd.DataFrame
    protocol: str

    def table(self, seed: int = 0) -> pd.DataFrame:
        """Mean of every metric over cases and foreground classes.

        Parameters
        ----------
        seed
            Seed of the bootstrap over groups.

        Returns
        -------
        DataFrame
            ``metric`` (in words), ``mean``, ``low`` and ``high`` (95 % interval), ``n`` scores in
            the mean, ``undefined`` scores that are not in it. A missed object has no distance, so
            a mean distance with undefined scores flatters; NSD is 0 there and does not.
        """
        return _summary(self.scores, seed).rename(index=METRICS).rename_axis("metric").reset_index()

    def results(self, seed: int = 0) -> dict:
        """All numbers but those of single cases, ready for JSON; ``None`` where undefined."""
        by_class = self.scores.groupby("class", sort=False)
        return {
            "protocol": self.protocol,
            "n_cases": self.scores["case"].nunique(),
            "n_groups": self.scores["group"].nunique(),
            "per_case": {name: _plain(_summary(rows, seed)) for name, rows in by_class},
            "foreground_mean": _plain(_summary(self.scores, seed)),
            "pooled": _plain(self.pooled),
            "auc": None if np.isnan(self.auc) else round(self.auc, 6),
            "confusion": self.confusion.tolist(),
        }


def _summary(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    return summarise(scores[list(METRICS)], scores["group"], seed)


def _plain(table: pd.DataFrame) -> dict:
    """A table of numbers as nested dicts, row by row, rounded, ``None`` for NaN."""
    return {
        name: {key: None if pd.isna(value) else round(value, 6) for key, value in row.items()}
        for name, row in table.to_dict("index").items()
    }


def result_files(folder: Path, split: str, threshold: float, flips: bool) -> dict[str, Path]:
    """Paths of the scores, the curves and the results of one question, by those names.

    The default question, test cases at 0.5 without flips, has plain names; others a suffix.
    """
    end = ("-flips" if flips else "") + (f"-at{threshold:g}" if threshold != 0.5 else "")
    end = f"-{split}{end}" if end or split != "test" else ""
    names = {"scores": "csv", "roc": "csv", "results": "json"}
    return {name: folder / f"{name}{end}.{kind}" for name, kind in names.items()}


def is_answered(files: dict[str, Path], question: dict) -> bool:
    """Is this very question answered in these files? ``results.json`` is written last."""
    if not all(path.is_file() for path in files.values()):
        return False
    return json.loads(files["results"].read_text())["question"] == question


def write_results(files: dict[str, Path], question: dict, evaluation: Evaluation) -> None:
    """Write an evaluation and the question it answers; equal scores give equal bytes."""
    exact = {"index": False, "float_format": "%.6f", "lineterminator": "\n"}
    curves = evaluation.roc.merge(evaluation.sweep, "left", "threshold")
    files["results"].unlink(missing_ok=True)  # an older answer ends before its scores do
    write_atomic(files["scores"], evaluation.scores.to_csv(**exact))
    write_atomic(files["roc"], curves.to_csv(**exact))
    results = {"question": question, **evaluation.results()}
    write_atomic(files["results"], json.dumps(results, indent=2, allow_nan=False) + "\n")


def read_results(files: dict[str, Path]) -> Evaluation:
    """The evaluation that was written to these files."""
    words = dict.fromkeys(("case", "group", "class"), str)
    # A case may be called "NA": only an empty cell is a missing number.
    blank = {"keep_default_na": False, "na_values": {name: [""] for name in METRICS}}
    # Rounding mends the last bit, where parsers differ: the threshold 0.3 is found under 0.3.
    scores = pd.read_csv(files["scores"], dtype=words, **blank).round(6)
    curves = pd.read_csv(files["roc"]).round(6)
    results = json.loads(files["results"].read_text())
    return Evaluation(
        scores=scores,
        pooled=pd.DataFrame(results["pooled"]).T,
        confusion=np.array(results["confusion"]),
        roc=curves[["threshold", "fpr", "tpr"]],
        auc=float("nan") if results["auc"] is None else results["auc"],
        sweep=curves.iloc[:0:-1].drop(columns=["fpr", "tpr"]).reset_index(drop=True),
        protocol=results["protocol"],
    )

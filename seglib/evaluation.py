"""How good is this run, and how sure are we?

Every image is scored at its own resolution, one after the other. What was asked and what came out
is kept in the run folder: the same question is answered from there, with the same numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from seglib.files import write_atomic
from seglib.images import read_image, read_mask
from seglib.inference import predict_cases
from seglib.metrics import counts_of
from seglib.names import nearest
from seglib.results import Evaluation, is_answered, read_results, result_files, write_results
from seglib.runs import Run
from seglib.scoring import METRICS, TOLERANCE, Scored, of_counts, score_cases
from seglib.splits import SPLITS

__all__ = ["METRICS", "Evaluation", "evaluate", "load_probability"]


def evaluate(
    run: Run,
    split: str = "test",
    threshold: float = 0.5,
    flips: bool = False,
    cases: pd.DataFrame | None = None,
) -> Evaluation:
    """Score a run, or load the scores if the same question was answered before.

    The run folder gets ``scores.csv``, ``roc.csv``, ``results.json`` and
    ``predictions/<case>.png``. Other arguments than the default ones put a suffix in the names
    (``scores-val.csv``, ``scores-test-flips.csv``), so no answer overwrites another.

    Parameters
    ----------
    run
        A trained run.
    split
        ``train``, ``val`` or ``test`` cases of the run.
    threshold
        Probability above which a pixel is called the object. Choose it on ``val``.
    flips
        Average four mirrored views, see :func:`seglib.inference.predict_cases`.
    cases
        Other cases than the run's own, with ``attrs["card"]``; `split` is then not used.

    Raises
    ------
    ValueError
        If the split is unknown or has no cases, or a mask does not fit its image or its card.
    """
    if cases is None:
        chosen = run.cases[run.cases["split"] == nearest(split, SPLITS, "split")]
    else:
        chosen, split = cases, f"{cases.attrs['card'].name}-{_digest(cases)[:8]}"
    if chosen.empty:
        raise ValueError(f"No case of {run.path.name} is in the split '{split}'; nothing to score.")
    question = {"split": split, "threshold": threshold, "flips": flips, "tolerance": TOLERANCE}
    question["cases"] = _digest(chosen)
    question["weights"] = hashlib.sha256(run.checkpoint.read_bytes()).hexdigest()
    files = result_files(run.path, split, threshold, flips)
    if not is_answered(files, question):
        folder = _predictions(run.path, flips, "" if cases is None else f"-{split}")
        names = tuple(c.name for c in chosen.attrs["card"].classes)
        scored = score_cases(_predict(run, chosen, flips, folder), names, threshold)
        write_results(files, question, _evaluation(scored, names, question, chosen))
    return read_results(files)  # fresh or not, one reads what is on the disk


def _evaluation(
    scored: Scored, names: tuple[str, ...], question: dict, cases: pd.DataFrame
) -> Evaluation:
    return Evaluation(
        scores=scored.scores,
        pooled=pd.DataFrame(of_counts(counts_of(scored.confusion)[1:]), index=list(names[1:])),
        confusion=scored.confusion,
        roc=scored.histogram.roc(),
        auc=scored.histogram.auc(),
        sweep=scored.histogram.sweep(),
        protocol=_protocol(question, scored.scores, cases, names),
    )


def _digest(cases: pd.DataFrame) -> str:
    """Changes when a case comes, goes, or moves to another group."""
    table = cases[["case", "group"]].to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(table.encode()).hexdigest()


def _predictions(folder: Path, flips: bool, other: str = "") -> Path:
    """A case has one split, so the splits of a run share a folder; another table has its own."""
    return folder / f"predictions{other}{'-flips' if flips else ''}"


def _predict(run: Run, cases: pd.DataFrame, flips: bool, folder: Path) -> Iterator[tuple]:
    """Case, group, truth and probability of each case; the foreground is kept as a picture."""
    decoding = cases.attrs["card"].decoding
    pairs = predict_cases(run, cases, flips)
    for row, probability in tqdm(pairs, "Scoring", len(cases), leave=False, unit="image"):
        foreground = probability if probability.ndim == 2 else 1 - probability[0]
        picture = np.rint(foreground * 255).astype(np.uint8)
        write_atomic(folder / f"{row['case']}.png", cv2.imencode(".png", picture)[1].tobytes())
        yield str(row["case"]), str(row["group"]), read_mask(row["mask"], decoding), probability


def load_probability(run: Run, case: str, flips: bool = False) -> np.ndarray:
    """Foreground probability of one of the run's cases, as :func:`evaluate` left it.

    Returns
    -------
    ndarray
        ``(H, W) float32`` in [0, 1] at native resolution, in steps of 1/255.

    Raises
    ------
    FileNotFoundError
        If the case was not evaluated yet.
    """
    path = _predictions(run.path, flips) / f"{case}.png"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; call evaluate(run) on its split first.")
    return read_image(path).astype(np.float32) / 255


def _protocol(question: dict, scores: pd.DataFrame, cases: pd.DataFrame, names: tuple) -> str:
    n, groups = len(cases), cases["group"].nunique()
    margin = TOLERANCE * np.hypot(scores["height"], scores["width"]).median()
    split = "split by group" if groups < n else "split by image, no groups are known"
    return "; ".join(
        [
            f"{question['split']} cases of {cases.attrs['card'].name}: {n} in {groups} groups",
            split,
            "mean of scores per image at native resolution",
            f"foreground only ({', '.join(names[1:])})",
            "both masks empty = 1, exactly one empty = 0 with undefined distances, counted apart",
            f"threshold {question['threshold']:g}",
            "mean of four flips" if question["flips"] else "no flips",
            f"NSD within {TOLERANCE:.0%} of the image diagonal (median {margin:.1f} px)",
            "95 % intervals from 2000 resamples of the groups",
        ]
    )

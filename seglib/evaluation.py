"""How good is this run, and how sure are we?

Every image is scored at its own resolution, one after the other. What was asked and what came out
is kept in the run folder: the same question is answered from there, with the same numbers.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from tqdm.auto import tqdm

from seglib.answers import (
    about_cases,
    is_answered,
    one_at_a_time,
    read_results,
    result_files,
    write_results,
)
from seglib.calibration import reliability
from seglib.cohort import require_same_classes
from seglib.datasets import card_of
from seglib.images import read_mask
from seglib.inference import predict_cases
from seglib.names import expect, nearest
from seglib.predictions import (
    begin_maps,
    has_maps,
    load_labels,
    load_probability,
    predictions_folder,
    save_prediction,
    values_of,
)
from seglib.protocol import protocol
from seglib.results import Evaluation, OneVsRest
from seglib.runs import Run
from seglib.scoring import METRICS, TOLERANCE, pooled_scores, score_cases
from seglib.spacing import Spacing, spacing_of
from seglib.splits import SPLITS
from seglib.thresholds import check_threshold

__all__ = ["METRICS", "Evaluation", "evaluate", "load_labels", "load_probability"]


def evaluate(
    run: Run,
    split: str = "test",
    threshold: float = 0.5,
    flips: bool = False,
    cases: pd.DataFrame | None = None,
    zoom: float = 1.0,
) -> Evaluation:
    """Score a run, or load the scores if the same question was answered before.

    The run folder gets ``scores.csv``, ``roc.csv``, ``results.json`` and ``predictions/``; other
    arguments than the default ones put a suffix in the names (``scores-val.csv``).

    Parameters
    ----------
    run
        A trained run.
    split
        ``train``, ``val`` or ``test`` cases of the run.
    threshold
        Probability above which a pixel is called the object. Choose it on ``val``. With several
        classes the likeliest wins, and the threshold is not used.
    flips, zoom
        Average four mirrored views; see the image larger, through a sliding window:
        :func:`seglib.inference.predict`. The maps of a zoom lie in a folder of their own, which
        viewer and galleries do not open.
    cases
        Other cases than the run's own, with ``attrs["card"]``; `split` is then not used.

    Raises
    ------
    TypeError
        If it is no run, but the name of one.
    ValueError
        If the split is unknown or has no cases, the threshold is no probability, a mask does not
        fit its image or its card, or `zoom` is below 1, or not 1 for nnU-Net.
    """
    expect(run, Run, "a run, as fit(...) or seglib.runs.load_run(FOLDER) gives it")
    check_threshold(threshold)
    chosen, split, known = _chosen(run, split, cases)
    several = len(chosen.attrs["card"].classes) > 2
    threshold, spacing = 0.5 if several else threshold, spacing_of(chosen)
    question = known | _question(run, chosen, split, threshold, flips, spacing, zoom)
    files = result_files(run.path, split, threshold, flips, several, zoom)
    folder = predictions_folder(run, flips, "" if cases is None else f"-{split}", zoom)
    with one_at_a_time(folder):
        # Without its files no map can be made.
        here = known["files"] is None or has_maps(folder, chosen, run.digest)
        if not (here and is_answered(files, question)):
            write_results(files, question, _evaluation(run, chosen, question, folder, spacing))
        found = read_results(files)  # fresh or not, one reads what is on the disk
    said = protocol(question, found.scores, chosen, spacing, _whole(run, question))
    return dataclasses.replace(found, protocol=said)  # older answers have other words


def _chosen(
    run: Run, split: str, cases: pd.DataFrame | None
) -> tuple[pd.DataFrame, str, dict[str, str | None]]:
    """The cases to score, what to call them, and what changes when they or their files do."""
    own = cases is None
    if own:
        cases = run.cases[run.cases["split"] == nearest(split, SPLITS, "split")]
    name = card_of(cases).name
    known = about_cases(cases)
    if not own:
        require_same_classes(run.path, run.card, card_of(cases))
        both = hashlib.sha256("{cases}{files}".format(**known).encode()).hexdigest()
        split = f"{name}-{both[:8]}"
    if cases.empty:
        raise ValueError(f"No case of {run.path.name} is in the split '{split}'; nothing to score.")
    return cases, split, known


def _question(
    run: Run,
    cases: pd.DataFrame,
    split: str,
    threshold: float,
    flips: bool,
    spacing: Spacing | None,
    zoom: float,
) -> dict:
    """All else that decides the scores; what is not there is not mentioned."""
    card = cases.attrs["card"]
    question = {"split": split, "threshold": threshold, "flips": flips, "tolerance": TOLERANCE}
    question["weights"] = run.digest
    if zoom != 1:
        question["zoom"] = zoom
    if card.window is not None:
        question["window"] = [*card.window, card.offset]
    if spacing is not None:
        question["spacing_mm"] = hashlib.sha256(repr(sorted(spacing.items())).encode()).hexdigest()
    return question


def _whole(run: Run, question: dict) -> pd.DataFrame | None:
    """All cases of the run, if it is some of them that are asked for."""
    return run.cases if question["split"] in SPLITS else None


def _evaluation(
    run: Run, cases: pd.DataFrame, question: dict, folder: Path, spacing: Spacing | None
) -> Evaluation:
    """Predict and score all cases."""
    classes, whole = cases.attrs["card"].classes, _whole(run, question)
    names = tuple(entry.name for entry in classes)
    predicted = _predict(run, cases, folder, question["flips"], question.get("zoom", 1.0))
    scored = score_cases(predicted, names, question["threshold"], spacing)
    rest = zip(classes[1:], scored.one_vs_rest.values(), strict=False)  # none for one class
    curves = {c.name: OneVsRest(c.colour, h.roc(), h.auc(), h.sweep()) for c, h in rest}
    return Evaluation(
        scores=scored.scores,
        pooled=pooled_scores(scored.confusion, names[1:]),
        confusion=scored.confusion,
        roc=scored.histogram.roc(),
        auc=scored.histogram.auc(),
        sweep=scored.histogram.sweep(),
        protocol=protocol(question, scored.scores, cases, spacing, whole),
        unit="px" if spacing is None else "mm",
        one_vs_rest=curves,
        reliability=reliability(scored.histogram),
    )


def _predict(
    run: Run, cases: pd.DataFrame, folder: Path, flips: bool, zoom: float
) -> Iterator[tuple]:
    """Case, group, truth and probability of each case; what was predicted is kept as pictures."""
    card = cases.attrs["card"]
    if len(card.classes) > 2:
        values_of(card)  # better refused now than after the first batch
    pairs = enumerate(predict_cases(run, cases, flips, zoom))
    for n, (row, probability) in tqdm(pairs, "Scoring", len(cases), leave=False, unit="image"):
        if n == 0:  # not before one is there
            begin_maps(folder, run.digest)
        save_prediction(folder, row["case"], probability, card)
        yield (
            str(row["case"]),
            str(row["group"]),
            read_mask(row["mask"], card.decoding),
            probability,
        )

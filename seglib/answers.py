"""Where is the answer of an evaluation kept?

An evaluation is a question (which cases, which threshold, which weights) and its answer. Both are
written to the run folder, the answer last, so a half-written one is never taken for whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from seglib.files import sha256, stamp, write_atomic
from seglib.results import Evaluation, OneVsRest
from seglib.scoring import pooled_scores
from seglib.tabular import read_table

EXACT = {"index": False, "float_format": "%.6f", "lineterminator": "\n"}


def way(flips: bool, zoom: float) -> str:
    """What a file name says of how was predicted; nothing of one view of the whole image."""
    return ("-flips" if flips else "") + (f"-zoom{zoom:g}" if zoom != 1 else "")


def result_files(
    folder: Path,
    split: str,
    threshold: float,
    flips: bool,
    several: bool = False,
    zoom: float = 1.0,
) -> dict[str, Path]:
    """Paths of the scores, the curves and the results of one question, by those names.

    The default question, test cases at 0.5 in one view, has plain names; others a suffix.
    With `several` classes the curves of each have a file, too: ``classes``.
    """
    end = way(flips, zoom) + (f"-at{threshold:g}" if threshold != 0.5 else "")
    end = f"-{split}{end}" if end or split != "test" else ""
    names = {"scores": "scores{}.csv", "roc": "roc{}.csv", "results": "results{}.json"}
    names |= {"classes": "roc-classes{}.csv"} if several else {}
    return {name: folder / file.format(end) for name, file in names.items()}


def about_cases(cases: pd.DataFrame) -> dict[str, str | None]:
    """What a question says of its cases, and what changes when these or their files do."""
    return {"cases": _digest(cases), "files": _stamp(cases)}


def _digest(cases: pd.DataFrame) -> str:
    """Changes when a case comes, goes, or moves to another group."""
    table = cases[["case", "group"]].to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(table.encode()).hexdigest()


def _stamp(cases: pd.DataFrame) -> str | None:
    """Changes when an image or a mask does, or how masks are read, but not when they are moved.

    None if one of them is not there: then an old answer cannot be put to the question.
    """
    try:
        facts = [stamp(path) for path in (*cases["image"], *cases["mask"])]
    except (FileNotFoundError, NotADirectoryError):
        return None
    return hashlib.sha256(repr((cases.attrs["card"].decoding, facts)).encode()).hexdigest()


@contextmanager
def one_at_a_time(maps: Path) -> Iterator[None]:
    """Wait until no other process evaluates into this folder of maps, then keep others waiting.

    So the second of two finds the answer of the first. Where no lock can be written nobody writes
    an answer either, and one that is there is read without waiting.
    """
    with ExitStack() as held:
        with suppress(OSError):
            maps.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(maps.with_name(f".{maps.name}.lock")))
        yield


def is_answered(files: dict[str, Path], question: dict) -> bool:
    """Is this very question answered in these files? ``results.json`` is written last.

    What the question leaves open, None, may have any answer. Files that are gone, cut off or were
    changed by hand answer nothing; of older answers only that is known whether they are there.
    """
    try:
        kept, seals = json.loads(files["results"].read_text(encoding="utf-8")), _seals(files)
    except (OSError, ValueError):
        return False
    if kept.get("seals", seals) != seals:
        return False
    answered = kept["question"]
    return answered | {key: None for key in question if question[key] is None} == question


def write_results(files: dict[str, Path], question: dict, evaluation: Evaluation) -> None:
    """Write an evaluation and the question it answers; equal scores give equal bytes."""
    files["results"].unlink(missing_ok=True)  # an older answer ends before its scores do
    write_atomic(files["scores"], evaluation.scores.to_csv(**EXACT))
    write_atomic(files["roc"], _joined(evaluation).to_csv(**EXACT))
    if "classes" in files:
        curves = {name: _joined(found) for name, found in evaluation.one_vs_rest.items()}
        table = pd.concat(curves, names=["class"]).reset_index("class")
        write_atomic(files["classes"], table.to_csv(**EXACT))
    results = {"question": question, "seals": _seals(files), **evaluation.results()}
    said = evaluation.reliability.round(6).to_json(orient="columns")  # null where a bin is empty
    results["reliability"] = json.loads(said)
    write_atomic(files["results"], json.dumps(results, indent=2, allow_nan=False) + "\n")


def _seals(files: dict[str, Path]) -> dict[str, str]:
    """SHA-256 of each table that the results belong to."""
    return {name: sha256(path) for name, path in files.items() if name != "results"}


def _joined(curves: Evaluation | OneVsRest) -> pd.DataFrame:
    """ROC curve and scores at each threshold as one table."""
    return curves.roc.merge(curves.sweep, "left", "threshold")


def _parted(curves: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The two tables that were joined."""
    sweep = curves.iloc[:0:-1].drop(columns=["fpr", "tpr"]).reset_index(drop=True)
    return {"roc": curves[["threshold", "fpr", "tpr"]].reset_index(drop=True), "sweep": sweep}


def read_results(files: dict[str, Path]) -> Evaluation:
    """The evaluation that was written to these files."""
    # Rounding mends the last bit, where parsers differ: the threshold 0.3 is found under 0.3.
    scores = read_table(files["scores"], ("case", "group", "class")).round(6)
    results = json.loads(files["results"].read_text())
    confusion = np.array(results["confusion"])
    return Evaluation(
        reliability=_bins(results.get("reliability")),
        scores=scores,
        # Computed again, for older answers have 1 for a class that is nowhere.
        pooled=pooled_scores(confusion, list(results["pooled"])).round(6),
        confusion=confusion,
        auc=_area(results["auc"]),
        protocol=results["protocol"],
        unit=results.get("unit", "px"),
        one_vs_rest=_classes(files["classes"], results) if "classes" in files else {},
        **_parted(pd.read_csv(files["roc"]).round(6)),
    )


def _bins(columns: dict | None) -> pd.DataFrame | None:
    """The table of reliability, as it was before it was written."""
    if columns is None:
        return None
    table = pd.DataFrame(columns).rename(index=int)
    return table.astype(float).astype({"pixels": int})


def _area(value: float | None) -> float:
    return float("nan") if value is None else value


def _classes(path: Path, results: dict) -> dict[str, OneVsRest]:
    """Curves of each class, in the order of the card."""
    table = read_table(path, ("class",)).round(6)
    return {
        name: OneVsRest(
            colour=colour,
            auc=_area(results["one_vs_rest_auc"][name]),
            **_parted(table[table["class"] == name].drop(columns="class")),
        )
        for name, colour in results["colours"].items()
    }

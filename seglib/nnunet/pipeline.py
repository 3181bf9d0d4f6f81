"""In which order is nnU-Net asked, and what is kept of its answers?

Raw and preprocessed cases lie in ``outputs/nnunet/`` and serve every run on the same cases. So does
what each fold learnt: a run of five folds trains four when the first is there. The weights that a
run uses lie with the plan in its own checkpoint file.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from filelock import FileLock

from seglib import hardware
from seglib.cards import DatasetCard
from seglib.checkpoints import explained, write_checkpoint
from seglib.files import write_atomic
from seglib.nnunet.child import require_nnunet, run_child, surroundings
from seglib.nnunet.plan import FILES, Plan
from seglib.nnunet.raw import DATASET, folds, identity, learning, pixels, write_raw
from seglib.recipes import NnunetRecipe


def environment() -> dict[str, str | int]:
    """Versions and hardware of a run.

    On a GPU nnU-Net computes in half precision; on a processor we let it where that is faster.

    Raises ``ModuleNotFoundError`` if it is not installed.
    """
    require_nnunet()
    where = hardware.cuda_or_cpu()
    known = hardware.environment("16" if where.type == "cuda" else "auto", where)
    return known | {"nnunetv2": version("nnunetv2")}


def train(recipe: NnunetRecipe, cases: pd.DataFrame, folder: Path) -> None:
    """Plan, preprocess and train in the folder of a run, or take up where that stopped.

    Parameters
    ----------
    recipe
        Data set, length and folds.
    cases
        Split case table. Test cases are not shown to nnU-Net.
    folder
        Of the run; gets ``history.csv``, ``checkpoints/best.ckpt``, nnU-Net's plan and its log,
        ``nnunet.log``.

    Raises
    ------
    ModuleNotFoundError, ValueError, OSError
        If nnU-Net is not installed; if the cases cannot be planned on (see
        :func:`seglib.nnunet.raw.write_raw`) or have too few groups for a fold; if the disk is too
        small, or the child process stops early.
    """
    known = len(folds(cases))
    if max(recipe.folds) >= known:
        raise ValueError(
            f"These cases have too few training groups for fold {max(recipe.folds)}: nnU-Net can "
            f"have {known} folds here, from 0."
        )
    shared = folder.parent / "nnunet" / f"{recipe.dataset}-{identity(cases)}"
    results, log = shared / recipe.fold_name, folder / "nnunet.log"
    around = surroundings(shared, results)
    results.mkdir(parents=True, exist_ok=True)
    with FileLock(shared / ".lock"):
        write_raw(cases, shared)
        if not (shared / "planned").exists():
            task = {"cases": len(learning(cases)), "pixels": pixels(cases)}
            run_child("plan", task, around, log, "Planning nnU-Net")
            (shared / "planned").touch()
    for name in FILES.values():
        shutil.copyfile(shared / "preprocessed" / DATASET / name, folder / name)
    learnt = {str(fold): _learn(recipe, fold, results, around, log) for fold in recipe.folds}
    _keep(recipe, cases.attrs["card"], learnt, folder)


def _learn(
    recipe: NnunetRecipe, fold: int, results: Path, around: dict[str, str], log: Path
) -> dict:
    """What one fold learnt: weights, mirrored axes, history; trained unless that is there."""
    file = results / f"fold{fold}.pt"
    with FileLock(file.with_suffix(".lock")):
        if not file.is_file():
            task = {"fold": fold, "learnt": str(file), "seed": recipe.seed, "epochs": recipe.epochs}
            task |= {"iterations": recipe.iterations, "val_iterations": recipe.val_iterations}
            run_child("train", task, around, log, f"Training nnU-Net, fold {fold}")
    return torch.load(file, weights_only=True)


def _keep(recipe: NnunetRecipe, card: DatasetCard, learnt: dict[str, dict], folder: Path) -> None:
    """Write history and, last, the checkpoint from the plan and what each fold learnt."""
    plan = Plan.read(folder)
    histories = [pd.DataFrame(found["history"]) for found in learnt.values()]
    history = pd.concat(histories, keys=range(1, len(histories) + 1), names=["stage"])
    history = history.reset_index("stage").reset_index(drop=True)
    history.insert(1, "epoch", range(1, len(history) + 1))
    write_atomic(folder / "history.csv", history.round(6).to_csv(index=False))
    saved = {
        "state_dict": {fold: found["weights"] for fold, found in learnt.items()},
        "mirror": next(iter(learnt.values()))["mirror"],
        "plans": plan.plans,
        "facts": plan.facts,
        **explained(recipe, card),
    }
    write_checkpoint(folder / "checkpoints" / "best.ckpt", saved)


def predict_cases(
    checkpoint: Path, folder: Path, cases: pd.DataFrame, flips: bool = False
) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """What nnU-Net sees in each case, at native resolution.

    It normalises, tiles, blends and resamples by its own code. Without `flips` its mirroring,
    on by default there, is off, as it is for every other network here. The log is added to that
    in `folder`, the run's own, where the maps also wait until they are asked for.

    Yields
    ------
    (row, probability)
        As :func:`seglib.inference.predict_cases`. All cases are computed first and wait on the
        disk, a few MB each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".predicted-") as place:
        task = {"checkpoint": str(checkpoint), "folder": place, "flips": flips}
        task["images"] = [str(path) for path in cases["image"]]
        task["storage"] = cases.attrs["card"].storage
        around = surroundings(Path(place), Path(place))
        run_child("predict", task, around, folder / "nnunet.log", "Asking nnU-Net")
        for number, (_, row) in enumerate(cases.iterrows()):
            file = Path(place) / f"{number}.npy"
            yield row, np.load(file)
            file.unlink()


def own_scores(
    truths: dict[str, np.ndarray], labels: dict[str, np.ndarray], classes: list[str]
) -> pd.DataFrame:
    """Dice and IoU as nnU-Net's own evaluation counts them.

    Parameters
    ----------
    truths, labels
        Name of a case -> its true and predicted class indices ``(H, W) uint8``.
    classes
        Names of the classes, background first.

    Returns
    -------
    DataFrame
        ``case, class, dice, iou``. A class that neither mask has is NaN there, and 1 in
        :mod:`seglib.metrics`.
    """
    require_nnunet()
    from nnunetv2.evaluation.evaluate_predictions import compute_metrics

    rows = []
    for case, truth in truths.items():
        found = compute_metrics(truth, labels[case], _Arrays(), list(range(1, len(classes))))
        for index, scores in found["metrics"].items():
            numbers = {"dice": float(scores["Dice"]), "iou": float(scores["IoU"])}
            rows.append({"case": case, "class": classes[index]} | numbers)
    return pd.DataFrame(rows)


class _Arrays:
    """Stands in for nnU-Net's reader of files where the masks are at hand."""

    def read_seg(self, labels: np.ndarray) -> tuple[np.ndarray, dict]:
        """The labels themselves, where nnU-Net would have named a file."""
        return labels, {}

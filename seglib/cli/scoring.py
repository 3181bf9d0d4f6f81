"""``seglib evaluate`` and ``seglib compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from seglib.cli.shell import Threshold, examples, threshold_for

if TYPE_CHECKING:
    from seglib.runs import Run

EVALUATE_EXAMPLES = examples(
    "seglib evaluate --model unet --checkpoint outputs/checkpoints/unet_best.ckpt",
    "seglib evaluate outputs/RUN --split val --flips",
    "seglib evaluate outputs/RUN --split val --zoom 1.5",
)
COMPARE_EXAMPLES = examples("seglib compare outputs/RUN_A outputs/RUN_B --metric dice")

Split = Annotated[str, Option(help="Cases to score: train, val or test.")]
Flips = Annotated[bool, Option("--flips", help="Average four mirrored views; takes 4x as long.")]
Zoom = Annotated[float, Option(help="Above 1: sliding window over an image of that many inputs.")]
RunPath = Annotated[Path, Argument(help="A run folder or a checkpoint.", metavar="RUN")]


def evaluate(
    run: Annotated[Path | None, Argument(help="A run folder.", metavar="RUN")] = None,
    checkpoint: Annotated[Path | None, Option(help="A checkpoint, in place of a run.")] = None,
    model: Annotated[str | None, Option(help="Architecture it must hold.")] = None,
    split: Split = "test",
    threshold: Threshold = None,
    flips: Flips = False,
    zoom: Zoom = 1.0,
) -> None:
    """Score a trained network on its test images.

    Prints the mean of each score with its 95 % interval and how it was made, and with several
    classes the scores of each; those of single images are written to the run folder.
    """
    if (run is None) == (checkpoint is None):
        raise ValueError("Give either a run folder or --checkpoint FILE, to say what to evaluate.")
    from seglib.evaluation import evaluate as score
    from seglib.runs import load_run

    opened = load_run(run or checkpoint, model)
    evaluation = score(opened, split, threshold_for(opened, threshold), flips, zoom=zoom)
    typer.echo(f"{opened.describe()}\n{evaluation.protocol}\n")
    typer.echo(evaluation.table().round(3).to_string(index=False))
    if evaluation.one_vs_rest:
        columns = ["n", "absent", "dice", "low", "high", "dice_absent_1", "iou", "hd95", "auc"]
        area, unit = evaluation.macro_auc, evaluation.unit
        typer.echo(f"\nEach class where it occurs (hd95 in {unit}; mean AUC {area:.3f}):")
        typer.echo(evaluation.class_table()[columns].round(3).to_string())
    typer.echo(f"\nScores of each image: {opened.path}")


def compare(
    first: RunPath,
    second: RunPath,
    metric: Annotated[str, Option(help="Score to compare by: dice, iou, hd95 ...")] = "dice",
    split: Split = "test",
    flips: Flips = False,
    only: Annotated[str | None, Option("--class", help="Compare one class only.")] = None,
) -> None:
    """Ask whether one network is better than another, image by image."""
    from seglib.comparison import compare as paired
    from seglib.evaluation import evaluate as score
    from seglib.runs import load_run

    runs = [load_run(path) for path in (first, second)]
    evaluations = [score(run, split, flips=flips) for run in runs]
    comparison = paired(dict(zip(_names(runs), evaluations, strict=True)), metric, only=only)
    typer.echo(f"{evaluations[0].protocol}\n\n{comparison.table.round(3).to_string()}\n")
    typer.echo(comparison.verdict())


def _names(runs: list[Run]) -> list[str]:
    """What tells two runs apart: the architectures, or else their folders, or their paths."""
    for way in (lambda run: run.recipe.model, lambda run: run.path.name, lambda run: str(run.path)):
        names = [way(run) for run in runs]
        if names[0] != names[1]:
            break
    return names

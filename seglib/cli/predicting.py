"""``seglib predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from seglib.cli.shell import Threshold, examples, threshold_for

EXAMPLES = examples(
    "seglib predict image.jpg --checkpoint outputs/checkpoints/unet_best.ckpt",
    "seglib predict images --run outputs/RUN --output masks",
    "seglib predict image.jpg --run outputs/RUN --runtime onnx",
)


def predict(
    images: Annotated[
        list[Path], Argument(help="Image files, or folders of them.", metavar="IMAGE")
    ],
    run: Annotated[Path, Option("--run", "--checkpoint", help="A run folder or a checkpoint.")],
    output: Annotated[Path, Option(help="Folder for the masks.")] = Path("predictions"),
    threshold: Threshold = None,
    flips: Annotated[bool, Option("--flips", help="Average four mirrored views.")] = False,
    runtime: Annotated[str, Option(help="torch, or after 'seglib export': onnx, int8.")] = "torch",
    overwrite: Annotated[bool, Option("--overwrite", help="Replace files that exist.")] = False,
) -> None:
    """Outline the object in images of your own.

    Writes NAME_mask.png, with the grey values of the data set's masks, and NAME_overlay.png for
    the eye, both in the size of the image; with several classes a legend stands below. Of a folder
    every image and every scan of one slice is taken, not those in folders below it. If a file
    cannot be read, nothing is written.
    """
    from seglib.cli.masks import check_files, predict_files
    from seglib.runs import load_run
    from seglib.runtimes import load_network
    from seglib.thresholds import check_threshold

    opened = load_run(run)
    threshold = threshold_for(opened, threshold)
    check_threshold(threshold)
    targets = check_files(images, output, overwrite)
    network = load_network(opened, runtime)
    for image, found in predict_files(opened, network, targets, threshold, flips):
        mask, overlay = targets[image]
        typer.echo(f"{image.name}: {found}; {mask}, {overlay.name}")

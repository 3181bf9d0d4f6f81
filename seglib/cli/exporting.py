"""``seglib export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from seglib.cli.shell import examples

EXAMPLES = examples(
    "seglib export outputs/RUN",
    "seglib export outputs/checkpoints/unet_best.ckpt --int8",
)


def export(
    run: Annotated[Path, Argument(help="A run folder or a checkpoint.", metavar="RUN")],
    int8: Annotated[bool, Option("--int8", help="In 8 bits: smaller, faster, less exact.")] = False,
) -> None:
    """Write a trained network as ONNX, beside its checkpoint.

    Its answers to validation images are compared with those of PyTorch first. Use it with
    'seglib predict --runtime onnx' (or int8), or in any program that reads ONNX.
    """
    from seglib.export import export as write
    from seglib.runs import load_run

    done = write(load_run(run), int8)
    echo(f"{done.path} ({done.path.stat().st_size / 1e6:.1f} MB)")
    echo(
        f"Checked on {done.images} validation images: Dice {done.dice:.4f} (PyTorch "
        f"{done.dice_torch:.4f}), logits differ by at most {done.gap:.2g}."
    )

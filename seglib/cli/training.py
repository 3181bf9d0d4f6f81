"""``seglib train`` and ``seglib recipes``."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from seglib.cli.shell import examples

if TYPE_CHECKING:
    from seglib.course import Settings
    from seglib.recipes import NnunetRecipe, Recipe

Fractions = tuple[float, float, float]
SHARES = Option(metavar="<float> <float> <float>", help="Of training, validation, test.")
INDENT = {"initial_indent": "    ", "subsequent_indent": "    "}
EXAMPLES = examples(
    "seglib train --model unet --epochs 50 --batch-size 8 --lr 0.001",
    "seglib train --model deeplabv3plus --dataset kvasir-seg --recipe polyp-modern",
    "seglib train --encoder plain --loss dice --size 128 --seed 1",
    "seglib train --recipe polyp-modern --devices 4 --strategy ddp",
    "seglib train --model nnunet --epochs 20 --iterations 50",
)
RECIPES_EXAMPLES = examples("seglib recipes", "seglib recipes polyp-modern")


def train(
    recipe: Annotated[str | None, Option(help="Start from it; see 'seglib recipes'.")] = None,
    dataset: Annotated[str | None, Option(help="Data set; see 'seglib data list'.")] = None,
    model: Annotated[str | None, Option(help="unet, deeplabv3plus, one of smp or nnunet.")] = None,
    encoder: Annotated[str | None, Option(help="plain (teaching U-Net) or one of smp.")] = None,
    weights: Annotated[str | None, Option(help="Of the encoder: imagenet or a file.")] = None,
    width: Annotated[int | None, Option(help="Channels of the first plain block.")] = None,
    size: Annotated[int | None, Option(help="Side of the network's input, px.")] = None,
    epochs: Annotated[int | None, Option(help="Passes over the cases, in all stages.")] = None,
    iterations: Annotated[int | None, Option(help="nnunet: steps of an epoch, else 250.")] = None,
    batch_size: Annotated[int | None, Option(help="Images in one step.")] = None,
    lr: Annotated[float | None, Option(help="Learning rate.")] = None,
    loss: Annotated[str | None, Option(help="bce, bce_image_dice, dice_focal, …")] = None,
    optimiser: Annotated[str | None, Option(help="adam or adamw.")] = None,
    schedule: Annotated[str | None, Option(help="constant, one-cycle or cosine.")] = None,
    weight_decay: Annotated[float | None, Option(help="Of the convolutions' weights.")] = None,
    accumulate: Annotated[int | None, Option(help="Steps averaged into one update.")] = None,
    augmentation: Annotated[str | None, Option(help="none, flips, upright, full …")] = None,
    paste: Annotated[float | None, Option(help="Share of images that get an object.")] = None,
    ema: Annotated[float | None, Option(help="Decay of the weights' running mean.")] = None,
    precision: Annotated[str | None, Option(help="auto, 32, bf16 or 16.")] = None,
    patience: Annotated[int | None, Option(help="Stop after epochs without gain.")] = None,
    seed: Annotated[int | None, Option(help="Of weights, order and augmentation.")] = None,
    split: Annotated[str | None, Option(help="By group, image, COLUMN=VALUE, fold=1/5.")] = None,
    fractions: Annotated[Fractions | None, SHARES] = None,
    split_seed: Annotated[int | None, Option(help="Of the split of the cases.")] = None,
    devices: Annotated[int, Option(help="GPUs, or CPU processes, that share each batch.")] = 1,
    num_nodes: Annotated[int, Option(help="Machines with so many devices each.")] = 1,
    strategy: Annotated[
        str, Option(help="How they work together: ddp, or ddp_find_unused_parameters_true.")
    ] = "auto",
) -> None:
    """Train a network and keep the best one.

    An option that is not given keeps the recipe's value. A recipe without a data set trains on
    SEGLIB_DATASET if that is of its task, else on its own data if they are there, else on their
    synthetic twin; a data set without a recipe, by the one that the profile has for it. The same
    command resumes a training that was interrupted, and shows the result of one that is finished.
    nnU-Net (an extra, --model nnunet) decides itself about all but data, split, seed and length.
    """
    given = dict(locals())
    where = {name: given.pop(name) for name in ("devices", "num_nodes", "strategy")}
    fields = {key: value for key, value in given.items() if key != "recipe"}
    from seglib.course import settings
    from seglib.files import write_atomic

    now = settings(dataset)
    if recipe and not dataset:
        now = _on_its_data(now, recipe)
    experiment = _experiment(recipe or now.recipe, fields | {"dataset": now.dataset})
    from lightning.pytorch.utilities import rank_zero_only

    from seglib.training import fit

    say = rank_zero_only(typer.echo)  # one of several processes speaks
    say(f"Training {experiment.run_name} (if interrupted, the same command resumes)")
    run = fit(experiment, **where)
    copy = now.outputs / "checkpoints" / f"{experiment.model}_best.ckpt"
    write_atomic(copy, run.checkpoint.read_bytes())
    say(f"{run.describe()}\nRun folder: {run.path}")
    say(f"Copy of the best network, replaced by the next {experiment.model}: {copy}")


def _on_its_data(now: Settings, name: str) -> Settings:
    """The settings on data of a recipe's task: the current, its own if there, or its twin."""
    from seglib.cards import card
    from seglib.recipes import recipe as named
    from seglib.sources import find

    own = card(named(name).dataset)
    if now.task != own.recipe and find(own, now.data):
        return dataclasses.replace(now, dataset=own.name)
    return now.on(own.recipe)


def _experiment(start: str, fields: dict[str, Any]) -> Recipe | NnunetRecipe:
    """The recipe `start` with other fields, or nnU-Net on its data and split.

    Raises ``ValueError`` if a field is given that this model does not have.
    """
    from seglib.recipes import NNUNET, NnunetRecipe
    from seglib.recipes import recipe as named

    given = {key: value for key, value in fields.items() if value is not None}
    if given.get("model") != NNUNET:
        if "iterations" in given:
            raise ValueError("--iterations belongs to --model nnunet; other models count epochs.")
        return named(start, **given)
    length = {key: given.pop(key) for key in ("epochs", "iterations") if key in given}
    same = ("dataset", "split", "fractions", "split_seed", "seed")
    shared = {key: given.pop(key) for key in same if key in given}
    del given["model"]
    if given:
        raise ValueError(
            f"nnU-Net decides about {', '.join(given).replace('_', ' ')} itself; leave that away."
        )
    return NnunetRecipe.beside(named(start, **shared), **length)


def recipes(
    name: Annotated[str | None, Argument(help="Show all settings of one recipe.")] = None,
) -> None:
    """List the named experiments with their settings and sources, or show one in full."""
    from seglib.recipes import SOURCES
    from seglib.recipes import recipe as named
    from seglib.recipes import recipes as all_recipes

    if name:
        typer.echo(named(name).to_json(), nl=False)
        return
    for entry in all_recipes():
        typer.echo("\n".join((entry.name, *_settings(entry))))
        typer.echo(f"{textwrap.fill(SOURCES[entry.name], 88, **INDENT)}\n")


def _settings(entry: Recipe) -> Iterator[str]:
    """One line for the recipe and one for each stage."""
    shares = "/".join(f"{share:.0%}".rstrip("%") for share in entry.fractions)
    line = "    {model}, encoder {encoder}, {size} px, augmentation {augmentation}, on {dataset}"
    yield f"{line.format(**dataclasses.asdict(entry))} split {shares}"
    for stage in entry.stages:
        line = "    {epochs} epochs of {loss}, {optimiser} {lr:g} {schedule}, batch {batch_size}"
        line = line.format(**dataclasses.asdict(stage))
        line += f" at {entry.stage_size(stage)} px" if stage.scale != 1 else ""
        yield f"{line} x {stage.accumulate}" if stage.accumulate > 1 else line

"""``seglib generalise``, ``ablate`` and ``budget``: studies of many trainings."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from seglib.cli.shell import examples

if TYPE_CHECKING:
    import pandas as pd

GENERALISE_EXAMPLES = examples(
    "SEGLIB_PROFILE=full seglib generalise --dataset chest-xray",
    "SEGLIB_PROFILE=full seglib generalise --dataset chaos-mr --model unet --seed 0 --seed 1",
    "SEGLIB_PROFILE=full seglib generalise --dataset isic2018 --folds 5 --ensemble",
)
ABLATE_EXAMPLES = examples(
    "seglib ablate --dataset isic2018",
    "seglib ablate --dataset phantom-polyp --epochs 4 --size 64",
)
BUDGET_EXAMPLES = examples(
    "SEGLIB_PROFILE=full seglib budget --dataset kvasir-seg --epochs 14 --epochs 28 --epochs 94",
    "SEGLIB_PROFILE=full seglib budget --epochs 28 --size 160 --epochs 94 --size 224",
    "seglib budget --epochs 2 --epochs 7",
)

MODELS = ("unet", "deeplabv3plus")


def generalise(
    dataset: Annotated[str | None, Option(help="Data set; SEGLIB_DATASET if not given.")] = None,
    recipe: Annotated[str | None, Option(help="Recipe to train; else the profile's.")] = None,
    model: Annotated[list[str] | None, Option(help="Once for each; else both networks.")] = None,
    seed: Annotated[list[int] | None, Option(help="Once for each training; else 0.")] = None,
    split: Annotated[list[str] | None, Option(help="group, image, COLUMN=VALUE; else all.")] = None,
    folds: Annotated[int | None, Option(help="Cross-validate in so many folds, such as 5.")] = None,
    together: Annotated[
        bool, Option("--ensemble", help="Score the networks' mean probability, too.")
    ] = False,
) -> None:
    """Train on the same images divided in several ways, and see what the score owes to the way.

    By group and by image (which leaks) where patients are known, and with each site held out; or
    in folds, so that each image is tested once, by a network that has not seen it.
    The rows go to figures/DATASET/splits.csv, beside those of the same recipe that are there;
    chapter 6 reads it.
    """
    import seglib
    from seglib.generalisation import TABLE, merged
    from seglib.generalisation import folds as deal
    from seglib.generalisation import generalise as across
    from seglib.recipes import recipe as named

    now = seglib.settings(dataset)
    start = named(recipe or now.recipe, dataset=now.dataset)
    splits = [*(split or ()), *(deal(folds) if folds is not None else ())] or None
    models, seeds, path = model or MODELS, seed or (start.seed,), now.figures / TABLE
    keep(merged(path, across(start, models, seeds, splits, together=together)), path)


def ablate(
    dataset: Annotated[str | None, Option(help="Data set; SEGLIB_DATASET if not given.")] = None,
    model: Annotated[str, Option(help="Architecture of every rung.")] = "unet",
    epochs: Annotated[int | None, Option(help="Of every rung; else the modern recipe's.")] = None,
    size: Annotated[int | None, Option(help="Of every rung, px; else the modern recipe's.")] = None,
) -> None:
    """Go from the published recipe to the modern one, one choice at a time; see what each brings.

    Every rung learns for as many epochs, and is scored on the validation cases; the test cases are
    not looked at. The table goes to figures/DATASET/ablation.csv.
    """
    import seglib
    from seglib.ablation import TABLE, ladder
    from seglib.ablation import ablate as climb
    from seglib.recipes import recipe as named

    now = seglib.settings(dataset)
    fields = {"dataset": now.dataset, "model": model, "epochs": epochs, "size": size}
    modern = named(f"{now.task}-modern", **fields)
    table = climb(ladder(named(now.task, epochs=modern.epochs), modern))
    keep(table, now.figures / TABLE)


def budget(
    dataset: Annotated[str | None, Option(help="Data set; SEGLIB_DATASET if not given.")] = None,
    recipe: Annotated[str | None, Option(help="Recipe to train; else the profile's.")] = None,
    model: Annotated[str, Option(help="Architecture of every training.")] = "unet",
    epochs: Annotated[list[int] | None, Option(help="Once a length; else 1/4, 1/2, all.")] = None,
    size: Annotated[list[int] | None, Option(help="Once a length, px; else the recipe's.")] = None,
    test: Annotated[bool, Option(help="Score the test cases, too: when all is decided.")] = False,
) -> None:
    """Train the same recipe for several numbers of epochs; see what more time brings.

    Each length is a training of its own, with its own learning rates from warm-up to the end, and
    each stage keeps its share of the epochs. In little time smaller images may teach more: the
    first size belongs to the first length, and so on. Scored on the validation cases. The table
    goes to figures/DATASET/budget.csv; chapter 11 reads it.
    """
    import pandas as pd

    import seglib
    from seglib.ablation import BUDGET
    from seglib.ablation import ablate as climb
    from seglib.recipes import recipe as named

    now = seglib.settings(dataset)
    given = partial(named, recipe or now.recipe, dataset=now.dataset, model=model)
    full = given()
    lengths = epochs or sorted({max(1, full.epochs // part) for part in (4, 2, 1)})
    sizes = size or [full.size] * len(lengths)
    if len(sizes) != len(lengths):
        raise ValueError(f"{len(sizes)} x --size for {len(lengths)} lengths; give one for each.")
    trainings = {
        f"{n} epochs, {px} px": given(epochs=n, size=px)
        for n, px in sorted(zip(lengths, sizes, strict=True))
    }
    parts = ("val", "test") if test else ("val",)
    tables = {part: climb(trainings, split=part) for part in parts}
    keep(pd.concat(tables, names=["split", ""]).reset_index("split"), now.figures / BUDGET)


def keep(table: pd.DataFrame, path: Path) -> None:
    """Write a table, and show it; one that was trained in another way is set aside first."""
    import pandas as pd

    from seglib.files import set_aside, write_atomic

    if path.is_file():
        there = pd.read_csv(path)
        told = ("recipe", "model", "px", "epochs", "split")
        trained = [name for name in told if name in table and name in there]
        old, new = (rows.set_index(trained).index for rows in (there, table))
        if not old.isin(new).all():
            typer.echo(f"The table of other trainings is kept as {set_aside(path)}")
    write_atomic(path, table.to_csv(index=False, lineterminator="\n"))
    typer.echo(f"{table.to_string(index=False)}\n\nTable: {path}")

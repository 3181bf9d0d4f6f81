"""The same from a shell: train, evaluate, compare and predict without a notebook.

torch and Lightning take seconds to import, so each command imports what it needs, and ``--help``
answers at once.
"""

from __future__ import annotations

import typer

from seglib.cli import (
    data,
    exporting,
    joining,
    predicting,
    reporting,
    scoring,
    studies,
    training,
    viewing,
)
from seglib.cli.shell import PlainErrors, examples

app = typer.Typer(
    cls=PlainErrors,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_show_locals=False,
    help="Train, evaluate and use networks that segment medical images.",
    epilog=examples(
        "seglib data list",
        "seglib train --model unet --epochs 50 --batch-size 8 --lr 0.001",
        "seglib evaluate --model unet --checkpoint outputs/checkpoints/unet_best.ckpt",
        "seglib predict image.jpg --checkpoint outputs/checkpoints/unet_best.ckpt",
    ),
)
app.command(epilog=training.EXAMPLES)(training.train)
app.command(epilog=scoring.EVALUATE_EXAMPLES)(scoring.evaluate)
app.command(epilog=scoring.COMPARE_EXAMPLES)(scoring.compare)
app.command(epilog=joining.EXAMPLES)(joining.ensemble)
app.command(epilog=studies.GENERALISE_EXAMPLES)(studies.generalise)
app.command(epilog=studies.ABLATE_EXAMPLES)(studies.ablate)
app.command(epilog=studies.BUDGET_EXAMPLES)(studies.budget)
app.command(epilog=predicting.EXAMPLES)(predicting.predict)
app.command(epilog=exporting.EXAMPLES)(exporting.export)
app.command(epilog=viewing.EXAMPLES)(viewing.view)
app.command(epilog=training.RECIPES_EXAMPLES)(training.recipes)
app.command(epilog=reporting.EXAMPLES)(reporting.report)
app.add_typer(data.app, name="data")

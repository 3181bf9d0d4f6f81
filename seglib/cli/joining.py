"""``seglib ensemble``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, echo

from seglib.cli.shell import examples

EXAMPLES = examples(
    "seglib ensemble outputs/RUN_A outputs/RUN_B",
    "seglib ensemble outputs/RUN_A outputs/RUN_B outputs/RUN_C",
)


def ensemble(
    runs: Annotated[list[Path], Argument(help="Run folders or checkpoints.", metavar="RUN")],
) -> None:
    """Bring trained networks together into one run, whose probability is the mean of theirs.

    They must have been trained on the same cases, divided alike, at the same size. The new run is
    evaluated, compared, looked at, exported and used like any other; its folder holds all weights.
    """
    from seglib.ensembles import ensemble as bring_together
    from seglib.runs import load_run

    joined = bring_together([load_run(path) for path in runs])
    echo(f"{joined.describe()}\n{joined.path}\nNext: seglib evaluate {joined.path}")

"""``seglib view``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from seglib.cli.shell import check_free, examples

if TYPE_CHECKING:
    from seglib.viewer import Source

EXAMPLES = examples(
    "seglib view phantom-polyp",
    "seglib view outputs/RUN --limit 20",
    "seglib view outputs/RUN_A --against outputs/RUN_B --output compared.html",
)


def view(
    target: Annotated[str, Argument(help="A run, or a data set.", metavar="RUN_OR_DATASET")],
    against: Annotated[Path | None, Option(help="Another run, to compare with.")] = None,
    split: Annotated[
        str | None, Option(help="Cases of the run: train, val or test, which is the default.")
    ] = None,
    limit: Annotated[int, Option(help="Cases in the page, of a run the worst.", min=1)] = 60,
    output: Annotated[Path | None, Option(help="HTML file to write.")] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace OUTPUT if it exists.")] = False,
    show: Annotated[bool, Option("--open/--no-open", help="Open it in the browser.")] = True,
) -> None:
    """Look at masks and predictions in the browser.

    Writes one HTML file that needs neither network nor Python. Press ? in it for the keys.
    """
    from seglib.course import settings
    from seglib.viewer import MaskViewer

    if output:
        _check(output, overwrite)
    name, source = _source(target, against, split)
    chosen = source.table["case"].head(limit).tolist()  # of a run the worst come first
    path = MaskViewer(source, table=True).to_html(
        output or settings().outputs / f"view-{name}.html", chosen
    )
    typer.echo(f"{len(chosen)} of {len(source.table)} cases: {path}")
    if show:
        typer.launch(path.resolve().as_uri())


def _check(output: Path, overwrite: bool) -> None:
    """Raise ``ValueError`` unless `output` is a page, and a new one if it may not be replaced."""
    if output.suffix.lower() != ".html":
        raise ValueError(f"{output} is to hold a page; choose an --output that ends in .html.")
    check_free(output, overwrite)


def _source(target: str, against: Path | None, split: str | None) -> tuple[str, Source]:
    """What to call the page, and the cases in it."""
    from seglib.cards import CARDS
    from seglib.datasets import load
    from seglib.names import nearest
    from seglib.runs import load_run
    from seglib.viewer import of_runs, of_table

    if target in CARDS:
        if against or split:
            given = "--against compares two runs" if against else "--split is for a run"
            raise ValueError(f"'{target}' is a data set; {given}.")
        return target, of_table(load(target))
    if not Path(target).exists():
        nearest(target, CARDS, "run folder or data set")
    run = load_run(Path(target))
    return run.path.name, of_runs(run, load_run(against) if against else None, split or "test")

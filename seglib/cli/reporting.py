"""``seglib report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from seglib.cli.shell import examples

EXAMPLES = examples(
    "seglib report --dataset kvasir-seg",
    "seglib report --dataset phantom-polyp --out outputs/report",
    "seglib report --dataset kvasir-seg --check",
    "seglib report --dataset kvasir-seg --screenshots",
)


def report(
    dataset: Annotated[str | None, Option(help="Data set; SEGLIB_DATASET if not given.")] = None,
    out: Annotated[Path | None, Option(help="Folder of the two files.")] = None,
    check: Annotated[bool, Option("--check", help="Write nothing; compare with OUT.")] = False,
    screenshots: Annotated[
        bool, Option("--screenshots", help="First picture cells with results; needs a Chromium.")
    ] = False,
) -> None:
    """Build report.pdf and report.docx from the results and figures of one data set.

    They go to report/, or to a folder in it if the data are synthetic. The text is in
    report/report.md; whose it is, in report/metadata.yml.
    """
    import seglib
    from seglib.report import build_report, check_written, report_folder, write_report

    if check and screenshots:
        raise ValueError("--check writes nothing, --screenshots writes pictures; leave one out.")
    settings = seglib.settings(dataset)
    dataset = settings.dataset
    if screenshots:
        _picture_cells(settings.root, settings.outputs, dataset)
    made = build_report(settings.root, dataset)
    folder = out or report_folder(settings.root, dataset)
    if check:
        check_written(made, folder)
        typer.echo(f"The report in {folder} is up to date: {made.words} words.")
    else:
        written, kept = write_report(made, folder)
        for path in kept:
            typer.echo(f"A report that was changed since it was written is kept as {path}")
        for path in written:
            typer.echo(f"Your report is at {path} ({made.words} words).")


def _picture_cells(root: Path, outputs: Path, dataset: str) -> None:
    """Take pictures of cells with their results where that is possible, else say why not."""
    from seglib.report import find_browser, take_screenshots

    browser = find_browser()
    if browser is None:
        typer.echo("No Chromium was found: cells are shown as code, without pictured results.")
        return
    executed, figures = outputs / "notebooks" / dataset, root / "figures" / dataset
    try:
        for path in take_screenshots(root, executed, figures, browser):
            typer.echo(f"Pictured a cell: {path}")
    except ValueError as error:
        typer.echo(f"Cells are shown as code, without pictured results: {error}")

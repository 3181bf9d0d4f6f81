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
)


def report(
    dataset: Annotated[str | None, Option(help="Data set; SEGLIB_DATASET if not given.")] = None,
    out: Annotated[Path | None, Option(help="Folder of the two files; report/ here.")] = None,
    check: Annotated[bool, Option("--check", help="Write nothing; compare with OUT.")] = False,
) -> None:
    """Build report.pdf and report.docx from the results and figures of one data set.

    The text is report/report.md; whose it is, report/metadata.yml.
    """
    import seglib
    from seglib.report import build_report, check_written, write_report

    settings = seglib.settings()
    made = build_report(settings.root, dataset or settings.dataset)
    folder = out or settings.root / "report"
    if check:
        check_written(made, folder)
        typer.echo(f"The report in {folder} is up to date: {made.words} words.")
    else:
        for path in write_report(made, folder):
            typer.echo(f"Your report is at {path} ({made.words} words).")

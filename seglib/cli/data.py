"""``seglib data``: which data sets are there, and what is in them?"""

from __future__ import annotations

from typing import Annotated

import typer

from seglib.cli import converting

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, show, download, check and convert data sets.",
    epilog="Data sets lie in data/, or in the folder that the variable SEGLIB_DATA names.",
)
Name = Annotated[str, typer.Argument(help="Name of a data set; see 'seglib data list'.")]


@app.command("list")
def list_() -> None:
    """List the known data sets."""
    from seglib.cards import cards

    for entry in cards():
        source = "made on first use" if entry.is_synthetic else f"{entry.size_mb:.0f} MB"
        typer.echo(f"{entry.name:16} {entry.n_cases:5} cases  {source:18} {entry.task}")
    typer.echo("\nWho may use them, and what to cite: seglib data show NAME")


@app.command()
def show(name: Name) -> None:
    """Show contents, licence, citation and known flaws."""
    from seglib.cards import card

    entry = card(name)
    classes = ", ".join(f"{c.name} ({c.value})" for c in entry.classes)
    facts = {
        "Title": entry.title,
        "Task": f"{entry.task}, {entry.modality}",
        "Cases": entry.n_cases,
        "Classes": f"{classes}; grey value in the masks in brackets",
        "Licence": entry.licence,
        "Citation": entry.citation,
        "Homepage": entry.homepage,
        "By hand": entry.manual,
    }
    for word, fact in facts.items():
        if fact:
            typer.echo(f"{word + ':':10} {fact}")
    for defect in entry.defects:
        typer.echo(f"{'Note:':10} {defect}")


@app.command()
def download(name: Name) -> None:
    """Fetch a data set, or make it if it is synthetic.

    Does nothing if it is there already.
    """
    from seglib.datasets import load

    cases = load(name)
    folder = cases["image"].iloc[0].parent
    typer.echo(f"{name}: {len(cases)} cases, {cases['group'].nunique()} groups; images in {folder}")


@app.command()
def check(name: Name) -> None:
    """Open every file and list what is wrong or worth knowing."""
    from seglib.datasets import check as findings

    found = findings(name)
    for row in found.itertuples():
        typer.echo(f"{row.case}: {row.found}; expected {row.expected}")
    typer.echo(f"{name}: {len(found)} findings" if len(found) else f"{name}: all is well")


app.command(epilog=converting.EXAMPLES)(converting.convert)

"""``seglib data``: which data sets are there, and what is in them?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from seglib.cli import converting

if TYPE_CHECKING:
    from seglib.cards import DatasetCard

SHOWN = 5  # cases that are named of each kind of finding

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
        source = f"{entry.size_mb:.0f} MB" if entry.urls else "by hand"
        source = "made on first use" if entry.is_synthetic else source
        typer.echo(f"{entry.name:24} {entry.n_cases or '?':>5} cases  {source:18} {entry.task}")
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
        "Layout": _layout(entry),
        "Groups": _groups(entry),
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


def _layout(entry: DatasetCard) -> str:
    """Where images, masks and the table of groups lie, and how a mask is named."""
    mask = entry.mask_name.format(stem="CASE")
    parts = [f"{entry.images}/CASE.*", f"{entry.masks}/{mask}.*"]
    parts += [entry.group_table.file] if entry.group_table else []
    return ", ".join(f"{entry.name}/{part}" for part in parts)


def _groups(entry: DatasetCard) -> str:
    if table := entry.group_table:
        return f"in {table.file}, columns {table.case} and {table.group}"
    named = entry.group_pattern is not None
    return "in the file names" if named else "not known, so each image counts as its own"


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
    """Open every file and list what is wrong or worth knowing, duplicates included."""
    from seglib.datasets import check as findings
    from seglib.datasets import load
    from seglib.duplicates import find_duplicates

    cases = load(name)
    found = [
        (f"{row.found}; expected {row.expected}", row.case) for row in findings(cases).itertuples()
    ]
    for row in find_duplicates(cases).itertuples():
        what = "the same file" if row.kind == "exact" else "nearly the same picture"
        found.append((f"{what} under two names; expected one", f"{row.case_a}/{row.case_b}"))
    for line in _grouped(found):
        typer.echo(line)
    typer.echo(f"{name}: {len(found)} findings" if found else f"{name}: all is well")


def _grouped(found: list[tuple[str, str]]) -> Iterator[str]:
    """One line for each kind of finding, with the first cases that have it."""
    kinds: dict[str, list[str]] = {}
    for what, case in found:
        kinds.setdefault(what, []).append(case)
    for what, cases in kinds.items():
        more = f" and {len(cases) - SHOWN} more" if len(cases) > SHOWN else ""
        yield f"{', '.join(cases[:SHOWN])}{more}: {what}"


app.command(epilog=converting.EXAMPLES)(converting.convert)

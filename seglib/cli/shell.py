"""How do all commands show their examples and their errors?"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option
from typer.core import TyperGroup

if TYPE_CHECKING:
    from seglib.runs import Run

Threshold = Annotated[
    float | None,
    Option(help="Probability above which a pixel counts, of one class only; 0.5 if not given."),
]


class PlainErrors(TyperGroup):
    """Say in one sentence what went wrong, without a traceback, and exit with code 2."""

    def invoke(self, ctx: typer.Context) -> Any:
        """Run the command."""
        for stream in (sys.stdout, sys.stderr):  # a Windows code page lacks letters of names
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # `seglib recipes | head` is no error; click ends quietly
        except (ValueError, OSError, ModuleNotFoundError) as error:
            typer.echo(f"seglib: {error}", err=True)
            raise typer.Exit(2) from None


def check_free(file: Path, overwrite: bool) -> None:
    """Raise ``ValueError`` if a file is there already and may not be replaced."""
    if file.exists() and not overwrite:
        raise ValueError(f"{file} exists; choose another --output or add --overwrite.")


def threshold_for(run: Run, given: float | None) -> float:
    """The threshold of this run; ``ValueError`` if one was given and it has several classes."""
    names = [entry.name for entry in run.card.classes[1:]]
    if given is not None and len(names) > 1:
        raise ValueError(
            f"--threshold {given:g} was given for several classes ({', '.join(names)}): the "
            "likeliest wins, so there is no threshold; leave it out."
        )
    return 0.5 if given is None else given


def examples(*lines: str) -> str:
    """Text to stand below a command's options, one example a line."""
    keep_line_breaks = "\b"
    return "\n".join((keep_line_breaks, "Examples:", *(f"  {line}" for line in lines)))

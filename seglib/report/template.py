"""What does the report's text become for these results?

``report.md`` is a jinja2 template over Markdown. A name that no result has stops the build; a
number cannot be typed into the prose at all.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image

from seglib.report.numbers import FILTERS

TEXT_WIDTH, TEXT_HEIGHT = 160.0, 205.0  # mm, of a figure at most
PRINTED_DPI = 300
# What may hold digits although it is no result: injected values, citations, formulas, code.
NOT_TYPED = re.compile(
    r"\{##.*?##\}|\{\{.*?\}\}|\{%.*?%\}|\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]+`|\{[#.][^}\n]*\}|@[\w:.-]+",
    re.DOTALL,
)
NUMBER = re.compile(r"(?<![\w-])\d[\d.,]*")


@dataclass
class Placed:
    """Pictures that the text asked for, by name, in their order.

    Attributes
    ----------
    shown
        Printed in the text.
    listed
        Named in the appendix.
    code
        Place (a notebook or module) and name of each picture of code; and whether its output
        is shown.
    cells
        Notebook and name of each cell that is shown as a browser pictured it.
    """

    shown: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    code: dict[str, tuple[str, str, bool]] = field(default_factory=dict)
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)


def _size(picture: Path) -> tuple[float, float]:
    """Width and height of a PNG as it is meant to be printed, mm."""
    with Image.open(picture) as opened:
        return tuple(side / PRINTED_DPI * 25.4 for side in opened.size)


def _figure(name: str, alt: str, caption: str, width: float) -> str:
    words = " ".join(caption.split())
    alt = " ".join(alt.replace('"', "'").split())
    return f'![{words}]({name}.png){{#fig:{name} width={width:.1f}mm alt="{alt}"}}\n'


def _functions(folder: Path, placed: Placed, dataset: str) -> dict[str, Callable[..., str]]:
    """What the text may call to place pictures; `folder` holds them all as PNG."""

    def fitted(name: str) -> float:
        """Width of a picture that fits on the page."""
        path = folder / f"{name}.png"
        if not path.is_file():
            raise FileNotFoundError(
                f"The report shows figures/{dataset}/{name}.png, which is missing; make it with "
                f"all other figures of '{dataset}': SEGLIB_DATASET={dataset} make course."
            )
        width, height = _size(path)
        return width * min(1.0, TEXT_WIDTH / width, TEXT_HEIGHT / height)

    def figure(name: str, alt: str, caller: Callable[[], str]) -> str:
        """An exported figure; its caption stands between call and endcall."""
        placed.shown.append(name)
        return _figure(name, alt, caller(), fitted(name))

    def code(
        name: str, place: str, of: str, caller: Callable[[], str], result: bool = False
    ) -> str:
        """A picture of a cell or function, on request with its output."""
        placed.code[name] = (place, of, result)
        alt = f"Source code of {of} in {place}{', with its output' if result else ''}."
        return _figure(name, alt, f"{caller().rstrip()} Source: `{place}`.", TEXT_WIDTH)

    def cell(
        name: str, place: str, of: str, caller: Callable[[], str], result: bool = False
    ) -> str:
        """A cell with its result as a browser pictured it; where none did, a picture of its code.

        `result` puts the stored printed output below the code, if it is the same on all data.
        """
        if not (folder / f"{name}.png").is_file():
            return code(name, place, of, caller, result)
        placed.cells[name] = (place, of)
        placed.shown.append(name)
        alt = f"Screenshot of the cell of {place} that makes {of}, with its result."
        words = f"{caller().rstrip()} Screenshot of a cell of `{place}` with its result."
        return _figure(name, alt, words, fitted(name))

    def listed(name: str) -> str:
        """The name of a figure that is only listed, in the appendix."""
        fitted(name)
        placed.listed.append(name)
        return f"`{name}`"

    return {"figure": figure, "code": code, "cell": cell, "listed": listed}


def environment(sources: Path) -> jinja2.Environment:
    """How the templates in the folder ``report/`` are read."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(sources),
        undefined=jinja2.StrictUndefined,
        # Pandoc's attributes, {#fig:name}, look like jinja's own comments.
        comment_start_string="{##",
        comment_end_string="##}",
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    return made


def typed_numbers(text: str) -> list[str]:
    """Numbers that stand in the prose of a template, with their lines: ``0.81 in line 12``."""
    blank = NOT_TYPED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    return [
        f"{number[0].rstrip('.,')} in line {row}"
        for row, line in enumerate(blank.splitlines(), 1)
        for number in NUMBER.finditer(line)
    ]


def render(
    template: str, sources: Path, facts: dict[str, Any], figures: Path
) -> tuple[str, Placed]:
    """Fill in the text.

    Parameters
    ----------
    template
        Name of the template in `sources`.
    sources
        The folder ``report/``.
    facts
        Names that it may use, see :func:`seglib.report.facts.gather`.
    figures
        Folder of its figures.

    Returns
    -------
    str, Placed
        Markdown, and the pictures that it shows.

    Raises
    ------
    ValueError
        If the text uses a name or key that is not there, or has a mistake in its syntax.
    FileNotFoundError
        If a figure is missing.
    """
    placed = Placed()
    try:
        written = environment(sources).get_template(template)
        words = written.render(facts | _functions(figures, placed, facts["card"].name))
    except jinja2.UndefinedError as error:
        raise ValueError(
            f"{_place(error, sources)} asks for something that the results do not have: "
            f"{error.message}."
        ) from None
    except jinja2.TemplateError as error:
        place = f"{getattr(error, 'name', None) or template}, line {getattr(error, 'lineno', '?')}"
        raise ValueError(f"{place} cannot be read: {error.message}") from None
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"{_place(error, sources)} cannot be filled in: {error}") from error
    return words, placed


def fill(line: str, facts: dict[str, Any]) -> str:
    """Fill in one line, such as the title."""
    try:
        return jinja2.Template(line, undefined=jinja2.StrictUndefined).render(facts)
    except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"'{line}' cannot be filled in: {error}.") from None


def _place(error: Exception, sources: Path) -> str:
    """File and line of the template in which an error arose."""
    frames = traceback.extract_tb(error.__traceback__)
    at = [f for f in frames if Path(f.filename).is_relative_to(sources)]
    return f"{Path(at[-1].filename).name}, line {at[-1].lineno}," if at else "The report"

"""Which pictures does the report draw by itself? Diagrams of the networks, and code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt

from seglib.figures.architecture import DIAGRAMS
from seglib.figures.code import code_picture, find_code
from seglib.figures.style import use_style, write_figure
from seglib.models import build_model
from seglib.recipes import Recipe
from seglib.report.tree import Node


def draw_diagrams(recipe: Recipe, folder: Path) -> None:
    """Draw ``architecture_<model>`` of each network, as this recipe builds it."""
    with plt.rc_context():
        use_style()
        for model, draw in DIAGRAMS.items():
            network = build_model(replace(recipe, model=model, weights=None))
            figure = draw(network, recipe.size)
            write_figure(figure, folder / f"architecture_{model}")
            plt.close(figure)


def draw_code(root: Path, wanted: dict[str, tuple[str, str, bool]], folder: Path) -> None:
    """Draw each piece of code that the text asks for, as it stands in the course now."""
    for name, (place, of, result) in wanted.items():
        source, first, output = find_code(root / place, of, result)
        (folder / f"{name}.png").write_bytes(code_picture(source, first, output))


def for_typst(folder: Path) -> Callable[[Node], Node]:
    """What turns an image into typst's own, with its alternative text, as vectors if there are any.

    Pandoc's typst writer drops alternative texts.
    """

    def change(node: Node) -> Node:
        """An image as typst with its alternative text; any other node as it is."""
        if node["t"] != "Image":
            return node
        (_, _, attributes), alt, (target, _) = node["c"]
        vector = Path(target).with_suffix(".pdf")
        path = vector if (folder / vector).is_file() else Path(target)
        words = json.dumps("".join(n.get("c", " ") for n in alt), ensure_ascii=False)
        width = dict(attributes)["width"]
        typst = f'#image("{path.as_posix()}", width: {width}, alt: {words})'
        return {"t": "RawInline", "c": ["typst", typst]}

    return change

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


def draw_diagrams(recipe: Recipe, n_classes: int, folder: Path) -> None:
    """Draw ``architecture_<model>`` of each network, as this recipe builds it for its classes."""
    with plt.rc_context():
        use_style()
        for model, draw in DIAGRAMS.items():
            network = build_model(replace(recipe, model=model, weights=None), n_classes)
            figure = draw(network, recipe.size)
            write_figure(figure, folder / f"architecture_{model}")
            plt.close(figure)


def draw_code(root: Path, wanted: dict[str, tuple[str, str, bool]], folder: Path) -> None:
    """Draw each piece of code that the text asks for, as it stands in the course now."""
    for name, (place, of, result) in wanted.items():
        source, first, output = find_code(root / place, of, result)
        (folder / f"{name}.png").write_bytes(code_picture(source, first, output))


def for_typst(folder: Path) -> Callable[[Node], Node]:
    """What gives images and formulas in typst their alternative texts, which pandoc drops.

    An image is taken as vectors if `folder` has them. A formula's text is its TeX.
    """

    def change(node: Node) -> Node:
        """An image or formula as typst with its alternative text; any other node as it is."""
        if node["t"] == "Math":
            rule = f"#[#set math.equation(alt: {_quoted(node['c'][1])})\n"
            return {"t": "Span", "c": [["", [], []], [_typst(rule), node, _typst("]")]]}
        if node["t"] != "Image":
            return node
        (_, _, attributes), alt, (target, _) = node["c"]
        vector = Path(target).with_suffix(".pdf")
        path = vector if (folder / vector).is_file() else Path(target)
        words = _quoted("".join(n.get("c", " ") for n in alt))
        return _typst(
            f'#image("{path.as_posix()}", width: {dict(attributes)["width"]}, alt: {words})'
        )

    return change


def _typst(words: str) -> Node:
    return {"t": "RawInline", "c": ["typst", words]}


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)

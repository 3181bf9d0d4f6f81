"""How is a network drawn? Boxes for maps, arrows for what runs between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from seglib.figures.style import COLOURS, GREY, TWO_COLUMNS, figure

Shape = tuple[int, int]  # channels, side in cells
# Where words stand around a box: a step away from it, and how they are aligned.
AROUND = {
    "bottom": (0, -0.08, "center", "top"),
    "top": (0, 0.08, "center", "bottom"),
    "left": (-0.1, 0, "right", "center"),
    "right": (0.1, 0, "left", "center"),
}
DOWN, UP, HEAD, WIRE = COLOURS["unet"], COLOURS["truth"], COLOURS["prediction"], GREY


@dataclass(frozen=True)
class Box:
    """A feature map in the diagram: its centre and its size."""

    x: float
    y: float
    width: float
    height: float

    def port(self, side: str) -> tuple[float, float]:
        """Middle of a side: ``left``, ``right``, ``top`` or ``bottom``."""
        dx = {"left": -1, "right": 1}.get(side, 0) * self.width / 2
        dy = {"bottom": -1, "top": 1}.get(side, 0) * self.height / 2
        return self.x + dx, self.y + dy


def box(
    axes: Axes, place: tuple[float, float], shape: Shape, size: int, colour: str,
    label: str = "", beside: str = "bottom",
) -> Box:  # fmt: skip
    """Draw a map: as tall as its side, as wide as its channels, both on a root scale."""
    channels, side = shape
    box = Box(*place, 0.75 * (channels / 512) ** 0.5 + 0.08, (side / size) ** 0.5)
    corner = (box.x - box.width / 2, box.y - box.height / 2)
    axes.add_patch(Rectangle(corner, box.width, box.height, facecolor=colour, alpha=0.85, lw=0))
    x, y = box.port(beside)
    dx, dy, ha, va = AROUND[beside]
    words = f"{label}\n" if label else ""
    clear = {"facecolor": "white", "alpha": 0.85, "lw": 0, "pad": 0.6}
    axes.text(x + dx, y + dy, f"{words}{channels} × {side}²", ha=ha, va=va, fontsize=6.5,
              linespacing=1.15, color=COLOURS["ink"], bbox=clear)  # fmt: skip
    return box


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], label: str = "", **style: str
) -> None:
    """An arrow between two boxes, with words above its middle."""
    options = {"arrowstyle": "-|>", "mutation_scale": 7, "lw": 0.9, "color": WIRE} | style
    axes.add_patch(FancyArrowPatch(start, end, shrinkA=1, shrinkB=1, **options))
    if label:
        middle = np.mean([start, end], axis=0)
        axes.text(*(middle + (0, 0.05)), label, ha="center", va="bottom", fontsize=6.5, color=WIRE)


def canvas(height_mm: float, x: tuple[float, float], y: tuple[float, float]) -> tuple[Figure, Axes]:
    """An empty figure as wide as the page, with these limits and no frame."""
    fig, axes = figure(TWO_COLUMNS, height_mm)
    axes.set(xlim=x, ylim=y)
    axes.axis("off")
    return fig, axes


def legend(axes: Axes, corner: str, colours: dict[str, str]) -> None:
    """Say in a corner what the colours stand for."""
    handles = [Rectangle((0, 0), 1, 1, color=colour, alpha=0.85) for colour in colours.values()]
    axes.legend(handles, colours, loc=corner, frameon=False, fontsize=7)

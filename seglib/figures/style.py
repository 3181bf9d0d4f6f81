"""One style for every figure: sizes in mm, colours that colour-blind readers can tell apart."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch

from seglib.cards import LabelClass
from seglib.course import Settings
from seglib.files import write_atomic

ONE_COLUMN, TWO_COLUMNS = 85.0, 175.0  # mm
_MM_PER_INCH = 25.4

# Okabe & Ito (2008). A model or a class has the same colour in every figure.
COLOURS = {
    "unet": "#0072B2",
    "deeplabv3plus": "#E69F00",
    "nnunet": "#CC79A7",
    "ensemble": "#009E73",
    "baseline": "#999999",
    "truth": "#009E73",
    "prediction": "#D55E00",
    "tp": "#009E73",
    "fp": "#D55E00",
    "fn": "#0072B2",
    "swap": "#CC79A7",
    "train": "#0072B2",
    "val": "#E69F00",
    "test": "#CC79A7",
    "background": "#999999",
    "ink": "#222222",
}
GREY = "#666666"  # lines and words that only help to read
SPARE = ("#56B4E9", "#D55E00", "#000000", "#F0E442")  # the rest of theirs, for other models
# Words to the right of a mark, for ``annotate`` with an offset in points.
BESIDE = {"textcoords": "offset points", "va": "center", "fontsize": 6.5}
MODEL_TITLES = {
    "unet": "U-Net",
    "deeplabv3plus": "DeepLabV3+",
    "nnunet": "nnU-Net",
    "ensemble": "Ensemble",
}


def use_style() -> None:
    """Set matplotlib's defaults for the course: small, readable, no frames that say nothing."""
    mpl.rcParams.update(
        {
            "figure.dpi": 80,
            "savefig.dpi": 300,
            "figure.constrained_layout.use": True,
            "font.family": "DejaVu Sans",
            "font.size": 8,
            "axes.titlesize": 9,
            "axes.labelsize": 8,
            "legend.fontsize": 7,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.grid": False,
            "image.interpolation": "antialiased",
            "pdf.fonttype": 42,
            "svg.hashsalt": "seglib",
        }
    )


def figure(width: float, height: float, **subplots: Any) -> tuple[Figure, Any]:
    """A figure of so many mm, and its axes; further arguments go to ``plt.subplots``."""
    return plt.subplots(figsize=(width / _MM_PER_INCH, height / _MM_PER_INCH), **subplots)


def model_colours(models: Iterable[str]) -> dict[str, str]:
    """Colour of each model; one that has none of its own gets the next spare one."""
    spare = cycle(SPARE)
    return {model: COLOURS.get(model) or next(spare) for model in dict.fromkeys(models)}


def overlay(image: np.ndarray, mask: np.ndarray, colour: str, alpha: float = 0.35) -> np.ndarray:
    """Tint all of an image where `mask` is above 0, and draw the border in full.

    Takes ``(H, W, 3) uint8``, ``(H, W)``, ``"#rrggbb"`` and the strength of the tint inside, in
    [0, 1]; gives a new image. An empty mask leaves it as it is.
    """
    inside = mask > 0
    tint = np.array(mpl.colors.to_rgb(colour)) * 255
    painted = image.astype(np.float32)
    painted[inside] = (1 - alpha) * painted[inside] + alpha * tint
    core = inside.copy()
    reach = max(1, round(min(image.shape[:2]) / 150))
    for axis in (0, 1):
        for shift in (-reach, reach):
            core &= np.roll(inside, shift, axis)
    painted[inside & ~core] = tint
    return painted.round().astype(np.uint8)


def paint(
    image: np.ndarray, labels: np.ndarray, classes: Sequence[LabelClass], alpha: float = 0.35
) -> np.ndarray:
    """Tint every class but the background in its own colour, see :func:`overlay`.

    Takes ``(H, W, 3) uint8``, class indices ``(H, W)`` and the card's classes, background first.
    """
    for index, entry in enumerate(classes[1:], start=1):
        image = overlay(image, labels == index, entry.colour, alpha)
    return image


def heat_map(
    axes: Axes, values: np.ndarray, texts: np.ndarray, top: float = 1.0, **text: Any
) -> AxesImage:
    """Values of a matrix, 0 to `top`, as blues with a text in each cell; NaN stays white."""
    drawn = axes.imshow(values, cmap="Blues", vmin=0, vmax=top, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        ink = GREY if np.isnan(value) else "white" if value > 0.5 * top else COLOURS["ink"]
        axes.text(column, row, texts[row, column], ha="center", va="center", color=ink, **text)
    axes.spines[:].set_visible(False)
    return drawn


def class_keys(colours: Mapping[str, str]) -> list[Patch]:
    """Entries of a legend: name of a class -> its colour."""
    return [Patch(color=colour, label=name) for name, colour in colours.items()]


def percent(share: float, _: int | None = None) -> str:
    """Tick label of a share: 0.005 becomes ``0.5%``, 0.1 becomes ``10%``."""
    return f"{100 * share:g}%"


def sign(fig: Figure, source: str) -> Figure:
    """Write under a figure, small, which data it shows; an empty `source` says nothing."""
    if source:
        fig.supxlabel(source, x=0.995, ha="right", fontsize=6, color=GREY)
    return fig


def save_figure(fig: Figure, name: str, settings: Settings) -> Path:
    """Write ``figures/<dataset>/<name>.png`` (300 dpi) and ``.pdf``, without timestamps.

    Returns
    -------
    Path
        The PNG, relative to the course folder.
    """
    write_figure(fig, settings.figures / name)
    return (settings.figures / f"{name}.png").relative_to(settings.root)


def write_figure(fig: Figure, stem: Path) -> None:
    """Write a figure as ``<stem>.png`` (300 dpi) and ``<stem>.pdf``, without timestamps."""
    for suffix, metadata in (("png", {"Software": None}), ("pdf", {"CreationDate": None})):
        buffer = io.BytesIO()
        fig.savefig(buffer, format=suffix, metadata=metadata)
        write_atomic(stem.with_name(f"{stem.name}.{suffix}"), buffer.getvalue())

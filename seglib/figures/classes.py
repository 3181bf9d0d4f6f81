"""How good is each of several classes? Its scores, its curves, its place in the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seglib.averaging import occurs
from seglib.cards import LabelClass
from seglib.figures.networks import CAPTION_MM, bare
from seglib.figures.style import (
    COLOURS,
    GREY,
    MODEL_TITLES,
    TWO_COLUMNS,
    class_keys,
    figure,
    paint,
)
from seglib.results import Evaluation

LINES = ("-", "--", ":", "-.")  # one a model, where colours tell the classes apart
FRAME = {"frameon": True, "framealpha": 0.85, "edgecolor": "none", "fontsize": 6}


def dice_by_class(axes: Axes, evaluation: Evaluation) -> None:
    """Dice of every image class by class, where the class occurs, and its mean with interval."""
    table, spread = evaluation.class_table(), np.random.default_rng(0)
    for place, (name, row) in enumerate(table.iterrows()):
        members = evaluation.scores[evaluation.scores["class"] == name]
        values = members.loc[occurs(members), "dice"]
        x = place + spread.uniform(-0.25, 0.1, len(values))
        colour = evaluation.one_vs_rest[name].colour
        axes.plot(x, values, ".", ms=3, color=colour, alpha=0.5)
        error = [[row["dice"] - row["low"]], [row["high"] - row["dice"]]]
        axes.errorbar(place + 0.3, row["dice"], error, fmt="D", ms=4, color=COLOURS["ink"])
        axes.annotate(f"{row['dice']:.2f}", (place + 0.3, row["dice"]), (5, -2), fontsize=6,
                      textcoords="offset points")  # fmt: skip
    labels = [f"{name}\n{row['n']:.0f} images" for name, row in table.iterrows()]
    axes.set_xticks(range(len(table)), labels, fontsize=6.5)
    axes.set(ylabel="Dice of one image", ylim=(-0.03, 1.03), xlim=(-0.5, len(table) - 0.2))
    axes.set_title("Dice where the class occurs (diamond: mean, 95 % interval)")


def roc_by_class(evaluations: Mapping[str, Evaluation]) -> Figure:
    """One-vs-rest ROC and precision-recall curve of each class, pooled; colours are classes."""
    fig, (left, right) = figure(TWO_COLUMNS, 76, ncols=2)
    for (model, evaluation), line in zip(evaluations.items(), LINES, strict=False):
        title = f"{MODEL_TITLES[model]}, " if len(evaluations) > 1 else ""
        for name, curves in evaluation.one_vs_rest.items():
            style = {"color": curves.colour, "ls": line}
            known = curves.sweep[curves.sweep["recall"] > 0]
            label = f"{title}{name}, AUC {curves.auc:.3f}"
            left.plot(curves.roc["fpr"], curves.roc["tpr"], label=label, **style)
            right.plot(known["recall"], known["precision"], label=f"{title}{name}", **style)
    areas = ", ".join(f"{evaluation.macro_auc:.3f}" for evaluation in evaluations.values())
    left.plot([0, 1], [0, 1], ":", color=GREY, lw=1, label="guessing")
    left.set(xlabel="false positive rate (1 − specificity)", ylabel="recall")
    left.set_title(f"ROC, each class against the rest (mean AUC {areas})", fontsize=8)
    right.set(xlabel="recall", ylabel="precision")
    right.set_title("Precision–recall, each class against the rest", fontsize=8)
    for axes, place in ((left, "lower right"), (right, "lower left")):
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.legend(loc=place, **FRAME)
    return fig


def side_by_side(
    images: Sequence[np.ndarray],
    truths: Sequence[np.ndarray],
    labels: Mapping[str, Sequence[np.ndarray]],
    titles: Sequence[str],
    classes: Sequence[LabelClass],
    width: float = TWO_COLUMNS,
) -> Figure:
    """Image, truth and what each model found, side by side; one row a case.

    Parameters
    ----------
    images, truths
        ``(H, W, 3) uint8`` and class indices ``(H, W)``.
    labels
        Name of a model -> its class indices ``(H, W)``.
    titles
        Left of each row.
    classes
        Of the card, the background first; they give names and colours.
    width
        Of the figure, mm.
    """
    columns = 2 + len(labels)
    shapes = [len(image) / image.shape[1] for image in images]
    height = width / columns * sum(shapes) + len(images) + 2 * CAPTION_MM
    places = {"nrows": len(images), "ncols": columns, "height_ratios": shapes, "squeeze": False}
    fig, grid = figure(width, height, **places)
    for row, (image, truth) in enumerate(zip(images, truths, strict=True)):
        found = {name: paint(image, masks[row], classes) for name, masks in labels.items()}
        shown = {"image": image, "truth": paint(image, truth, classes)} | found
        for axes, (name, picture) in zip(grid[row], shown.items(), strict=True):
            bare(axes)
            axes.imshow(picture)
            axes.set_title(name if row == 0 else "", fontsize=7.5, parse_math=False)
        grid[row, 0].set_ylabel(titles[row])
    keys = class_keys({entry.name: entry.colour for entry in classes[1:]})
    fig.legend(handles=keys, loc="outside upper left", ncols=len(keys))
    return fig

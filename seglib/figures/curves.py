"""What would another threshold, or another view, have given? Curves of the evaluation chapter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seglib.averaging import per_case
from seglib.figures.classes import roc_by_class
from seglib.figures.scores import LEGEND
from seglib.figures.style import COLOURS, GREY, MODEL_TITLES, TWO_COLUMNS, figure
from seglib.results import Evaluation

INKS = (GREY, COLOURS["truth"], COLOURS["swap"])  # of one way to look and two others
STYLES = {"dice": ("-", "Dice"), "precision": ("--", "precision"), "recall": (":", "recall")}


def at(curve: pd.DataFrame, threshold: float) -> pd.Series:
    """Row of a sweep or ROC curve whose threshold is nearest to `threshold`."""
    return curve.loc[(curve["threshold"] - threshold).abs().idxmin()]


def roc(evaluations: Mapping[str, Evaluation], threshold: float = 0.5) -> Figure:
    """ROC and precision-recall curve of each model, pooled over all pixels, a threshold marked.

    Several classes have a curve each, and no threshold: the likeliest class wins.
    """
    if any(evaluation.one_vs_rest for evaluation in evaluations.values()):
        return roc_by_class(evaluations)
    fig, (left, right) = figure(TWO_COLUMNS, 66, ncols=2)
    for model, evaluation in evaluations.items():
        colour = COLOURS[model]
        label = f"{MODEL_TITLES[model]}, AUC {evaluation.auc:.3f}"
        left.plot(evaluation.roc["fpr"], evaluation.roc["tpr"], color=colour, label=label)
        known = evaluation.sweep[evaluation.sweep["recall"] > 0]
        right.plot(known["recall"], known["precision"], color=colour, label=MODEL_TITLES[model])
        mark = {"color": colour, "ms": 5, "ls": "none", "marker": "o"}
        left.plot(*at(evaluation.roc, threshold)[["fpr", "tpr"]], **mark)
        right.plot(*at(evaluation.sweep, threshold)[["recall", "precision"]], **mark)
        share = evaluation.confusion[1:].sum() / evaluation.confusion.sum()
    left.plot([0, 1], [0, 1], ":", color=GREY, lw=1, label="guessing")
    right.axhline(share, ls=":", color=GREY, lw=1, label="guessing")
    left.set(xlabel="false positive rate (1 − specificity)", ylabel="recall")
    left.set_title(f"ROC curve (dot: threshold {threshold:g})")
    right.set(xlabel="recall", ylabel="precision", title="Precision–recall curve")
    for axes in (left, right):
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.legend(loc="lower left" if axes is right else "lower right", **LEGEND)
    return fig


def thresholds(validation: pd.DataFrame, test: pd.DataFrame, chosen: float) -> Figure:
    """Pooled scores at every threshold: chosen on validation cases, then seen on test cases.

    Both tables are sweeps of an evaluation: ``threshold, dice, precision, recall``.
    """
    fig, panels = figure(TWO_COLUMNS, 60, ncols=2, sharey=True)
    sweeps = {"Validation: here we choose": validation, "Test: here we only look": test}
    for axes, (title, sweep) in zip(panels, sweeps.items(), strict=True):
        for name, (style, label) in STYLES.items():
            ink = COLOURS["unet"] if name == "dice" else GREY
            axes.plot(sweep["threshold"], sweep[name], style, color=ink, label=label)
        for value, style, name in ((0.5, ":", "0.5"), (chosen, "-", f"chosen, {chosen:.2f}")):
            axes.axvline(value, ls=style, lw=1, color=COLOURS["prediction"], label=name)
        axes.plot(chosen, at(sweep, chosen)["dice"], "o", ms=5, color=COLOURS["unet"])
        axes.set(title=title, xlabel="threshold", xlim=(0, 1), ylim=(0, 1.02))
    panels[0].set_ylabel("score, all pixels pooled")
    panels[1].legend(loc="lower center", ncols=2, **LEGEND)
    return fig


def looks(scores: Mapping[str, pd.DataFrame], milliseconds: Mapping[str, float]) -> Figure:
    """What other ways to look at an image bring to each, and what they cost.

    Parameters
    ----------
    scores
        Name of a way to predict -> scores of the same cases, see
        :class:`seglib.scoring.Scored`; classes are averaged. Two or three; the first is what the
        others are compared with.
    milliseconds
        The same names -> time of one image.
    """
    dice = {name: per_case(table).set_index("case")["dice"] for name, table in scores.items()}
    (first, plain), *others = dice.items()
    fig, (left, right) = figure(TWO_COLUMNS, 52, ncols=2, width_ratios=(3, 2))
    for (name, seen), ink in zip(others, INKS[1 : len(dice)], strict=True):
        gain = np.sort((seen - plain).to_numpy())
        left.plot(gain, color=ink, lw=1.5, label=f"{name}: mean {gain.mean():+.3f}")
    left.axhline(0, color=COLOURS["ink"], lw=0.8)
    left.set(xlabel="test images, sorted by the change", ylabel="change of Dice")
    left.set_title(f"Instead of {first}")
    left.legend(loc="upper left")
    bars = right.bar(list(milliseconds), list(milliseconds.values()), color=INKS, width=0.6)
    right.bar_label(bars, fmt="%.0f", padding=2)
    right.set(title="Time per image, CPU", ylabel="ms", ylim=(0, max(milliseconds.values()) * 1.15))
    return fig

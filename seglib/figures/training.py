"""What does a network learn, and what comes out? Baseline, losses, curves, predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from seglib.display import read_stored, show
from seglib.figures.classes import side_by_side
from seglib.figures.networks import CAPTION_MM, bare
from seglib.figures.pictures import error_map
from seglib.figures.style import COLOURS, MODEL_TITLES, TWO_COLUMNS, figure, overlay
from seglib.images import read_mask
from seglib.losses import build_loss
from seglib.metrics import counts, dice
from seglib.runs import Run
from seglib.thresholds import to_labels

LOSS_STYLES = {
    "bce": ("BCE", COLOURS["unet"], "-"),
    "image_dice": ("Dice", COLOURS["truth"], "-"),
    "bce_image_dice": ("BCE + Dice", COLOURS["ink"], "--"),
    "focal": ("focal", COLOURS["prediction"], "-"),
}
GROUND = "#eeeeee"
SIDE = 64  # px; side of the drawn-up image on which losses are compared


def _dice(truth: np.ndarray, labels: np.ndarray) -> float:
    return float(dice(counts(truth, labels)[1]))


def baseline(
    images: np.ndarray, truths: np.ndarray, found: Mapping[str, np.ndarray], rows: Sequence[int]
) -> Figure:
    """What thresholds make of some images, beside the truth.

    Parameters
    ----------
    images, truths
        ``(N, H, W, 3) uint8`` and ``(N, H, W) uint8``; several classes count as one object.
    found
        Title of a method -> its masks ``(N, H, W) uint8``, one column of the figure.
    rows
        Which of the N are shown, one row of the figure each.
    """
    columns = 2 + len(found)
    height = len(rows) * (TWO_COLUMNS / columns + CAPTION_MM)
    fig, grid = figure(TWO_COLUMNS, height, nrows=len(rows), ncols=columns, squeeze=False)
    for i, line in zip(rows, grid, strict=True):
        _picture(line[0], images[i], "image")
        _picture(line[1], overlay(images[i], truths[i], COLOURS["truth"]), "truth")
        for axes, (name, masks) in zip(line[2:], found.items(), strict=True):
            painted = overlay(images[i], masks[i], COLOURS["prediction"], 0.55)
            _picture(axes, painted, f"{name}: Dice {_dice(truths[i] > 0, masks[i]):.2f}")
    return fig


def _loss_at(name: str, inside: np.ndarray, outside: np.ndarray, share: float) -> np.ndarray:
    """A loss on an image whose object covers `share`, for probabilities inside and outside it."""
    target = torch.zeros(1, SIDE, SIDE, dtype=torch.int64)
    target.view(-1)[: round(share * SIDE**2)] = 1
    loss = build_loss(name)
    pairs = torch.tensor(np.stack(np.broadcast_arrays(inside, outside), axis=1)).float()
    maps = torch.where(target.bool(), *pairs.logit(eps=1e-6)[:, :, None, None].unbind(1))
    return np.array([float(loss(logits[None, None], target)) for logits in maps])


def losses(share: float = 0.15) -> Figure:
    """Each loss against the probability of the object's pixels, of the others, and against size.

    The network's own losses are called on a drawn-up image whose object covers `share` of it.
    In the first two panels one kind of pixel gets the probability on the axis and the other
    kind is right. In the third the same number of background pixels gets p = .9, whatever the
    object's size, and all else is right (p .99 or .01).
    """
    p = np.linspace(0.005, 0.995, 50)
    sizes = np.geomspace(0.003, 0.5, 25)
    fig, (object_, ground, size) = figure(TWO_COLUMNS, 62, ncols=3)
    for name, (label, colour, line) in LOSS_STYLES.items():
        style = {"color": colour, "ls": line, "label": label}
        object_.plot(p, _loss_at(name, p, np.array(0.0), share), **style)
        ground.plot(p, _loss_at(name, np.array(1.0), p, share), **style)
        size.plot(sizes * 100, [_false_alarm(name, s) for s in sizes], **style)
    object_.set(xlabel="probability p of the object's pixels", ylabel="loss of the image")
    object_.set_title("Truth 1: missed at p = 0")
    ground.set(xlabel="probability p of the background")
    ground.set_title("Truth 0: false alarm at p = 1")
    size.set(xscale="log", xlabel="object's share of the image, %", xticks=[0.3, 1, 3, 10, 30])
    size.set_xticklabels(["0.3", "1", "3", "10", "30"])
    size.set_title("Small false alarm, p = 0.9")
    object_.legend()
    for axes in (object_, ground):
        axes.set_ylim(0, 1.5)
    return fig


def _false_alarm(name: str, share: float, wrong: float = 0.005) -> float:
    """Loss of an image whose object covers `share`, with a false alarm on the share `wrong`."""
    target = torch.zeros(SIDE**2, dtype=torch.int64)
    target[: round(share * SIDE**2)] = 1
    probability = torch.where(target.bool(), 0.99, 0.01)
    probability[-round(wrong * SIDE**2) :] = 0.9
    shape = (1, SIDE, SIDE)
    return float(build_loss(name)(probability.logit().view(1, *shape), target.view(shape)))


def curves(runs: Mapping[str, Run]) -> Figure:
    """Loss, validation Dice and learning rate, epoch by epoch; every other stage on grey ground.

    Parameters
    ----------
    runs
        Name of a model -> its run. A dot marks the epoch whose weights were kept.
    """
    fig, (loss, score, rate) = figure(TWO_COLUMNS, 60, ncols=3)
    stages = next(iter(runs.values())).history.groupby("stage")["epoch"].agg(["min", "max"])
    for first, last in stages.iloc[1::2].to_numpy():
        for axes in (loss, score, rate):
            axes.axvspan(first - 0.5, last + 0.5, color=GROUND, lw=0, zorder=0)
    for place, (name, run) in enumerate(runs.items()):
        history, best = run.history, run.best
        epochs, colour = history["epoch"], COLOURS[name]
        title = MODEL_TITLES[name]
        loss.plot(epochs, history["train_loss"], ":", color=colour, label=f"{title}, training")
        loss.plot(epochs, history["val_loss"], color=colour, label=f"{title}, validation")
        score.plot(epochs, history["val_dice"], color=colour, label=title)
        score.plot(best["epoch"], best["val_dice"], "o", color=colour, ms=4)
        score.annotate(
            f"{best['val_dice']:.3f}", (best["epoch"], best["val_dice"]), (0, 5 - 15 * place),
            textcoords="offset points", ha="right", fontsize=7, color=colour,
        )  # fmt: skip
        rate.plot(epochs, history["lr"] * 1000, color=colour, label=title)
    lowest = min(run.history[["train_loss", "val_loss"]].min(axis=None) for run in runs.values())
    loss.set(title="Loss", xlabel="epoch", ylabel="loss", ylim=(min(0, lowest), None))
    score.set(title="Validation Dice (dot: kept)", xlabel="epoch", ylabel="Dice", ylim=(0, 1.15))
    score.set_yticks(np.linspace(0, 1, 6))  # above 1 stands only the number of the best epoch
    rate.set(title="Learning rate", xlabel="epoch", ylabel="learning rate, 1/1000", ylim=(0, None))
    for axes in (loss, score, rate):
        axes.xaxis.get_major_locator().set_params(integer=True)
    # Above, for curves of loss begin high at the left and end low: they leave no corner free.
    fig.legend(*loss.get_legend_handles_labels(), loc="outside upper left", ncols=4)
    return fig


def _picture(axes: Axes, picture: np.ndarray, title: str, **style: object) -> None:
    bare(axes)
    axes.imshow(picture, **style)
    axes.set_title(title, fontsize=7)


def predictions(
    cases: pd.DataFrame, rows: Mapping[str, int], probabilities: Mapping[str, Sequence[np.ndarray]]
) -> Figure:
    """Image with truth, then each model's probability and errors; one row a case.

    Parameters
    ----------
    cases
        Case table; images and masks of the chosen rows are read from disk.
    rows
        Title of a row of the figure -> position in the table.
    probabilities
        Name of a model -> its maps ``(H, W) float32`` in [0, 1], one for each case of the table;
        cut at one half. Of several classes, ``(classes, H, W)``, the likeliest is shown.
    """
    card = cases.attrs["card"]
    images = [show(read_stored(cases["image"].iloc[i], card.storage), card) for i in rows.values()]
    truths = [read_mask(cases["mask"].iloc[i], card.decoding) for i in rows.values()]
    if card.n_classes > 2:
        found = {MODEL_TITLES[model]: [to_labels(maps[i]) for i in rows.values()]
                 for model, maps in probabilities.items()}  # fmt: skip
        return side_by_side(images, truths, found, list(rows), card.classes)
    columns = 1 + 2 * len(probabilities)
    shapes = [len(image) / image.shape[1] for image in images]
    height = TWO_COLUMNS / columns * sum(shapes) + CAPTION_MM * (len(rows) + 1)
    places = {"nrows": len(rows), "ncols": columns, "height_ratios": shapes, "squeeze": False}
    fig, grid = figure(TWO_COLUMNS, height, **places)
    for (title, i), image, truth, line in zip(rows.items(), images, truths, grid, strict=True):
        _picture(line[0], overlay(image, truth, COLOURS["truth"]), "truth")
        line[0].set_ylabel(title)
        for model, seen, errors in zip(probabilities, line[1::2], line[2::2], strict=True):
            probability = probabilities[model][i]
            labels = to_labels(probability)
            _picture(seen, probability, "probability", cmap="viridis", vmin=0, vmax=1)
            score = f"{MODEL_TITLES[model]}: Dice {_dice(truth, labels):.2f}"
            _picture(errors, error_map(image, truth, labels), score)
    names = {"tp": "hit", "fp": "false alarm", "fn": "missed"}
    keys = [Patch(color=COLOURS[kind], label=name) for kind, name in names.items()]
    fig.legend(handles=keys, loc="outside lower left", ncols=3)  # the source stands to the right
    return fig

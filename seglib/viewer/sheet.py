"""How do cases of a viewer look on paper? The static first view that stands beside it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.figure import Figure

from seglib.figures.pictures import pictures
from seglib.figures.style import COLOURS, overlay, paint
from seglib.images import to_rgb, window
from seglib.thresholds import to_labels
from seglib.viewer.packing import Case
from seglib.viewer.sources import Source

TINT = 0.5


def sheet(source: Source, positions: Iterable[int], columns: int = 6, credit: str = "") -> Figure:
    """Some cases as the viewer first draws them: the prediction filled, the truth outlined.

    Parameters
    ----------
    source
        Where the cases come from.
    positions
        Which rows of its table, one picture each, also if named twice; with two models a picture
        for each of them, the pictures of the second after those of the first.
    columns, credit
        Pictures in a row, and whose images these are.

    Raises
    ------
    ValueError
        If no position is given.
    """
    cases, shown = [source.read(position) for position in dict.fromkeys(positions)], {}
    for model in source.models or ("",):
        for case in cases:
            name = f"{model}\n{case.name}" if len(source.models) > 1 else case.name
            shown[name] = (_tinted(source, case, model), _truth(case))
    return pictures(shown, min(columns, len(cases)), source.title, credit, source.classes)


def _truth(case: Case) -> np.ndarray:
    return np.zeros(case.image.shape[:2], np.uint8) if case.truth is None else case.truth


def _tinted(source: Source, case: Case, model: str) -> np.ndarray:
    """The picture of a case, with what a model predicted."""
    image = case.image if source.window is None else window(case.image, *source.window)
    image, prediction = to_rgb(image), case.predictions.get(model)
    if prediction is None:
        return image
    floating = np.issubdtype(prediction.dtype, np.floating)
    labels = to_labels(prediction) if floating else prediction
    if len(source.classes) > 2:
        return paint(image, labels, source.classes, TINT)
    return overlay(image, labels, COLOURS["prediction"], TINT)

"""Which cases does the viewer show, and where does each come from?

A source reads the arrays of a case when it is asked, so a thousand large images open at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from seglib.cards import BACKGROUND, OBJECT, LabelClass
from seglib.datasets import card_of
from seglib.display import read_stored
from seglib.images import read_mask
from seglib.viewer.packing import Case, check


@dataclass(frozen=True)
class Source:
    """Cases to look at.

    Attributes
    ----------
    title
        What the cases are, for the heading.
    table
        One row a case: ``case`` (str, unique) and whatever is to be listed and sorted beside it.
    read
        Reads the case at a position of the table.
    classes
        Name and colour of each class, background first.
    models
        Names of the predictions, at most two.
    window
        Centre and width of the intensities to show first; None: chosen from each image.
    """

    title: str
    table: pd.DataFrame
    read: Callable[[int], Case]
    classes: tuple[LabelClass, ...] = (BACKGROUND, OBJECT)
    models: tuple[str, ...] = ()
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse what could only give an empty box."""
        if self.table.empty:
            raise ValueError(f"{self.title}: there are no cases to look at; give at least one.")
        if len(self.classes) < 2:
            raise ValueError("The viewer needs a background and at least one class to show.")
        if len(self.models) > 2:
            raise ValueError(f"The viewer compares two predictions, found {self.models}.")
        twice = self.table["case"][self.table["case"].duplicated()]
        if len(twice):
            raise ValueError(f"The case '{twice.iloc[0]}' is there twice; give each its own name.")


def of_table(cases: pd.DataFrame) -> Source:
    """The cases of a case table, without predictions.

    Parameters
    ----------
    cases
        As from :func:`seglib.datasets.load`, with the card in ``attrs``. Further columns, such as
        scores, are listed beside the names. A case whose mask is missing is shown without one.

    Raises
    ------
    ValueError
        If the table is empty, or has lost its card.
    """
    card = card_of(cases)
    rows = cases[["case", "image", "mask"]].to_dict("records")
    listed = cases.drop(columns=["image", "mask"]).reset_index(drop=True)
    if (cases["group"] == cases["case"]).all():
        listed = listed.drop(columns="group")

    def read(index: int) -> Case:
        """A case with its image and, if there is one, its mask."""
        row = rows[index]
        image, truth = read_stored(row["image"], card.storage), None
        if isinstance(row["mask"], str | Path):
            truth = read_mask(row["mask"], card.decoding)
        if card.offset:
            image = image.astype(np.float32) + card.offset
        return Case(row["case"], image, truth)

    return Source(card.title, listed, read, card.classes, window=card.window)


def of_arrays(
    images: Sequence[np.ndarray],
    truths: Sequence[np.ndarray | None] | None = None,
    predictions: Mapping[str, Sequence[np.ndarray]] | None = None,
    names: Sequence[str] | None = None,
    classes: Sequence[LabelClass] = (BACKGROUND, OBJECT),
    scores: Mapping[str, Sequence[float]] | None = None,
    window: tuple[float, float] | None = None,
    title: str = "Cases",
) -> Source:
    """Arrays that are in memory already; all are checked at once.

    Parameters
    ----------
    images
        ``(H, W)`` or ``(H, W, 3)``, any dtype.
    truths
        ``(H, W)`` class indices for each image; None where there is none.
    predictions
        Name -> one prediction for each image: class indices ``(H, W)``, the probability of one
        class ``(H, W) float`` in [0, 1], or of all classes ``(C, H, W)``, the background first.
    names
        One for each image, ``1``, ``2``, ... if not given.
    classes, window, title
        As in :class:`Source`.
    scores
        Column -> one number for each image, to list and sort by.

    Raises
    ------
    ValueError
        If there are no images, if lists differ in length, if a size differs from its image's, a
        class has no colour, or a probability is NaN or outside [0, 1].
    """
    images = [np.asarray(image) for image in images]
    n, predictions = len(images), dict(predictions or {})
    truths = truths if truths is not None else [None] * n
    names = [str(i + 1) for i in range(n)] if names is None else [str(name) for name in names]
    columns = {"case": names, **(scores or {})}
    for what, one in {"truths": truths, **predictions, **columns}.items():
        if len(one) != n:
            raise ValueError(f"'{what}' has {len(one)} entries for {n} images; give one for each.")
    cases = [
        Case(names[i], images[i], truths[i], {name: maps[i] for name, maps in predictions.items()})
        for i in range(n)
    ]
    for case in cases:
        check(case, len(classes))
    read, models = cases.__getitem__, tuple(predictions)
    return Source(title, pd.DataFrame(columns), read, tuple(classes), models, window)

"""Which data sets are there, what is in them, who may use them, where do they come from?

A card is the passport of a data set. Everything else in the package reads names, folders,
label values and licences from it, so a new data set is one more card and no new code.
"""

from __future__ import annotations

from seglib.cards.abdomen import PHANTOM_ABDOMINAL_ORGANS
from seglib.cards.passport import BACKGROUND, OBJECT, DatasetCard, LabelClass
from seglib.cards.polyp import HYPER_KVASIR, KVASIR_SEG, PHANTOM_POLYP
from seglib.cards.stone import PHANTOM_KIDNEY_STONE
from seglib.names import nearest

__all__ = ["BACKGROUND", "CARDS", "OBJECT", "DatasetCard", "LabelClass", "card", "cards"]

CARDS = {
    entry.name: entry
    for entry in (
        PHANTOM_POLYP,
        KVASIR_SEG,
        HYPER_KVASIR,
        PHANTOM_KIDNEY_STONE,
        PHANTOM_ABDOMINAL_ORGANS,
    )
}


def cards() -> tuple[DatasetCard, ...]:
    """All known data sets."""
    return tuple(CARDS.values())


def card(name: str) -> DatasetCard:
    """The card of one data set.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the known ones and the nearest.
    """
    return CARDS[nearest(name, CARDS, "data set")]

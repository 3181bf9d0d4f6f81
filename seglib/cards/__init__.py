"""Which data sets are there, what is in them, who may use them, where do they come from?

A card is the passport of a data set. Everything else in the package reads names, folders,
label values and licences from it, so a new data set is one more card and no new code.
"""

from __future__ import annotations

from seglib.cards.abdomen import CHAOS_MR, PHANTOM_ABDOMINAL_ORGANS, RSNA_ABDOMEN, TCIA
from seglib.cards.lung import CHEST_XRAY, FINDING_LUNGS, LUNG_CT, PHANTOM_LUNG
from seglib.cards.passport import BACKGROUND, OBJECT, DatasetCard, GroupTable, LabelClass
from seglib.cards.polyp import HYPER_KVASIR, KVASIR_SEG, PHANTOM_POLYP
from seglib.cards.skin import ISIC2016, ISIC2017, ISIC2018, PHANTOM_SKIN_LESION
from seglib.cards.stone import KIDNEY_STONE, KSSD2025, PHANTOM_KIDNEY_STONE
from seglib.names import nearest

__all__ = [
    "BACKGROUND",
    "CARDS",
    "OBJECT",
    "DatasetCard",
    "GroupTable",
    "LabelClass",
    "card",
    "cards",
]

_TASKS = (
    (PHANTOM_POLYP, KVASIR_SEG, HYPER_KVASIR),
    (PHANTOM_SKIN_LESION, ISIC2018, ISIC2017, ISIC2016),
    (PHANTOM_KIDNEY_STONE, KIDNEY_STONE, KSSD2025),
    (PHANTOM_ABDOMINAL_ORGANS, CHAOS_MR, RSNA_ABDOMEN, TCIA),
    (PHANTOM_LUNG, LUNG_CT, FINDING_LUNGS, CHEST_XRAY),
)
CARDS = {entry.name: entry for task in _TASKS for entry in task}


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

"""Data sets of lungs in CT and X-ray."""

from __future__ import annotations

from seglib.cards.passport import BACKGROUND, DatasetCard, LabelClass
from seglib.decoding import MaskDecoding

LUNG = LabelClass("lung", 255, "#56B4E9")

PHANTOM_LUNG = DatasetCard(
    name="phantom-lung",
    title="Phantom lungs",
    task="lung segmentation",
    modality="synthetic CT",
    classes=(BACKGROUND, LUNG),
    decoding=MaskDecoding("values", values=(0, 255)),
    images="images",
    masks="masks",
    recipe="lung",
    window=(-600, 1500),
    offset=-1024,
    group_pattern=r"^(p\d+)_",
    n_cases=240,
    licence="Made by this package; MIT licence, like the package.",
    citation="None needed.",
    defects=(
        "Synthetic: a score reached here says nothing about real patients.",
        "The first slice of most patients lies above the lungs; its mask is empty on purpose.",
        "Vessels beyond the hilum, nodules and airless patches count as lung; windpipe, main "
        "bronchi and fluid beside the lung do not. Other data sets may draw this line elsewhere.",
    ),
    generator="phantom-lung",
)

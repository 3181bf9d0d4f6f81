"""Data sets of the organs of the abdomen in CT."""

from __future__ import annotations

from seglib.cards.passport import BACKGROUND, DatasetCard, LabelClass
from seglib.decoding import MaskDecoding

PHANTOM_ABDOMINAL_ORGANS = DatasetCard(
    name="phantom-abdominal-organs",
    title="Phantom abdominal organs",
    task="abdominal organ segmentation",
    modality="synthetic CT",
    classes=(
        BACKGROUND,
        LabelClass("liver", 1, "#E69F00"),
        LabelClass("spleen", 2, "#56B4E9"),
        LabelClass("left kidney", 3, "#009E73"),
        LabelClass("right kidney", 4, "#F0E442"),
        LabelClass("bowel", 5, "#0072B2"),
    ),
    decoding=MaskDecoding("values", values=(0, 1, 2, 3, 4, 5)),
    images="images",
    masks="masks",
    recipe="abdominal-organs",
    window=(40, 400),
    offset=-1024,
    spacing_mm=(1.875, 1.875),
    group_pattern=r"^(p\d+)_",
    n_cases=240,
    licence="Made by this package; MIT licence, like the package.",
    citation="None needed.",
    defects=(
        "Synthetic: a score reached here says nothing about real patients.",
        "Not every organ is in every slice, and some patients have one kidney.",
        "The stomach is no bowel, and a kidney ends where the fat of its sinus begins.",
    ),
    generator="phantom-abdominal-organs",
)

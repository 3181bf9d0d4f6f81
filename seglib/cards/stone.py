"""Data sets of kidney stones in CT."""

from __future__ import annotations

from seglib.cards.passport import BACKGROUND, DatasetCard, LabelClass
from seglib.decoding import MaskDecoding

STONE = LabelClass("kidney stone", 255, "#E69F00")

PHANTOM_KIDNEY_STONE = DatasetCard(
    name="phantom-kidney-stone",
    title="Phantom kidney stones",
    task="kidney stone segmentation",
    modality="synthetic CT",
    classes=(BACKGROUND, STONE),
    decoding=MaskDecoding("values", values=(0, 255)),
    images="images",
    masks="masks",
    recipe="kidney-stone",
    window=(100, 700),
    offset=-1024,
    spacing_mm=(1.875, 1.875),
    group_pattern=r"^(p\d+)_",
    n_cases=240,
    licence="Made by this package; MIT licence, like the package.",
    citation="None needed.",
    defects=(
        "Synthetic: a score reached here says nothing about real patients.",
        "About one slice in seven shows no stone; its mask is empty on purpose.",
    ),
    generator="phantom-kidney-stone",
)

"""Data sets of skin lesions in dermoscopy."""

from __future__ import annotations

from seglib.cards.passport import BACKGROUND, DatasetCard, LabelClass
from seglib.decoding import MaskDecoding

LESION = LabelClass("lesion", 255, "#E69F00")

PHANTOM_SKIN_LESION = DatasetCard(
    name="phantom-skin-lesion",
    title="Phantom skin lesions",
    task="skin lesion segmentation",
    modality="synthetic dermoscopy",
    classes=(BACKGROUND, LESION),
    decoding=MaskDecoding("values", values=(0, 255)),
    images="images",
    masks="masks",
    recipe="skin-lesion",
    group_pattern=r"^(p\d+)_",
    n_cases=240,
    licence="Made by this package; MIT licence, like the package.",
    citation="None needed.",
    defects=(
        "Synthetic: a score reached here says nothing about real patients.",
        "Some images show no lesion; their masks are empty on purpose.",
        "The outline runs where half of the pigment has faded; a dermatologist may draw it wider.",
        "A mask stops at the black frame and at a calibration patch, not at hair, ink or bubbles.",
    ),
    generator="phantom-skin-lesion",
)

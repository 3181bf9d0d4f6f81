"""Data sets of kidney stones in computed tomography."""

from __future__ import annotations

from dataclasses import replace

from seglib.cards.passport import BACKGROUND, DatasetCard, GroupTable, LabelClass
from seglib.decoding import MaskDecoding

STONE = LabelClass("kidney stone", 255, "#E69F00")

# ---------------------------------------------------------------- synthetic

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

# ---------------------------------------------------------------- real

_PAGE = "https://www.kaggle.com/datasets/murillobouzon/kssd2025-kidney-stone-segmentation-dataset"

KSSD2025 = DatasetCard(
    name="kssd2025",
    title="KSSD2025, kidney stone segmentation",
    task="kidney stone segmentation",
    modality="axial CT",
    classes=(BACKGROUND, STONE),
    decoding=MaskDecoding("threshold", at=0),
    images="image",
    masks="label",
    n_cases=838,
    recipe="kidney-stone",
    licence="Copyright of its authors, no permission is stated: ask before any use beyond study.",
    citation=(
        "Bouzon MF, et al. KSSD2025: A New Annotated Dataset for Automatic Kidney Stone "
        "Segmentation and Evaluation With Modified U-Net Based Deep Learning Models. IEEE Access "
        "2025. doi:10.1109/ACCESS.2025.3610027; its images are those of Islam MN, et al. Vision "
        "transformer and explainable transfer learning models for auto detection of kidney cyst, "
        "stone and tumor from CT-radiography. Scientific Reports 2022, 12:11440. "
        "doi:10.1038/s41598-022-15634-4"
    ),
    homepage=_PAGE,
    manual=f"log in at Kaggle, download {_PAGE} and bring the folders image and label of its data",
    defects=(
        "No patient is named, and neighbouring slices of one patient look alike: a random split "
        "leaks, and scores reached on one are too good.",
        "The slices 729 to 740 hold exact duplicates, and so do 993 and 994.",
        "The slices are windowed to 8 bit: Hounsfield units and pixel spacing are lost.",
        "Every slice shows a stone: false alarms in people without one cannot be measured.",
        "The masks began as a threshold, which experts refined: a threshold does better here than "
        "elsewhere, and specks of 1 to 3 px are left.",
    ),
)

KIDNEY_STONE = replace(
    KSSD2025,
    name="kidney-stone",
    title="KSSD2025, every second slice, with inferred groups",
    decoding=MaskDecoding("values", values=(0, 255)),
    n_cases=419,
    group_table=GroupTable("groups_inferred.csv", case="stem", group="inferred_group"),
    manual=(
        f"log in at Kaggle, download {_PAGE}, save every second slice as JPG and its label as PNG "
        "(0 and 255), and write groups_inferred.csv (stem, inferred_group), which says which "
        "slices look like one scan"
    ),
    defects=(
        "No patient is named: the 35 groups were inferred from how alike slices are. Groups 11, "
        "12 and 13 share near-duplicates, so they are kept on one side too.",
        "Three pairs of slices are the same file: 730/736, 732/738 and 734/740.",
        "The images were encoded again as JPG: fine texture is not the scanner's.",
        *KSSD2025.defects[2:],
    ),
)

"""Data sets of lungs in CT and X-ray."""

from __future__ import annotations

from dataclasses import replace

from seglib.cards.passport import BACKGROUND, DatasetCard, LabelClass
from seglib.decoding import MaskDecoding

LUNG = LabelClass("lung", 255, "#56B4E9")

# ---------------------------------------------------------------- synthetic

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

# ---------------------------------------------------------------- real

_PAGE = "https://www.kaggle.com/datasets/kmader/finding-lungs-in-ct-data"

FINDING_LUNGS = DatasetCard(
    name="finding-lungs",
    title="Finding and Measuring Lungs in CT Data",
    task="lung segmentation",
    modality="axial chest CT",
    classes=(BACKGROUND, LUNG),
    decoding=MaskDecoding("threshold", at=0),
    images="2d_images",
    masks="2d_masks",
    n_cases=267,
    recipe="lung",
    licence="None was found: ask the author before any use beyond study.",
    citation="Mader K. Finding and Measuring Lungs in CT Data. Kaggle.",
    homepage=_PAGE,
    manual=f"log in at Kaggle, download {_PAGE} and bring its folders 2d_images and 2d_masks",
    defects=("It is not said which slices show one patient, so a random split may leak.",),
)

LUNG_CT = replace(
    FINDING_LUNGS,
    name="lung-ct",
    title="Finding and Measuring Lungs in CT Data, 64x64 px copy",
    decoding=MaskDecoding("values", values=(0, 255)),
    images="images",
    masks="masks",
    manual=(
        f"log in at Kaggle, download {_PAGE}, and save images and masks (0 and 255) as 8-bit PNG "
        "of 64x64 px"
    ),
    defects=(
        "64x64 px, and each image is scaled by itself: Hounsfield units and spacing are lost.",
        *FINDING_LUNGS.defects,
        "In train_180 only one lung is labelled.",
    ),
)

CHEST_XRAY = DatasetCard(
    name="chest-xray",
    title="Montgomery and Shenzhen chest X-rays",
    task="lung segmentation",
    modality="chest X-ray",
    classes=(BACKGROUND, LUNG),
    decoding=MaskDecoding("values", values=(0, 255)),
    images="images",
    masks="masks",
    n_cases=320,
    recipe="lung",
    site_pattern=r"^(MCUCXR|CHNCXR)_",
    licence=(
        "Images and Montgomery masks released by the US National Library of Medicine for "
        "research; Shenzhen masks CC BY-NC-SA."
    ),
    citation=(
        "Jaeger S, Candemir S, Antani S, Wáng YX, Lu PX, Thoma G. Two public chest X-ray datasets "
        "for computer-aided screening of pulmonary diseases. Quantitative Imaging in Medicine and "
        "Surgery 2014, 4(6):475-477. doi:10.3978/j.issn.2223-4292.2014.11.20; Shenzhen masks: "
        "Stirenko S, Kochura Y, Alienin O, et al. Chest X-Ray Analysis of Tuberculosis by Deep "
        "Learning with Segmentation and Augmentation. 2018, arXiv:1803.01199; Montgomery masks: "
        "Candemir S, Jaeger S, Palaniappan K, et al. Lung segmentation in chest radiographs using "
        "anatomical atlases with nonrigid registration. IEEE Transactions on Medical Imaging 2014, "
        "33(2):577-590. doi:10.1109/TMI.2013.2290491"
    ),
    homepage="https://lhncbc.nlm.nih.gov/LHC-downloads/downloads.html#tuberculosis-image-data-sets",
    manual=(
        "download both sets from "
        "https://lhncbc.nlm.nih.gov/LHC-downloads/downloads.html#tuberculosis-image-data-sets and "
        "the masks of Shenzhen from https://www.kaggle.com/datasets/yoctoman/shcxr-lung-mask, join "
        "the masks of left and right lung of Montgomery, and save images and masks (0 and 255) as "
        "8-bit PNG of 256x256 px"
    ),
    defects=(
        "This copy has all 138 images of Montgomery and 182 of Shenzhen, where 566 have masks: two "
        "sites, two scanners, and two groups of people who drew the masks.",
        "Many patients have tuberculosis: lungs that disease has changed are part of the task.",
        "MCUCXR_0113_1 and 0117_1 show one patient, and 0162_1, 0166_1 and probably 0170_1 "
        "another, say the readings beside the images: keep each on one side of a split.",
    ),
)

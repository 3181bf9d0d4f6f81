"""Data sets of skin lesions in dermoscopy."""

from __future__ import annotations

from dataclasses import replace

from seglib.cards.passport import BACKGROUND, DatasetCard, LabelClass
from seglib.decoding import MaskDecoding

LESION = LabelClass("lesion", 255, "#E69F00")

# ---------------------------------------------------------------- synthetic

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

# ---------------------------------------------------------------- real

_PAGE = "https://challenge.isic-archive.com/data/"
_BY_HAND = "download {}.zip and {}.zip from " + _PAGE + " and unzip both into one folder"

ISIC2018 = DatasetCard(
    name="isic2018",
    title="ISIC 2018 challenge, task 1 (training part)",
    task="skin lesion segmentation",
    modality="dermoscopy",
    classes=(BACKGROUND, LESION),
    decoding=MaskDecoding("values", values=(0, 255)),
    images="ISIC2018_Task1-2_Training_Input",
    masks="ISIC2018_Task1_Training_GroundTruth",
    mask_name="{stem}_segmentation",
    n_cases=2594,
    recipe="skin-lesion",
    licence=(
        "CC-0 for tasks 1 and 2, as the challenge's data page listed it, CC BY-NC for task 3; many "
        "pass task 1 on as CC BY-NC, too: read the page before any commercial use."
    ),
    citation=(
        "Codella N, Rotemberg V, Tschandl P, et al. Skin Lesion Analysis Toward Melanoma "
        "Detection 2018: A Challenge Hosted by the International Skin Imaging Collaboration "
        "(ISIC). 2019, arXiv:1902.03368; and Tschandl P, Rosendahl C, Kittler H. The HAM10000 "
        "dataset. Scientific Data 2018, 5:180161. doi:10.1038/sdata.2018.161"
    ),
    homepage=_PAGE,
    manual=_BY_HAND.format(
        "ISIC2018_Task1-2_Training_Input", "ISIC2018_Task1_Training_GroundTruth"
    ),
    defects=(
        "Hair, rulers, ink and dark corners are in many pictures.",
        "Some lesions were photographed or stored twice under two numbers, at times with other "
        "colours: find_duplicates lists the pairs.",
        "No patient is named, so lesions of one patient may stand on both sides of a split.",
        "A copy in circulation holds 600 of the images, squeezed to 512x512 px: in it the aspect "
        "ratio is lost.",
        "The masks were made in three ways, accepted from an algorithm, by flood fill, or as a "
        "polygon: some outlines are ragged, others smooth and wide.",
        "This is the training part. The official test part, 1000 images, is ranked by the mean "
        "Jaccard index of the images, where less than 0.65 counts as 0.",
    ),
)

ISIC2017 = replace(
    ISIC2018,
    name="isic2017",
    title="ISIC 2017 challenge, task 1 (training part)",
    images="ISIC-2017_Training_Data",
    masks="ISIC-2017_Training_Part1_GroundTruth",
    n_cases=2000,
    licence="CC-0: no rights reserved.",
    citation=(
        "Codella NCF, Gutman D, Celebi ME, et al. Skin lesion analysis toward melanoma detection: "
        "A challenge at the 2017 International Symposium on Biomedical Imaging (ISBI), hosted by "
        "the International Skin Imaging Collaboration (ISIC). ISBI 2018, 168-172. "
        "doi:10.1109/ISBI.2018.8363547"
    ),
    manual=_BY_HAND.format("ISIC-2017_Training_Data", "ISIC-2017_Training_Part1_GroundTruth"),
    defects=(
        "The folder of images also holds files named *_superpixels.png: they are no photographs "
        "and are listed as images without mask.",
        "The challenges share images: never train on one year and test on another.",
        *ISIC2018.defects[:3],
        "ISIC_0012175 and ISIC_0012271 are in the official test part as well (Cassidy et al. 2022, "
        "doi:10.1016/j.media.2021.102305).",
    ),
)

ISIC2016 = replace(
    ISIC2017,
    name="isic2016",
    title="ISIC 2016 challenge, task 1 (training part)",
    images="ISBI2016_ISIC_Part1_Training_Data",
    masks="ISBI2016_ISIC_Part1_Training_GroundTruth",
    mask_name="{stem}_Segmentation",
    n_cases=900,
    citation=(
        "Gutman D, Codella NCF, Celebi E, Helba B, Marchetti M, Mishra N, Halpern A. Skin Lesion "
        "Analysis toward Melanoma Detection: A Challenge at the International Symposium on "
        "Biomedical Imaging (ISBI) 2016, hosted by the International Skin Imaging Collaboration "
        "(ISIC). 2016, arXiv:1605.01397"
    ),
    manual=_BY_HAND.format(
        "ISBI2016_ISIC_Part1_Training_Data", "ISBI2016_ISIC_Part1_Training_GroundTruth"
    ),
    defects=(
        *ISIC2017.defects[1:5],
        "ISIC_0001184 and ISIC_0001385 are in the official test part as well (Cassidy et al. 2022, "
        "doi:10.1016/j.media.2021.102305).",
    ),
)

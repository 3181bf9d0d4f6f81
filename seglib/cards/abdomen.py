"""Data sets of abdominal organs in CT and MR."""

from __future__ import annotations

from dataclasses import replace

from seglib.cards.passport import BACKGROUND, DatasetCard, GroupTable, LabelClass
from seglib.decoding import MaskDecoding

# An organ has the same colour in every data set (Okabe & Ito 2008).
ORGAN_COLOURS = {
    "liver": "#E69F00",
    "spleen": "#56B4E9",
    "left kidney": "#009E73",
    "right kidney": "#F0E442",
    "bowel": "#0072B2",
}


def organs(*names: str) -> tuple[LabelClass, ...]:
    """Background and these organs, which have the grey values 1, 2, 3 and so on."""
    labels = (LabelClass(name, i, ORGAN_COLOURS[name]) for i, name in enumerate(names, 1))
    return (BACKGROUND, *labels)


# ---------------------------------------------------------------- synthetic

PHANTOM_ABDOMINAL_ORGANS = DatasetCard(
    name="phantom-abdominal-organs",
    title="Phantom abdominal organs",
    task="abdominal organ segmentation",
    modality="synthetic CT",
    classes=organs("liver", "spleen", "left kidney", "right kidney", "bowel"),
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

# ---------------------------------------------------------------- real

CHAOS_MR = DatasetCard(
    name="chaos-mr",
    title="CHAOS, T2-weighted MR",
    task="segmentation of abdominal organs",
    modality="axial T2-weighted MR",
    classes=organs("liver", "right kidney", "left kidney", "spleen"),
    decoding=MaskDecoding("values", values=(0, 1, 2, 3, 4)),
    images="images",
    masks="masks",
    n_cases=718,
    recipe="abdominal-organs",
    spacing_mm=(1.25, 1.25),
    group_table=GroupTable("groups.csv", case="stem", group="patient"),
    licence="CC BY-NC-SA 4.0: not for commercial use, and what is made of it keeps this licence.",
    citation=(
        "Kavur AE, Gezer NS, Barış M, et al. CHAOS Challenge - combined (CT-MR) healthy abdominal "
        "organ segmentation. Medical Image Analysis 2021, 69:101950. "
        "doi:10.1016/j.media.2020.101950; and Kavur AE, Selver MA, Dicle O, Barış M, Gezer NS. "
        "CHAOS challenge data. Zenodo 2019. doi:10.5281/zenodo.3362844"
    ),
    homepage="https://chaos.grand-challenge.org/",
    manual=(
        "download CHAOS_Train_Sets.zip from https://doi.org/10.5281/zenodo.3362844, take "
        "MR/*/T2SPIR, turn the greys of the masks into classes (55-70 liver 1, 110-135 right "
        "kidney 2, 175-200 left kidney 3, 240-255 spleen 4), resample to 1.25 mm per pixel and "
        "7.7 mm per slice, crop to the central 256 px, save as PNG (images of 16 bit), and write "
        "groups.csv (stem, patient)"
    ),
    defects=(
        "16 slices are blank: nothing but zeros.",
        "160 masks are empty, above and below the organs.",
        "The intensity scale differs between patients, as it does in MR.",
        "Only 20 patients: a split of 20 % tests on four people.",
        "The slices were interpolated, so there are more than were scanned, and cropped: arms and "
        "flanks are cut off, no organ is.",
        "The masks of the official test part, 20 more patients, were never released.",
    ),
)

RSNA_ABDOMEN = DatasetCard(
    name="rsna-abdomen",
    title="RSNA 2023 Abdominal Trauma Detection, series with segmentations",
    task="segmentation of abdominal organs",
    modality="contrast-enhanced abdominal CT",
    classes=organs("liver", "spleen", "left kidney", "right kidney", "bowel"),
    decoding=MaskDecoding("values", values=(0, 1, 2, 3, 4, 5)),
    images="images",
    masks="masks",
    n_cases=0,
    recipe="abdominal-organs",
    window=(50.0, 400.0),
    offset=-1024.0,
    group_table=GroupTable("table.csv", case="case", group="group"),
    licence="Non-commercial use only, under the competition's rules.",
    citation=(
        "Rudie JD, Lin HM, Ball RL, et al. The RSNA Abdominal Traumatic Injury CT (RATIC) Dataset. "
        "Radiology: Artificial Intelligence 2024, 6(6):e240101. doi:10.1148/ryai.240101"
    ),
    homepage="https://www.kaggle.com/competitions/rsna-2023-abdominal-trauma-detection",
    manual=(
        "log in at Kaggle, accept the competition's rules, download segmentations/ and, of "
        "train_images/, the series that have one, each in its patient's folder as there, and cut "
        "both into slices: seglib data convert train_images data/rsna-abdomen --masks segmentations"
    ),
    defects=(
        "Only 206 of 4711 series have segmentations, and those were made by a model.",
        "The NIfTI volumes are not oriented as the DICOM series are: look at a few pairs first.",
        "A patient may have two series: they are one group.",
    ),
)

TCIA = replace(
    RSNA_ABDOMEN,
    name="tcia",
    title="A collection of The Cancer Imaging Archive, converted",
    task="segmentation in a collection of your choice",
    modality="CT or MR",
    classes=(BACKGROUND, LabelClass("object", 1, "#E69F00")),
    decoding=MaskDecoding("values", values=(0, 1)),
    window=None,
    offset=0.0,
    licence="Each collection has its own: read it on the collection's page.",
    citation="Each collection has its own: copy it from the collection's page.",
    homepage="https://www.cancerimagingarchive.net/",
    manual=(
        "choose a collection with segmentations at https://www.cancerimagingarchive.net/, download "
        "its series and DICOM-SEG files with the TCIA Data Retriever "
        "(https://github.com/TCIA/data-retriever), and cut both into slices: seglib data convert "
        "SERIES data/tcia --masks SEGMENTATIONS"
    ),
    defects=(
        "This card fits any collection with one object; for more classes, window or spacing use "
        "dataclasses.replace.",
        "Who drew the outlines, a person or a network, is said on the collection's page.",
        "Some collections, those with faces above all, need permission first: "
        "https://www.cancerimagingarchive.net/nih-controlled-data-access-policy/.",
    ),
)

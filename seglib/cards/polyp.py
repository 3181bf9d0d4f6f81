"""Data sets of polyps in colonoscopy."""

from __future__ import annotations

from dataclasses import replace

from seglib.cards.passport import BACKGROUND, DatasetCard, LabelClass
from seglib.decoding import MaskDecoding

POLYP = LabelClass("polyp", 255, "#E69F00")

PHANTOM_POLYP = DatasetCard(
    name="phantom-polyp",
    title="Phantom polyps",
    task="polyp segmentation",
    modality="synthetic colonoscopy",
    classes=(BACKGROUND, POLYP),
    decoding=MaskDecoding("values", values=(0, 255)),
    images="images",
    masks="masks",
    group_pattern=r"^(p\d+)_",
    n_cases=360,
    licence="Made by this package; MIT licence, like the package.",
    citation="None needed.",
    defects=(
        "Synthetic: a score reached here says nothing about real patients.",
        "Some frames show no polyp; their masks are empty on purpose.",
    ),
    generator="phantom-polyp",
)

KVASIR_SEG = DatasetCard(
    name="kvasir-seg",
    title="Kvasir-SEG",
    task="polyp segmentation",
    modality="colonoscopy",
    classes=(BACKGROUND, POLYP),
    decoding=MaskDecoding("threshold", at=127),
    images="Kvasir-SEG/images",
    masks="Kvasir-SEG/masks",
    n_cases=1000,
    urls=("https://datasets.simula.no/downloads/kvasir-seg.zip",),
    # Not from the authors: the same in loaders of several projects, and of a download of 2026-10.
    sha256="03b30e21d584e04facf49397a2576738fd626815771afbbf788f74a7153478f7",
    size_mb=46,
    licence="Research and education only; commercial use needs the authors' written permission.",
    citation=(
        "Jha D, Smedsrud PH, Riegler MA, Halvorsen P, de Lange T, Johansen D, Johansen HD. "
        "Kvasir-SEG: A Segmented Polyp Dataset. MultiMedia Modeling 2020, 451-462. "
        "doi:10.1007/978-3-030-37734-2_37"
    ),
    homepage="https://datasets.simula.no/kvasir-seg/",
    manual="download kvasir-seg.zip from https://datasets.simula.no/kvasir-seg/ and unzip it",
    defects=(
        "The masks are JPEG files: grey noise (1-8 and 246-254) surrounds every border.",
        "No patient or video is named, so frames of one patient may stand on both sides of a "
        "split; four pairs are nearly the same picture.",
        "Many frames carry burnt-in text, black borders or a green position inset.",
        "The first author's code holds a split of 880 and 120 images, others use one of 900 and "
        "100: scores on different splits cannot be compared.",
    ),
)

HYPER_KVASIR = replace(
    KVASIR_SEG,
    name="hyper-kvasir",
    title="HyperKvasir, segmented images",
    images="segmented-images/images",
    masks="segmented-images/masks",
    urls=("https://datasets.simula.no/downloads/hyper-kvasir/hyper-kvasir-segmented-images.zip",),
    sha256=None,  # the authors publish none
    licence=(
        "CC BY 4.0 for research and education; competitions and commercial use need the "
        "authors' written permission."
    ),
    citation=(
        "Borgli H, Thambawita V, Smedsrud PH, et al. HyperKvasir, a comprehensive multi-class "
        "image and video dataset for gastrointestinal endoscopy. Scientific Data 2020, 7:283. "
        "doi:10.1038/s41597-020-00622-y"
    ),
    homepage="https://datasets.simula.no/hyper-kvasir/",
    manual=(
        "download hyper-kvasir-segmented-images.zip from "
        "https://datasets.simula.no/hyper-kvasir/ and unzip it"
    ),
    defects=(
        "The same 1000 images as Kvasir-SEG under other names: never train on one, test on the "
        "other.",
        *KVASIR_SEG.defects[:3],
    ),
)

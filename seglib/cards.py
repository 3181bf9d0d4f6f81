"""Which data sets are there, what is in them, who may use them, where do they come from?

A card is the passport of a data set. Everything else in the package reads names, folders,
label values and licences from it, so a new data set is one more card and no new code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from seglib.course import nearest
from seglib.images import MaskDecoding


@dataclass(frozen=True)
class LabelClass:
    """One class of a mask.

    Attributes
    ----------
    name
        Plain word, e.g. ``polyp``.
    value
        Grey value of the class in the mask files.
    colour
        Colour in figures, ``"#rrggbb"``, from the colour-blind safe set of Okabe & Ito (2008).
    """

    name: str
    value: int
    colour: str


@dataclass(frozen=True)
class DatasetCard:
    """What there is to know about a data set before opening it.

    Attributes
    ----------
    name, title, task, modality
        Key of the card, its name in prose, what is segmented, and how the images were made.
    classes
        Classes in the order of their indices; index 0 is background.
    decoding
        How mask files become class indices.
    images, masks
        Folders inside the data set's own folder.
    mask_name
        Stem of the mask's file name, given the image's: ``"{stem}"`` if they are the same.
    group_pattern
        Regular expression on the file name; its first group names the patient, sequence or
        site. None if nothing of the kind is known: each image is then its own group.
    n_cases
        Number of image-mask pairs.
    urls, sha256, size_mb
        Where the ZIP file is, its checksum (None: the authors publish none) and its size.
    licence, citation, homepage
        Who may use it for what, what to cite, and where this is written.
    manual
        What to do by hand when the download fails or needs a login.
    defects
        Known flaws, one sentence each.
    generator
        Name for :func:`seglib.phantoms.write_phantom` if the data set is synthetic.
    """

    name: str
    title: str
    task: str
    modality: str
    classes: tuple[LabelClass, ...]
    decoding: MaskDecoding
    images: str
    masks: str
    n_cases: int
    licence: str
    citation: str
    mask_name: str = "{stem}"
    group_pattern: str | None = None
    urls: tuple[str, ...] = ()
    sha256: str | None = None
    size_mb: float = 0.0
    homepage: str | None = None
    manual: str | None = None
    defects: tuple[str, ...] = ()
    generator: str | None = None

    @property
    def n_classes(self) -> int:
        """Number of classes, background included."""
        return len(self.classes)

    @property
    def is_synthetic(self) -> bool:
        """True if a program made the images."""
        return self.generator is not None


BACKGROUND = LabelClass("background", 0, "#000000")
POLYP = LabelClass("polyp", 255, "#E69F00")
OBJECT = LabelClass("object", 255, "#E69F00")

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
    ),
)

HYPER_KVASIR = replace(
    KVASIR_SEG,
    name="hyper-kvasir",
    title="HyperKvasir, segmented images",
    images="segmented-images/images",
    masks="segmented-images/masks",
    urls=("https://datasets.simula.no/downloads/hyper-kvasir/hyper-kvasir-segmented-images.zip",),
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
        *KVASIR_SEG.defects,
    ),
)

CARDS = {entry.name: entry for entry in (PHANTOM_POLYP, KVASIR_SEG, HYPER_KVASIR)}


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

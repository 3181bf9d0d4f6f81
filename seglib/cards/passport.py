"""What is written on a card? The passport of a data set, and of each class in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seglib.decoding import MaskDecoding


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
class GroupTable:
    """A CSV file that says which case belongs to which patient.

    Attributes
    ----------
    file
        Its name inside the data set's own folder.
    case, group
        Its columns with the stem of the image's file name and with the patient.
    """

    file: str
    case: str
    group: str


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
    recipe
        Family of recipes for this task: ``polyp`` stands for ``polyp``, ``polyp-modern`` and
        ``polyp-quick``.
    window, offset
        For CT and MR: centre and width of the intensities to show, after `offset` is added to
        the stored grey values (CT stored as HU + 1024 has offset -1024). None: as stored.
    scan_window, scan_offset
        If :func:`seglib.conversion.convert` made the images of scans: centre and width with which
        they were cut, empty if these differed, None if they are whole; and then the offset.
    spacing_mm
        Height and width of a pixel, mm, if all images share it.
    group_pattern
        Regular expression on the file name; its first group names the patient or sequence.
    group_table
        Where the groups stand if the file names do not tell. Without pattern and table nothing
        is known, and each image is its own group.
    site_pattern
        Regular expression on the file name; its first group names the hospital or scanner.
    n_cases
        Number of image-mask pairs; 0 if it depends on who prepares the data.
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
    recipe: str = "polyp"
    mask_name: str = "{stem}"
    window: tuple[float, float] | None = None
    offset: float = 0.0
    scan_window: tuple[float, ...] | None = None
    scan_offset: float = 0.0
    spacing_mm: tuple[float, float] | None = None
    group_pattern: str | None = None
    group_table: GroupTable | None = None
    site_pattern: str | None = None
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
    def reading(self) -> dict[str, Any]:
        """All that decides what of its files is learnt: classes, decoding, window and offset."""
        classes = {entry.name: entry.value for entry in self.classes}
        window = {"window": self.window, "offset": self.offset}
        return {"classes": classes, "decoding": self.decoding, **window}

    @property
    def storage(self) -> tuple[float, tuple[float, ...] | None]:
        """How a scan becomes one of the images: what was taken from its values, and the window."""
        return self.offset or self.scan_offset, self.scan_window

    @property
    def is_synthetic(self) -> bool:
        """True if a program made the images."""
        return self.generator is not None

    @property
    def credit(self) -> str:
        """What stands under a figure: the title, and that the data are synthetic if they are."""
        return f"{self.title} (synthetic)" if self.is_synthetic else self.title


BACKGROUND = LabelClass("background", 0, "#000000")
OBJECT = LabelClass("object", 255, "#E69F00")

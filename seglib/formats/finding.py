"""Which scans and which masks are in this folder, and what are they called?"""

from __future__ import annotations

import os
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np

from seglib.formats.dicom import holds_images, read_header
from seglib.formats.grids import read_grid
from seglib.formats.kinds import SUFFIXES, case_name, is_dicom, is_grid
from seglib.formats.volume import Volume

MASK_WORD = re.compile(r"(segs?|segmentations?|masks?|labels?(tr|ts)?)", re.IGNORECASE)
MOST_CLASSES = 20  # of a mask; images have hundreds of values


def find_scans(source: Path, masks: Path | None = None) -> dict[str, Path]:
    """Scans in a folder and the folders below it, by name.

    A NIfTI or NRRD file is a scan, and so is a folder that holds DICOM images. The name is the
    path below `source`, without the ending, joined by ``_``. Hidden files are passed over, such as
    ``._a.nii.gz``, which macOS puts beside ``a.nii.gz``; so is what lies in hidden folders. Links
    to folders are followed.

    Parameters
    ----------
    source
        A folder, or the only file.
    masks
        A file or folder inside `source` to pass over.

    Raises
    ------
    FileNotFoundError
        If `source` is not there.
    ValueError
        If no scan is found, or two have the same name.
    """
    source = source.resolve()
    if not source.exists():
        raise FileNotFoundError(f"{source} is not there; check its name and where you started.")
    if source.is_file():
        return {case_name(source): source}
    apart = masks.resolve() if masks else source
    found: dict[str, Path] = {}
    for path in (source, *_below(source)):
        real = path.resolve(), path.parent.resolve() / path.name  # one of the two may be a link
        passed_over = apart != source and any(place.is_relative_to(apart) for place in real)
        if not passed_over and (holds_images(path) if path.is_dir() else is_grid(path)):
            _add(found, _name(path, source), path)
    if not found:
        endings = ", ".join(SUFFIXES)
        raise ValueError(f"{source} holds no scan: neither DICOM images nor {endings} files.")
    return found


def patient_of(scan: Path, source: Path) -> str | None:
    """Patient of a NIfTI or NRRD file, by its place; None if the file has to tell.

    All that lies below one folder of `source`, however deep, counts as one patient. Where such a
    folder holds several, that is too coarse, which wastes patients; a finer guess could have one of
    them in training and in test. Scans of one patient in two such folders are not known as one.
    """
    inside = scan.relative_to(source.resolve()).parts
    return inside[0] if is_grid(scan) and len(inside) > 1 else None


def told_together(scans: dict[str, Path], source: Path) -> list[str]:
    """What a person should know of scans that only :func:`patient_of` takes for one patient's."""
    patients = Counter(patient_of(path, source) for path in scans.values())
    shared = [f"{name}/ ({n})" for name, n in patients.items() if name and n > 1]
    return shared[:1] and [
        f"Scans below one folder count as one patient: {', '.join(shared[:3])}"
        f"{' and others' if len(shared) > 3 else ''}. If they are several, give "
        r"from_folders(..., group_pattern=r'^(.+)_z\d+$'), which tells them by file."
    ]


def find_masks(masks: Path) -> dict[str, Path]:
    """Mask files in a folder, by the scan they belong to.

    The key is the name, as in :func:`find_scans`, for NIfTI and NRRD files; for a DICOM
    segmentation it is the SeriesInstanceUID of its scan, or the name if it tells none.

    Raises
    ------
    FileNotFoundError
        If `masks` is no folder.
    ValueError
        If there are no masks in it, or two for the same scan.
    """
    masks = masks.resolve()
    if not masks.is_dir():
        raise FileNotFoundError(f"{masks} is not there; check the name of the masks.")
    found: dict[str, Path] = {}
    for path in _below(masks):
        if is_grid(path):
            _add(found, _name(path, masks), path)
        elif is_dicom(path) and (header := read_header(path)).get("Modality") == "SEG":
            drawn_on = header.get("ReferencedSeriesSequence")
            key = drawn_on[0].SeriesInstanceUID if drawn_on else _name(path, masks)
            _add(found, key, path)
    if not found:
        endings = ", ".join(SUFFIXES)
        raise ValueError(
            f"{masks} holds no masks: neither DICOM segmentations nor {endings} files."
        )
    return found


def mask_of(scan: str, scans: dict[str, Path], masks: dict[str, Path]) -> Path | None:
    """The mask with the name of a scan, if need be without the ``_0000`` of nnU-Net's channel.

    Where there is a second channel, or another scan has the shorter name, the whole name counts.
    The name without the folders above will do, too, if it is the name of one scan only: a mask
    ``21057.nii`` belongs to the series ``10004/21057``.
    """
    base = scan.removesuffix("_0000")
    alone = base not in scans and f"{base}_0001" not in scans
    if found := masks.get(scan) or (masks.get(base) if alone else None):
        return found
    own = case_name(scans[scan])
    if own in masks and sum(case_name(path) == own for path in scans.values()) == 1:
        return masks[own]
    return None


def refuse_masks(scans: dict[str, Path]) -> None:
    """Raise ``ValueError`` if NIfTI or NRRD files are masks by their names and by their values."""
    named = (n for n in scans if any(map(MASK_WORD.fullmatch, re.split(r"[-_. ]", n))))
    masks = (n for n in named if is_grid(scans[n]) and _has_few_values(read_grid(scans[n])))
    if few := list(islice(masks, 3)):  # the others need not be read
        raise ValueError(
            f"Among the scans are what look like masks: {', '.join(few)}; put all masks into a "
            "folder of their own, each named as its scan, and give it with --masks."
        )


def doubt(scan: Volume) -> tuple[str, ...]:
    """What a person should know of a scan that may be a mask although its name does not say so."""
    highest = scan.voxels.max()
    if not (0 < highest <= MOST_CLASSES and _has_few_values(scan)):
        return ()
    return (
        f"Only whole numbers from 0 to {highest}, as in a mask. If it is one, put it into a folder "
        "of its own, named as its scan, and convert again with --masks.",
    )


def _has_few_values(volume: Volume) -> bool:
    """True if all values are whole, from 0 to 255, and as few as classes in a mask."""
    voxels = volume.voxels
    whole = voxels.dtype.kind == "i" and voxels.min() >= 0 and voxels.max() <= 255
    return whole and len(np.unique(voxels)) <= MOST_CLASSES


def _below(folder: Path) -> list[Path]:
    """Files and folders below a folder, however deep, but none that is hidden.

    Links to folders are followed, but no folder is entered twice: a link may lead to a folder
    that it lies in. What can be reached without a link has that name.
    """
    found: list[Path] = []
    entered: set[Path] = set()
    starts = [folder]
    for start in starts:  # gets longer on the way: links come after all that needs none
        for name, folders, files in os.walk(start):
            place = Path(name)
            if place.resolve() in entered:
                folders.clear()
                continue
            entered.add(place.resolve())
            folders[:] = sorted(n for n in folders if not n.startswith("."))
            starts += [place / n for n in folders if (place / n).is_symlink()]
            found += [place / n for n in files if not n.startswith(".")]
            found += [place] if place != folder else []
    return sorted(found)


def _name(path: Path, root: Path) -> str:
    folders = path.relative_to(root).parent.parts if path != root else ()
    return "_".join((*folders, case_name(path)))


def _add(found: dict[str, Path], key: str, path: Path) -> None:
    other = found.setdefault(key, path)
    if other != path:
        raise ValueError(f"{other} and {path} both belong to {key}; keep one, or rename it.")

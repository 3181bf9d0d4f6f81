"""How do I read a scan? DICOM series, NIfTI and NRRD volumes, and the masks drawn on them.

Whatever the file, a scan comes back as a :class:`Volume`: voxels in Hounsfield units (HU) or raw
intensities, and where each of them lies in the patient.

Slices run along the first axis. A DICOM series keeps the plane and the turn it is stored in; its
slices go along the normal of that plane (feet to head for axial CT). NIfTI and NRRD files store
their axes in any order, so they are turned, without interpolation, to what a supine axial CT
looks like: columns to the patient's left, rows to the back, slices to the head ("LPS").
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seglib.formats.alignment import place
from seglib.formats.dicom import read_series
from seglib.formats.finding import find_masks, find_scans
from seglib.formats.grids import read_grid
from seglib.formats.kinds import is_dicom, is_grid
from seglib.formats.segmentation import read_segmentation
from seglib.formats.volume import Volume
from seglib.formats.windows import WINDOWS, choose_window

__all__ = [
    "WINDOWS",
    "Volume",
    "choose_window",
    "find_masks",
    "find_scans",
    "is_scan",
    "read_mask_volume",
    "read_slice",
    "read_volume",
]


def is_scan(path: str | Path) -> bool:
    """True for a file whose name or first bytes say DICOM, NIfTI or NRRD."""
    path = Path(path)
    return is_grid(path) or path.suffix.lower() == ".dcm" or is_dicom(path)


def read_volume(path: str | Path, series: str | None = None) -> Volume:
    """Read one scan: a folder of DICOM slices, a DICOM file, a NIfTI or an NRRD file.

    Parameters
    ----------
    path
        The folder or the file.
    series
        SeriesInstanceUID, needed only for a folder that holds several series.

    Returns
    -------
    Volume
        See there; ``problems`` says what a person should know.

    Raises
    ------
    FileNotFoundError, ModuleNotFoundError, ValueError
        If nothing is there; if a reader is not installed; if the scan cannot be read or ordered.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there; check the folder and the file name.")
    return read_grid(path) if is_grid(path) else read_series(path, series)


def read_slice(path: str | Path) -> np.ndarray:
    """Read a file that holds one slice, ``(H, W)`` int16 or float32, HU or raw.

    Raises as :func:`read_volume`, and a ValueError if the file holds more than one slice.
    """
    volume = read_volume(path)
    if len(volume.voxels) != 1:
        raise ValueError(
            f"{path} holds {len(volume.voxels)} slices, where one image was expected; cut it into "
            "images first: seglib data convert SOURCE TARGET."
        )
    return volume.voxels[0]


def read_mask_volume(path: str | Path, image: Volume, resample: bool = False) -> Volume:
    """Read the mask of a scan, slice for slice as the scan.

    Parameters
    ----------
    path
        A NIfTI or NRRD file of whole numbers, 0 is background; or a DICOM segmentation, whose
        segment numbers become the class indices.
    image
        The scan it was drawn on.
    resample
        Bring a mask with another grid onto the grid of the scan, by nearest neighbour.

    Returns
    -------
    Volume
        ``voxels`` are class indices ``uint8`` of the shape of the scan; ``labels`` holds the
        names of the classes if the file knows them.

    Raises
    ------
    FileNotFoundError, ModuleNotFoundError, ValueError
        As :func:`read_volume`; and if the grids differ and `resample` is off, or the values are
        no class numbers.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file; give the file of the mask.")
    if is_grid(path):
        return place(read_grid(path), image, resample)
    return place(read_segmentation(path), image, resample, sparse=True)

"""Synthetic patients as a hospital hands them over: DICOM slices, and masks in NIfTI files.

The data sets of the other modules are ready to learn from. Here is what lies before that: a
stack of slices with a header each, in files whose names say nothing of their order, and masks
from another program, which stores its axes in another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm.auto import tqdm

from seglib.files import new_folder
from seglib.formats.kinds import needed_for
from seglib.phantoms.abdomen import AbdomenParameters
from seglib.phantoms.canvas import stream
from seglib.phantoms.torso import FIELD_MM, OFFSET, admit, record, scan

if TYPE_CHECKING:
    from pydicom import Dataset

SHOWN = (40, 400)  # centre and width that the header asks for, HU


@dataclass(frozen=True)
class Scan:
    """The slices of one synthetic patient, from the feet to the head.

    Attributes
    ----------
    hu
        ``(slices, H, W) int16``, Hounsfield units.
    mask
        ``(slices, H, W) uint8``; classes as in :func:`seglib.phantoms.abdomen.make_frame`.
    spacing_mm
        Distance of slices, rows and columns, mm.
    origin_mm
        Centre of the first pixel of the first slice, mm: x to the patient's left, y to the back,
        z to the head; the dome of the liver is at z = 0.
    """

    hu: np.ndarray
    mask: np.ndarray
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]


def make_scan(
    patient: int, seed: int = 0, slice_mm: float = 5.0, size: tuple[int, int] = (192, 192)
) -> Scan:
    """Scan a synthetic abdomen, slice by slice, without gaps.

    Parameters
    ----------
    patient, seed : int
        Whom, each >= 0.
    slice_mm : float
        Thickness and distance of the slices, mm, above 0.
    size : (int, int)
        Height and width, px; the smaller one spans 360 mm.

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    if patient < 0 or seed < 0 or slice_mm <= 0 or min(size) < 32:
        raise ValueError(
            f"make_scan: patient {patient}, seed {seed}, slice_mm {slice_mm:g}, size {size}; "
            "expected numbers from 0, slices above 0 mm and at least 32 by 32 pixels."
        )
    p = AbdomenParameters()
    who = admit(seed, patient, p, p.arterial_share, p.venous_share, p.fatty_share)
    levels = np.arange(p.top, p.bottom, slice_mm)[::-1]  # mm below the dome, the feet first
    mm = FIELD_MM / min(size)
    stored, masks = [], []
    for number, z in enumerate(levels):
        texture, noise = (stream(seed, patient, number, k) for k in (1, 2))
        picture, layer = scan(who, float(z), tuple(size), texture, slice_mm)
        stored.append(record(picture, noise, mm, p))
        masks.append(layer.label)
    corner = [-(side - 1) / 2 * mm for side in (size[1], size[0])]
    hu = np.stack(stored).astype(np.int16) - OFFSET
    return Scan(hu, np.stack(masks), (float(slice_mm), mm, mm), (*corner, -float(levels[0])))


def write_scans(folder: Path | str, patients: int, seed: int = 0, slice_mm: float = 5.0) -> Path:
    """Write synthetic patients as a hospital would, all of them or nothing.

    ``folder`` gets ``scans/p000/IM0001.dcm`` and so on, DICOM slices whose names are in no order,
    and ``labels/p000.nii.gz`` with the mask, stored with other directions (RAS) than the scan.

    Parameters
    ----------
    folder : Path
        One that is there already is left as it is.
    patients : int
        How many, >= 1.
    seed, slice_mm
        As for :func:`make_scan`.

    Returns
    -------
    Path
        ``folder``.

    Raises
    ------
    ModuleNotFoundError
        If pydicom or SimpleITK is not installed.
    ValueError
        As :func:`make_scan`, or if there is no patient.
    """
    folder = Path(folder)
    if patients < 1:
        raise ValueError(f"write_scans: {patients} patients; expected 1 or more.")
    if folder.is_dir():
        return folder
    with new_folder(folder) as draft:
        for patient in tqdm(range(patients), desc="scanning", unit="patient", leave=False):
            made, name = make_scan(patient, seed, slice_mm), f"p{patient:03d}"
            _write_series(made, draft / "scans" / name, name, stream(seed, patient, 9))
            _write_mask(made, draft / "labels" / f"{name}.nii.gz")
    return folder


def _write_series(made: Scan, folder: Path, name: str, rng: np.random.Generator) -> None:
    """One DICOM file a slice, with names drawn at random."""
    folder.mkdir(parents=True)
    numbers = rng.permutation(len(made.hu)) + 1
    for number, header in zip(numbers, _slices(made, name), strict=True):
        header.save_as(folder / f"IM{number:04d}.dcm", enforce_file_format=True)


def _slices(made: Scan, name: str) -> Iterator[Dataset]:
    with needed_for("DICOM files"):
        from pydicom.dataset import Dataset, FileMetaDataset
        from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    study, series = (generate_uid(entropy_srcs=[name, what]) for what in ("study", "series"))
    x, y, z = made.origin_mm
    for k, pixels in enumerate(made.hu):
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
        ds.SOPInstanceUID = generate_uid(entropy_srcs=[name, str(k)])
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
        ds.PatientName, ds.PatientID, ds.Modality = f"Phantom^{name.upper()}", name, "CT"
        ds.Rows, ds.Columns = pixels.shape
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.PixelSpacing, ds.SliceThickness = list(made.spacing_mm[1:]), made.spacing_mm[0]
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.ImagePositionPatient = [x, y, z + k * made.spacing_mm[0]]
        ds.RescaleSlope, ds.RescaleIntercept = 1, -OFFSET
        ds.WindowCenter, ds.WindowWidth = SHOWN
        ds.PixelData = (pixels + OFFSET).astype("<u2").tobytes()
        yield ds


def _write_mask(made: Scan, path: Path) -> None:
    with needed_for("NIfTI files"):
        import SimpleITK as sitk

    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(made.mask)
    image.SetSpacing(made.spacing_mm[::-1])
    image.SetOrigin(made.origin_mm)
    sitk.WriteImage(sitk.DICOMOrient(image, "RAS"), str(path))

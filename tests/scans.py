"""Scans written by the tests: DICOM slices and NIfTI files whose every value tells its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

SPACING = (2.5, 0.8, 0.5)  # slices, rows, columns, mm
ORIGIN = (-10.0, 20.0, 5.0)
SHAPE = (4, 6, 9)
AXIAL = np.array([[0.0, 0, 1], [0, 1, 0], [1, 0, 0]])
SERIES = "1.2.826.0.1.3680043.8.498.1"


def hu(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Even whole numbers from -1000 up, all different."""
    return -1000 + 2 * np.arange(np.prod(shape)).reshape(shape)


def places(axes: np.ndarray, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Position of the first pixel of each slice, mm."""
    return np.array(ORIGIN) + np.multiply.outer(np.arange(shape[0]) * SPACING[0], axes[0])


def dicom_slice(path: Path, stored: np.ndarray, position: Sequence[float], **tags: object) -> Path:
    """Write one CT slice, axial and in HU + 1024 unless `tags` say otherwise."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    ds.SeriesInstanceUID, ds.StudyInstanceUID, ds.FrameOfReferenceUID = SERIES, "1.2.3", "1.2.4"
    ds.Modality, ds.PatientID, ds.PatientName = "CT", "hospital-4711", "Doe^Jane"
    ds.PatientBirthDate = ds.PatientSex = ds.AccessionNumber = ds.StudyDate = ds.StudyTime = ""
    ds.StudyID = ds.ReferringPhysicianName = ""
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.PixelSpacing, ds.SliceThickness = list(SPACING[1:]), 3.0
    ds.ImagePositionPatient = [float(mm) for mm in position]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    for name, value in tags.items():
        if value is None:
            delattr(ds, name)
        else:
            setattr(ds, name, value)
    ds.PixelData = stored.astype("<i2" if ds.PixelRepresentation else "<u2").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


def dicom_series(folder: Path, axes: np.ndarray = AXIAL, **tags: object) -> Path:
    """Write :func:`hu` as a series: names in no order, another slope for each slice."""
    orientation = [*axes[2], *axes[1]]
    slopes, names = (1, 0.5, 2, 0.25), ("c.dcm", "a.dcm", "d.dcm", "b.dcm")
    for k, (values, place) in enumerate(zip(hu(), places(axes), strict=True)):
        facts = {"RescaleSlope": slopes[k], "ImageOrientationPatient": orientation} | tags
        stored = (values + 1024) / facts["RescaleSlope"]
        dicom_slice(folder / names[k], stored, place, **facts)
    return folder


def grid(voxels: np.ndarray, orientation: str = "LPS") -> sitk.Image:
    """An axial volume at the place of the series, stored in another order of its axes."""
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(SPACING[::-1])
    image.SetOrigin(ORIGIN)
    return sitk.DICOMOrient(image, orientation)


def write_segments(
    path: Path,
    scan: Path,
    segments: np.ndarray,
    kind: str = "BINARY",
    names: tuple[str, ...] = ("liver", "spleen"),
) -> Path:
    """Write ``(slices, H, W, segments)``, or class numbers, with highdicom, empty frames left out.

    The source slices are given by file name, so the frames are in no order. Skips the test where
    highdicom is missing: there is none for Python 3.14 yet.
    """
    hd = pytest.importorskip("highdicom")
    sources = [pydicom.dcmread(file) for file in sorted(scan.glob("*.dcm"))]
    order = np.argsort(np.argsort([float(ds.ImagePositionPatient[2]) for ds in sources]))
    described = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=name,
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=codes.SCT.Liver,
            algorithm_type="MANUAL",
        )
        for number, name in enumerate(names, start=1)
    ]
    hd.seg.Segmentation(
        source_images=sources,
        pixel_array=segments[order],
        segmentation_type=kind,
        segment_descriptions=described,
        series_instance_uid=hd.UID(),
        series_number=2,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="nobody",
        manufacturer_model_name="none",
        software_versions="0",
        device_serial_number="0",
    ).save_as(path)
    return path

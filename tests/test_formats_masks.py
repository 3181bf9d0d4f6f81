"""Masks beside their scans: in another order of axes, on another grid, or as DICOM segments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from seglib.formats import read_mask_volume, read_volume
from tests.scans import ORIGIN, SHAPE, dicom_series, grid, write_segments

LABELS = np.zeros(SHAPE, np.uint8)
LABELS[1:3, 1:4, 2:7] = 1
LABELS[2, 4:, 0] = 2


@pytest.fixture
def folder(tmp_path) -> Path:
    return dicom_series(tmp_path / "scan")


@pytest.mark.parametrize("orientation", ["LPS", "RAS", "PIR", "SAL"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_a_mask_in_another_order_of_axes(folder, tmp_path, orientation, dtype):
    sitk.WriteImage(grid(LABELS.astype(dtype), orientation), tmp_path / "m.nii.gz")
    mask = read_mask_volume(tmp_path / "m.nii.gz", read_volume(folder))
    assert mask.voxels.dtype == np.uint8
    np.testing.assert_array_equal(mask.voxels, LABELS)


def test_an_axial_mask_of_a_coronal_scan(tmp_path):
    coronal = np.array([[0.0, 1, 0], [0, 0, -1], [1, 0, 0]])
    image = read_volume(dicom_series(tmp_path / "scan", coronal))
    stored = sitk.GetImageFromArray(LABELS)
    stored.SetSpacing(image.spacing_mm[::-1])
    stored.SetOrigin(ORIGIN)
    stored.SetDirection(np.stack(coronal[::-1], axis=1).ravel())
    sitk.WriteImage(sitk.DICOMOrient(stored, "LPS"), tmp_path / "m.nrrd")
    np.testing.assert_array_equal(read_mask_volume(tmp_path / "m.nrrd", image).voxels, LABELS)


OTHER_GRIDS = {
    "shifted": lambda image: image.SetOrigin(np.array(ORIGIN) + (0.5, 0, 0)),
    "another slice": lambda image: image.SetOrigin(np.array(ORIGIN) + (0, 0, 2.5)),
    "spacing": lambda image: image.SetSpacing((0.55, 0.8, 2.5)),
    "turned": lambda image: image.SetDirection((0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1)),
}


@pytest.mark.parametrize("change", OTHER_GRIDS)
def test_another_grid_is_refused_and_both_are_named(folder, tmp_path, change):
    stored = grid(LABELS)
    OTHER_GRIDS[change](stored)
    sitk.WriteImage(stored, tmp_path / "m.nrrd")
    with pytest.raises(ValueError, match=r"m.nrrd does not lie .* Mask: 4 sl.* Image: 4 slices"):
        read_mask_volume(tmp_path / "m.nrrd", read_volume(folder))


@pytest.mark.parametrize("cut", [LABELS[:3], LABELS[:, 1:], LABELS[:, :, 1:]])
def test_another_size_is_refused(folder, tmp_path, cut):
    sitk.WriteImage(grid(cut), tmp_path / "m.nrrd")
    with pytest.raises(ValueError, match="does not lie on the grid of scan"):
        read_mask_volume(tmp_path / "m.nrrd", read_volume(folder))


def test_resampling_agrees_with_simpleitk(folder, tmp_path):
    rng = np.random.default_rng(0)
    stored = sitk.GetImageFromArray(rng.integers(0, 4, (9, 11, 13)).astype(np.uint8))
    stored.SetSpacing((0.37, 0.61, 1.3))
    stored.SetOrigin(np.array(ORIGIN) + (0.11, -0.23, -1.7))
    c, s = np.cos(0.3), np.sin(0.3)
    stored.SetDirection((c, -s, 0, s, c, 0, 0, 0, 1))
    sitk.WriteImage(stored, tmp_path / "m.nrrd")
    found = read_mask_volume(tmp_path / "m.nrrd", read_volume(folder), resample=True).voxels
    wanted = sitk.Resample(stored, grid(LABELS), sitk.Transform(), sitk.sitkNearestNeighbor)
    np.testing.assert_array_equal(found, sitk.GetArrayFromImage(wanted))
    assert (found > 0).any() and (found == 0).any()


def test_resampling_the_same_grid_changes_nothing(folder, tmp_path):
    sitk.WriteImage(grid(LABELS, "RAS"), tmp_path / "m.nrrd")
    found = read_mask_volume(tmp_path / "m.nrrd", read_volume(folder), resample=True)
    np.testing.assert_array_equal(found.voxels, LABELS)


@pytest.mark.parametrize("value", [0.5, -1, 300, np.nan])
def test_values_that_are_no_class_numbers_are_refused(folder, tmp_path, value):
    voxels = LABELS.astype(np.float32)
    voxels[0, 0, 0] = value
    sitk.WriteImage(grid(voxels), tmp_path / "m.nrrd")
    with pytest.raises(ValueError, match="m.nrrd has values from .*class numbers from 0 to 255"):
        read_mask_volume(tmp_path / "m.nrrd", read_volume(folder))


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_dicom_segments_are_placed_by_position(folder, tmp_path, kind):
    planes = np.stack([LABELS == 1, LABELS == 2], axis=-1)
    if kind == "FRACTIONAL":
        planes = planes * 0.75 + 0.2 * (LABELS == 0)[..., None]
    given = LABELS if kind == "LABELMAP" else planes
    path = write_segments(tmp_path / "seg.dcm", folder, given, kind)
    image = read_volume(folder)
    mask = read_mask_volume(path, image)
    np.testing.assert_array_equal(mask.voxels, LABELS)
    assert {1: "liver", 2: "spleen"}.items() <= mask.labels.items()
    assert mask.problems == ()
    resampled = read_mask_volume(path, image, resample=True)
    np.testing.assert_array_equal(resampled.voxels, LABELS)


@pytest.mark.parametrize("thickness", [2.5, 5.0, 7.5])
def test_thick_segments_do_not_reach_into_the_next_slice(tmp_path, thickness):
    folder = dicom_series(tmp_path / "scan", SliceThickness=thickness)
    planes = np.stack([LABELS == 1, LABELS == 2], axis=-1)
    path = write_segments(tmp_path / "seg.dcm", folder, planes)
    ds = pydicom.dcmread(path)
    del ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices
    ds.save_as(path)
    found = read_mask_volume(path, read_volume(folder), resample=True)
    np.testing.assert_array_equal(found.voxels, LABELS)


def test_a_gap_between_segments_stays_empty(folder, tmp_path):
    apart = np.zeros_like(LABELS)
    apart[[0, -1], 2:4] = 1  # the first and the last slice, much thinner than their distance
    path = write_segments(tmp_path / "seg.dcm", folder, (apart == 1)[..., None], names=("liver",))
    ds = pydicom.dcmread(path)
    del ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices
    ds.save_as(path)
    found = read_mask_volume(path, read_volume(folder), resample=True)
    np.testing.assert_array_equal(found.voxels, apart == 1)


def test_overlapping_segments_are_told(folder, tmp_path):
    planes = np.stack([LABELS > 0, LABELS == 2], axis=-1)
    path = write_segments(tmp_path / "seg.dcm", folder, planes)
    mask = read_mask_volume(path, read_volume(folder))
    np.testing.assert_array_equal(mask.voxels, LABELS)
    assert mask.problems[0].startswith("Segments overlap in 2 voxels")


def test_segments_of_another_scan_are_refused(folder, tmp_path):
    other = dicom_series(tmp_path / "other")
    for file in other.glob("*.dcm"):
        ds = pydicom.dcmread(file)
        ds.ImagePositionPatient[2] += 1.0
        ds.save_as(file)
    planes = np.stack([LABELS == 1, LABELS == 2], axis=-1)
    path = write_segments(tmp_path / "seg.dcm", other, planes)
    with pytest.raises(ValueError, match="seg.dcm does not lie on the grid of scan"):
        read_mask_volume(path, read_volume(folder))


def test_other_dicom_files_are_no_masks(folder):
    with pytest.raises(ValueError, match=r"a.dcm is no DICOM segmentation \(Modality CT\)"):
        read_mask_volume(folder / "a.dcm", read_volume(folder))
    with pytest.raises(FileNotFoundError, match="give the file of the mask"):
        read_mask_volume(folder, read_volume(folder))


def test_a_segmentation_that_does_not_say_where_it_lies(folder, tmp_path):
    planes = np.stack([LABELS == 1, LABELS == 2], axis=-1)
    path = write_segments(tmp_path / "seg.dcm", folder, planes)
    ds = pydicom.dcmread(path)
    del ds.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence
    ds.save_as(path)
    with pytest.raises(ValueError, match="seg.dcm does not say what its frames are or where"):
        read_mask_volume(path, read_volume(folder))

"""Are the synthetic scans what a hospital would hand over, and do they come back as they were?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from seglib.formats import read_mask_volume, read_volume
from seglib.phantoms.scan import make_scan, write_scans


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scans(tmp_path_factory.mktemp("hospital") / "all", 2, seed=3, slice_mm=20)


def test_a_scan_is_a_stack_in_hounsfield_units() -> None:
    made = make_scan(0, seed=1, slice_mm=20, size=(96, 128))
    assert made.hu.shape == made.mask.shape == (10, 96, 128)
    assert (made.hu.dtype, made.mask.dtype) == (np.int16, np.uint8)
    assert made.hu[:, 0, 0].max() < -900  # air around the patient
    assert set(np.unique(made.mask)) <= set(range(6)) and (made.mask == 1).any()
    assert made.spacing_mm == (20, 3.75, 3.75)
    assert -206 < made.origin_mm[2] < -180  # the first slice is the lowest


def test_a_scan_depends_on_its_arguments_alone() -> None:
    one, same, other = (make_scan(0, seed, slice_mm=60, size=(64, 64)) for seed in (1, 1, 2))
    assert np.array_equal(one.hu, same.hu) and np.array_equal(one.mask, same.mask)
    assert not np.array_equal(one.hu, other.hu)


@pytest.mark.parametrize("mm", (4, 10))
def test_an_organ_has_the_same_volume_in_thin_and_in_thick_slices(mm: float) -> None:
    def liters(slice_mm: float) -> float:
        made = make_scan(0, seed=1, slice_mm=slice_mm, size=(96, 96))
        return (made.mask == 1).sum() * np.prod(made.spacing_mm) / 1e6

    assert liters(mm) == pytest.approx(liters(2), rel=0.05)


@pytest.mark.parametrize(
    "wrong", ({"patient": -1}, {"seed": -1}, {"slice_mm": 0}, {"size": (16, 192)})
)
def test_numbers_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"make_scan: .* expected numbers from 0"):
        make_scan(**{"patient": 0} | wrong)


def test_files_come_back_as_the_scan_and_its_mask(hospital: Path) -> None:
    made = make_scan(1, seed=3, slice_mm=20)
    scan = read_volume(hospital / "scans" / "p001")
    mask = read_mask_volume(hospital / "labels" / "p001.nii.gz", scan)
    assert np.array_equal(scan.voxels, made.hu)
    assert np.array_equal(mask.voxels, made.mask)
    assert (scan.unit, scan.orientation, scan.problems) == ("HU", "LPS", ())
    assert scan.spacing_mm == made.spacing_mm
    assert scan.window == (40, 400)


def test_names_of_the_files_say_nothing_of_their_order(hospital: Path) -> None:
    files = sorted((hospital / "scans" / "p000").iterdir())
    heights = [float(pydicom.dcmread(file).ImagePositionPatient[2]) for file in files]
    assert [file.name for file in files] == [f"IM{n:04d}.dcm" for n in range(1, len(files) + 1)]
    assert heights != sorted(heights)
    assert np.allclose(np.diff(sorted(heights)), 20)


def test_the_bare_array_of_the_mask_lies_on_the_other_side(hospital: Path) -> None:
    bare = sitk.GetArrayFromImage(sitk.ReadImage(str(hospital / "labels" / "p000.nii.gz")))
    assert np.array_equal(bare[:, ::-1, ::-1], make_scan(0, seed=3, slice_mm=20).mask)


def test_a_folder_that_is_there_is_left_as_it_is(hospital: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in hospital.rglob("*.dcm")}
    assert write_scans(hospital, 5) == hospital
    assert {file: file.stat().st_mtime_ns for file in hospital.rglob("*.dcm")} == before


def test_no_patient_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 patients; expected 1 or more"):
        write_scans(tmp_path / "none", 0)

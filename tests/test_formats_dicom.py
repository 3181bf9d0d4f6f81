"""DICOM series as scanners write them, and as they should not be."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.uid import JPEGLosslessSV1, RLELossless

from seglib.formats import is_scan, read_volume
from tests.scans import AXIAL, SERIES, SHAPE, SPACING, dicom_series, dicom_slice, hu, places

FLAT = np.full((4, 5), 1024)


def oblique() -> np.ndarray:
    """Slices tilted by 30 degrees about the x axis, then by 20 about the z axis."""
    (c, s), (d, t) = ((np.cos(a), np.sin(a)) for a in np.radians([30, 20]))
    tilt = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    turn = np.array([[d, -t, 0], [t, d, 0], [0, 0, 1]])
    return AXIAL @ (turn @ tilt).T


CORONAL = np.array([[0.0, 1, 0], [0, 0, -1], [1, 0, 0]])
SAGITTAL = np.array([[-1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


@pytest.mark.parametrize(
    ("axes", "orientation"),
    [(AXIAL, "LPS"), (oblique(), "LPS"), (CORONAL, "LIP"), (SAGITTAL, "PIR")],
)
def test_slices_come_in_the_order_of_their_places(tmp_path, axes, orientation):
    volume = read_volume(dicom_series(tmp_path / "knee", axes))
    assert volume.sources == ("c.dcm", "a.dcm", "d.dcm", "b.dcm")
    np.testing.assert_array_equal(volume.voxels, hu())
    assert volume.voxels.dtype == np.int16 and volume.unit == "HU"
    np.testing.assert_allclose(volume.axes, axes, atol=1e-9)
    np.testing.assert_allclose(volume.positions, places(axes), atol=1e-9)
    np.testing.assert_allclose(volume.spacing_mm, SPACING)
    assert (volume.name, volume.orientation, volume.problems) == ("knee", orientation, ())
    assert volume.thickness_mm == 3.0


@pytest.mark.parametrize("axes", [AXIAL, oblique(), CORONAL])
def test_gdcm_reads_the_same(tmp_path, axes):
    folder = str(dicom_series(tmp_path, axes, RescaleSlope=2))
    gdcm = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(folder))
    volume = read_volume(folder)
    np.testing.assert_array_equal(volume.voxels, sitk.GetArrayFromImage(gdcm))
    np.testing.assert_allclose(volume.positions[0], gdcm.GetOrigin())
    np.testing.assert_allclose(volume.axes[::-1].T.ravel(), gdcm.GetDirection(), atol=1e-6)
    np.testing.assert_allclose(volume.spacing_mm[::-1], gdcm.GetSpacing())


def test_slopes_that_give_fractions_give_float32(tmp_path):
    path = dicom_slice(tmp_path / "a.dcm", np.array([[3, 5]]), (0, 0, 0), RescaleSlope=0.3)
    volume = read_volume(path)
    assert volume.voxels.dtype == np.float32
    np.testing.assert_allclose(volume.voxels[0], [[-1023.1, -1022.5]], rtol=1e-6)


def test_monochrome1_does_not_change_hounsfield_units(tmp_path):
    volume = read_volume(dicom_series(tmp_path, PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_array_equal(volume.voxels, hu())


def test_monochrome1_x_rays_are_inverted_within_their_bits(tmp_path):
    tags = dict(Modality="DX", BitsStored=12, HighBit=11, WindowCenter=[1000, 7], WindowWidth=400)
    tags |= dict(RescaleSlope=None, RescaleIntercept=None, PixelSpacing=None)
    tags |= dict(ImagePositionPatient=None, ImageOrientationPatient=None, SliceThickness=None)
    stored, shown = np.array([[3, 100], [4000, 4090]]), {}
    for kind in ("MONOCHROME1", "MONOCHROME2"):
        tags |= dict(PhotometricInterpretation=kind, ImagerPixelSpacing=[0.2, 0.1])
        shown[kind] = read_volume(dicom_slice(tmp_path / "a.dcm", stored, (0, 0, 0), **tags))
    assert {volume.unit for volume in shown.values()} == {"raw"}
    np.testing.assert_array_equal(shown["MONOCHROME2"].voxels[0], stored)
    np.testing.assert_array_equal(shown["MONOCHROME1"].voxels[0], 4095 - stored)
    assert shown["MONOCHROME2"].window == (1000, 400)
    assert shown["MONOCHROME1"].window == (3095, 400)
    assert shown["MONOCHROME1"].spacing_mm[1:] == (0.2, 0.1)
    assert np.isnan(shown["MONOCHROME1"].spacing_mm[0])


def test_signed_twelve_bit_values_with_litter_in_the_unused_bits(tmp_path):
    stored = np.array([[-5, 100]], np.int16)
    littered = (stored.view(np.uint16) & 0x0FFF | 0xA000).view(np.int16)
    bits = dict(BitsStored=12, HighBit=11, PixelRepresentation=1, RescaleIntercept=0)
    path = dicom_slice(tmp_path / "a.dcm", littered, (0, 0, 0), **bits)
    np.testing.assert_array_equal(read_volume(path).voxels[0], stored)


def test_unmeasured_pixels_are_air(tmp_path):
    stored = np.array([[-2000, 0, 1064]])
    tags = dict(PixelRepresentation=1, PixelPaddingValue=-2000)
    path = dicom_slice(tmp_path / "a.dcm", stored, (0, 0, 0), **tags)
    np.testing.assert_array_equal(read_volume(path).voxels[0], [[-1024, -1024, 40]])
    tags |= dict(Modality="MR", RescaleIntercept=-100)
    path = dicom_slice(tmp_path / "a.dcm", stored, (0, 0, 0), **tags)
    np.testing.assert_array_equal(read_volume(path).voxels[0], [[-100, -100, 964]])


def test_unmeasured_pixels_of_an_inverted_x_ray_are_its_darkest(tmp_path):
    tags = dict(Modality="MG", BitsStored=12, HighBit=11, RescaleSlope=None, RescaleIntercept=None)
    tags |= dict(PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=0)
    path = dicom_slice(tmp_path / "a.dcm", np.array([[0, 100, 3000]]), (0, 0, 0), **tags)
    np.testing.assert_array_equal(read_volume(path).voxels[0], [[1095, 3995, 1095]])


def with_empty(path: Path, *keywords: str) -> Path:
    """The file again, with tags that are there and hold nothing."""
    ds = pydicom.dcmread(path)
    for keyword in keywords:
        tag = pydicom.datadict.tag_for_keyword(keyword)
        kind = pydicom.datadict.dictionary_VR(tag).partition(" or ")[0]
        ds[tag] = pydicom.DataElement(tag, kind, None)
    ds.save_as(path)
    return path


PADDING = ("PixelPaddingValue", "PixelPaddingRangeLimit")


@pytest.mark.parametrize(
    ("empty", "unit", "value"),
    [
        (PADDING[:1], "HU", 0),
        (PADDING, "HU", 0),
        (("RescaleIntercept",), "raw", 1024),
        (("RescaleSlope", "RescaleIntercept"), "raw", 1024),
    ],
)
def test_an_empty_tag_counts_as_none(tmp_path, empty, unit, value):
    path = with_empty(dicom_slice(tmp_path / "a.dcm", FLAT, (0, 0, 0)), *empty)
    volume = read_volume(path)
    assert volume.unit == unit and (volume.voxels == value).all()


def test_an_empty_end_of_a_range_leaves_the_padding(tmp_path):
    path = dicom_slice(tmp_path / "a.dcm", np.array([[7, 1024]]), (0, 0, 0), PixelPaddingValue=7)
    volume = read_volume(with_empty(path, "PixelPaddingRangeLimit"))
    np.testing.assert_array_equal(volume.voxels[0], [[-1024, 0]])


def test_hounsfield_units_are_never_guessed(tmp_path):
    first, second = (dicom_slice(tmp_path / f"{k}.dcm", FLAT, (0, 0, k)) for k in range(2))
    with_empty(second, "RescaleSlope", "RescaleIntercept")
    with pytest.raises(ValueError, match=r"1.dcm holds raw values, but the first .* HU ones"):
        read_volume(tmp_path)
    with_empty(first, "RescaleSlope")
    with pytest.raises(ValueError, match=r"0.dcm has a RescaleIntercept but no RescaleSlope"):
        read_volume(first)


@pytest.mark.parametrize(("width", "window"), [(2000, (0, 2000)), (0, None)])
def test_a_window_may_have_its_centre_at_zero(tmp_path, width, window):
    path = tmp_path / "a.dcm"
    dicom_slice(path, FLAT, (0, 0, 0), WindowCenter=0, WindowWidth=width)
    assert read_volume(path).window == window


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_a_file_cut_anywhere_is_named(tmp_path):
    path = dicom_slice(tmp_path / "a.dcm", np.array([[0, 1]]), (0, 0, 0), WindowCenter=0)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="a.dcm"):
            read_volume(path)


def test_a_missing_slice_is_said(tmp_path):
    (dicom_series(tmp_path) / "d.dcm").unlink()
    volume = read_volume(tmp_path)
    assert volume.sources == ("c.dcm", "a.dcm", "b.dcm")
    assert volume.spacing_mm[0] == 2.5
    (said,) = volume.problems
    assert "1 slice(s) are missing: a.dcm and b.dcm are 5.00 mm apart, where 2.50" in said


def test_uneven_distances_are_said(tmp_path):
    for k, z in enumerate((0, 1, 2, 3.4)):
        dicom_slice(tmp_path / f"{k}.dcm", FLAT, (0, 0, z))
    (said,) = read_volume(tmp_path).problems
    assert "uneven distances: 2.dcm and 3.dcm are 1.40 mm apart" in said


def test_several_series_are_listed_and_one_can_be_chosen(tmp_path):
    dicom_series(tmp_path)
    dicom_slice(tmp_path / "e.dcm", FLAT, (0, 0, 0), SeriesInstanceUID="1.2.9")
    with pytest.raises(ValueError, match=r"2 series, choose.*: 1.*8\.498\.1 \(4.*1\.2\.9 \(1 sl"):
        read_volume(tmp_path)
    assert read_volume(tmp_path, SERIES).voxels.shape == SHAPE
    assert read_volume(tmp_path, "1.2.9").sources == ("e.dcm",)
    with pytest.raises(ValueError, match=r"1\.2\.8 is not there: "):
        read_volume(tmp_path, "1.2.8")


def test_other_files_are_left_out_and_listed(tmp_path):
    dicom_series(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / ".hidden").write_text("")
    dicom_slice(tmp_path / "report.dcm", FLAT, (0, 0, 0), Modality="SR")
    (said,) = read_volume(tmp_path).problems
    assert said == "Left out, no DICOM images: notes.txt, report.dcm."
    for path in tmp_path.glob("?.dcm"):
        path.unlink()
    with pytest.raises(ValueError, match=r"holds no DICOM images, only notes.txt, report.dcm"):
        read_volume(tmp_path)
    with pytest.raises(ValueError, match=r"report.dcm holds no image \(Modality SR\)"):
        read_volume(tmp_path / "report.dcm")


BAD = {
    "same place": ([{}, {}], "0.dcm and 1.dcm lie at the same place"),
    "sizes": ([{}, {"at": 1, "stored": FLAT[1:]}], "1.dcm has Rows 3, but .*0.dcm .* has 4"),
    "spacing": ([{}, {"at": 1, "PixelSpacing": [1, 1]}], "1.dcm has PixelSpacing"),
    "scout": ([{}, {"at": 1, "ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}], "no common stack"),
    "no place": ([{}, {"ImagePositionPatient": None}], "1.dcm has no ImagePositionPatient"),
    "frames": ([{"NumberOfFrames": 2}], "2 frames in one file"),
    "palette": ([{"PhotometricInterpretation": "PALETTE COLOR"}], "picture in colour"),
}


@pytest.mark.parametrize("case", BAD)
def test_slices_that_make_no_stack_are_refused(tmp_path, case):
    slices, said = BAD[case]
    for k, tags in enumerate(slices):
        tags = dict(tags)
        place, stored = (0, 0, tags.pop("at", 0)), tags.pop("stored", FLAT)
        dicom_slice(tmp_path / f"{k}.dcm", stored, place, **tags)
    with pytest.raises(ValueError, match=said):
        read_volume(tmp_path)


def test_compressed_slices(tmp_path):
    path = dicom_slice(tmp_path / "a.dcm", FLAT, (0, 0, 0))
    ds = pydicom.dcmread(path)
    ds.compress(RLELossless)
    ds.save_as(path)
    np.testing.assert_array_equal(read_volume(path).voxels[0], 0 * FLAT)
    ds.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8 no picture \xff\xd9"])
    ds.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    ds.save_as(path)
    with pytest.raises(ValueError, match=r"a.dcm is compressed \(JPEG Lossless.*pip install"):
        read_volume(path)


def test_damaged_files_are_named(tmp_path):
    path = dicom_slice(tmp_path / "a.dcm", FLAT, (0, 0, 0))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="a.dcm has damaged pixels"):
        read_volume(path)
    path.write_text("hello")
    with pytest.raises(ValueError, match="a.dcm cannot be read as a DICOM file"):
        read_volume(path)
    with pytest.raises(FileNotFoundError, match="b.dcm is not there"):
        read_volume(tmp_path / "b.dcm")


def test_a_patient_has_one_pseudonym_for_all_series(tmp_path):
    groups = []
    for number, tags in enumerate(({}, {"SeriesInstanceUID": "1.2.9"}, {"PatientID": "other"})):
        path = dicom_slice(tmp_path / f"{number}.dcm", FLAT, (0, 0, 0), **tags)
        groups.append(read_volume(path).group)
    assert groups[0] == groups[1] != groups[2]
    assert "4711" not in groups[0]


def test_dicom_is_known_by_its_first_bytes(tmp_path):
    assert is_scan(dicom_slice(tmp_path / "IM0001", FLAT, (0, 0, 0)))
    assert is_scan(Path("scan.dcm")) and is_scan(Path("A.NII.GZ")) and is_scan(Path("a.nrrd"))
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert not is_scan(tmp_path / "a.png")


@pytest.mark.parametrize(("name", "module"), [("a.dcm", "pydicom"), ("a.nii", "SimpleITK")])
def test_a_missing_reader_is_named_with_the_line_that_installs_it(
    tmp_path, monkeypatch, name, module
):
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ModuleNotFoundError, match=f"need {module}, .*pip install pydicom Simple"):
        read_volume(tmp_path / name)

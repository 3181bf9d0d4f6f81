"""NIfTI and NRRD volumes in every order of their axes."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from seglib.formats import WINDOWS, choose_window, read_slice, read_volume
from tests.scans import AXIAL, SPACING, dicom_slice, grid, hu, places


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("orientation", ["LPS", "RAS", "LPI", "PIR", "SAL", "ARI"])
def test_axes_are_turned_to_left_back_head(tmp_path, suffix, orientation):
    sitk.WriteImage(grid(hu().astype(np.int16), orientation), tmp_path / f"liver.1{suffix}")
    volume = read_volume(tmp_path / f"liver.1{suffix}")
    np.testing.assert_array_equal(volume.voxels, hu())
    np.testing.assert_allclose(volume.axes, AXIAL, atol=1e-6)
    np.testing.assert_allclose(volume.positions, places(AXIAL), atol=1e-5)
    np.testing.assert_allclose(volume.spacing_mm, SPACING, rtol=1e-6)
    assert volume.voxels.dtype == np.int16
    assert (volume.name, volume.orientation, volume.unit) == ("liver.1", "LPS", "HU")


def test_a_tilted_volume_is_turned_but_not_bent(tmp_path):
    image = sitk.GetImageFromArray(hu().astype(np.int16))
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    image.SetDirection([-c, s, 0, s, c, 0, 0, 0, 1])  # columns run to the right
    sitk.WriteImage(image, tmp_path / "a.nii")
    volume = read_volume(tmp_path / "a.nii")
    np.testing.assert_array_equal(volume.voxels, hu()[:, :, ::-1])
    np.testing.assert_allclose(volume.axes[2], [c, -s, 0], atol=1e-6)
    np.testing.assert_allclose(volume.positions[0], [-8 * c, 8 * s, 0], atol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "values", "kept", "unit"),
    [
        (np.float64, (-900, 12), np.int16, "HU"),
        (np.float32, (0.25, 0.5), np.float32, "raw"),
        (np.uint16, (0, 40000), np.float32, "raw"),
        (np.int32, (-500, 0), np.int16, "raw"),
    ],
)
def test_whole_numbers_become_int16_if_they_fit(tmp_path, dtype, values, kept, unit):
    voxels = np.full((2, 3, 4), values[0], dtype)
    voxels[0, 0, 0] = values[1]
    sitk.WriteImage(sitk.GetImageFromArray(voxels), tmp_path / "a.nrrd")
    volume = read_volume(tmp_path / "a.nrrd")
    assert (volume.voxels.dtype, volume.unit) == (kept, unit)
    np.testing.assert_array_equal(volume.voxels, voxels)


def test_four_axes_layers_and_damage_are_refused(tmp_path):
    flat = sitk.GetImageFromArray(np.zeros((2, 3, 4), np.int16))
    sitk.WriteImage(sitk.JoinSeries([flat, flat]), tmp_path / "a.nii.gz")
    with pytest.raises(ValueError, match=r"a.nii.gz has 4 axes \(4 x 3 x 2 x 2\), where one vol"):
        read_volume(tmp_path / "a.nii.gz")
    layers = sitk.GetImageFromArray(np.zeros((2, 3, 4, 5), np.uint8), isVector=True)
    sitk.WriteImage(layers, tmp_path / "b.nrrd")
    with pytest.raises(ValueError, match=r"b.nrrd holds 5 values a voxel"):
        read_volume(tmp_path / "b.nrrd")
    (tmp_path / "c.nii.gz").write_text("hello")
    with pytest.raises(ValueError, match=r"c.nii.gz cannot be read"):
        read_volume(tmp_path / "c.nii.gz")


def test_one_slice_is_an_image_and_more_are_not(tmp_path):
    flat = hu()[0].astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(flat), tmp_path / "flat.nrrd")
    sitk.WriteImage(sitk.GetImageFromArray(flat[None]), tmp_path / "one.nii.gz")
    dicom_slice(tmp_path / "one.dcm", flat + 1024, (0, 0, 0))
    for name in ("flat.nrrd", "one.nii.gz", "one.dcm"):
        np.testing.assert_array_equal(read_slice(tmp_path / name), flat)
    assert np.isnan(read_volume(tmp_path / "flat.nrrd").spacing_mm[0])
    sitk.WriteImage(grid(hu()), tmp_path / "many.nii.gz")
    with pytest.raises(ValueError, match="many.nii.gz holds 4 slices.*seglib data convert"):
        read_slice(tmp_path / "many.nii.gz")


def test_windows(tmp_path):
    tags = dict(WindowCenter=[40, -600], WindowWidth=[400, 1500])
    ct = read_volume(dicom_slice(tmp_path / "ct.dcm", np.array([[0, 1]]), (0, 0, 0), **tags))
    mr = read_volume(dicom_slice(tmp_path / "m", np.array([[0, 9]]), (0, 0, 0), Modality="MR"))
    assert choose_window("file", ct) == (40, 400)
    assert choose_window("lung", ct) == WINDOWS["lung"] == (-600, 1500)
    assert choose_window("5,9.5", mr) == (5, 9.5)
    for choice, volume, said in [
        ("lungs", ct, "Did you mean 'lung'"),
        ("file", mr, "m names no window"),
        ("liver", mr, "is in HU, but m holds raw intensities from -1024 to -1015"),
        ("40,0", ct, "width above 0"),
        ("40,", ct, "not CENTRE,WIDTH"),
        ("1,2,3", ct, "not CENTRE,WIDTH"),
    ]:
        with pytest.raises(ValueError, match=said):
            choose_window(choice, volume)

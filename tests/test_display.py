"""From stored intensities to what network and eye see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import SimpleITK as sitk

from seglib.cards import card
from seglib.conversion import convert
from seglib.datasets import from_folders
from seglib.display import read_stored, show
from seglib.images import read_image, to_rgb
from tests.scans import dicom_slice

PLAIN = card("kvasir-seg")
CT = replace(PLAIN, window=(40, 400), offset=-1024)


@pytest.mark.parametrize(
    ("hounsfield", "seen"), [(-1024, 0), (-160, 0), (40, 128), (140, 191), (240, 255), (3000, 255)]
)
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_offset_then_window(hounsfield: int, seen: int, dtype: type) -> None:
    picture = show(np.full((2, 3), hounsfield + 1024, dtype), CT)
    assert picture.dtype == np.uint8
    assert picture.shape == (2, 3, 3)
    assert (picture == seen).all()


def test_one_window_shows_all_images_alike() -> None:
    dark, light = np.full((4, 4), 1024, np.uint16), np.full((4, 4), 1124, np.uint16)
    light[0, 0] = 4000
    assert show(light, CT)[1, 1, 0] - show(dark, CT)[1, 1, 0] == 64  # 100 of 400 HU


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_without_a_window_nothing_changes(shape: tuple, dtype: type) -> None:
    image = np.random.default_rng(0).integers(0, 255, shape).astype(dtype)
    assert np.array_equal(show(image, replace(PLAIN, offset=-7)), to_rgb(image))


def test_a_window_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="width of a window"):
        show(np.zeros((2, 2), np.uint16), replace(CT, window=(40, 0)))


def write_scan(path: Path) -> Path:
    """One slice from below air to metal; a grid has fractions too."""
    if path.suffix == ".dcm":
        stored = np.array([[-3000, -1024, -200], [40, 240, 3071]]) + 1024
        return dicom_slice(path, stored, (0, 0, 0), PixelRepresentation=1)
    voxels = np.array([[-3000, -1024, -200.4], [40.6, 240, 3071]], np.float32)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), path)
    return path


@pytest.mark.parametrize("name", ["a.dcm", "a.nrrd"])
@pytest.mark.parametrize(
    "known", ["rsna-abdomen", "phantom-lung", "phantom-kidney-stone", "phantom-abdominal-organs"]
)
def test_a_scan_looks_like_the_slice_that_is_cut_from_it(tmp_path, known, name):
    scan, entry = write_scan(tmp_path / name), card(known)
    (case,) = convert(scan, tmp_path / "cut")["case"]
    stored = read_image(tmp_path / "cut" / "images" / f"{case}.png")
    found = read_stored(scan, entry.storage)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, stored)
    assert len(np.unique(show(found, entry))) >= 3


@pytest.mark.parametrize("offset", [0.0, -1024.0])
def test_only_scans_are_brought_to_what_a_data_set_stores(tmp_path, offset):
    scan = write_scan(tmp_path / "a.dcm")
    cv2.imwrite(str(tmp_path / "a.png"), np.array([[0, 1024, 4095]], np.uint16))
    assert read_stored(tmp_path / "a.png", (offset, (40, 400))).tolist() == [[0, 1024, 4095]]
    stored = read_stored(scan, PLAIN.storage)
    assert np.array_equal(stored, read_image(scan))  # then HU are what is stored


@pytest.mark.parametrize("name", ["a.dcm", "a.nrrd"])
def test_a_scan_is_cut_with_the_window_of_the_slices_that_were_learnt_from(tmp_path, name):
    (tmp_path / "scans").mkdir()
    scan = write_scan(tmp_path / "scans" / name)
    (case,) = convert(tmp_path / "scans", tmp_path / "cut", window="40,300")["case"]
    (tmp_path / "cut" / "masks").mkdir()
    image = tmp_path / "cut" / "images" / f"{case}.png"
    cv2.imwrite(str(tmp_path / "cut" / "masks" / image.name), read_image(image))
    found = from_folders(tmp_path / "cut" / "images", tmp_path / "cut" / "masks")
    entry = found.attrs["card"]
    assert entry.storage == (0.0, (40.0, 300.0))
    whole = convert(tmp_path / "scans", tmp_path / "whole")["case"]
    assert list(whole) == [case]
    (tmp_path / "whole" / "masks").mkdir()
    deep = tmp_path / "whole" / "images" / image.name
    cv2.imwrite(str(tmp_path / "whole" / "masks" / image.name), read_image(image))
    kept = from_folders(deep.parent, tmp_path / "whole" / "masks").attrs["card"]
    assert kept.storage == (-1024.0, None)
    np.testing.assert_array_equal(read_stored(scan, kept.storage), read_image(deep))
    np.testing.assert_array_equal(read_stored(scan, entry.storage), read_image(image))
    table = tmp_path / "cut" / "table.csv"
    row = table.read_text().splitlines()[1].replace(case, "another").replace("40,300", "0,80")
    table.write_text(f"{table.read_text()}{row}\n")
    several = from_folders(image.parent, tmp_path / "cut" / "masks").attrs["card"]
    with pytest.raises(ValueError, match="is a scan, but .* different windows; convert it"):
        read_stored(scan, several.storage)

"""The real data sets are what their cards say. Needs SEGLIB_DATA."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pytest

from seglib.conversion import convert
from seglib.datasets import check, from_folders, load
from seglib.decoding import MaskDecoding
from seglib.formats import read_mask_volume, read_volume
from seglib.images import read_image, read_mask, to_rgb
from seglib.splits import find_duplicates, find_leaks, split

pytestmark = pytest.mark.real  # skipped by conftest.py where SEGLIB_DATA is not set
NEAR_DUPLICATES = {
    ("cju30bmab08bi0835mvlr6e0r", "cju77k828z46w0871r0avuoo9"),
    ("cju5fydrud94708507vo6oy21", "cju7avvi51iox0817ym55y6tt"),
    ("cju76lsehyia10987u54vn8rb", "cju772304yw5t0818vbw8kkjf"),
    ("cju886ryxnsl50801r93jai7q", "cju8amfdtqi4x09871tygrgqe"),
}
# The split that published results of this course were made with must never change.
SPLIT_SHA1 = "e6b355c0a5d6b543c2e3654992b22e822d3d1b9b"


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    """The folder of the data sets, seen from an empty course folder."""
    folder = Path(os.environ["SEGLIB_DATA"]).resolve()
    monkeypatch.setenv("SEGLIB_DATA", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def kvasir(data):
    if not (data / "kvasir-seg").is_dir():
        pytest.skip("needs kvasir-seg in the folder that SEGLIB_DATA names")
    return load("kvasir-seg")


def test_kvasir_is_complete_and_quick_to_list(kvasir):
    assert len(kvasir) == 1000 and kvasir.attrs["problems"] == ()
    start = time.perf_counter()
    load("kvasir-seg")
    assert time.perf_counter() - start < 2


def test_kvasir_has_nothing_but_jpeg_noise(kvasir):
    (row,) = check(kvasir).itertuples()
    assert row.case == "(all)"
    assert "0.77% of the mask pixels are neither 0 nor 255, 0.00% are 11 to 244" in row.found


def test_kvasir_duplicates_and_split(kvasir):
    found = find_duplicates(kvasir)
    assert {(row.case_a, row.case_b) for row in found.itertuples()} == NEAR_DUPLICATES
    done = split(kvasir, seed=0, duplicates=found)
    assert done["split"].value_counts().to_dict() == {"train": 700, "test": 200, "val": 100}
    assert find_leaks(done, found).empty
    lines = sorted(f"{row.case}:{row.split}" for row in done.itertuples())
    assert hashlib.sha1(",".join(lines).encode()).hexdigest() == SPLIT_SHA1


FOLDERS = {
    "isic2018": dict(
        images="ISIC2018_Task1-2_Training_Input",
        masks="ISIC2018_Task1_Training_GroundTruth",
        mask_name="{stem}_segmentation",
        n=600,
    ),
    "lung-ct": dict(images="images", masks="masks", n=267),
    "chest-xray": dict(images="images", masks="masks", group_pattern=r"^(MCUCXR|CHNCXR)", n=320),
    "kidney-stone": dict(images="image", masks="label", n=419),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_other_collections_are_read_as_own_folders(data, name):
    fields = dict(FOLDERS[name])
    folder, n = data / name, fields.pop("n")
    if not folder.is_dir():
        pytest.skip(f"needs {name} in the folder that SEGLIB_DATA names")
    cases = from_folders(folder / fields.pop("images"), folder / fields.pop("masks"), **fields)
    assert len(cases) == n, cases.attrs["problems"][:3]
    assert to_rgb(read_image(cases["image"][0])).ndim == 3


def test_sixteen_bit_slices_with_five_classes(data):
    folder = data / "chaos-mr"
    if not folder.is_dir():
        pytest.skip("needs chaos-mr in the folder that SEGLIB_DATA names")
    from seglib.cards import LabelClass

    organs = ("background", "liver", "right kidney", "left kidney", "spleen")
    classes = tuple(LabelClass(name, i, f"#00000{i}") for i, name in enumerate(organs))
    decoding = MaskDecoding("values", values=(0, 1, 2, 3, 4))
    cases = from_folders(folder / "images", folder / "masks", classes=classes, decoding=decoding)
    assert len(cases) == 718
    assert check(cases)["found"].eq("empty mask").sum() == 160


@pytest.fixture
def liver(data):
    folder = data / "dicom-ct"
    if not folder.is_dir():
        pytest.skip("needs dicom-ct in the folder that SEGLIB_DATA names")
    image = read_volume(folder / "slices")
    return image, read_mask_volume(folder / "liver_seg.nrrd", image)


def test_ct_slices_are_in_hounsfield_units_and_in_order(liver):
    image, _ = liver
    assert image.sources == ("03.dcm", "02.dcm", "01.dcm")
    assert image.problems == () and (image.orientation, image.unit) == ("LPS", "HU")
    np.testing.assert_allclose(image.spacing_mm, (1, 0.810547, 0.810547))
    assert image.voxels.min() == -1024 and image.voxels.max() < 3072
    room = image.voxels[:, 60:75, 100:120]  # beside the patient, inside the scanner's circle
    assert -1020 < np.median(room) < -980
    assert 0.1 < ((image.voxels > 0) & (image.voxels < 100)).mean() < 0.5


def test_liver_mask_lies_on_the_liver(liver):
    image, mask = liver
    inside = mask.voxels == 1
    assert inside.sum(axis=(1, 2)).tolist() == [36233, 35645, 35220]
    for pixels, here in zip(image.voxels, inside, strict=True):
        assert 40 < np.median(pixels[here]) < 50  # liver without contrast medium
        assert (pixels[here] < -200).mean() < 0.02  # air: the mask does not leave the body
        shifted = np.roll(here, 20, axis=1)
        assert pixels[here].std() < pixels[shifted].std() / 2
    lost = [(v[m] < -200).sum() for v, m in zip(image.voxels, inside[::-1], strict=True)]
    kept = [(v[m] < -200).sum() for v, m in zip(image.voxels, inside, strict=True)]
    assert sum(kept) < sum(lost)  # in the other order of slices it would fit less


def test_ct_slices_become_the_folders_of_the_course(data, tmp_path, liver):
    image, mask = liver
    folder = data / "dicom-ct"
    convert(folder, tmp_path / "out", masks=folder / "liver_seg.nrrd")
    decoding = MaskDecoding("values", values=(0, 1))
    cases = from_folders(tmp_path / "out/images", tmp_path / "out/masks", decoding=decoding)
    assert len(cases) == len(image.voxels) == 3
    for k, row in enumerate(cases.itertuples()):
        np.testing.assert_array_equal(read_image(row.image) - 1024.0, image.voxels[k])
        np.testing.assert_array_equal(read_mask(row.mask, decoding), mask.voxels[k])

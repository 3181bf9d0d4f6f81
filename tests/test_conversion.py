"""Scans become folders of pictures, whole or not at all."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from seglib.cards import LabelClass
from seglib.conversion import convert
from seglib.datasets import from_folders
from seglib.decoding import MaskDecoding
from seglib.formats import find_masks, find_scans
from seglib.images import read_image, read_mask
from seglib.spacing import spacing_of
from tests.scans import SHAPE, dicom_series, dicom_slice, grid, hu, write_segments

LABELS = np.zeros(SHAPE, np.uint8)
LABELS[1:3, 1:4, 2:7] = 1
LABELS[2, 4:, 0] = 2
VALUES = MaskDecoding("values", values=(0, 1, 2))


@pytest.fixture
def scan(tmp_path) -> Path:
    return dicom_series(tmp_path / "scans" / "anna")


@pytest.fixture
def mask(tmp_path) -> Path:
    path = tmp_path / "labels" / "anna.nii.gz"
    path.parent.mkdir()
    sitk.WriteImage(grid(LABELS, "RAS"), path)
    return path


def pictures(folder: Path) -> np.ndarray:
    return np.stack([read_image(path) for path in sorted(folder.glob("*.png"))])


def test_a_series_with_its_mask(scan, mask, tmp_path):
    table = convert(scan, tmp_path / "out", masks=mask)
    images = pictures(tmp_path / "out" / "images")
    assert images.dtype == np.uint16
    np.testing.assert_array_equal(images.astype(int) - 1024, hu())
    np.testing.assert_array_equal(pictures(tmp_path / "out" / "masks"), LABELS)
    assert (tmp_path / "out" / "masks" / "anna_z003.png").is_file()
    read = pd.read_csv(tmp_path / "out" / "table.csv")
    assert read["case"].tolist() == ["anna_z000", "anna_z001", "anna_z002", "anna_z003"]
    assert read["slice"].tolist() == [0, 1, 2, 3]
    assert read["position_mm"].tolist() == [5.0, 7.5, 10.0, 12.5]
    assert read["source"].tolist() == ["c.dcm", "a.dcm", "d.dcm", "b.dcm"]
    (same,) = read.drop(columns=["case", "slice", "position_mm", "source"]).drop_duplicates().values
    assert same[1:6].tolist() == ["anna", 2.5, 0.8, 0.5, 3.0]
    assert same[6] == "LPS" and np.isnan(same[7]) and same[8] == -1024
    assert table.attrs == {"classes": {}, "problems": ()}
    pd.testing.assert_frame_equal(read[["case", "group"]], table[["case", "group"]])


def test_the_folder_is_what_the_course_reads(scan, mask, tmp_path):
    convert(scan.parent, out := tmp_path / "out", masks=mask.parent, window="-800,400")
    classes = [LabelClass(n, i, f"#00000{i}") for i, n in enumerate(("none", "liver", "spleen"))]
    cases = from_folders(out / "images", out / "masks", classes=tuple(classes), decoding=VALUES)
    assert spacing_of(cases) == dict.fromkeys(cases["case"], (0.8, 0.5))
    written = pd.read_csv(out / "table.csv", dtype=str)
    assert len(cases) == 4 and cases["group"].tolist() == written["group"].tolist()
    by_name = from_folders(
        out / "images", out / "masks", "own", classes, decoding=VALUES, group_pattern=r"(z\d+)$"
    )
    assert by_name["group"].nunique() == 4 and spacing_of(by_name) == spacing_of(cases)
    cases = cases.merge(written, on="case", validate="one_to_one")
    np.testing.assert_array_equal(read_mask(cases["mask"][2], VALUES), LABELS[2])
    first = read_image(cases["image"][0])
    assert first.dtype == np.uint8 and set(cases["window"]) == {"-800,400"}
    assert first[0, 0] == 0 and read_image(cases["image"][3])[-1, -1] == 255
    assert cases["offset"].isna().all()


def test_values_below_air_are_cut_and_raw_values_kept(tmp_path):
    voxels = np.full((1, 2, 2), -3000, np.int16)
    voxels[0, 0] = 3071, 0
    sitk.WriteImage(sitk.GetImageFromArray(voxels), tmp_path / "ct.nrrd")
    convert(tmp_path / "ct.nrrd", tmp_path / "ct")
    assert pictures(tmp_path / "ct" / "images").tolist() == [[[4095, 1024], [0, 0]]]
    voxels = np.array([[[0, 300.4], [65535, np.nan]]], np.float32)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), tmp_path / "mr.nrrd")
    table = convert(tmp_path / "mr.nrrd", tmp_path / "mr")
    assert pictures(tmp_path / "mr" / "images").tolist() == [[[0, 300], [65535, 0]]]
    assert table["offset"].tolist() == [0]


@pytest.mark.parametrize("values", [(0.0, 0.7), (-3, 500), (0, 70000)])
def test_values_that_sixteen_bit_cannot_hold_need_a_window(tmp_path, values):
    voxels = np.array(values, np.float32).reshape(1, 1, 2)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), tmp_path / "mr.nrrd")
    with pytest.raises(ValueError, match="mr has values from .* give a window CENTRE,WIDTH"):
        convert(tmp_path / "mr.nrrd", tmp_path / "out")
    middle, width = np.mean(values), np.ptp(values)
    convert(tmp_path / "mr.nrrd", tmp_path / "out", window=f"{middle},{width}")
    assert pictures(tmp_path / "out" / "images").tolist() == [[[0, 255]]]


def test_a_tree_of_patients_with_dicom_segments(tmp_path):
    root = tmp_path / "collection"
    for patient, uid in (("p1", "1.2.1"), ("p2", "1.2.2"), ("p3", "1.2.3")):
        folder = dicom_series(root / patient / "ct", SeriesInstanceUID=uid, PatientID=patient)
        segments = np.stack([LABELS == 1, LABELS == 2], axis=-1)
        if patient != "p3":
            write_segments(root / patient / "seg.dcm", folder, segments)
    table = convert(root, tmp_path / "out", masks=root)
    assert table["volume"].unique().tolist() == ["p1_ct", "p2_ct", "p3_ct"]
    assert table["group"].nunique() == 3
    assert table.attrs["classes"] == {1: "liver", 2: "spleen"}
    assert table.attrs["problems"] == (f"p3_ct: no mask in {root} has its name or its series.",)
    masks = pictures(tmp_path / "out" / "masks")
    np.testing.assert_array_equal(masks, np.concatenate([LABELS, LABELS]))


def test_masks_inside_the_source_are_no_scans(scan, tmp_path):
    sitk.WriteImage(grid(LABELS), scan.parent / "liver.nrrd")
    table = convert(scan.parent, tmp_path / "one", masks=scan.parent / "liver.nrrd")
    assert table["volume"].unique().tolist() == ["anna"]


def test_hidden_files_are_neither_scans_nor_masks(scan, mask, tmp_path):
    for folder in (scan.parent, mask.parent):
        (folder / ".trash").mkdir()
        for name in ("._anna.nii.gz", ".trash/bert.nii.gz"):
            (folder / name).write_bytes(b"Mac OS X")
    table = convert(scan.parent, tmp_path / "out", masks=mask.parent)
    assert table["volume"].unique().tolist() == ["anna"] and table.attrs["problems"] == ()


def test_the_mask_of_the_only_channel(scan, mask, tmp_path):
    single = write_grids(tmp_path / "one", "anna_0000.nii.gz")
    convert(single, tmp_path / "out", masks=mask.parent)
    np.testing.assert_array_equal(pictures(tmp_path / "out" / "masks"), LABELS)
    write_grids(single, "anna.nii.gz")
    table = convert(single, tmp_path / "two", masks=mask.parent)
    assert [problem.split(":")[0] for problem in table.attrs["problems"]] == ["anna_0000"]


def test_a_mask_may_leave_out_the_folders_above_its_scan(scan, mask, tmp_path):
    source = tmp_path / "train_images" / "10004"
    source.mkdir(parents=True)
    write_grids(source, "anna.nii.gz")
    table = convert(source.parent, tmp_path / "out", masks=mask.parent)
    assert table["volume"].unique().tolist() == ["10004_anna"]
    np.testing.assert_array_equal(pictures(tmp_path / "out" / "masks"), LABELS)
    (source.parent / "10005").mkdir()
    write_grids(source.parent / "10005", "anna.nii.gz")
    with pytest.raises(ValueError, match="No mask belongs to any scan"):  # whose is it?
        convert(source.parent, tmp_path / "two", masks=mask.parent)


def test_a_scan_with_the_values_of_a_mask_is_told(tmp_path):
    (tmp_path / "mri").mkdir()
    for name, voxels in {"liver": LABELS, "mr": np.arange(216).reshape(SHAPE)}.items():
        sitk.WriteImage(grid(voxels.astype(np.uint8)), tmp_path / "mri" / f"{name}.nrrd")
    (told,) = convert(tmp_path / "mri", tmp_path / "out").attrs["problems"]
    assert told.startswith("liver: Only whole numbers from 0 to 2, as in a mask.")


def test_an_existing_folder_is_never_touched(scan, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    with pytest.raises(ValueError, match="out is there already"):
        convert(scan, out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    (out / "mine.txt").unlink()
    assert len(convert(scan, out)) == 4


def other_grid(tmp_path: Path, scan: Path) -> dict:
    sitk.WriteImage(sitk.GetImageFromArray(LABELS), tmp_path / "m.nrrd")
    return dict(source=scan, masks=tmp_path / "m.nrrd")


def two_scans(tmp_path: Path, scan: Path) -> dict:
    dicom_series(scan.parent / "bert")
    sitk.WriteImage(grid(LABELS), tmp_path / "m.nrrd")
    return dict(source=scan.parent, masks=tmp_path / "m.nrrd")


def other_names(tmp_path: Path, scan: Path) -> dict:
    (tmp_path / "labels").mkdir()
    sitk.WriteImage(grid(LABELS), tmp_path / "labels" / "bert.nrrd")
    return dict(source=scan, masks=tmp_path / "labels")


def no_masks(tmp_path: Path, scan: Path) -> dict:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "notes.txt").write_text("hello")
    return dict(source=scan, masks=tmp_path / "labels")


def two_masks(tmp_path: Path, scan: Path) -> dict:
    labels = other_names(tmp_path, scan)["masks"]
    (labels / "bert.nii").write_bytes((labels / "bert.nrrd").read_bytes())
    return dict(source=scan, masks=labels)


def two_units(tmp_path: Path, scan: Path) -> dict:
    dicom_slice(scan.parent / "bert" / "a.dcm", np.full((2, 2), 2000), (0, 0, 0), Modality="MR")
    return dict(source=scan.parent)


def nothing(tmp_path: Path, scan: Path) -> dict:
    (tmp_path / "empty").mkdir()
    return dict(source=tmp_path / "empty")


def masks_among_scans(tmp_path: Path, scan: Path) -> dict:
    sitk.WriteImage(grid(hu().astype(np.int16)), scan.parent / "mask_study.nii.gz")  # no mask
    for name in ("bert_SEG.nrrd", "labelsTr-bert.nii.gz", "mask.nii", "zoe mask.nii"):
        sitk.WriteImage(grid(LABELS * 120), scan.parent / name)
    return dict(source=scan.parent)


def second_channel(tmp_path: Path, scan: Path) -> dict:
    write_grids(tmp_path / "two", "bert_0000.nii.gz", "bert_0001.nii.gz")
    return dict(source=tmp_path / "two", masks=other_names(tmp_path, scan)["masks"])


BAD = {
    other_grid: "m.nrrd does not lie on the grid of anna. Mask: 4 slices of 6x9 px, spacing 1 x 1",
    two_scans: "m.nrrd is one mask for 2 scans",
    other_names: r"No mask belongs to any scan. Masks: bert. Scans: anna\. Name each mask as its",
    second_channel: "No mask belongs to any scan. Masks: bert. Scans: bert_0000, bert_0001",
    masks_among_scans: "look like masks: bert_SEG, labelsTr-bert, mask; put .* with --masks",
    no_masks: "labels holds no masks: neither DICOM segmentations nor .*nii.* files",
    two_masks: "bert.nii and .*bert.nrrd both belong to bert",
    two_units: "anna is in HU and bert in raw intensities.* and give masks with --masks",
    nothing: "empty holds no scan",
}


@pytest.mark.parametrize("build", BAD, ids=lambda build: build.__name__)
def test_bad_input_leaves_nothing_behind(scan, tmp_path, build):
    words = build(tmp_path, scan)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match=BAD[build]):
        convert(target=tmp_path / "out", **words)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("source", "nowhere is not there; check its name and where you started"),
        ("masks", "nowhere is not there; check the name of the masks"),
    ],
)
def test_what_is_not_there_is_named_and_leaves_nothing_behind(scan, tmp_path, missing, says):
    words = {"source": scan, missing: tmp_path / "nowhere"}
    before = sorted(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError, match=says):
        convert(target=tmp_path / "out", **words)
    assert sorted(tmp_path.iterdir()) == before


def test_the_same_number_must_not_mean_two_things(tmp_path):
    root = tmp_path / "scans"
    for patient, uid in (("p1", "1.2.1"), ("p2", "1.2.2")):
        folder = dicom_series(root / patient / "ct", SeriesInstanceUID=uid)
        names = ("liver", "spleen") if patient == "p1" else ("spleen", "liver")
        segments = np.stack([LABELS == 1, LABELS == 2], axis=-1)
        write_segments(root / patient / "seg.dcm", folder, segments, names=names)
    with pytest.raises(ValueError, match="seg.dcm calls class 1 'spleen', other masks .* 'liver'"):
        convert(root, tmp_path / "out", masks=root)


def test_resampling_only_when_asked(scan, tmp_path):
    words = other_grid(tmp_path, scan)
    stored = sitk.ReadImage(words["masks"])
    stored.SetOrigin((-10, 20, 5))
    sitk.WriteImage(stored, words["masks"])
    convert(target=tmp_path / "out", resample=True, **words)
    assert (pictures(tmp_path / "out" / "masks") == 1).any()


def write_grids(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(grid(hu().astype(np.int16)), root / name)
    return root


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (("s0/ct.nii.gz", "s1/ct.nii.gz"), {"s0_ct": "s0", "s1_ct": "s1"}),
        (("s0/post.nrrd", "s0/pre.nrrd"), {"s0_post": "s0", "s0_pre": "s0"}),
        (("p/2019/ct.nii", "p/2020/ct.nii"), {"p_2019_ct": "p", "p_2020_ct": "p"}),
        (("a.nii.gz", "b.nii.gz"), {"a": "a", "b": "b"}),
    ],
)
def test_grids_below_one_folder_are_one_patient(tmp_path, names, groups):
    table = convert(write_grids(tmp_path / "scans", *names), tmp_path / "out")
    assert table.groupby("volume")["group"].unique().map(list).to_dict() == {
        volume: [group] for volume, group in groups.items()
    }


def test_scans_that_share_a_folder_are_told(tmp_path):
    scans = write_grids(tmp_path / "scans", "ct/p0.nii.gz", "ct/p1.nii.gz", "p2/ct.nii.gz")
    (problem,) = convert(scans, tmp_path / "out").attrs["problems"]
    assert "count as one patient: ct/ (2). If they are several, give from_folders(" in problem
    pattern = problem.partition("group_pattern=r'")[2].partition("'")[0]
    assert re.match(pattern, "ct_p0_z000")[1] == "ct_p0"


def test_a_single_grid_is_its_own_patient(tmp_path):
    scans = write_grids(tmp_path, "s0/ct.nii.gz")
    assert set(convert(scans / "s0" / "ct.nii.gz", tmp_path / "out")["group"]) == {"ct"}


def test_linked_folders_are_followed_and_none_is_entered_twice(tmp_path):
    store = write_grids(tmp_path / "store", "anna/ct.nrrd", "mine/ct.nrrd", "labels/anna_ct.nrrd")
    (source := store / "mine").joinpath("zoe").mkdir()
    write_grids(source, "zoe/ct.nrrd")
    links = {"anna": store / "anna", "again": store / "anna", "loop": source, "first": "zoe"}
    for name, target in (links | {".hidden": store / "anna", "drawn": store / "labels"}).items():
        (source / name).symlink_to(target, target_is_directory=True)
    scans = find_scans(source, source / "drawn")
    assert list(scans) == ["again_ct", "ct", "zoe_ct"]
    assert scans["again_ct"] == source / "again" / "ct.nrrd"
    assert list(find_masks(source)) == ["again_ct", "ct", "drawn_anna_ct", "zoe_ct"]

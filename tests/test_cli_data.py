"""What ``seglib data`` says about a data set with known flaws."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from seglib.cli import app


@pytest.fixture
def say(tmp_path):
    """Call ``seglib data``; there are nine pictures, two of them copies, and no object."""
    rng = np.random.default_rng(0)
    for number in range(9):
        name = f"p{number:03d}_f00.png"
        for kind in ("images", "masks"):
            (tmp_path / "phantom-polyp" / kind).mkdir(parents=True, exist_ok=True)
        picture = rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "phantom-polyp" / "images" / name), picture)
        cv2.imwrite(str(tmp_path / "phantom-polyp" / "masks" / name), np.zeros((40, 40), np.uint8))
    images = tmp_path / "phantom-polyp" / "images"
    (images / "p008_f00.png").write_bytes((images / "p001_f00.png").read_bytes())

    def call(*words):
        env = {"SEGLIB_DATA": str(tmp_path)}
        return CliRunner().invoke(app, ["data", *words], env=env).stdout

    return call


def test_check_says_each_kind_of_flaw_once(say):
    assert say("check", "phantom-polyp").splitlines() == [
        "(all): 9 usable cases; expected 360 cases",
        "p000_f00, p001_f00, p002_f00, p003_f00, p004_f00 and 4 more: empty mask; expected an "
        "object, unless there is none",
        "p001_f00/p008_f00: the same file under two names; expected one",
        "phantom-polyp: 11 findings",
    ]


def test_list_says_how_to_get_each_data_set(say):
    lines = {line.split()[0]: line for line in say("list").splitlines() if "cases" in line}
    assert "made on first use" in lines["phantom-polyp"]
    assert "46 MB" in lines["kvasir-seg"]
    assert "by hand" in lines["chaos-mr"] and " ? cases" in lines["rsna-abdomen"]


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("chaos-mr", "in groups.csv, columns stem and patient"),
        ("phantom-polyp", "in the file names"),
        ("isic2018", "not known, so each image counts as its own"),
    ],
)
def test_show_says_where_the_groups_stand(say, name, groups):
    assert f"Groups:    {groups}" in say("show", name)


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("chaos-mr", "chaos-mr/images/CASE.*, chaos-mr/masks/CASE.*, chaos-mr/groups.csv"),
        ("kvasir-seg", "kvasir-seg/Kvasir-SEG/images/CASE.*, kvasir-seg/Kvasir-SEG/masks/CASE.*"),
        (
            "isic2018",
            "isic2018/ISIC2018_Task1-2_Training_Input/CASE.*, "
            "isic2018/ISIC2018_Task1_Training_GroundTruth/CASE_segmentation.*",
        ),
    ],
)
def test_show_says_where_the_files_must_lie(say, name, layout):
    assert f"Layout:    {layout}\n" in say("show", name)

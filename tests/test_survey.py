"""Numbers of a survey and the cost of resizing, on masks small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from seglib.datasets import from_folders
from seglib.survey import best_thresholds, enlarge, resize_cost, shrink, survey


def write(folder: Path, pairs: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    for name, (image, mask) in pairs.items():
        cv2.imwrite(str(folder / "images" / f"{name}.png"), image[..., ::-1])
        cv2.imwrite(str(folder / "masks" / f"{name}.png"), mask * 255)
    return from_folders(folder / "images", folder / "masks", group_pattern=r"^(\w)_")


@pytest.fixture
def cases(tmp_path: Path) -> pd.DataFrame:
    """A bright red square, two squares, an empty mask and a full one, of two patients."""
    image = np.zeros((40, 80, 3), np.uint8)
    one, two, empty = (np.zeros((40, 80), np.uint8) for _ in range(3))
    one[10:20, 20:40] = 1
    two[0:10, 0:10] = two[30:40, 70:80] = 1
    red = image.copy()
    red[one > 0] = (200, 0, 0)
    pairs = {"a_one": (red, one), "a_two": (image, two), "b_empty": (image, empty)}
    return write(tmp_path, pairs | {"b_full": (image, np.ones_like(one))})


def test_survey_counts_each_case(cases: pd.DataFrame) -> None:
    table = survey(cases).cases
    assert table["case"].tolist() == ["a_one", "a_two", "b_empty", "b_full"]
    assert table["group"].tolist() == ["a", "a", "b", "b"]
    assert table["share"].tolist() == [200 / 3200, 200 / 3200, 0, 1]
    assert table["objects"].tolist() == [1, 2, 0, 1]
    assert set(table["height"]) == {40}
    assert set(table["width"]) == {80}


@pytest.mark.parametrize("column", ["image", "mask"])
def test_a_missing_or_unreadable_file_is_named(cases: pd.DataFrame, column: str) -> None:
    path = Path(cases[column].iloc[2])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=f"{path.name} cannot be read as an image"):
        survey(cases)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=f"{path.name} is not there"):
        survey(cases)


def test_specks_are_no_objects(tmp_path: Path) -> None:
    mask = np.zeros((200, 200), np.uint8)
    mask[50:60, 50:60] = 1
    mask[150, 150] = 1
    found = survey(write(tmp_path, {"a_0": (np.zeros((200, 200, 3), np.uint8), mask)}))
    assert found.cases["objects"].tolist() == [1]


def test_survey_counts_every_pixel_by_colour_and_class(cases: pd.DataFrame) -> None:
    colours = survey(cases).colours
    assert colours.shape == (3, 2, 256)
    assert (colours.sum(axis=(1, 2)) == 4 * 40 * 80).all()
    assert colours[0, 1, 200] == 200
    assert colours[0, 0, 200] == 0
    assert colours[1, 1, 0] == 200 + 200 + 3200


def test_positions_are_shares_of_the_images(cases: pd.DataFrame) -> None:
    positions = survey(cases).positions
    assert positions.shape == (64, 64)
    assert positions.min() == pytest.approx(0.25)  # only the full mask
    assert positions.max() == pytest.approx(0.5)


def test_the_best_threshold_is_found_on_either_side() -> None:
    colours = np.zeros((3, 2, 256), np.int64)
    colours[0, 0, 50], colours[0, 1, 150] = 900, 100  # separable: brighter
    colours[1, 0, 150], colours[1, 1, 50] = 900, 100  # separable: darker
    colours[2, :, 90] = 900, 100  # not at all: everything is called object
    table = best_thresholds(colours)
    assert table["channel"].tolist() == ["red", "green", "blue"]
    assert table["object_is"].tolist()[:2] == ["brighter", "darker"]
    assert table["dice"].tolist() == pytest.approx([1, 1, 2 * 100 / (100 + 1000)])
    assert 50 <= table["threshold"][0] < 150
    assert 50 <= table["threshold"][1] < 150


def test_no_object_pixel_gives_zero() -> None:
    colours = np.zeros((3, 2, 256), np.int64)
    colours[:, 0, 10] = 5
    assert best_thresholds(colours)["dice"].tolist() == [0, 0, 0]


def test_there_and_back_at_the_same_size_loses_nothing() -> None:
    mask = np.zeros((32, 32), np.uint8)
    mask[5:9, 7:20] = 1
    for small in shrink(mask, 32):
        assert (enlarge(small, mask.shape) == mask).all()


def test_the_soft_mask_keeps_the_area() -> None:
    mask = np.zeros((64, 96), np.uint8)
    mask[3:30, 11:54] = 1
    hard, soft = shrink(mask, 16)
    assert set(np.unique(hard)) <= {0, 1}
    assert soft.mean() == pytest.approx(mask.mean(), abs=1e-5)


def test_resize_cost_leaves_empty_masks_out_and_falls_with_size(cases: pd.DataFrame) -> None:
    table = resize_cost(cases, (8, 80))
    assert set(table["case"]) == {"a_one", "a_two", "b_full"}
    assert len(table) == 6
    mean = table.groupby("size")[["hard", "soft"]].mean()
    assert (mean.loc[8] < mean.loc[80]).all()
    full = table[table["case"] == "b_full"]
    assert (full[["hard", "soft"]] == 1).all(axis=None)


def test_a_tiny_object_can_vanish(tmp_path: Path) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[1, 1] = 1
    cases = write(tmp_path, {"a_0": (np.zeros((64, 64, 3), np.uint8), mask)})
    assert resize_cost(cases, (8,))["hard"].tolist() == [0]

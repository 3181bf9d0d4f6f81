"""Figures about the data: they show what they are given, also at its edges."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from seglib.figures import data, pictures, preprocessing
from seglib.survey import best_thresholds

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 255, (30, 40, 3), np.uint8)
MASK = np.zeros((30, 40), np.uint8)
MASK[10:20, 15:40] = 1  # touches the border


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def table() -> pd.DataFrame:
    shares = np.array([0, 0.01, 0.05, 0.2, 0.9])
    return pd.DataFrame(
        {"height": [30, 30, 30, 60, 60], "width": 40, "share": shares, "objects": [0, 1, 1, 2, 9]}
    )


@pytest.fixture
def splits() -> pd.DataFrame:
    names = ["train"] * 4 + ["val"] * 2 + ["test"] * 2
    groups = ["a", "a", "b", "b", "c", "c", "d", "d"]
    return pd.DataFrame({"case": list("stuvwxyz"), "group": groups, "split": names})


def texts(fig: Figure) -> str:
    fig.canvas.draw()
    return "\n".join(text.get_text() for text in fig.findobj(plt.Text))


def test_pictures_of_all_kinds() -> None:
    shown = {"plain": IMAGE, "with mask": (IMAGE, MASK), "empty": (IMAGE, 0 * MASK)}
    fig = pictures.pictures(shown | {"grey": MASK / 2}, 3, "A title", "a source")
    assert len(fig.axes) == 6
    for word in (*shown, "grey", "A title", "a source"):
        assert word in texts(fig)
    outlined = [axes.get_title(loc="center") for axes in fig.axes if axes.collections]
    assert outlined == ["with mask"]


def test_no_picture_is_an_error() -> None:
    with pytest.raises(ValueError, match="no picture to show"):
        pictures.pictures({})


def test_outline_follows_the_border_of_the_mask() -> None:
    _, axes = plt.subplots()
    pictures.outline(axes, MASK, "#009E73")
    points = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
    assert points[:, 0].min() == pytest.approx(14.5)
    assert points[:, 0].max() == pytest.approx(39.5)  # closed at the border of the image
    assert points[:, 1].max() == pytest.approx(19.5)


@pytest.mark.parametrize("truth", [MASK, 0 * MASK])
def test_resize_example(truth: np.ndarray) -> None:
    fig = pictures.resize_example(IMAGE, truth, {"8 px": MASK, "16 px": truth}, "a source")
    assert {"8 px", "16 px", "a source"} <= set(texts(fig).splitlines())


def test_percent() -> None:
    assert [data.percent(x) for x in (0.005, 0.01, 0.1, 1.0)] == ["0.5%", "1%", "10%", "100%"]


def test_image_sizes(table: pd.DataFrame) -> None:
    assert "2 different sizes" in texts(data.image_sizes(table))


def test_intensities() -> None:
    colours = RNG.integers(0, 50, (3, 2, 256))
    best = best_thresholds(colours)
    assert f"green: best Dice {best['dice'][1]:.2f}" in texts(data.intensities(colours, best))


def test_intensities_without_any_object() -> None:
    colours = RNG.integers(1, 50, (3, 2, 256))
    colours[:, 1] = 0
    assert "best Dice 0.00" in texts(data.intensities(colours, best_thresholds(colours)))


def test_object_sizes(table: pd.DataFrame) -> None:
    fig = data.object_sizes(table)
    assert "median, 12.5%" in texts(fig)  # of the four that are not empty
    heights = [bar.get_height() for bar in fig.axes[1].patches]
    assert heights == [1, 2, 1, 0, 1]


def test_positions() -> None:
    where = np.zeros((64, 64))
    where[20:40, 20:40] = 0.5
    fig = data.positions(where)
    assert "50%" in texts(fig).splitlines()
    assert np.array_equal(fig.axes[0].images[0].get_array(), where)
    assert "50%" not in texts(data.positions(0 * where)).splitlines()  # no object anywhere


def test_class_balance_weighs_pixels_and_images(table: pd.DataFrame) -> None:
    shown = texts(data.class_balance(table))
    share = (table["share"] * table["height"]).sum() / table["height"].sum()
    assert f"object\n{share:.1%}" in shown
    assert f"accuracy {1 - table['share'].mean():.1%}" in shown


def test_resize_cost() -> None:
    rows = [(s, size, 1 - s / size, 1.0) for s in np.geomspace(0.01, 0.9, 20) for size in (8, 16)]
    table = pd.DataFrame(rows, columns=["share", "size", "hard", "soft"])
    shown = texts(preprocessing.resize_cost(table, "a source")).splitlines()
    assert {"8 px", "16 px", "0/1 target", "share of object", "a source"} <= set(shown)


def test_normalisation() -> None:
    before = np.full((2, 4, 4, 3), 51, np.uint8)
    shown = texts(preprocessing.normalisation(before, np.zeros((2, 3, 4, 4), np.float32)))
    assert "red: 51.00 ± 0.00" in shown
    assert "blue: 0.00 ± 0.00" in shown


def test_split_balance(splits: pd.DataFrame) -> None:
    shares = pd.Series(np.linspace(0, 0.5, 8))
    shown = texts(preprocessing.split_balance(splits, shares))
    assert " 4 cases, 2 groups" in shown
    assert " 2 cases, 1 groups" in shown
    two = preprocessing.split_balance(splits.head(6), shares.head(6))  # no test part
    assert [text.get_text() for text in two.axes[0].texts] == [
        " 4 cases, 2 groups",
        " 2 cases, 1 groups",
    ]
    assert two.axes[1].get_legend_handles_labels()[1] == ["train", "val"]


def test_leakage_draws_each_case_in_its_colour(splits: pd.DataFrame) -> None:
    leaky = splits.assign(split=["train", "test"] * 4)
    fig = preprocessing.leakage({"by group": splits, "by image": leaky})
    good, bad = (axes.collections[0].get_array() for axes in fig.axes)
    assert good.tolist() == [[0, 0, 1, 2]] * 2
    assert bad.tolist() == [[0] * 4, [2] * 4]
    assert "group (4 of 4)" in texts(fig)


def test_loader_speed() -> None:
    assert "1,234" in texts(preprocessing.loader_speed({"files": 12.0, "cache": 1234.0}))


def test_a_dollar_in_a_name_is_no_formula() -> None:
    fig = pictures.pictures({"scan_$A_$B": np.zeros((4, 4, 3), np.uint8)})
    assert "scan_$A_$B" in texts(fig)  # which draws it

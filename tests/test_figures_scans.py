"""Figures about scans: densities, planes, and what changes along the slices."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from seglib.cards import card
from seglib.figures import scans

CLASSES = card("phantom-abdominal-organs").classes


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_densities_show_where_tissues_and_windows_lie() -> None:
    values = {"liver": np.arange(0, 101), "stone": np.array([500.0])}
    (axes,) = scans.densities(values, {"narrow": (50, 100), "wide": (0, 4000)}, CLASSES).axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [*values, "narrow", "wide"]
    liver, _, narrow, wide = ((bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches)
    assert liver == pytest.approx((5, 95)) and narrow == (0, 100)
    assert wide == (scans.AIR, scans.TOP)  # what is outside is not drawn
    assert axes.patches[0].get_facecolor()[:3] != axes.patches[1].get_facecolor()[:3]
    shades = [image.get_array() for image in axes.images]
    assert (shades[0].min(), shades[0].max()) == (0, 255)
    assert 50 < shades[1].min() < shades[1].max() < 200  # only the middle of a wide window


def test_planes_are_drawn_with_cubes_and_in_millimetres() -> None:
    picture = np.zeros((20, 30), np.uint8)
    panels = scans.planes(picture, picture[:5], (8.0, 2.0, 2.0)).axes
    assert [axes.get_aspect() for axes in panels] == [1, 1, 4]


def test_lines_have_the_colours_of_their_classes() -> None:
    table = pd.DataFrame({"liver": [0.9, 0.8], "own": [0.7, np.nan]}, index=[4, 8])
    figure = scans.lines(table.rename_axis("distance (mm)"), "Dice", CLASSES)
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("distance (mm)", "Dice")
    assert axes.lines[0].get_color() == CLASSES[1].colour
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["liver", "own"]

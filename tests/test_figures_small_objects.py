"""Figures about objects of a few pixels."""

import matplotlib.pyplot as plt
import pandas as pd

from seglib.figures import small_objects


def test_every_kind_of_error_has_its_line():
    table = pd.DataFrame({"moved": [0.4, 0.9], "too wide": [0.3, 0.8]}, index=[5, 500])
    (axes,) = small_objects.dice_of_size(table).axes
    assert [line.get_label() for line in axes.get_lines()] == ["moved", "too wide"]
    assert axes.get_lines()[0].get_ydata().tolist() == [0.4, 0.9]
    plt.close("all")


def test_found_objects_are_counted_by_size_and_empty_sizes_left_out():
    objects = pd.DataFrame({"pixels": [1, 5, 6, 300], "found": [False, True, True, True]})
    (axes,) = small_objects.found_by_size(objects).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1–5", "6–10", "> 80"]
    assert [text.get_text() for text in axes.texts] == ["1 of 2", "1 of 1", "1 of 1"]
    plt.close("all")


def test_froc_fills_one_half_and_names_points_that_stand_apart() -> None:
    table = pd.DataFrame(
        {"threshold": [0.3, 0.5, 0.7], "found": [0.9, 0.8, 0.8], "invented": [2.0, 1.0, 0.99]}
    )
    (axes,) = small_objects.froc(table).axes
    curve, half = axes.lines
    assert curve.get_xydata().tolist() == [[2.0, 0.9], [1.0, 0.8], [0.99, 0.8]]
    assert half.get_xydata().tolist() == [[1.0, 0.8]]
    assert [text.get_text() for text in axes.texts] == ["0.5", "0.3"]

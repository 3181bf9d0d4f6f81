"""Three classes by hand: which scores count, and what is left of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from seglib.averaging import absences, occurs, per_case, per_group
from seglib.metrics import foreground_dice
from seglib.scoring import METRICS

# case, class, pixels of truth and prediction, Dice, HD95
BY_HAND = [
    ("a", "liver", 100, 90, 0.9, 2.0),
    ("a", "spleen", 50, 50, 0.5, 6.0),
    ("a", "kidney", 0, 0, 1.0, 0.0),  # absent: left out
    ("b", "liver", 80, 80, 0.8, 3.0),
    ("b", "spleen", 0, 7, 0.0, np.nan),  # invented: counts
    ("b", "kidney", 0, 0, 1.0, 0.0),
    ("c", "liver", 0, 0, 1.0, 0.0),  # a blank slice, left blank
    ("c", "spleen", 0, 0, 1.0, 0.0),
    ("c", "kidney", 0, 0, 1.0, 0.0),
]


@pytest.fixture
def scores() -> pd.DataFrame:
    columns = ["case", "class", "truth_px", "predicted_px", "dice", "hd95"]
    table = pd.DataFrame(BY_HAND, columns=columns).assign(group="g", height=20, width=30)
    return table.assign(**{name: 0.5 for name in METRICS if name not in columns})


def test_absent_classes_are_left_out_and_blank_cases_count_one(scores) -> None:
    means = per_case(scores).set_index("case")
    assert means["dice"].to_dict() == pytest.approx({"a": 0.7, "b": 0.4, "c": 1.0})
    assert means["truth_px"].to_dict() == {"a": 150, "b": 80, "c": 0}
    assert means["predicted_px"].to_dict() == {"a": 140, "b": 87, "c": 0}
    assert (means["height"] == 20).all()


def test_a_distance_that_is_undefined_for_one_class_is_undefined_for_the_case(scores) -> None:
    assert per_case(scores)["hd95"].tolist() == pytest.approx([4, np.nan, 0], nan_ok=True)


def test_counting_absent_classes_would_flatter(scores) -> None:
    assert per_case(scores)["dice"].mean() == pytest.approx(0.7)
    assert scores["dice"].mean() == pytest.approx(0.8)


def test_absences_are_counted(scores) -> None:
    assert absences(scores).to_dict() == {"liver": 1, "spleen": 1, "kidney": 3}
    assert occurs(scores).sum() == 4


def test_one_class_is_left_alone(scores) -> None:
    liver = scores[scores["class"] == "liver"]
    assert per_case(liver) is liver


def test_the_dice_of_validation_follows_the_same_rule() -> None:
    truth = np.array([[0, 1, 1, 1], [0, 0, 2, 2]])
    half = np.array([[0, 1, 1, 0], [0, 0, 2, 0]])
    assert foreground_dice(truth, half, 4) == pytest.approx((4 / 5 + 2 / 3) / 2)  # 3 is absent
    invented = np.where(truth == 0, 3, truth)
    assert foreground_dice(truth, invented, 4) == pytest.approx(2 / 3)
    blank = np.zeros_like(truth)
    assert foreground_dice(blank, blank, 4) == foreground_dice(blank, blank) == 1
    assert foreground_dice(truth, blank, 4) == 0
    assert foreground_dice(truth > 0, half > 0) == pytest.approx(2 * 3 / (3 + 5))


def test_the_pixels_of_a_group_are_one_volume() -> None:
    rows = [
        ("p", "liver", 90, 10, 10),
        ("p", "liver", 0, 0, 4),  # the last slice of the organ: missed, and hardly felt
        ("p", "spleen", 0, 6, 0),  # invented: 0
        ("q", "liver", 40, 20, 20),
        ("q", "spleen", 0, 0, 0),  # this patient has none, and none was found
        ("r", "liver", 0, 0, 0),
        ("r", "spleen", 0, 0, 0),
    ]
    table = pd.DataFrame(rows, columns=["group", "class", "tp", "fp", "fn"]).assign(tn=500)
    dice = per_group(table).set_index("group")["dice"]
    assert dice.to_dict() == pytest.approx(
        {"p": (180 / 204 + 0) / 2, "q": 80 / 120, "r": 1}, abs=1e-6
    )

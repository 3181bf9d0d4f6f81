"""Three means of six images one can compute in the head; trainings whose spread is known."""

import numpy as np
import pandas as pd
import pytest

from seglib.aggregation import aggregate, combine_seeds
from seglib.metrics import counts_of
from seglib.results import Evaluation
from seglib.scoring import METRICS, of_counts, score_cases


def square(side):
    mask = np.zeros((20, 20), np.uint8)
    mask[:side, :side] = 1
    return mask


def evaluated(pairs, groups):
    rows = [
        (f"c{number}", group, truth, found.astype(np.float32))
        for number, ((truth, found), group) in enumerate(zip(pairs, groups, strict=True))
    ]
    found = score_cases(rows, ("background", "polyp"))
    pooled = pd.DataFrame(of_counts(counts_of(found.confusion)[1:]), index=["polyp"])
    return Evaluation(found.scores, pooled, found.confusion, None, 0.5, None, "as was said")


@pytest.fixture
def four():
    """One patient of three images, found; one of one image, missed."""
    pairs = [(square(10), square(10))] * 3 + [(square(5), square(0))]
    return evaluated(pairs, "aaab")


def test_per_image_per_group_and_pooled_by_hand(four):
    table = four.aggregates()
    assert table.index.tolist() == list(METRICS)
    dice = table.loc["dice"]
    assert dice["image"] == pytest.approx(3 / 4)
    assert dice["group"] == pytest.approx(1 / 2)
    assert dice["pooled"] == pytest.approx(600 / 625, abs=1e-6)
    assert dice["image_low"] <= dice["image"] <= dice["image_high"]
    assert table.loc["hd95", "undefined"] == 1 and table.loc["hd95", "image"] == 0
    assert np.isnan(table.loc["hd95", "pooled"])
    assert table.loc["nsd", "image"] == pytest.approx(3 / 4)


def test_an_evaluation_prints_as_a_table_with_its_protocol(four):
    lines = str(four).splitlines()
    assert lines[0] == "| metric | per image (95 % interval) | per group | pooled | undefined |"
    assert len(lines) == 2 + len(METRICS) + 2
    assert lines[2].startswith("| Dice | 0.750 (") and lines[2].endswith("| 0.500 | 0.960 | 0 |")
    assert "| 95 % Hausdorff distance (px) | 0.000 (0.000 to 0.000) | 0.000 |  | 1 |" in lines
    assert lines[-1] == "Protocol: as was said."


@pytest.mark.parametrize("extra", ["missed", "invented"])
def test_one_more_failure_never_improves_a_mean(four, extra):
    truth, prediction = {"missed": (5, 0), "invented": (0, 5)}[extra]
    pairs = [(square(10), square(10)), (square(10), square(8)), (square(4), square(5))]
    failed = (square(truth), square(prediction))
    before = evaluated(pairs, "abc").aggregates()
    after = evaluated([*pairs, failed], "abcd").aggregates()
    for name in ("dice", "iou", "nsd"):
        assert after.loc[name, "image"] < before.loc[name, "image"]
        assert after.loc[name, "group"] < before.loc[name, "group"]
        assert not after.loc[name, "pooled"] > before.loc[name, "pooled"]
    # A distance cannot get worse, for there is none; so it is counted instead of hidden.
    assert after.loc["hd95", "undefined"] == before.loc["hd95", "undefined"] + 1
    assert after.loc["hd95", "image"] == before.loc["hd95", "image"]


def scores(base, shift, n=40, per_group=2):
    rows = [
        {"case": f"{i:03}", "group": f"p{i // per_group}", "class": "polyp"}
        | {"height": 9, "width": 9, "truth_px": 5, "predicted_px": 5}
        | dict.fromkeys(METRICS, base[i] + shift)
        for i in range(n)
    ]
    return pd.DataFrame(rows)


def test_trainings_are_combined_and_their_spread_is_shown():
    base = np.random.default_rng(0).beta(8, 2, 40)
    runs = [scores(base, shift) for shift in (-0.1, 0, 0.1)]
    dice = combine_seeds(runs).loc["dice"]
    assert dice["mean"] == pytest.approx(base.mean())
    assert dice["spread"] == pytest.approx(0.1)
    assert (dice["least"], dice["most"]) == pytest.approx((base.mean() - 0.1, base.mean() + 0.1))
    alone = aggregate(runs[1], pd.DataFrame()).loc["dice"]
    assert dice["low"] < alone["image_low"] and alone["image_high"] < dice["high"]


def test_equal_trainings_leave_only_the_choice_of_cases():
    base = np.random.default_rng(0).beta(8, 2, 40)
    dice = combine_seeds([scores(base, 0)] * 3).loc["dice"]
    alone = aggregate(scores(base, 0), pd.DataFrame()).loc["dice"]
    assert dice["spread"] == pytest.approx(0)
    assert (dice["low"], dice["high"]) == pytest.approx((alone["image_low"], alone["image_high"]))


def test_undefined_distances_of_all_trainings_are_counted():
    base = np.full(40, 0.8)
    runs = [scores(base, 0), scores(base, 0)]
    runs[1].loc[[3, 5], "hd95"] = np.nan
    found = combine_seeds(runs)
    assert found["undefined"].drop("hd95").eq(0).all() and found.loc["hd95", "undefined"] == 2


def test_what_cannot_be_combined_is_named():
    base = np.full(40, 0.8)
    with pytest.raises(ValueError, match="found 1 training; combine the scores of two or more"):
        combine_seeds([scores(base, 0)])
    with pytest.raises(ValueError, match="training 3 was scored on other cases or groups"):
        combine_seeds([scores(base, 0), scores(base, 0), scores(base, 0, per_group=4)])

"""Scores of whole sets of made-up predictions; no network is needed for that."""

import tracemalloc

import numpy as np
import pytest

from seglib.results import Evaluation
from seglib.scoring import METRICS, TOLERANCE, pooled_scores, score_cases, titles

POLYP = ("background", "polyp")
FACTS = ["case", "group", "class", "truth_px", "predicted_px", "height", "width"]
COLUMNS = [*FACTS, "tp", "fp", "fn", "tn", *METRICS]


def mask(shape=(40, 50), rows=slice(0, 0), columns=slice(None)):
    truth = np.zeros(shape, np.uint8)
    truth[rows, columns] = 1
    return truth


EMPTY, BLOCK = mask(), mask(rows=slice(10, 20), columns=slice(5, 25))


def as_probability(labels):
    return np.where(labels > 0, 0.9, 0.2).astype(np.float32)


def score(*pairs):
    return score_cases(
        [(f"c{i}", f"g{i}", truth, as_probability(p)) for i, (truth, p) in enumerate(pairs)], POLYP
    )


def test_the_four_ways_of_being_empty():
    scored = score((EMPTY, EMPTY), (EMPTY, BLOCK), (BLOCK, EMPTY), (BLOCK, BLOCK))
    table = scored.scores.set_index("case")
    assert list(scored.scores) == COLUMNS
    assert table["dice"].tolist() == table["nsd"].tolist() == [1, 0, 0, 1]
    assert table["truth_px"].tolist() == [0, 0, 200, 200]
    assert table["predicted_px"].tolist() == [0, 200, 0, 200]
    for distance in ("hd95", "assd"):
        assert table[distance].tolist() == pytest.approx([0, np.nan, np.nan, 0], nan_ok=True)
    assert scored.confusion.tolist() == [[3 * 2000 - 400 + 1800, 200], [200, 200]]


@pytest.mark.parametrize(("shift", "inside"), [(1, True), (9, False)])
def test_the_tolerance_is_a_share_of_the_diagonal(shift, inside):
    shape = (300, 400)  # diagonal 500 px: 10 px are within tolerance
    truth = mask(shape, slice(100, 200), slice(100, 200))
    moved = np.roll(truth, shift * 2, axis=1)
    assert TOLERANCE * 500 == 10
    row = score((truth, moved)).scores.iloc[0]
    assert row["hd95"] == shift * 2
    assert (row["nsd"] == 1) == inside


def test_a_class_that_occurs_nowhere_has_no_pooled_scores():
    truth, names = np.array([[0, 0, 2, 2]], np.uint8), ("background", "kidney", "liver", "spleen")
    found = np.array([[0, 0, 2, 3]], np.uint8)  # spleen is invented, kidney is nowhere
    scored = score_cases(
        [("a", "g", truth, np.eye(4, dtype=np.float32)[found].transpose(2, 0, 1))], names
    )
    pooled = pooled_scores(scored.confusion, names[1:])
    assert pooled.loc["kidney"].isna().all()
    assert pooled["dice"].tolist() == pytest.approx([np.nan, 2 / 3, 0], nan_ok=True)
    (alone,) = pooled_scores(score((EMPTY, EMPTY)).confusion, POLYP[1:])["dice"]
    assert alone == 1  # nothing to find, nothing found


def test_several_classes_are_scored_one_by_one():
    truth = np.array([[0, 1, 2, 2]], np.uint8)
    wrong = np.array([0, 1, 1, 2])
    probability = (0.8 * np.eye(3)[wrong].T[:, None] + 0.2 / 3).astype(np.float32)
    scored = score_cases([("a", "a", truth, probability)], ("background", "liver", "spleen"))
    assert scored.scores["class"].tolist() == ["liver", "spleen"]
    assert scored.scores["dice"].tolist() == pytest.approx([2 / 3, 2 / 3], abs=1e-6)
    assert scored.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert scored.histogram.auc() == 1  # foreground against background is right everywhere
    assert list(scored.one_vs_rest) == ["liver", "spleen"]
    assert [h.auc() for h in scored.one_vs_rest.values()] == [pytest.approx(5 / 6), 0.75]


def test_distances_follow_the_spacing_on_each_axis():
    truth = mask((40, 50), slice(10, 20), slice(10, 30))
    down, right = np.roll(truth, 3, axis=0), np.roll(truth, 3, axis=1)
    cases = [(n, "g", truth, as_probability(p)) for n, p in {"down": down, "right": right}.items()]
    pixel = {"down": (2.0, 0.5), "right": (2.0, 0.5)}
    in_mm = score_cases(cases, POLYP, spacing=pixel).scores.set_index("case")
    in_px = score_cases(cases, POLYP).scores.set_index("case")
    assert in_px["hd95"].to_dict() == {"down": 3, "right": 3}
    assert in_mm["hd95"].to_dict() == {"down": 6, "right": 1.5}
    assert in_mm["dice"].equals(in_px["dice"])
    # 2 % of a diagonal of 80 x 25 mm is 1.68 mm: to the right all is within, below it is not.
    assert in_mm.loc["right", "nsd"] == 1
    assert in_mm.loc["down", "nsd"] < 1


def test_equal_spacing_only_changes_the_unit():
    cases = [("a", "g", BLOCK, as_probability(np.roll(BLOCK, 2, 0)))]
    px = score_cases(cases, POLYP).scores.iloc[0]
    mm = score_cases(cases, POLYP, spacing={"a": (0.7, 0.7)}).scores.iloc[0]
    assert mm["hd95"] == pytest.approx(0.7 * px["hd95"])
    assert mm["assd"] == pytest.approx(0.7 * px["assd"], abs=1e-6)
    assert mm["nsd"] == px["nsd"]


@pytest.mark.parametrize("groups", [1, 2])
def test_a_single_group_has_words_in_place_of_an_interval(groups):
    cases = [(f"c{i}", f"g{i % groups}", BLOCK, as_probability(BLOCK)) for i in range(4)]
    scored = score_cases(cases, POLYP)
    found = Evaluation(
        scored.scores,
        pooled_scores(scored.confusion, POLYP[1:]),
        scored.confusion,
        scored.histogram.roc(),
        scored.histogram.auc(),
        scored.histogram.sweep(),
        "made up",
    )
    interval = {1: "too few groups for an interval", 2: "1.000 to 1.000"}[groups]
    assert f"| Dice | 1.000 ({interval}) | 1.000 | 1.000 | 0 |" in str(found)
    assert "nan" not in str(found)


def test_titles_name_the_unit():
    assert titles() == METRICS
    assert titles("mm")["hd95"] == "95 % Hausdorff distance (mm)"
    assert titles("mm")["dice"] == "Dice"


def test_the_order_of_the_predictions_does_not_matter():
    pairs = [(f"c{i}", "g", BLOCK, as_probability(np.roll(BLOCK, i, 0))) for i in range(4)]
    there, back = score_cases(pairs, POLYP), score_cases(pairs[::-1], POLYP)
    assert there.scores.to_csv() == back.scores.to_csv()


def test_the_sweep_at_the_threshold_is_the_pooled_score():
    random = np.random.default_rng(0)
    cases = [(str(i), "g", BLOCK, random.random(BLOCK.shape)) for i in range(3)]
    scored = score_cases(cases, POLYP, threshold=0.3)
    tp, fp, fn, _ = scored.scores[["tp", "fp", "fn", "tn"]].sum()
    swept = scored.histogram.sweep().set_index("threshold").loc[0.3, "dice"]
    assert swept == pytest.approx(2 * tp / (2 * tp + fp + fn))


@pytest.mark.parametrize(
    ("truth", "probability", "message"),
    [
        (EMPTY, as_probability(EMPTY[1:]), "Case 'odd': the truth has shape"),
        (EMPTY + 2, as_probability(EMPTY), "Case 'odd': the truth holds class 2"),
        (EMPTY, as_probability(EMPTY) + 3, "Case 'odd': the probability runs from"),
    ],
)
def test_the_case_that_does_not_fit_is_named(truth, probability, message):
    with pytest.raises(ValueError, match=message):
        score_cases([("odd", "g", truth, probability)], POLYP)


def test_memory_is_flat_in_the_number_of_cases():
    def peak(n):
        tracemalloc.start()
        probability = as_probability(BLOCK)
        score_cases(((f"{i:03}", "g", BLOCK, probability.copy()) for i in range(n)), POLYP)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(2)
    few, many = peak(5), peak(105)
    assert many - few < 100 * BLOCK.size  # less than a byte for each pixel that went by

"""Scores of whole sets of made-up predictions; no network is needed for that."""

import tracemalloc

import numpy as np
import pytest

from seglib.scoring import METRICS, TOLERANCE, score_cases

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


def test_several_classes_are_scored_one_by_one():
    truth = np.array([[0, 1, 2, 2]], np.uint8)
    wrong = np.array([0, 1, 1, 2])
    probability = (0.8 * np.eye(3)[wrong].T[:, None] + 0.2 / 3).astype(np.float32)
    scored = score_cases([("a", "a", truth, probability)], ("background", "liver", "spleen"))
    assert scored.scores["class"].tolist() == ["liver", "spleen"]
    assert scored.scores["dice"].tolist() == pytest.approx([2 / 3, 2 / 3], abs=1e-6)
    assert scored.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert scored.histogram.auc() == 1  # foreground against background is right everywhere


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

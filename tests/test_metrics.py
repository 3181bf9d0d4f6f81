"""Hand-made masks first, then scikit-learn as an independent judge, then what must always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn import metrics as sklearn_metrics

from seglib import metrics
from seglib.surface import boundary_iou

EMPTY = np.zeros((4, 4), np.uint8)
FULL = np.ones((4, 4), np.uint8)
PIXEL = EMPTY.copy()
PIXEL[1, 2] = 1
LEFT = EMPTY.copy()
LEFT[:, :2] = 1
TOP = EMPTY.copy()
TOP[:2] = 1
SCORES = ("dice", "iou", "precision", "recall", "specificity", "accuracy")

# name, truth, prediction, (tp, fp, fn, tn), (dice, iou, precision, recall, specificity, accuracy)
TABLE = [
    ("empty/empty", EMPTY, EMPTY, (0, 0, 0, 16), (1, 1, 1, 1, 1, 1)),
    ("empty/full", EMPTY, FULL, (0, 16, 0, 0), (0, 0, 0, 0, 0, 0)),
    ("full/empty", FULL, EMPTY, (0, 0, 16, 0), (0, 0, 0, 0, 0, 0)),
    ("full/full", FULL, FULL, (16, 0, 0, 0), (1, 1, 1, 1, 1, 1)),
    ("one pixel found", PIXEL, PIXEL, (1, 0, 0, 15), (1, 1, 1, 1, 1, 1)),
    ("one pixel missed", PIXEL, EMPTY, (0, 0, 1, 15), (0, 0, 0, 0, 1, 15 / 16)),
    ("one pixel invented", EMPTY, PIXEL, (0, 1, 0, 15), (0, 0, 0, 0, 15 / 16, 15 / 16)),
    ("one pixel in full", PIXEL, FULL, (1, 15, 0, 0), (2 / 17, 1 / 16, 1 / 16, 1, 0, 1 / 16)),
    ("full, one pixel found", FULL, PIXEL, (1, 0, 15, 0), (2 / 17, 1 / 16, 1, 1 / 16, 0, 1 / 16)),
    ("halves at the border", LEFT, TOP, (4, 4, 4, 4), (0.5, 1 / 3, 0.5, 0.5, 0.5, 0.5)),
    ("halves apart", LEFT, 1 - LEFT, (0, 8, 8, 0), (0, 0, 0, 0, 0, 0)),
    ("1xN", LEFT[:1], PIXEL[1:2], (0, 1, 2, 1), (0, 0, 0, 0, 0.5, 0.25)),
]


@pytest.mark.parametrize(
    ("truth", "prediction", "cells", "scores"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_hand_made_masks(truth, prediction, cells, scores):
    counted = metrics.counts(truth, prediction)
    assert counted.shape == (2, 4)
    assert counted.dtype == np.int64
    assert tuple(counted[1]) == cells
    assert tuple(counted[0]) == (cells[3], cells[2], cells[1], cells[0])  # background: mirrored
    found = [float(getattr(metrics, name)(counted[1])) for name in SCORES]
    assert found == pytest.approx(scores, abs=1e-12)


def test_the_policy_for_two_empty_masks_is_an_argument():
    both_empty = metrics.counts(EMPTY, EMPTY)[1]
    missed = metrics.counts(PIXEL, EMPTY)[1]
    invented = metrics.counts(EMPTY, PIXEL)[1]
    by_overlap = (metrics.dice, metrics.iou, metrics.precision, metrics.recall)
    for score in (*by_overlap, metrics.mcc, metrics.volumetric_similarity):
        assert score(both_empty, empty=0.25) == 0.25
        assert np.isnan(score(both_empty, empty=np.nan))
        # A missed or an invented object is 0 whatever the policy says: it is never dropped.
        assert score(missed, empty=np.nan) == 0
        assert score(invented, empty=np.nan) == 0


def test_the_policy_is_also_asked_where_there_is_no_background():
    both_full = metrics.counts(FULL, FULL)[1]
    both_empty = metrics.counts(EMPTY, EMPTY)[1]
    assert metrics.specificity(both_full, empty=0.25) == 0.25
    assert np.isnan(metrics.specificity(both_full, empty=np.nan))
    assert metrics.specificity(both_empty, empty=0.25) == 1  # all of it was left alone
    for counted in (both_full, both_empty):  # one half of it is known, and 1
        assert metrics.balanced_accuracy(counted, empty=0.25) == 0.625
        assert np.isnan(metrics.balanced_accuracy(counted, empty=np.nan))
    for truth, found in ((FULL, EMPTY), (EMPTY, FULL)):
        counted = metrics.counts(truth, found)[1]
        assert metrics.specificity(counted, empty=np.nan) == 0
        assert metrics.balanced_accuracy(counted, empty=np.nan) == 0
    assert metrics.balanced_accuracy(metrics.counts(PIXEL, EMPTY)[1], empty=np.nan) == 0.5
    invented = metrics.counts(EMPTY, PIXEL)[1]
    assert metrics.balanced_accuracy(invented, empty=np.nan) == 15 / 32


def test_the_policy_is_also_asked_of_two_masks_without_a_rim():
    assert boundary_iou(EMPTY, EMPTY, 1, empty=0.25) == 0.25
    assert np.isnan(boundary_iou(EMPTY, EMPTY, 1, empty=np.nan))
    assert boundary_iou(PIXEL, EMPTY, 1, empty=np.nan) == 0
    assert boundary_iou(EMPTY, PIXEL, 1, empty=np.nan) == 0


# name, (tp, fp, fn, tn), (balanced accuracy, MCC, volumetric similarity), all by hand
BALANCED = [
    ("both empty", (0, 0, 0, 16), (1, 1, 1)),
    ("both full", (16, 0, 0, 0), (1, 1, 1)),
    ("missed", (0, 0, 4, 12), (0.5, 0, 0)),
    ("invented", (0, 4, 0, 12), (0.375, 0, 0)),
    ("found", (4, 0, 0, 12), (1, 1, 1)),
    ("everything called object", (4, 12, 0, 0), (0.5, 0, 1 - 12 / 20)),
    ("beside it, as large", (0, 4, 4, 8), (1 / 3, -1 / 3, 1)),
    ("upside down", (0, 8, 8, 0), (0, -1, 1)),
    ("half found", (2, 0, 2, 12), (0.75, 24 / np.sqrt(2 * 4 * 12 * 14), 4 / 6)),
]


@pytest.mark.parametrize(
    ("cells", "scores"), [row[1:] for row in BALANCED], ids=[row[0] for row in BALANCED]
)
def test_scores_that_weigh_background_or_size(cells, scores):
    found = [metrics.balanced_accuracy(cells), metrics.mcc(cells)]
    assert [*found, metrics.volumetric_similarity(cells)] == pytest.approx(scores, abs=1e-12)


def test_many_classes_are_counted_pair_by_pair():
    truth = np.arange(40, dtype=np.uint8).reshape(5, 8)
    matrix = metrics.confusion(truth, truth[:, ::-1], 40)  # 1600 pairs do not fit in a byte
    assert matrix.sum() == 40 and (matrix[truth.ravel(), truth[:, ::-1].ravel()] == 1).all()


def test_mcc_of_a_million_images_keeps_its_digits():
    cells = np.array([3, 1, 2, 30], dtype=np.int64) * 10**10
    assert metrics.mcc(cells) == pytest.approx(metrics.mcc([3, 1, 2, 30]), abs=1e-12)


def test_four_classes_on_four_by_four():
    truth = np.array([[0, 0, 1, 1], [0, 2, 2, 1], [0, 2, 2, 0], [3, 0, 0, 0]], np.uint8)
    prediction = np.array([[0, 1, 1, 1], [0, 2, 2, 0], [0, 2, 1, 0], [0, 0, 0, 0]], np.uint8)
    expected = [[7, 1, 0, 0], [1, 2, 0, 0], [0, 1, 3, 0], [1, 0, 0, 0]]
    assert metrics.confusion(truth, prediction, 4).tolist() == expected
    counted = metrics.counts(truth, prediction, 4)
    assert counted.tolist() == [[7, 2, 1, 6], [2, 2, 1, 11], [3, 0, 1, 12], [0, 0, 1, 15]]
    assert metrics.counts_of(np.array(expected)).tolist() == counted.tolist()
    assert metrics.dice(counted) == pytest.approx([14 / 17, 4 / 7, 6 / 7, 0])


def test_counts_of_many_images_add_up_to_pooled_scores():
    small = metrics.counts(PIXEL, EMPTY)[1]
    large = metrics.counts(FULL, FULL)[1]
    per_image = metrics.dice(np.stack([small, large]))
    assert per_image.tolist() == [0, 1]
    assert metrics.dice(small + large) == pytest.approx(32 / 33)  # pooled hides the missed one


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.int64])
def test_integer_types_give_one_answer(dtype):
    found = metrics.counts(LEFT.astype(dtype), TOP.astype(dtype))
    assert found[1].tolist() == [4, 4, 4, 4]


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        (EMPTY, EMPTY[:2], r"truth has shape \(4, 4\) and the prediction \(2, 4\)"),
        (EMPTY[:0], EMPTY[:0], "at least one pixel"),
        (EMPTY, FULL * 0.5, "prediction has dtype float64.*threshold probabilities first"),
        (FULL.astype(np.float32), FULL, "truth has dtype float32"),
        (FULL * 2, FULL, "truth holds class 2, expected classes 0 to 1"),
        (FULL, FULL.astype(np.int8) * -1, "prediction holds class -1"),
    ],
    ids=["shape", "no pixels", "probabilities", "float truth", "stray class", "negative class"],
)
def test_bad_masks_are_named_in_one_sentence(truth, prediction, message):
    with pytest.raises(ValueError, match=message):
        metrics.counts(truth, prediction)


def test_scikit_learn_agrees():
    random = np.random.default_rng(0)
    for n_classes in (2, 3, 5):
        for share in (0.02, 0.5, 0.98):
            truth = random.integers(0, n_classes, (13, 9)) * (random.random((13, 9)) < share)
            prediction = np.where(random.random((13, 9)) < 0.5, truth, truth[::-1])
            flat, labels = (truth.ravel(), prediction.ravel()), range(n_classes)
            counted = metrics.counts(truth, prediction, n_classes)
            matrix = sklearn_metrics.confusion_matrix(*flat, labels=labels)
            assert metrics.confusion(truth, prediction, n_classes).tolist() == matrix.tolist()
            judged = sklearn_metrics.precision_recall_fscore_support(
                *flat, labels=labels, zero_division=0
            )
            seen = counted[:, :3].sum(axis=1) > 0
            scores = (metrics.precision, metrics.recall, metrics.dice)
            for score, theirs in zip(scores, judged[:3], strict=True):
                assert score(counted)[seen] == pytest.approx(theirs[seen], abs=1e-12)
            theirs = sklearn_metrics.jaccard_score(
                *flat, labels=labels, average=None, zero_division=0
            )
            assert metrics.iou(counted)[seen] == pytest.approx(theirs[seen], abs=1e-12)


def pairs():
    shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)
    return shapes.flatmap(lambda s: st.tuples(arrays(bool, s), arrays(bool, s)))


@given(pairs())
@settings(max_examples=150, deadline=None)
def test_what_must_always_hold(pair):
    truth, prediction = pair
    counted = metrics.counts(truth, prediction)[1]
    swapped = metrics.counts(prediction, truth)[1]
    same = metrics.counts(truth, truth)[1]
    assert counted.sum() == truth.size
    iou = metrics.iou(counted)
    assert metrics.dice(counted) == pytest.approx(2 * iou / (1 + iou))
    assert metrics.dice(counted) == metrics.dice(swapped)
    assert metrics.precision(counted) == metrics.recall(swapped)
    for name in SCORES:
        assert 0 <= getattr(metrics, name)(counted) <= 1
        assert getattr(metrics, name)(same) == 1

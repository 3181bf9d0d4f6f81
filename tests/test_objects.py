"""Objects one can count on one's fingers, then SciPy's labels and a search through all pairings."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from seglib import metrics
from seglib.objects import find_objects, froc, lost_objects, match_objects

EMPTY = np.zeros((8, 12), np.uint8)


def blocks(*places):
    """A mask with a 2x2 object at each (row, column)."""
    mask = EMPTY.copy()
    for row, column in places:
        mask[row : row + 2, column : column + 2] = 1
    return mask


TWO = blocks((0, 0), (5, 9))
BAR = EMPTY.copy()
BAR[:2, :5] = 1

# name, truth, prediction, (found, missed, invented), mean Dice of all objects
TABLE = [
    ("empty/empty", EMPTY, EMPTY, (0, 0, 0), 1),
    ("empty/two", EMPTY, TWO, (0, 0, 2), 0),
    ("two/empty", TWO, EMPTY, (0, 2, 0), 0),
    ("two/two", TWO, TWO, (2, 0, 0), 1),
    ("one of two", TWO, blocks((0, 0)), (1, 1, 0), 1 / 2),
    ("one found, one missed, one invented", TWO, blocks((0, 0), (0, 9)), (1, 1, 1), 1 / 3),
    ("half beside", blocks((0, 0)), blocks((0, 1)), (1, 0, 0), 1 / 2),
    ("corners touch: one object", blocks((0, 0), (2, 2)), blocks((0, 0), (2, 2)), (1, 0, 0), 1),
    ("two called one", blocks((0, 0), (0, 3)), BAR, (1, 1, 0), 8 / 14 / 2),
]


@pytest.mark.parametrize(
    ("truth", "prediction", "numbers", "dice"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_hand_made_masks(truth, prediction, numbers, dice):
    found = match_objects(truth, prediction)
    assert (found.found, found.missed, found.invented) == numbers
    assert found.mean_dice() == pytest.approx(dice)


def test_the_policy_for_two_empty_masks_is_an_argument():
    assert np.isnan(match_objects(EMPTY, EMPTY).mean_dice(empty=np.nan))
    assert match_objects(EMPTY, TWO).mean_dice(empty=np.nan) == 0
    assert match_objects(TWO, EMPTY).mean_dice(empty=np.nan) == 0


def test_counts_of_objects_are_scored_like_counts_of_pixels():
    counts = match_objects(TWO, blocks((0, 0), (0, 9))).counts
    assert counts.tolist() == [1, 1, 1, 0]
    assert metrics.recall(counts) == metrics.precision(counts) == metrics.dice(counts) == 0.5
    assert metrics.dice(match_objects(EMPTY, EMPTY).counts) == 1


def test_dice_of_pixels_hides_a_missed_stone_and_objects_do_not():
    truth = np.zeros((40, 40), np.uint8)
    truth[2:30, 2:30] = truth[36, 36] = 1
    prediction = truth.copy()
    prediction[36, 36] = 0
    assert metrics.dice(metrics.counts(truth, prediction))[1] > 0.999
    assert match_objects(truth, prediction).mean_dice() == 0.5


def test_the_overlap_decides_what_is_found():
    shifted = blocks((0, 1))  # IoU 1/3 with the first object
    assert match_objects(blocks((0, 0)), shifted, overlap=1 / 3).found == 1
    assert match_objects(blocks((0, 0)), shifted, overlap=0.34).found == 0


def test_a_prediction_is_partner_of_one_object_only():
    truth = np.array([[1, 1, 1, 0, 1]], np.uint8)
    assert match_objects(truth, np.ones((1, 5), np.uint8)).counts.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("truth", "prediction", "overlap", "message"),
    [
        (EMPTY, EMPTY[1:], 0.1, "expected one shape"),
        (EMPTY[0], EMPTY[0], 0.1, r"expected \(height, width\)"),
        (EMPTY * 0.5, EMPTY, 0.1, "dtype float64"),
        (EMPTY, EMPTY, 0, "overlap is 0, expected an IoU above 0"),
        (EMPTY, EMPTY, 1.5, "overlap is 1.5"),
    ],
)
def test_bad_input_is_named_in_one_sentence(truth, prediction, overlap, message):
    with pytest.raises(ValueError, match=message):
        match_objects(truth, prediction, overlap)


def pairs():
    shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7)
    return shapes.flatmap(lambda s: st.tuples(arrays(bool, s), arrays(bool, s)))


def judged(truth, prediction, overlap):
    """The best sum of IoU, by trying every pairing of SciPy's components."""
    ours, n = ndimage.label(truth, np.ones((3, 3)))
    theirs, m = ndimage.label(prediction, np.ones((3, 3)))
    iou = np.zeros((max(n, m), max(n, m)))
    for i in range(n):
        for j in range(m):
            a, b = ours == i + 1, theirs == j + 1
            iou[i, j] = (a & b).sum() / (a | b).sum()
    iou[iou < overlap] = 0
    best = max(iou[range(len(p)), list(p)].sum() for p in permutations(range(len(iou))))
    return n, m, best


@given(pairs(), st.sampled_from([0.1, 0.5, 0.75]))
@settings(max_examples=150, deadline=None)
def test_a_search_through_all_pairings_agrees(pair, overlap):
    assume(max(find_objects(mask)[1] for mask in pair) < 6)  # 120 pairings at most
    found = match_objects(*pair, overlap)
    n, m, best = judged(*pair, overlap)
    assert (found.found + found.missed, found.found + found.invented) == (n, m)
    assert (found.dice / (2 - found.dice)).sum() == pytest.approx(best)
    assert 0 <= found.mean_dice() <= 1
    assert match_objects(pair[0], pair[0], overlap).mean_dice() == 1
    swapped = match_objects(*pair[::-1], overlap)
    assert (swapped.missed, swapped.invented) == (found.invented, found.missed)


def test_objects_without_a_pixel_at_a_small_size_are_lost():
    mask = np.zeros((64, 64), np.uint8)
    mask[8:40, 8:40] = mask[60, 61] = 1
    assert lost_objects([mask, 0 * mask], 64) == (0, 2)
    assert lost_objects([mask, mask], 8) == (2, 4)


def test_froc_counts_touched_and_invented_objects_at_each_threshold():
    truth = np.zeros((6, 12), np.uint8)
    truth[1:3, 1:3] = truth[4, 5] = 1
    seen = np.zeros((6, 12))
    seen[2, 2:5], seen[4, 9:11], seen[4, 5] = 0.8, 0.6, 0.3
    table = froc([truth, 0 * truth], [seen, 0 * seen], [0.3, 0.5, 0.7])
    assert table["found"].tolist() == [1.0, 0.5, 0.5]
    assert table["invented"].tolist() == [0.5, 0.5, 0.0]
    assert np.isnan(froc([0 * truth], [seen], [0.5])["found"]).all()

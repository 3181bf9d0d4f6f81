"""Distances one can measure with a ruler, then a brute-force distance transform as judge."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from seglib.metrics import counts, iou
from seglib.surface import (
    assd,
    boundary_iou,
    hausdorff,
    hd95,
    nsd,
    outline,
    rim,
    surface_distances,
)

EMPTY = np.zeros((8, 10), np.uint8)
FULL = np.ones((8, 10), np.uint8)


def block(rows, columns):
    mask = EMPTY.copy()
    mask[rows, columns] = 1
    return mask


SQUARE = block(slice(2, 6), slice(2, 6))
CORNER = block(slice(0, 3), slice(0, 3))

# name, truth, prediction, (hausdorff, hd95, assd, nsd at 1 px)
TABLE = [
    ("empty/empty", EMPTY, EMPTY, (0, 0, 0, 1)),
    ("empty/full", EMPTY, FULL, (np.nan, np.nan, np.nan, 0)),
    ("full/empty", FULL, EMPTY, (np.nan, np.nan, np.nan, 0)),
    ("full/full", FULL, FULL, (0, 0, 0, 1)),
    ("one pixel found", block(3, 4), block(3, 4), (0, 0, 0, 1)),
    ("one pixel 3-4-5 away", block(3, 4), block(6, 8), (5, 5, 5, 0)),
    ("one pixel 1 away", block(3, 4), block(3, 5), (1, 1, 1, 1)),
    ("border, shifted by one", CORNER, np.roll(CORNER, 1, axis=1), (1, 1, 0.5, 1)),
]


@pytest.mark.parametrize(
    ("truth", "prediction", "scores"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_hand_made_masks(truth, prediction, scores):
    distances = surface_distances(truth, prediction)
    found = (hausdorff(distances), hd95(distances), assd(distances), nsd(distances, 1))
    assert found == pytest.approx(scores, nan_ok=True)


def test_what_the_lists_hold_when_a_mask_is_empty():
    both, missed = surface_distances(EMPTY, EMPTY), surface_distances(SQUARE, EMPTY)
    assert both.defined and len(both.truth_to_prediction) == len(both.prediction_to_truth) == 0
    assert not missed.defined and missed.truth_to_prediction is None


def test_the_outline_has_edge_neighbours_outside_and_the_image_border_is_outside():
    assert outline(SQUARE).sum() == 12  # 16 pixels, 4 of them inside
    assert outline(FULL).sum() == 2 * 8 + 2 * 10 - 4
    assert outline(CORNER).sum() == 8
    line = np.array([[0, 1, 1, 1]], np.uint8)
    assert outline(line).tolist() == [[False, True, True, True]]


def test_one_stray_pixel_moves_hausdorff_but_not_hd95():
    truth = np.zeros((60, 60), np.uint8)
    truth[5:25, 5:25] = 1
    stray = truth.copy()
    stray[14, 55] = 1
    distances = surface_distances(truth, stray)
    assert hausdorff(distances) == 31
    assert hd95(distances) == 0
    assert 0 < assd(distances) < 0.5


def test_hd95_is_the_larger_direction_and_not_the_pooled_percentile():
    truth, prediction = np.zeros((9, 60), np.uint8), np.zeros((9, 60), np.uint8)
    truth[4, :] = 1
    prediction[4, :4] = 1
    distances = surface_distances(truth, prediction)
    assert hd95(distances) == pytest.approx(np.percentile(np.r_[[0] * 4, 1:57], 95))
    assert hd95(distances) > np.percentile(np.r_[[0] * 8, 1:57], 95)


def test_spacing_gives_millimetres():
    distances = surface_distances(block(1, 1), block(3, 1), spacing=(7.5, 1.25))
    assert hausdorff(distances) == 15
    distances = surface_distances(block(1, 1), block(1, 3), spacing=(7.5, 1.25))
    assert hausdorff(distances) == 2.5


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        (EMPTY, EMPTY[1:], "expected one shape"),
        (EMPTY * 0.5, EMPTY, "dtype float64"),
        (EMPTY[0], EMPTY[0], r"expected \(height, width\)"),
    ],
)
def test_bad_masks_are_named_in_one_sentence(truth, prediction, message):
    with pytest.raises(ValueError, match=message):
        surface_distances(truth, prediction)


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ValueError, match="tolerance is -1"):
        nsd(surface_distances(SQUARE, SQUARE), -1)


def pairs():
    shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)
    return shapes.flatmap(lambda s: st.tuples(arrays(bool, s), arrays(bool, s)))


def judged(mask, other, spacing):
    """Directed distances by erosion and a full Euclidean distance transform."""
    edge, other_edge = (m & ~ndimage.binary_erosion(m) for m in (mask, other))
    return ndimage.distance_transform_edt(~other_edge, sampling=spacing)[edge]


@given(pairs(), st.sampled_from([(1.0, 1.0), (0.5, 3.0)]))
@settings(max_examples=150, deadline=None)
def test_the_distance_transform_agrees(pair, spacing):
    truth, prediction = pair
    assume(truth.any() and prediction.any())
    distances = surface_distances(truth, prediction, spacing)
    there, back = judged(truth, prediction, spacing), judged(prediction, truth, spacing)
    assert distances.truth_to_prediction == pytest.approx(there)
    assert distances.prediction_to_truth == pytest.approx(back)
    assert hausdorff(distances) == pytest.approx(max(there.max(), back.max()))
    assert assd(distances) == pytest.approx(np.r_[there, back].mean())


@given(pairs())
@settings(max_examples=150, deadline=None)
def test_what_must_always_hold(pair):
    truth, prediction = pair
    same, distances = surface_distances(truth, truth), surface_distances(truth, prediction)
    swapped = surface_distances(prediction, truth)
    assert (hausdorff(same), hd95(same), assd(same), nsd(same, 0)) == (0, 0, 0, 1)
    for score in (hausdorff, hd95, assd, lambda d: nsd(d, 1)):
        assert score(distances) == pytest.approx(score(swapped), nan_ok=True)
    if distances.defined:
        assert hausdorff(distances) >= hd95(distances) >= 0
        assert hausdorff(distances) >= assd(distances) >= 0
        assert 0 <= nsd(distances, 0) <= nsd(distances, 1.5) <= nsd(distances, 99) == 1
    else:
        assert truth.any() != prediction.any()


# name, truth, prediction, boundary IoU at 1 px, by counting rim pixels
RIMS = [
    ("empty/empty", EMPTY, EMPTY, 1),
    ("empty/full", EMPTY, FULL, 0),
    ("missed", SQUARE, EMPTY, 0),
    ("the same", SQUARE, SQUARE, 1),
    ("4x4 and its inner 2x2", SQUARE, block(slice(3, 5), slice(3, 5)), 0),
    ("shifted by one", SQUARE, block(slice(2, 6), slice(3, 7)), 6 / 18),
    ("one pixel", block(3, 4), block(3, 4), 1),
]


@pytest.mark.parametrize(
    ("truth", "prediction", "score"), [row[1:] for row in RIMS], ids=[row[0] for row in RIMS]
)
def test_boundary_iou_by_hand(truth, prediction, score):
    assert boundary_iou(truth, prediction, 1) == pytest.approx(score)


def test_the_inside_of_a_large_object_hides_its_border_from_iou_only():
    truth = np.zeros((80, 80), np.uint8)
    truth[8:72, 8:72] = 1
    larger = ndimage.binary_dilation(truth, iterations=2)
    assert iou(counts(truth, larger))[1] > 0.88
    assert boundary_iou(truth, larger, 2) == 0


def test_a_rim_in_millimetres_is_thinner_across_thick_slices():
    wide = np.ones((9, 9), np.uint8)
    there = rim(wide, 2, spacing=(2.0, 0.5))
    assert there[4].tolist() == [True] * 4 + [False] + [True] * 4  # four pixels of half a mm
    assert there[:, 4].tolist() == [True] + [False] * 7 + [True]


@pytest.mark.parametrize(
    ("masks", "width", "spacing", "message"),
    [
        ((SQUARE, SQUARE[1:]), 2, (1, 1), "expected one shape"),
        ((SQUARE[0], SQUARE[0]), 2, (1, 1), r"expected \(height, width\)"),
        ((SQUARE, SQUARE), 0.5, (1, 1), "rim is 0.5 wide and a pixel 1"),
        ((SQUARE, SQUARE), 2, (7.7, 1), "a pixel 7.7; take at least one pixel"),
    ],
)
def test_a_rim_that_cannot_be_is_refused(masks, width, spacing, message):
    with pytest.raises(ValueError, match=message):
        boundary_iou(*masks, width, spacing)


@given(pairs())
@settings(max_examples=150, deadline=None)
def test_what_must_always_hold_of_boundary_iou(pair):
    truth, prediction = pair
    assert np.array_equal(rim(truth, 1), outline(truth))
    assert boundary_iou(truth, truth, 2) == 1
    assert boundary_iou(truth, prediction, 2) == boundary_iou(prediction, truth, 2)
    whole = iou(counts(truth, prediction))[1]
    assert boundary_iou(truth, prediction, 99) == pytest.approx(whole)
